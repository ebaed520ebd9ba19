"""PixelFunction: the user's function of one pixel, compiled into the fused pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from variegate.ops.effect.base import BENT, Floats, misfit_function
from variegate.ops.effect.colour import Colour


@dataclass(frozen=True)
class PixelFunction(Colour):
    """The user's function of one pixel: function(pixel, *draws) -> pixel, a tuple of C floats in units of white.

    draws  (B, n) float64: the drawn fields in declared order
    """

    cuts: ClassVar[str] = BENT

    finite: ClassVar[tuple[str, ...]] = ("draws",)
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"draws": (None,)}

    function: Callable[..., Any]
    draws: Floats

    def misfit(self, count: int) -> str:
        return super().misfit(count) or misfit_function("PixelFunction.function", self.function)
