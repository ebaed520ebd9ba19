"""Track: a batch's maps, all ops of all passes together, as labels follow them; a Way is one sample's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from variegate.kernels.chain import Chain
from variegate.labels.projective import Projectives
from variegate.labels.way import Way

if TYPE_CHECKING:
    from variegate.kernels.lay import Laid


class Track:
    """The ways of a batch; laid: a row a sample, see `plan.trail`."""

    def __init__(self, laid: Laid, antialias: bool) -> None:
        self._laid, self._straight = laid, Projectives(laid, antialias)

    def __len__(self) -> int:
        return len(self._straight.begins) - 1

    def way(self, i: int) -> Way:
        """Sample i's."""
        begin, end = self._straight.begins[i : i + 2]
        fields = self._laid.fields
        if not len(fields.grids) or not (fields.which[begin:end] >= 0).any():
            return self._straight.way(i)
        from variegate.labels.warped import warped

        maps, canvas = self._laid.maps[begin:end], self._laid.canvas[begin + i : end + i + 1]
        chain = Chain(maps, canvas, self._laid.borders[begin:end], fields.part(begin, end))
        return warped(chain, self._straight.antialias)
