"""Hue: a turn of the colours about grey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from variegate import exact
from variegate.ops.base import Drawn, Draws, LoweringContext, Op, one_or_three
from variegate.ops.colour import hue, nothing, unchanged
from variegate.ops.effect import Effect, Ints, Matrix
from variegate.ops.fields import declare


@declare
class Hue(Op):
    """Turn the chroma in the plane of YIQ, and keep the luminance.

    shift    degrees, positive from red towards yellow and green; one draw a sample
    targets  image of 3 channels; of 1, the identity (labels stay)        effect  matrix (fuses)

    Laws: the luminance and every grey stay; `Hue(a)` then `Hue(b)` is `Hue(a + b)`; 360 degrees change nothing.
    Source: the NTSC colour space (YIQ is YUV turned by 33 degrees, so the turn is the same in both), as TensorFlow
    Addons' `adjust_hsv_in_yiq`. torchvision and TensorFlow turn the hue of HSV instead, by a fraction of a full turn:
    that keeps the largest channel, not the luminance, and is no matrix. The two agree on the direction, not on the
    exact colours.

    >>> Hue((-20, 20))
    Hue(shift=Uniform(-20, 20))

    Raises  FieldError if the range is empty or not finite; InputError on 2 or more than 3 channels.
    """

    shift: Drawn

    gives: ClassVar[type[Effect]] = Matrix

    def takes(self) -> Sequence[int]:
        return (1, 3)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        if not one_or_three(self, context):
            return unchanged(len(sizes))
        return Matrix(hue(*exact.sincos(draws["shift"])), nothing(len(sizes)))
