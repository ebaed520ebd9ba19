"""WarpedMap: the map of labels where fields bend some of the pixels' maps."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.chain import NONE, UNBENT, Displacements, MapChain
from variegate.kernels.codes import CONSTANT, DENSE
from variegate.labels.field_leg import FieldLeg
from variegate.labels.projective import MappedPoints, ProjectiveMap, per_pixel, projective, scaling
from variegate.labels.region import common, filled, finer, rectangle, shoelace
from variegate.labels.visibility import bounds

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Leg = ProjectiveMap | FieldLeg

SLACK = 1e-6  # pixels: what is sought is found no nearer
SLIVER = 1e-3  # pixels: of what a window leaves of a box, as `kernels.outline` has it
FEWEST = 0.25  # pixels: points of a line are never nearer to each other
FAR = 1e9  # pixels
PLACES = np.array([(x, y) for x in (0.1, 0.5, 0.9) for y in (0.1, 0.5, 0.9)])  # of a picture, where zoom is looked at


class WarpedMap:
    """One sample's map in legs, runs of matrices and fields, one after the other; see `PointMap`.

    What a window cuts is cut on its own canvas, where it is a rectangle; lines are given so many points before each
    field that what lies between is straight after it, to 0.1 pixels.
    """

    affine = upright = identity = False

    def __init__(self, legs: Sequence[Leg], antialias: bool, chain: MapChain | None = None) -> None:
        self.legs, self.antialias, self._chain = tuple(legs), antialias, chain

    @property
    def before(self) -> tuple[int, int]:
        return self.legs[0].before

    @property
    def size(self) -> tuple[int, int]:
        return self.legs[-1].size

    @property
    def mirrored(self) -> bool:
        return sum(isinstance(leg, ProjectiveMap) and leg.mirrored for leg in self.legs) % 2 == 1

    def move(self, points: Floats) -> MappedPoints:
        """Points (n, 2) of the picture on the result, with the derivative there; and which the result shows."""
        derivative, there = np.tile(np.array([1.0, 0, 0, 1]), (len(points), 1)), np.ones(len(points), np.bool_)
        for leg in self.legs:
            moved = leg.move(points)
            derivative = _chained(derivative, moved.derivative)
            points, there = moved.points, there & moved.there
        return MappedPoints(points, derivative, there)

    def image(self, points: Floats) -> Floats:
        return self.move(points).points

    def derivative(self, points: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        found = self.move(points.reshape(-1, 2)).derivative.reshape(*points.shape[:-1], 4)
        return found[..., 0], found[..., 1], found[..., 2], found[..., 3]

    def inside(self, points: Floats) -> Flags:
        return self.move(points).there

    def steps(self) -> Iterator[tuple[Leg, float]]:
        """Each leg, with how far apart points of a line may be that it leads on."""
        return zip(self.legs, self._steps, strict=True)

    @functools.cached_property
    def _steps(self) -> list[float]:
        found, after = list[float](), np.ones(len(PLACES))
        for leg, zoom in zip(reversed(self.legs), reversed(self._zooms), strict=True):
            after = after * zoom
            found.append(max(leg.step(float(after.max())), FEWEST) if isinstance(leg, FieldLeg) else np.inf)
        return found[::-1]

    @functools.cached_property
    def _zooms(self) -> list[Floats]:
        """By how much each leg enlarges, at some places of the picture; where they are not seen, 0."""
        height, width = self.before
        points, shown, zooms = PLACES * (width, height), self.inside(PLACES * (width, height)), list[Floats]()
        for leg in self.legs:
            points, derivative, _ = leg.move(points)
            zooms.append(np.where(shown, _stretch(derivative), 0.0))
        return zooms

    @functools.cached_property
    def step(self) -> float:
        """How far apart points of a line of the picture may be."""
        zoom, found = np.ones(len(PLACES)), np.inf
        for own, step in zip(self._zooms, self._steps, strict=True):
            found = min(found, step / max(float(zoom.max()), 1.0))
            zoom = zoom * own
        return max(found, FEWEST)

    def fine(self, points: Floats, closed: bool = True) -> Floats:
        return finer(points, self.step, closed)

    def part(self, ring: Floats) -> tuple[Floats, Floats]:
        for leg, step in self.steps():
            ring = common(ring, leg.source)
            if len(ring) and np.isfinite(step):
                ring = finer(ring, step)
            if not len(ring):
                break
            ring = common(leg.image(ring), rectangle(leg.size))
        return (self._way_back.image(self._way_back.fine(ring)) if len(ring) else ring), ring

    def outlines(self, boxes: Floats, unit: Floats) -> tuple[Floats, Floats, Floats]:
        count = len(boxes)
        seen, whole, share = np.zeros((count, 4)), np.zeros((count, 4)), np.zeros(count)
        shapes = [box[:2] * (1 - unit) + box[2:] * unit for box in boxes]
        lines = [self.fine(shape) for shape in shapes]
        points, _, there = self.move(np.concatenate(lines) if lines else np.zeros((0, 2)))
        ends = np.cumsum([len(line) for line in lines]).tolist()
        for n, (shape, end) in enumerate(zip(shapes, ends, strict=True)):
            own, every = slice(end - len(lines[n]), end), abs(shoelace(shape))
            whole[n] = seen[n] = bounds(points[own])
            share[n] = 1.0 if every > 0 else 0.0
            if not there[own].all():
                before, ring = self.part(shape)
                seen[n] = self._on_sides(bounds(ring), whole[n])
                if seen[n].any():
                    whole[n, :2], whole[n, 2:] = (
                        np.minimum(whole[n, :2], seen[n, :2]),
                        np.maximum(whole[n, 2:], seen[n, 2:]),
                    )
                share[n] = min(abs(shoelace(before)) / every, 1.0) if every > 0 and seen[n].any() else 0.0
        return seen, whole, share

    def covered(self) -> Flags:
        return filled(self.back().part(rectangle(self.size))[1], self.before)

    def showing(self) -> Flags:
        return filled(self.part(rectangle(self.before))[1], self.size)

    def scaled(self, before: tuple[int, int], after: tuple[int, int]) -> WarpedMap:
        ends, sizes = (np.array(self.before), np.array(self.size)), (np.array(before), np.array(after))
        first = _only(scaling(1 / per_pixel(before, ends[0])), sizes[0], ends[0])
        last = _only(scaling(per_pixel(after, ends[1])), ends[1], sizes[1])
        chain = None if self._chain is None else _joined([first, self._chain, last])
        return WarpedMap(
            [projective(first, self.antialias), *self.legs, projective(last, self.antialias)], self.antialias, chain
        )

    def cut_off(self) -> WarpedMap:
        chain = self._chain
        if chain is not None:
            chain = chain._replace(borders=np.full(len(chain.borders), CONSTANT, np.int64))
        return WarpedMap(self.legs, self.antialias, chain)

    def back(self) -> WarpedMap:
        return self._way_back

    @functools.cached_property
    def _way_back(self) -> WarpedMap:
        return WarpedMap([leg.back() for leg in reversed(self.legs)], self.antialias)

    @functools.cached_property
    def chain(self) -> MapChain:
        """The maps by which pixels are read. Of a map back: one, with the place sought for each of its pixels."""
        if self._chain is not None:
            return self._chain
        (height, width), forth = self.size, self.back()
        rows, columns = np.mgrid[:height, :width] + 0.5
        centres = np.stack([columns.ravel(), rows.ravel()], axis=1)
        places, _, there = forth.move(centres)
        middle = forth.move(np.array([[width / 2, height / 2]]))
        matrix = np.eye(3)
        if there.any() and np.isfinite(middle.derivative).all():  # by which what shrinks is filtered
            matrix[:2, :2] = middle.derivative.reshape(2, 2)
        matrix[:2, 2] = middle.points[0] - matrix[:2, 0] * (width / 2) - matrix[:2, 1] * (height / 2)
        x, y = centres.T
        plain = np.stack([m[0] * x + (m[1] * y + m[2]) for m in matrix[:2]], axis=1)
        nodes = np.where(there[:, None], places - plain, -FAR)
        grids = np.array([[DENSE, height, width, 0]], np.int64)
        canvas = np.array([self.before, self.size], np.int64)
        fields = Displacements(np.zeros(1, np.int64), grids, nodes.ravel())
        return MapChain(matrix[None], canvas, np.array([CONSTANT], np.int64), fields)

    def _on_sides(self, box: Floats, whole: Floats) -> Floats:
        """What a window leaves of a box: ends that lie a hair beside a side of the result put upon it; no slivers."""
        most = np.tile(np.array(self.size[::-1], np.float64), 2)
        box = np.where(box < SLACK, 0.0, np.where(box > most - SLACK, most, box))
        left, all_of_it = box[2:] - box[:2], whole[2:] - whole[:2]
        return np.zeros(4) if ((left < SLIVER) & (left < all_of_it)).any() else box


def warped(chain: MapChain, antialias: bool) -> WarpedMap:
    """The map of a chain that fields bend."""
    legs, begin, bent = list[Leg](), 0, chain.bent.tolist()
    for k in range(len(bent) + 1):
        if (k == len(bent) or bent[k]) and k > begin:
            run = MapChain(chain.maps[begin:k], chain.canvas[begin : k + 1], chain.borders[begin:k])
            legs.append(projective(run, antialias))
        if k < len(bent) and bent[k]:
            grid = chain.fields.grids[chain.fields.which[k]]
            legs.append(FieldLeg(chain.maps[k], grid, chain.fields.nodes, chain.canvas[k], chain.canvas[k + 1]))
            begin = k + 1
    return WarpedMap(legs, antialias, chain)


def _chained(first: Floats, second: Floats) -> Floats:
    """(n, 4): the derivatives of one leg after another."""
    (a, b, c, d), (p, q, r, s) = first.T, second.T
    return np.stack([p * a + q * c, p * b + q * d, r * a + s * c, r * b + s * d], axis=1)


def _stretch(derivative: Floats) -> Floats:
    """(n,): by how much a derivative enlarges, about."""
    a, b, c, d = derivative.T
    return np.asarray(np.sqrt(((a * a + b * b) + (c * c + d * d)) / 2))


def _only(map: Floats, old: Ints, new: Ints) -> MapChain:
    """A chain of one map (1, 3, 3) from one canvas to another."""
    return MapChain(map, np.stack([old, new]).astype(np.int64), np.array([CONSTANT], np.int64))


def _joined(chains: Sequence[MapChain]) -> MapChain:
    """Chains one after the other; one of them may have lattices."""
    lattices = next((each.fields[1:] for each in chains if len(each.fields.grids)), NONE)
    which = [each.fields.which if each.bent.any() else np.full(len(each.maps), UNBENT, np.int64) for each in chains]
    return MapChain(
        np.concatenate([each.maps for each in chains]),
        np.concatenate([chains[0].canvas, *(each.canvas[1:] for each in chains[1:])]),
        np.concatenate([each.borders for each in chains]),
        Displacements(np.concatenate(which), *lattices),
    )
