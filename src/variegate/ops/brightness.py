"""Brightness: a factor on all channels."""

from __future__ import annotations

from typing import ClassVar

from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.colour import multiple, nothing
from variegate.ops.effect import Effect, Ints, Matrix
from variegate.ops.fields import declare, drawn


@declare
class Brightness(Op):
    """Multiply every channel: v' = factor v.

    factor   0 is black, 1 changes nothing; one draw a sample
    targets  image, any number of channels (labels stay)        effect  matrix (fuses)

    Laws: `Brightness(a)` then `Brightness(b)` is `Brightness(a b)`. Source: torchvision's `adjust_brightness`, which
    on uint8 rounds down and clamps after the op; here rounding and clamping happen once, at the end of the run.
    TensorFlow's adds a number instead.

    >>> Brightness((0.8, 1.2))
    Brightness(factor=Uniform(0.8, 1.2))

    Raises  FieldError if the factor can be negative.
    """

    factor: Drawn = drawn(least=0)

    gives: ClassVar[type[Effect]] = Matrix

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        return Matrix(multiple(draws["factor"]), nothing(len(sizes)), uniform=True)
