"""BlendRow and PasteRow: what a mixing op does to one sample."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


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
    def rests(self) -> bool:
        """Whether the sample is left as it is."""
        return self.weight == 1

    @property
    def weight(self) -> float:
        """The share of the sample's own value in the whole picture."""
        left, top, right, bottom = self.box
        return 1.0 - (1.0 - self.share) * ((right - left) * (bottom - top)) / (self.size[0] * self.size[1])


class PasteRow(NamedTuple):
    """Objects of the partner's value over the sample's own.

    path     of the op
    objects  how many
    bits     (4, 1) uint32: by which they are chosen
    edge     standard deviation in pixels by which their outline is blended
    size, partner, partners  as of BlendRow
    """

    path: str
    objects: int
    bits: NDArray[np.uint32]
    edge: float
    size: tuple[int, int]
    partner: float
    partners: str

    @property
    def rests(self) -> bool:
        """Whether the sample is left as it is."""
        return self.objects == 0

    def order(self, count: int) -> list[float]:
        """A number each of so many objects: those with the smallest are chosen."""
        from variegate.rng import filled

        found: list[float] = filled(self.bits, count)[0].tolist()
        return found


MixingRow = BlendRow | PasteRow
