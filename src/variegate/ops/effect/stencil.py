"""Stencil: each pixel anew, of those around it, channel by channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from variegate.ops.effect.base import Floats, Ints
from variegate.ops.effect.colour import Colour
from variegate.sampling import BORDERS, KEEP, Border


@dataclass(frozen=True)
class Stencil(Colour):
    """Weights of the pixels around each, its own in the middle; counted as numpy.pad counts beyond the border.

    out[y, x] = sum of weights[j, i] * picture[y + j - m // 2, x + i - n // 2], as it lies: a correlation. What a border
    of an op before filled is picture here.

    weights  (B, m, n) float64, m and n odd
    across   (B, k) float64, k odd, or None: the weights along each row of a filter that falls apart in two, as a
             Gaussian does; then `weights` are those down each column, (B, m, 1)
    border   what lies beyond the edge: one of "constant" (black), "edge", "reflect", "symmetric", "wrap"; or "keep",
             where there are no weights across: a pixel whose neighbours lie partly beyond it stays as it is
    own      (B,) float64, or None: how often the pixel itself is added to that sum
    threshold
             (B,) float64 from 0 on, or None: numbers that would change by no more than this stay as they are

    A sample whose pixels would each be 1 times themselves is left as it is.
    """

    may_rest: ClassVar[bool] = True
    finite: ClassVar[tuple[str, ...]] = ("weights", "across", "own", "threshold")
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {
        "weights": (None, None),
        "across": (None,),
        "own": (),
        "threshold": (),
    }

    weights: Floats
    across: Floats | None = None
    border: Border | Literal["keep"] = "reflect"
    own: Floats | None = None
    threshold: Floats | None = None

    def misfit(self, count: int) -> str:
        wrong = super().misfit(count)
        if wrong:
            return wrong
        if self.border not in (*BORDERS, KEEP):
            return f"Stencil.border is one of {', '.join((*BORDERS, KEEP))}; got {self.border!r}"
        if self.threshold is not None and (self.threshold < 0).any():
            return f"Stencil.threshold is at least 0; got {self.threshold.min():g}"
        sides = *self.weights.shape[1:], *(() if self.across is None else self.across.shape[1:])
        if self.across is not None and sides[1] != 1:
            return f"Stencil.weights are (B, m, 1) where there are weights across; got {self.weights.shape}"
        if self.across is not None and self.border == KEEP:
            return f"Stencil.border is one of {', '.join(BORDERS)} where there are weights across; got 'keep'"
        if all(side % 2 for side in sides):
            return ""
        return f"Stencil has a pixel in the middle of its weights, so their numbers are odd; got {sides}"

    def neutral(self, before: Ints) -> NDArray[np.bool_]:
        """A sample of which each pixel becomes itself is left where it is."""
        m, n = self.weights.shape[1:]
        middle, own = self.weights[:, m // 2, n // 2], np.zeros(len(before)) if self.own is None else self.own
        alone = np.count_nonzero(self.weights.reshape(len(before), -1), axis=1) == (middle != 0)
        if self.across is not None:
            centre = self.across[:, self.across.shape[1] // 2]
            alone &= (np.count_nonzero(self.across, axis=1) == (centre != 0)) | (middle == 0)
            middle = middle * centre
        return np.asarray(alone & (middle + own == 1))
