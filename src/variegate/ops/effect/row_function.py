"""RowFunction: a function of one row of the canvas that knows where the row is, compiled into the fused pass.

ColourFunction: one that asks for colours alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from variegate.ops.effect.base import BENT, Floats, Ints, misfit_bits, misfit_function
from variegate.ops.effect.colour import Colour


@dataclass(frozen=True)
class RowFunction(Colour):
    """A function of one row of the canvas: function(row, y, height, *draws), or (row, y, height, bits, *draws).

    It must compile with `numba.njit`, and changes `row` in place: a tuple of C arrays (width,) float32, one a channel,
    in units of white. `y` counts rows from the top, and there are `height` of them: what a border filled is there, too.
    It may hang on nothing else, as rows come in any order, on any thread.

    draws  (B, n) float64: the numbers of each sample
    bits   (4, B) uint32, the column of a `Bits` draw: each sample's own four words, of which
           `variegate.extend.uniforms` and `normals` make any number of numbers; None: the function takes none
    rests  (B,) bool: the samples that it is to leave as they are, to the bit; None: it is called for all
    """

    cuts: ClassVar[str] = "hangs on where a pixel lies, and a map of the plane would move it"
    finite: ClassVar[tuple[str, ...]] = ("draws",)
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"draws": (None,), "rests": ()}
    may_rest: ClassVar[bool] = True

    function: Callable[..., None]
    draws: Floats
    bits: NDArray[np.uint32] | None = None
    rests: NDArray[np.bool_] | None = None

    def misfit(self, count: int) -> str:
        return (
            super().misfit(count)
            or misfit_bits("RowFunction.bits", self.bits, count)
            or misfit_function("RowFunction.function", self.function)
        )

    def neutral(self, before: Ints) -> NDArray[np.bool_]:
        return super().neutral(before) if self.rests is None else self.rests

    def take(self, rows: NDArray[np.bool_]) -> Self:
        return replace(super().take(rows), bits=None if self.bits is None else self.bits[:, rows])


@dataclass(frozen=True)
class ColourFunction(RowFunction):
    """A RowFunction that makes the same of the same colour, wherever it lies."""

    cuts: ClassVar[str] = BENT
