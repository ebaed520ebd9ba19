"""Invert: the negative."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.ops.base import Draws, LoweringContext, Op
from variegate.ops.colour import multiple
from variegate.ops.effect import Effect, Ints, Matrix
from variegate.ops.fields import declare


@declare
class Invert(Op):
    """Exchange black and white: v' = 1 - v, with white as 1.

    targets  image, any number of channels (labels stay)        effect  matrix (fuses)

    Laws: twice is the identity. Source: Pillow's `ImageOps.invert`; the peers agree.

    >>> Invert(p=0.1)
    Invert(p=0.1)
    """

    gives: ClassVar[type[Effect]] = Matrix
    needs_white: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        ones = np.ones((len(sizes), 3))
        return Matrix(multiple(-ones[:, 0]), ones, uniform=True)
