"""ToneCurve: a smooth curve of brightness, bent by two control points."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.dist import Normal
from variegate.errors import InputError
from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.effect import Effect, Ints, Table
from variegate.ops.fields import declare, drawn, flag

MOST_CHANNELS = 4  # that have curves of their own: each is a draw
_T = np.arange(256) / 255
_LOW, _HIGH, _END = 3 * (1 - _T) * (1 - _T) * _T, 3 * (1 - _T) * _T * _T, _T * _T * _T


@declare
class ToneCurve(Op):
    """Put each channel through a cubic Bezier curve from black to white: v' = 3 (1-v)^2 v low + 3 (1-v) v^2 high + v^3.

    low, high    the heights of the two control points, which lie at a third and at two thirds; drawn numbers are
                 clamped to 0 to 1, by which the curve never falls; 1/3 and 2/3 are the identity; one draw a sample each
    per_channel  False: all channels share a curve. True: each of up to four has one of its own
    targets      image, any number of channels (labels stay)
    effect       table: input clamped, and in uint8 rounded to its levels; in others read from the lines between 256

    Laws: black and white stay; brighter stays brighter. Source: Albumentations' `RandomToneCurve(scale=0.1)`, whose
    points are `low=Normal(0.25, 0.1), high=Normal(0.75, 0.1)`: a gain of contrast on the whole, where the default here
    has none.

    >>> ToneCurve(low=(0.2, 0.5), per_channel=True)
    ToneCurve(low=Uniform(0.2, 0.5), per_channel=True)

    Raises  FieldError if a range is empty or not finite; InputError for per_channel and more than 4 channels.
    """

    low: Drawn = drawn(default=Normal(1 / 3, 0.1))
    high: Drawn = drawn(default=Normal(2 / 3, 0.1))
    per_channel: bool = flag(default=False)

    gives: ClassVar[type[Effect]] = Table
    needs_white: ClassVar[bool] = True

    def times(self, item: str) -> int:
        return MOST_CHANNELS if self.per_channel and item in ("low", "high") else super().times(item)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Table:
        if self.per_channel and context.channels > MOST_CHANNELS:
            raise InputError(
                f"{self.label} has curves for up to {MOST_CHANNELS} channels, got {context.channels}. "
                "Leave per_channel out, and all channels share a curve"
            )
        low, high = (np.clip(draws[item].T, 0, 1)[..., None] for item in ("low", "high"))
        values = (low * _LOW + high * _HIGH) + _END
        return Table(values[:, : context.channels] if self.per_channel else values)
