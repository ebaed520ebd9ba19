"""XYMasking: bands of columns and of rows."""

from __future__ import annotations

import numpy as np

from variegate.dist import Distribution, Uniform
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Floats, Holes, Ints
from variegate.ops.fields import declare, drawn, option
from variegate.ops.holes import HoleOp, Sizes, lengths, longest, most_of, rectangles, several

MOST = 32  # bands each way
PLACES = {"mask_x_length": "num_masks_x", "left": "num_masks_x", "mask_y_length": "num_masks_y", "top": "num_masks_y"}


@declare
class XYMasking(HoleOp):
    """Drop bands of columns, from top to bottom, and bands of rows, from side to side.

    num_masks_x    how many bands of columns, up to 32; what a range gives is rounded down, so (1, 3) is 1 or 2
    num_masks_y    how many bands of rows
    mask_x_length  how many columns a band has, each by itself, as a fraction of the width; at least one, 0 is no band
    mask_y_length  how many rows, as a fraction of the height
    sizes          "fraction", or "pixels": then the lengths are numbers of pixels
    fill           what they become, in units of white: a number, one a channel, or "noise", each pixel and channel
                   evenly from black to white
    targets        image, any number of channels (labels stay: as if nothing were dropped)
    effect         holes (fuses)

    Laws: bands lie within the picture, every place as likely; no band is the identity, to the bit. On a spectrogram it
    is SpecAugment's masking of time and of frequency (Park et al. 2019). Albumentations' XYMasking takes whole numbers
    for pixels and others for fractions, and drops nothing unless it is told how much.

    >>> XYMasking(num_masks_x=2, num_masks_y=0, mask_x_length=(0, 30), sizes="pixels")
    XYMasking(num_masks_x=Constant(2), num_masks_y=Constant(0), mask_x_length=Uniform(0, 30), sizes='pixels')

    Raises  FieldError if a number of bands can leave 0 to 32, or a fraction 0 to 1; InputError if a band of so many
            pixels is longer than the picture, or a fill does not fit it.
    """

    num_masks_x: Drawn = drawn(default=(1, 3), whole=True, least=0, most=MOST, range_most=MOST + 1)
    num_masks_y: Drawn = drawn(default=(1, 3), whole=True, least=0, most=MOST, range_most=MOST + 1)
    mask_x_length: Drawn = drawn(default=(0, 0.15), least=0, most=longest)
    mask_y_length: Drawn = drawn(default=(0, 0.15), least=0, most=longest)
    sizes: Sizes = option(default="fraction", kw_only=True)

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "top": Uniform(0, 1), "left": Uniform(0, 1)}

    def times(self, item: str) -> int:
        """Lengths and places are drawn for as many bands as there can be."""
        return most_of(getattr(self, PLACES[item]), MOST) if item in PLACES else super().times(item)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Holes:
        columns, left = self._bands(draws, "mask_x_length", sizes[:, 1]), several(draws, "left")[0]
        rows, top = self._bands(draws, "mask_y_length", sizes[:, 0]), several(draws, "top")[0]
        whole_height, whole_width = np.where(columns > 0, sizes[:, :1], 0.0), np.where(rows > 0, sizes[:, 1:], 0.0)
        upright = rectangles(0.0 * left, left, whole_height, columns, sizes)
        level = rectangles(top, 0.0 * top, rows, whole_width, sizes)
        return self.dropping("rectangles", np.concatenate([upright, level], axis=1), draws, context)

    def _bands(self, draws: Draws, item: str, sides: Ints) -> Floats:
        """(B, n): how many pixels the bands of one kind have along their sides."""
        (length,) = several(draws, item)
        there = np.arange(length.shape[1]) < np.minimum(np.floor(draws[PLACES[item]]), MOST)[:, None]
        return lengths(self, item, np.where(there, length, 0.0), sides, self.sizes)
