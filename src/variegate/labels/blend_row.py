"""BlendRow: what a mixing op does to one sample."""

from __future__ import annotations

from typing import NamedTuple


class BlendRow(NamedTuple):
    """Within a box the sample's own value by its share and its partner's by the rest, outside of it its own.

    path     of the op
    share    of the sample's own value within the box, 0 to 1
    box      left, top, right, bottom edge in pixels
    size     (height, width) that the value has
    partner  from 0 to below 1: where among those that may be its partner; partners: who these are
    """

    path: str
    share: float
    box: tuple[int, int, int, int]
    size: tuple[int, int]
    partner: float
    partners: str

    @property
    def weight(self) -> float:
        """The share of the sample's own value in the whole picture."""
        left, top, right, bottom = self.box
        return 1.0 - (1.0 - self.share) * ((right - left) * (bottom - top)) / (self.size[0] * self.size[1])
