"""Track: a batch's maps, all ops of all passes together, as labels follow them; a Way is one sample's."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.plan.ir import Defaults

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the result."""
        height, width = self.canvas[-1].tolist()
        return height, width


class Track:
    """The ways of a batch.

    maps (B, G, 3, 3), canvas (B, G + 1, 2) and borders (G,), of all passes one after the other
    """

    def __init__(self, maps: Floats, canvas: Ints, borders: Ints, defaults: Defaults) -> None:
        from variegate.kernels.points import FLAGS, MOST_CORNERS, follow

        self.maps, self.canvas, self.borders, self.defaults = maps, canvas, borders, defaults
        count, corners = len(maps), MOST_CORNERS * (maps.shape[1] + 1)
        self.backward, self.forward = np.empty((count, 3, 3)), np.empty((count, 3, 3))
        self.region, self.source = np.empty((count, corners, 2)), np.empty((count, corners, 2))
        self.corners, self.flags = np.empty(count, np.int64), np.empty((count, FLAGS), np.bool_)
        found = self.backward, self.forward, self.region, self.source, self.corners, self.flags
        follow(maps, canvas, *found)  # type: ignore[no-untyped-call]

    def way(self, i: int) -> Way:
        """Sample i's."""
        corners = self.corners[i]
        return Way(
            self.maps[i],
            self.canvas[i],
            self.borders,
            self.forward[i],
            self.backward[i],
            self.region[i, :corners],
            self.source[i, :corners],
            self.flags[i],
            self.defaults,
        )
