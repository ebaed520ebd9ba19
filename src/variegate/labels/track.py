"""Track: a batch's maps, all ops of all passes together, as labels follow them; a Way is one sample's."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from variegate.kernels.chain import Chain
from variegate.labels.projective import Projective
from variegate.labels.way import Way
from variegate.plan.ir import FIRST_MAP, Defaults

if TYPE_CHECKING:
    from variegate.kernels.lay import Laid


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
        begin, end = self._begins[i], self._begins[i + 1]
        fields = self.laid.fields
        if not len(fields.grids) or not (fields.which[begin:end] >= 0).any():
            return self.straight(i)
        from variegate.labels.warped import warped

        maps, canvas = self.laid.maps[begin:end], self.laid.canvas[begin + i : end + i + 1]
        return warped(Chain(maps, canvas, self.laid.borders[begin:end], fields.part(begin, end)), self.defaults)

    def straight(self, i: int) -> Projective:
        """Sample i's matrices; for a sample that no field bends."""
        corners, begin, end = self.corners[i], self._begins[i], self._begins[i + 1]
        return Projective(
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


def projective(chain: Chain, defaults: Defaults) -> Projective:
    """The way of a chain that no field bends."""
    from variegate.plan.trail import chained

    return Track(chained(chain), defaults).straight(0)
