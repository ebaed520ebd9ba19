"""Track: a batch's maps, all ops of all passes together, as labels follow them; a Way is one sample's."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.plan.ir import FIRST_MAP, Defaults

if TYPE_CHECKING:
    from variegate.kernels.lay import Laid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


HORIZON = 1e-9  # the least w by which a point is divided


class Way(NamedTuple):
    """One sample's map from the picture to the result, and what is seen of the picture.

    maps       (G, 3, 3): canvas k + 1 to canvas k; canvas (G + 1, 2); borders (G,): as in `plan.tables`
    forward    (3, 3): from the picture to the result; backward: from the result to the picture
    region     (n, 2): the part of the result that shows the picture, a convex polygon; source: the same of the picture
    flags      AFFINE, UPRIGHT, PLAIN, MIRRORED, IDENTITY, see `kernels.points.follow`
    defaults   how the pipeline reads between pixels
    """

    maps: Floats
    canvas: Ints
    borders: Ints
    forward: Floats
    backward: Floats
    region: Floats
    source: Floats
    flags: NDArray[np.bool_]
    defaults: Defaults

    def image(self, points: Floats) -> Floats:
        """Points (n, 2) of the picture on the result; behind the horizon, where there is none, they land far away.

        Everything that moves a label asks here or in `derivative`. So a displacement field, which says for each point
        of the result where it is read from, needs no more than its own answer to these two: it is found by following
        the matrices first and then correcting by Newton's steps until the way back meets the point.
        """
        x, y, m = points[:, 0], points[:, 1], self.forward
        out = np.empty((len(points), 2))
        out[:, 0] = m[0, 0] * x + (m[0, 1] * y + m[0, 2])
        out[:, 1] = m[1, 0] * x + (m[1, 1] * y + m[1, 2])
        if m[2, 0] != 0 or m[2, 1] != 0 or m[2, 2] != 1:
            out /= np.maximum(m[2, 0] * x + (m[2, 1] * y + m[2, 2]), HORIZON)[:, None]
        return out

    def derivative(self, points: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """dx'/dx, dx'/dy, dy'/dx and dy'/dy of the map at points (..., 2) of the picture."""
        x, y, m = points[..., 0], points[..., 1], self.forward
        w = np.maximum(m[2, 0] * x + (m[2, 1] * y + m[2, 2]), HORIZON)
        u, v = (m[0, 0] * x + (m[0, 1] * y + m[0, 2])) / w, (m[1, 0] * x + (m[1, 1] * y + m[1, 2])) / w
        across = (m[0, 0] - u * m[2, 0]) / w, (m[0, 1] - u * m[2, 1]) / w
        return (*across, (m[1, 0] - v * m[2, 0]) / w, (m[1, 1] - v * m[2, 1]) / w)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the result."""
        height, width = self.canvas[-1].tolist()
        return height, width


class Track:
    """The ways of a batch; laid: a row a sample, see `plan.trail`."""

    def __init__(self, laid: Laid, defaults: Defaults) -> None:
        from variegate.kernels.points import FLAGS, MOST_CORNERS, follow

        self.laid, self.defaults = laid, defaults
        self._begins: list[int] = laid.rows[:, FIRST_MAP].tolist()
        count = len(self._begins) - 1
        most = max((after - begin for begin, after in pairwise(self._begins)), default=0)
        corners = MOST_CORNERS * (most + 1)
        self.backward, self.forward = np.empty((count, 3, 3)), np.empty((count, 3, 3))
        self.region, self.source = np.empty((count, corners, 2)), np.empty((count, corners, 2))
        self.corners, self.flags = np.empty(count, np.int64), np.empty((count, FLAGS), np.bool_)
        found = self.backward, self.forward, self.region, self.source, self.corners, self.flags
        follow(laid.rows, laid.maps, laid.canvas, *found)  # type: ignore[no-untyped-call]

    def way(self, i: int) -> Way:
        """Sample i's."""
        corners, begin, end = self.corners[i], self._begins[i], self._begins[i + 1]
        return Way(
            self.laid.maps[begin:end],
            self.laid.canvas[begin + i : end + i + 1],
            self.laid.borders[begin:end],
            self.forward[i],
            self.backward[i],
            self.region[i, :corners],
            self.source[i, :corners],
            self.flags[i],
            self.defaults,
        )
