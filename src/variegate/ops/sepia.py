"""Sepia: the brown of old photographs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext, Op, three
from variegate.ops.colour import IDENTITY, nothing
from variegate.ops.effect import Effect, Ints, Matrix
from variegate.ops.fields import declare, drawn

BROWN = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])


@declare
class Sepia(Op):
    """Blend a picture with its sepia tone: v' = (1 - strength) v + strength brown(v).

    strength  0 changes nothing, 1 is brown altogether; one draw a sample
    targets   image of 3 channels (labels stay)        effect  matrix (fuses)

    Laws: strength 0 is the identity; of strength 1 all colours are multiples of one brown. White becomes (1.35, 1.20,
    0.94), which is clamped where the run ends. Source: the matrix of Microsoft's documentation of colour filters, which
    Albumentations' `ToSepia` and kornia's `Sepia` take too (kornia divides by the maximum of the result).

    >>> Sepia((0.2, 1))
    Sepia(strength=Uniform(0.2, 1))

    Raises  FieldError if the strength can leave 0 to 1; InputError on other than 3 channels.
    """

    strength: Drawn = drawn(default=1, least=0, most=1)

    gives: ClassVar[type[Effect]] = Matrix

    def takes(self) -> Sequence[int]:
        return (3,)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        three(self, context)
        strength = draws["strength"][:, None, None]
        return Matrix((1 - strength) * IDENTITY + strength * BROWN, nothing(len(sizes)))
