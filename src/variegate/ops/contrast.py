"""Contrast: a factor on the distance from a mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from variegate.errors import InputError
from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.colour import multiple, nothing
from variegate.ops.effect import Effect, Floats, Ints, Matrix
from variegate.ops.fields import declare, drawn, option


@declare
class Contrast(Op):
    """Multiply the distance from the picture's mean: v' = factor v + (1 - factor) mean.

    factor   0 is flat, 1 changes nothing; one draw a sample
    about    "luminance": the mean of 0.299 R + 0.587 G + 0.114 B, one for all channels
             "channel": each channel's own mean, for any number of channels
    targets  image (labels stay)        effect  matrix, with a statistic of the picture at this point of the pipeline

    Laws: the mean stays; `Contrast(a)` then `Contrast(b)` is `Contrast(a b)`. "luminance" is torchvision's
    `adjust_contrast` (which rounds each pixel's luminance down before the mean, as Pillow rounds the mean itself, and
    clamps after the op); "channel" is TensorFlow's `adjust_contrast`. Here nothing is rounded or clamped.

    >>> Contrast((0.8, 1.2))
    Contrast(factor=Uniform(0.8, 1.2))

    Raises  FieldError if the factor can be negative; InputError if "luminance" meets 2 or more than 3 channels.
    """

    factor: Drawn = drawn(least=0)
    about: Literal["luminance", "channel"] = option(default="luminance")

    gives: ClassVar[type[Effect]] = Matrix

    def takes(self) -> Sequence[int]:
        return (1, 3) if self.about == "luminance" else ()

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        if self.about == "luminance" and context.channels not in (1, 3):
            raise InputError(
                f"{self.label} about the luminance takes pictures of 1 or 3 channels, got {context.channels}. "
                'Write about="channel".'
            )
        return contrast(draws["factor"], self.about == "luminance" and context.channels == 3)


def contrast(factor: Floats, luminance: bool) -> Matrix:
    """v' = factor v + (1 - factor) mean; the mean luminance, or each channel's own."""
    weights, offset = multiple(factor), nothing(len(factor))
    if luminance:
        return Matrix(weights, offset, luminance=1 - factor, uniform=True)
    return Matrix(weights, offset, channel=1 - factor, uniform=True)
