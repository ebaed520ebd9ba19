"""Stencil: each pixel anew, of those around it, channel by channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, get_args

from variegate.ops.effect.base import Floats
from variegate.ops.effect.colour import Colour
from variegate.sampling import Border


@dataclass(frozen=True)
class Stencil(Colour):
    """Weights of the pixels around each, its own in the middle; counted as numpy.pad counts beyond the border.

    out[y, x] = sum of weights[j, i] * picture[y + j - m // 2, x + i - n // 2], as it lies: a correlation. What a border
    of an op before filled is picture here.

    weights  (B, m, n) float64, m and n odd
    across   (B, k) float64, k odd, or None: the weights along each row of a filter that falls apart in two, as a
             Gaussian does; then `weights` are those down each column, (B, m, 1)
    border   what lies beyond the edge: one of "constant" (black), "edge", "reflect", "symmetric", "wrap"
    """

    finite: ClassVar[tuple[str, ...]] = ("weights", "across")
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"weights": (None, None), "across": (None,)}

    weights: Floats
    across: Floats | None = None
    border: Border = "reflect"

    def misfit(self, count: int) -> str:
        wrong = super().misfit(count)
        if wrong:
            return wrong
        if self.border not in get_args(Border):
            return f"Stencil.border is one of {', '.join(get_args(Border))}; got {self.border!r}"
        sides = *self.weights.shape[1:], *(() if self.across is None else self.across.shape[1:])
        if self.across is not None and sides[1] != 1:
            return f"Stencil.weights are (B, m, 1) where there are weights across; got {self.weights.shape}"
        if all(side % 2 for side in sides):
            return ""
        return f"Stencil has a pixel in the middle of its weights, so their numbers are odd; got {sides}"
