"""Pad: a margin around the picture; PadIfNeeded: as much of one as a size asks for."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from variegate import coords
from variegate.ops.base import Draws, LoweringContext
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, extent, option, pixels
from variegate.ops.geometric import Bordered, SizeLike, as_size


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


@declare
class PadIfNeeded(Bordered):
    """Add a margin to pictures that are too small, or whose sides are no multiples; leave others as they are.

    size      the least (height, width) in pixels, or one number for both
    multiple  of what the sides are to be: 32, or (32, 16) of height and width
    place     where the picture lies: in the "center", the smaller half of an odd margin above and to the left; or at
              the "top_left"
    targets   image, mask, boxes, keypoints, polygons        effect  geometric (fuses); the size grows

    Laws: a picture that is large enough stays as it is, bit for bit.

    >>> PadIfNeeded(multiple=32)
    PadIfNeeded(multiple=(32, 32))

    Raises  FieldError if a number is not whole and positive.
    """

    size: SizeLike | None = pixels(default=None)
    multiple: SizeLike | None = pixels(default=None, kw_only=True)
    place: Literal["center", "top_left"] = option(default="center", kw_only=True)

    resizes: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        new = sizes if self.size is None else np.maximum(sizes, np.array(as_size(self.size)))
        if self.multiple is not None:
            step = np.array(as_size(self.multiple))
            new = -(-new // step) * step
        corner = (new - sizes) // 2 if self.place == "center" else np.zeros_like(sizes)
        matrix = coords.identity(len(sizes))
        matrix[:, 0, 2], matrix[:, 1, 2] = -corner[:, 1], -corner[:, 0]
        return Map(matrix, new)
