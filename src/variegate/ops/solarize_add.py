"""SolarizeAdd: brighter where it is dark."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.effect import Curve, Effect, Ints, Table, Tone
from variegate.ops.fields import declare, drawn

_LEVELS = np.arange(256) / 255


@declare
class SolarizeAdd(Op):
    """Add a number to each channel where it is below a threshold: v' = clamp(v + addition) if v < threshold, else v.

    addition   in units of white: AutoAugment's 0 to 110 is (0, 110 / 255); below 0 it darkens; one draw a sample
    threshold  a fraction of white, 0 to 1: 0.5 is 128 of 255; one draw a sample
    targets    image, any number of channels (labels stay)      effect  table: input clamped, and rounded to its levels

    Laws: addition 0 and threshold 0 change nothing. Source: AutoAugment's `solarize_add` (Cubuk et al. 2019, in
    tensorflow/tpu), and timm's.

    >>> SolarizeAdd((0, 0.3))
    SolarizeAdd(addition=Uniform(0, 0.3))

    Raises  FieldError if the addition can leave -1 to 1, or the threshold 0 to 1.
    """

    addition: Drawn = drawn(default=(0, 0.43), least=-1, most=1)
    threshold: Drawn = drawn(default=0.5, least=0, most=1)

    gives: ClassVar[type[Effect]] = Tone
    needs_white: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Table | Curve:
        if context.steps != 255:
            return Curve.of("solarize_add", draws["threshold"], draws["addition"])
        added = np.clip(_LEVELS + draws["addition"][:, None], 0, 1)
        return Table(np.where(draws["threshold"][:, None] > _LEVELS, added, _LEVELS))
