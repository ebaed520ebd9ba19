"""Stencil: each pixel anew, of those around it, channel by channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from variegate.ops.effect.base import Floats
from variegate.ops.effect.colour import Colour


@dataclass(frozen=True)
class Stencil(Colour):
    """Weights of the pixels around each, its own in the middle; counted as numpy.pad counts beyond the border.

    out[y, x] = sum of weights[j, i] * picture[y + j - m // 2, x + i - n // 2], as it lies: a correlation. What a border
    of an op before filled is picture here.

    weights  (B, m, n) float64, m and n odd
    across   (B, k) float64, k odd, or None: further weights, along each row, of what the first made. So a filter that
             falls apart in two, as a Gaussian does, is `weights` (B, m, 1), down each column, and `across`
    border   what lies beyond the edge: one of "constant" (black), "edge", "reflect", "symmetric", "wrap"
    """

    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"weights": (None, None), "across": (None,)}

    weights: Floats
    across: Floats | None = None
    border: str = "reflect"

    def misfit(self, count: int) -> str:
        wrong = super().misfit(count)
        sides = *self.weights.shape[1:], *(() if self.across is None else self.across.shape[1:])
        if wrong or all(side % 2 for side in sides):
            return wrong
        return f"Stencil has a pixel in the middle of its weights, so their numbers are odd; got {sides}"
