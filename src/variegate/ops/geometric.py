"""What every map of the plane shares: how it reads between pixels, and what lies outside of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from variegate import coords
from variegate.ops.base import Draws, LoweringContext, Op
from variegate.ops.effect import Effect, Ints, Map
from variegate.ops.fields import channels, declare, flag, option
from variegate.sampling import Border, Interpolation

Fill = float | Sequence[float]
if TYPE_CHECKING:
    SizeLike = int | Sequence[int]  # a list of two is taken too
    Pair = Sequence[float]
else:
    SizeLike = int | tuple[int, int]
    Pair = tuple[float, float]


@declare
class GeometricOp(Op):
    """A map of the plane, with a canvas after it."""

    gives: ClassVar[type[Effect]] = Map


@declare
class Resampling(GeometricOp):
    """A map that reads between pixels.

    interpolation  "nearest", "bilinear" or "bicubic" (a = -1/2); None is the pipeline's
    antialias      whether a picture that shrinks is filtered first; None is the pipeline's
    """

    interpolation: Interpolation | None = option(default=None, kw_only=True)
    antialias: bool | None = flag(default=None, kw_only=True)


@declare
class Bordered(Resampling):
    """A map whose canvas may show what lies outside of the picture.

    border  what lies outside of the picture, as `numpy.pad` has it: "constant", the fill; "edge", its outermost pixels;
            "reflect", its mirror image about them; "symmetric", its mirror image about its edge; "wrap", it, again
    fill    what "constant" shows, in the picture's own units (255 is white in uint8); a number, or one a channel
    """

    border: Border = option(default="constant", kw_only=True)
    fill: Fill = channels(default=0, kw_only=True)


@declare
class Window(GeometricOp):
    """A part of the picture, in whole pixels, which the draws tell; what is left out is not made."""

    EDGES: ClassVar[tuple[str, ...]] = ("top", "left", "height", "width")
    resizes: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        matrix = coords.identity(len(sizes))
        matrix[:, 0, 2], matrix[:, 1, 2] = draws["left"], draws["top"]
        return Map(matrix, np.stack([draws["height"], draws["width"]], axis=1).astype(np.int64))


def as_size(value: SizeLike | None) -> tuple[int, int]:
    """A size of an op that is made, for the type checker: always (height, width)."""
    if not isinstance(value, tuple):
        raise TypeError(f"a size is (height, width) once the op is made, got {value!r}")
    return value
