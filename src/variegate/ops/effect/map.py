"""Map: geometric, a map of the plane and a new canvas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from variegate.ops.effect.base import Effect, Floats, Ints


@dataclass(frozen=True)
class Map(Effect):
    """A map of the plane, from the new canvas back to the old one.

    matrix  (B, 3, 3) float64: column vector (x, y, 1) of the new canvas to the old; half-pixel centres
    size    (B, 2) int64: (height, width) of the new canvas
    """

    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"matrix": (3, 3), "size": (2,)}

    matrix: Floats
    size: Ints

    def misfit(self, count: int) -> str:
        wrong = super().misfit(count)
        return (
            f"Map.size is whole pixels, got {self.size.dtype}" if not wrong and self.size.dtype.kind == "f" else wrong
        )
