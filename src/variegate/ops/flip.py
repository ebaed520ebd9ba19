"""HorizontalFlip, VerticalFlip and Transpose: mirror images, exact."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.ops.base import Draws, LoweringContext
from variegate.ops.effect import Effect, Ints, Map, Mirror
from variegate.ops.fields import declare
from variegate.ops.geometric import GeometricOp


@declare
class HorizontalFlip(GeometricOp):
    """Exchange left and right.

    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses)

    Laws: twice is the identity; gives the pixels of `image[:, ::-1]`.

    >>> HorizontalFlip(p=0.5)
    HorizontalFlip(p=0.5)
    """

    gives: ClassVar[type[Effect]] = Mirror

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Mirror:
        return Mirror(sizes, "x")


@declare
class VerticalFlip(GeometricOp):
    """Exchange top and bottom.

    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses)

    Laws: twice is the identity; gives the pixels of `image[::-1]`.

    >>> VerticalFlip(p=0.5)
    VerticalFlip(p=0.5)
    """

    gives: ClassVar[type[Effect]] = Mirror

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Mirror:
        return Mirror(sizes, "y")


@declare
class Transpose(GeometricOp):
    """Exchange rows and columns, canvas included: a mirror image about the main diagonal.

    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses); exchanges height and width

    Laws: twice is the identity; gives the pixels of `image.swapaxes(0, 1)`.

    >>> Transpose()
    Transpose()
    """

    swaps_sides: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        matrix = np.zeros((len(sizes), 3, 3))
        matrix[:, 0, 1] = matrix[:, 1, 0] = matrix[:, 2, 2] = 1
        return Map(matrix, sizes[:, ::-1])
