"""Pad: a margin around the picture."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate import coords
from variegate.ops.base import Draws, LoweringContext
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, extent
from variegate.ops.geometric import Bordered


@declare
class Pad(Bordered):
    """Add a margin around the picture.

    amount                    pixels on every side
    top, left, bottom, right  pixels on one side, in place of the amount
    targets                   image, mask, boxes, keypoints, polygons        effect  geometric (fuses); the size grows

    Laws: gives the pixels of `numpy.pad` with the mode of the border; `Pad(n)` then a `Crop` of the middle is the
    identity.

    >>> Pad(8, border="reflect")
    Pad(border='reflect', amount=8)
    >>> Pad(top=16)
    Pad(top=16)

    Raises  FieldError if a number is not whole, or negative.
    """

    amount: int = extent(default=0, least=0)
    top: int | None = extent(default=None, kw_only=True, least=0)
    left: int | None = extent(default=None, kw_only=True, least=0)
    bottom: int | None = extent(default=None, kw_only=True, least=0)
    right: int | None = extent(default=None, kw_only=True, least=0)

    resizes: ClassVar[bool] = True

    def margins(self) -> tuple[int, int, int, int]:
        """Pixels at the top, left, bottom and right."""
        top, left, bottom, right = (
            self.amount if side is None else side for side in (self.top, self.left, self.bottom, self.right)
        )
        return top, left, bottom, right

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        top, left, bottom, right = self.margins()
        matrix = coords.identity(len(sizes))
        matrix[:, 0, 2] = -left
        matrix[:, 1, 2] = -top
        return Map(matrix, sizes + np.array([top + bottom, left + right]))
