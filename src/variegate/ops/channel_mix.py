"""ChannelMix: colours that leak into each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from variegate.dist import Distribution, Uniform
from variegate.ops.base import Drawn, Draws, LoweringContext, Op, three
from variegate.ops.colour import nothing
from variegate.ops.effect import Effect, Ints, Matrix
from variegate.ops.fields import declare, drawn

_OTHERS = ((0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1))  # the places of a matrix that are not on its diagonal


@declare
class ChannelMix(Op):
    """Mix red, green and blue by a random matrix that leaves grey as it is.

    strength  0 changes nothing; each of the six weights by which a colour takes of another is drawn between -strength
              and strength, and its own weight is what is missing to 1; one draw a sample, and six hidden ones
    targets   image of 3 channels (labels stay)        effect  matrix (fuses)

    Laws: every grey stays; strength 0 is the identity. Source: the channel mixer of photo editors, whose weights for a
    colour sum up to 1 where grey is to stay.

    >>> ChannelMix((0, 0.5))
    ChannelMix(strength=Uniform(0, 0.5))

    Raises  FieldError if the strength can be negative; InputError on other than 3 channels.
    """

    strength: Drawn = drawn(default=(0, 0.3), least=0)

    gives: ClassVar[type[Effect]] = Matrix
    trials: ClassVar[Mapping[str, int]] = {"weights": len(_OTHERS)}

    def takes(self) -> Sequence[int]:
        return (3,)

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "weights": Uniform(-1, 1)}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        three(self, context)
        weights = np.zeros((len(sizes), 3, 3))
        for (row, column), drawn_weight in zip(_OTHERS, draws["weights"], strict=True):
            weights[:, row, column] = draws["strength"] * drawn_weight
        for row in range(3):
            weights[:, row, row] = 1 - (weights[:, row, row - 1] + weights[:, row, row - 2])
        return Matrix(weights, nothing(len(sizes)))
