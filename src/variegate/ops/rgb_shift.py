"""RGBShift: a number added to each colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext, Op, three
from variegate.ops.colour import IDENTITY
from variegate.ops.effect import Effect, Ints, Matrix
from variegate.ops.fields import declare, drawn


@declare
class RGBShift(Op):
    """Add a number to red, to green and to blue: v' = v + shift.

    red, green, blue  in units of white, above 0 for more of it; one draw a sample each
    targets           image of 3 channels (labels stay)        effect  matrix (fuses)

    Laws: shifts add up; 0 changes nothing. Source: Albumentations' `RGBShift`, whose `r_shift_limit=20` is
    (-20 / 255, 20 / 255) here, and which clamps at once; here that happens once, at the end of the run.

    >>> RGBShift(red=(-0.1, 0.1), blue=0.05)
    RGBShift(red=Uniform(-0.1, 0.1), blue=Constant(0.05))

    Raises  FieldError if a range is empty or not finite; InputError on other than 3 channels.
    """

    red: Drawn = drawn(default=(-0.08, 0.08))
    green: Drawn = drawn(default=(-0.08, 0.08))
    blue: Drawn = drawn(default=(-0.08, 0.08))

    gives: ClassVar[type[Effect]] = Matrix

    def takes(self) -> Sequence[int]:
        return (3,)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        three(self, context)
        offset = np.stack([draws["red"], draws["green"], draws["blue"]], axis=1)
        return Matrix(np.tile(IDENTITY, (len(sizes), 1, 1)), offset)
