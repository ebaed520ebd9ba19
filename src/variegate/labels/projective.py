"""ProjectiveMap: the map of labels where all of the pixels' maps are matrices."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate import coords
from variegate.kernels.codes import CONSTANT, FIRST_MAP
from variegate.labels.region import common, cover, inside

if TYPE_CHECKING:
    from variegate.kernels.chain import MapChain
    from variegate.kernels.row_layout import RowLayout

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


HORIZON = 1e-9  # the least w by which a point is divided


class MappedPoints(NamedTuple):
    """Points after a map, or a leg of one: (n, 2), its derivative at each, (n, 4), and which have a place there."""

    points: Floats
    derivative: Floats
    there: Flags


class ProjectiveMap(NamedTuple):
    """One sample's matrices from the picture to the result, and what is seen of the picture; see `PointMap`.

    maps       (G, 3, 3): canvas k + 1 to canvas k; canvas (G + 1, 2); borders (G,): as in `kernels.tables`
    forward    (3, 3): from the picture to the result; backward: from the result to the picture
    region     (n, 2): the part of the result that shows the picture, a convex polygon; source: the same of the picture
    flags      AFFINE, PLAIN, MIRRORED, IDENTITY, see `kernels.points.follow`
    antialias  whether masks of floats are filtered where they shrink
    """

    maps: Floats
    canvas: Ints
    borders: Ints
    forward: Floats
    backward: Floats
    region: Floats
    source: Floats
    flags: Flags
    antialias: bool

    def image(self, points: Floats) -> Floats:
        x, y, m = points[:, 0], points[:, 1], self.forward
        out = np.empty((len(points), 2))
        out[:, 0] = m[0, 0] * x + (m[0, 1] * y + m[0, 2])
        out[:, 1] = m[1, 0] * x + (m[1, 1] * y + m[1, 2])
        if m[2, 0] != 0 or m[2, 1] != 0 or m[2, 2] != 1:
            out /= np.maximum(m[2, 0] * x + (m[2, 1] * y + m[2, 2]), HORIZON)[:, None]
        return out

    def derivative(self, points: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        x, y, m = points[..., 0], points[..., 1], self.forward
        w = np.maximum(m[2, 0] * x + (m[2, 1] * y + m[2, 2]), HORIZON)
        u, v = (m[0, 0] * x + (m[0, 1] * y + m[0, 2])) / w, (m[1, 0] * x + (m[1, 1] * y + m[1, 2])) / w
        across = (m[0, 0] - u * m[2, 0]) / w, (m[0, 1] - u * m[2, 1]) / w
        return (*across, (m[1, 0] - v * m[2, 0]) / w, (m[1, 1] - v * m[2, 1]) / w)

    def inside(self, points: Floats) -> Flags:
        return inside(points, self.source)

    def move(self, points: Floats) -> MappedPoints:
        """Points (n, 2) with all that is known of each."""
        return MappedPoints(self.image(points), np.stack(self.derivative(points), axis=1), self.inside(points))

    def fine(self, points: Floats, closed: bool = True) -> Floats:
        return points

    def part(self, ring: Floats) -> tuple[Floats, Floats]:
        seen = ring if self.inside(ring).all() else common(ring, self.source)
        return seen, self.image(seen)

    def outlines(self, boxes: Floats, unit: Floats) -> tuple[Floats, Floats, Floats]:
        from variegate.kernels.outline import outline

        count = len(boxes)
        seen, whole, share = np.empty((count, 4)), np.empty((count, 4)), np.empty(count)
        geometry = self.flags, self.forward, self.region, self.source, self.canvas[-1]
        boxes = np.ascontiguousarray(boxes, np.float64)
        outline(boxes, unit, *geometry, seen, whole, share)  # type: ignore[no-untyped-call]
        return seen, whole, share

    def covered(self) -> Flags:
        return cover(self.source, self.before)

    def showing(self) -> Flags:
        return cover(self.region, self.size)

    def scaled(self, before: tuple[int, int], after: tuple[int, int]) -> ProjectiveMap:
        into, out = per_pixel(before, self.canvas[0]), per_pixel(after, self.canvas[-1])
        none, one = np.array([CONSTANT], np.int64), np.ones(1)  # of the outer two, which cover the pictures
        first, last = np.concatenate([1 / into, one]), np.concatenate([1 / out, one])
        return self._replace(
            maps=np.concatenate([scaling(1 / into), self.maps, scaling(out)]),
            canvas=np.array([before, *self.canvas.tolist(), after], np.int64),
            borders=np.concatenate([none, self.borders, none]),
            forward=last[:, None] * self.forward / first,
            backward=first[:, None] * self.backward / last,
            region=self.region / out,
            source=self.source / into,
        )

    def cut_off(self) -> ProjectiveMap:
        return self._replace(borders=np.full(len(self.borders), CONSTANT, np.int64))

    def back(self) -> ProjectiveMap:
        from variegate.kernels.chain import MapChain

        count = len(self.maps)
        maps = coords.inverse(self.maps)[::-1] if count else self.maps
        return projective(MapChain(maps, self.canvas[::-1], np.full(count, CONSTANT, np.int64)), self.antialias)

    @property
    def chain(self) -> MapChain:
        from variegate.kernels.chain import MapChain

        return MapChain(self.maps, self.canvas, self.borders)

    @property
    def before(self) -> tuple[int, int]:
        height, width = self.canvas[0].tolist()
        return height, width

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.canvas[-1].tolist()
        return height, width

    @property
    def identity(self) -> bool:
        from variegate.kernels.points import IDENTITY

        return bool(self.flags[IDENTITY])

    @property
    def upright(self) -> bool:
        from variegate.kernels.points import PLAIN

        return bool(self.flags[PLAIN])

    @property
    def affine(self) -> bool:
        from variegate.kernels.points import AFFINE

        return bool(self.flags[AFFINE])

    @property
    def mirrored(self) -> bool:
        from variegate.kernels.points import MIRRORED

        return bool(self.flags[MIRRORED])


class ProjectiveMaps:
    """The point maps of a batch, all that bends left out; row_layout: a row a sample, see `plan.trail`."""

    def __init__(self, row_layout: RowLayout, antialias: bool) -> None:
        from variegate.kernels.points import FLAGS, MOST_CORNERS, follow

        self.row_layout, self.antialias = row_layout, antialias
        self.begins: list[int] = row_layout.rows[:, FIRST_MAP].tolist()
        count = len(self.begins) - 1
        most = max((after - begin for begin, after in pairwise(self.begins)), default=0)
        corners = MOST_CORNERS * (most + 1)
        self.backward, self.forward = np.empty((count, 3, 3)), np.empty((count, 3, 3))
        self.region, self.source = np.empty((count, corners, 2)), np.empty((count, corners, 2))
        self.corners, self.flags = np.empty(count, np.int64), np.empty((count, FLAGS), np.bool_)
        found = self.backward, self.forward, self.region, self.source, self.corners, self.flags
        follow(row_layout.rows, row_layout.maps, row_layout.canvas, *found)  # type: ignore[no-untyped-call]

    def point_map(self, i: int) -> ProjectiveMap:
        """Sample i's; of use where no field bends it."""
        corners, begin, end = self.corners[i], self.begins[i], self.begins[i + 1]
        return ProjectiveMap(
            self.row_layout.maps[begin:end],
            self.row_layout.canvas[begin + i : end + i + 1],
            self.row_layout.borders[begin:end],
            self.forward[i],
            self.backward[i],
            self.region[i, :corners],
            self.source[i, :corners],
            self.flags[i],
            self.antialias,
        )


def projective(chain: MapChain, antialias: bool) -> ProjectiveMap:
    """The map of a chain that no field bends."""
    from variegate.kernels.row_layout import lay_chain

    return ProjectiveMaps(lay_chain(chain), antialias).point_map(0)


def per_pixel(sides: tuple[int, int], size: Ints) -> Floats:
    """(x, y): how many pixels of a picture a pixel of its mask is wide and high, from the (height, width) of both."""
    return np.asarray(size[::-1] / np.array(sides[::-1], np.float64))


def scaling(by: Floats) -> Floats:
    """(1, 3, 3): the map that multiplies x and y."""
    return coords.affine(by[0], 0.0, 0.0, 0.0, by[1], 0.0)
