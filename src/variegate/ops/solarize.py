"""Solarize: the negative of what is bright."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.effect import Curve, Effect, Ints, Table, Tone
from variegate.ops.fields import declare, drawn

_LEVELS = np.arange(256) / 255


@declare
class Solarize(Op):
    """Invert each channel where it is at least a threshold: v' = 1 - v if v >= threshold, else v.

    threshold  a fraction of white, 0 to 1: 0.5 is Pillow's 128 of 255; one draw a sample
    targets    image, any number of channels (labels stay)      effect  table: input clamped, and rounded to its levels

    Laws: threshold 0 is `Invert`. Source: Pillow's `ImageOps.solarize`; torchvision gives the threshold in the
    picture's own units.

    >>> Solarize((0.3, 0.9))
    Solarize(threshold=Uniform(0.3, 0.9))

    Raises  FieldError if the threshold can leave 0 to 1.
    """

    threshold: Drawn = drawn(default=0.5, least=0, most=1)

    gives: ClassVar[type[Effect]] = Tone
    needs_white: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Table | Curve:
        if context.steps != 255:
            return Curve.of("solarize", draws["threshold"])
        return Table(np.where(draws["threshold"][:, None] <= _LEVELS, _LEVELS[::-1], _LEVELS))
