"""Median: each pixel anew, the median of those around it, channel by channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.ops.effect.base import Ints
from variegate.ops.effect.colour import Colour


@dataclass(frozen=True)
class Median(Colour):
    """The median of size x size pixels, its own in the middle; beyond the edge its pixels go on.

    size  (B,) int64: 1, which leaves a sample as it is, 3, 5 or 7
    """

    may_rest: ClassVar[bool] = True
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"size": ()}

    size: Ints

    def misfit(self, count: int) -> str:
        wrong = super().misfit(count)
        if wrong or np.isin(self.size, (1, 3, 5, 7)).all():
            return wrong
        return f"Median.size is 1, 3, 5 or 7, got {sorted(set(self.size.tolist()))}"

    def neutral(self, before: Ints) -> NDArray[np.bool_]:
        return np.asarray(self.size == 1)
