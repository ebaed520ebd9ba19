"""Saturation and Grayscale: how far colours are from grey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext, Op, one_or_three
from variegate.ops.colour import nothing, saturation, unchanged
from variegate.ops.effect import Effect, Ints, Matrix
from variegate.ops.fields import declare, drawn


@declare
class Saturation(Op):
    """Multiply the distance from grey: v' = factor v + (1 - factor) (0.299 R + 0.587 G + 0.114 B).

    factor   0 is grey, 1 changes nothing; one draw a sample
    targets  image of 3 channels; of 1, the identity (labels stay)        effect  matrix (fuses)

    Laws: the luminance stays; `Saturation(a)` then `Saturation(b)` is `Saturation(a b)`. Source: torchvision's
    `adjust_saturation`, which rounds the luminance down and clamps after the op; TensorFlow's works in HSV instead.

    >>> Saturation((0.5, 1.5))
    Saturation(factor=Uniform(0.5, 1.5))

    Raises  FieldError if the factor can be negative; InputError on 2 or more than 3 channels.
    """

    factor: Drawn = drawn(least=0)

    gives: ClassVar[type[Effect]] = Matrix

    def takes(self) -> Sequence[int]:
        return (1, 3)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        if not one_or_three(self, context):
            return unchanged(len(sizes))
        return Matrix(saturation(draws["factor"]), nothing(len(sizes)))


@declare
class Grayscale(Op):
    """Give all three channels the luminance, 0.299 R + 0.587 G + 0.114 B.

    targets  image of 3 channels, which it keeps; of 1, the identity (labels stay)        effect  matrix (fuses)

    Laws: twice is once; equals `Saturation(0)`. torchvision weighs red with 0.2989 and rounds down.

    >>> Grayscale(p=0.1)
    Grayscale(p=0.1)

    Raises  InputError on 2 or more than 3 channels.
    """

    gives: ClassVar[type[Effect]] = Matrix

    def takes(self) -> Sequence[int]:
        return (1, 3)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        if not one_or_three(self, context):
            return unchanged(len(sizes))
        return Matrix(saturation(np.zeros(len(sizes))), nothing(len(sizes)))
