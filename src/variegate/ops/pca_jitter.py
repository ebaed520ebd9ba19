"""PCAJitter: the lighting noise of AlexNet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from variegate.dist import Distribution, Normal
from variegate.ops.base import Drawn, Draws, LoweringContext, Op, three
from variegate.ops.colour import IDENTITY
from variegate.ops.effect import Effect, Ints, Matrix
from variegate.ops.fields import declare, drawn

# Of the colours of ImageNet, with white as 1: a component a row, as long as its eigenvalue.
_VALUES = np.array([0.2175, 0.0188, 0.0045])
_VECTORS = np.array([[-0.5675, -0.5808, -0.5836], [0.7192, -0.0045, -0.6948], [0.4009, -0.8140, 0.4203]])
COMPONENTS = _VALUES[:, None] * _VECTORS


@declare
class PCAJitter(Op):
    """Shift colours along the principal components of ImageNet's: v' = v + sum of a_k eigenvalue_k eigenvector_k.

    strength  the standard deviation of a_k; AlexNet's is 0.1; one draw a sample, and three hidden ones, for a_k
    targets   image of 3 channels (labels stay)        effect  matrix (fuses)

    A strength of 0.1 moves grey by about 0.013 of white in each channel. Laws: strength 0 is the identity; every pixel
    is shifted by the same. Source: Krizhevsky, Sutskever and Hinton (2012), section 4.1; eigenvalues and eigenvectors
    as published with fb.resnet.torch (`datasets/imagenet.lua`), whence others have them. Albumentations' `FancyPCA`
    finds components of each picture by itself.

    >>> PCAJitter()
    PCAJitter()

    Raises  FieldError if the strength can be negative; InputError on other than 3 channels.
    """

    strength: Drawn = drawn(default=0.1, least=0)

    gives: ClassVar[type[Effect]] = Matrix
    trials: ClassVar[Mapping[str, int]] = {"components": len(COMPONENTS)}

    def takes(self) -> Sequence[int]:
        return (3,)

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "components": Normal(0, 1)}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        three(self, context)
        first, second, third = (draws["strength"] * draws["components"])[:, :, None]
        offset = (first * COMPONENTS[0] + second * COMPONENTS[1]) + third * COMPONENTS[2]
        return Matrix(np.tile(IDENTITY, (len(sizes), 1, 1)), offset)
