"""Gamma: a power of each channel."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate import exact
from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.effect import Curve, Effect, Ints, Table, Tone
from variegate.ops.fields import declare, drawn

_LOGS = np.concatenate([[0.0], exact.log(np.arange(1, 256) / 255)])


@declare
class Gamma(Op):
    """Raise each channel to a power: v' = gain v^gamma, with white as 1.

    gamma    above 0; above 1 darkens the middle, below 1 brightens it; one draw a sample
    gain     factor, 0 or more; one draw a sample
    targets  image, any number of channels (labels stay)        effect  table: input clamped, and rounded to its levels

    Integers are rounded to the picture's own levels (256 of uint8, 65,536 of uint16) first, floats not at all.
    Laws: black stays black, and with gain 1 white stays white. Source: torchvision's `adjust_gamma`, which clamps its
    output at once.

    >>> Gamma((0.8, 1.25))
    Gamma(gamma=Uniform(0.8, 1.25))

    Raises  FieldError if gamma can be 0 or negative, or gain negative.
    """

    gamma: Drawn = drawn(above=0)
    gain: Drawn = drawn(default=1, least=0)

    gives: ClassVar[type[Effect]] = Tone
    needs_white: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Table | Curve:
        if context.steps != 255:
            return Curve.of("power", draws["gamma"], draws["gain"])
        values = exact.exp(draws["gamma"][:, None] * _LOGS) * draws["gain"][:, None]
        values[:, 0] = 0
        return Table(values)
