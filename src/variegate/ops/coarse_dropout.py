"""CoarseDropout: several rectangles of chance."""

from __future__ import annotations

import numpy as np

from variegate.dist import Distribution, Uniform
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Holes, Ints
from variegate.ops.fields import declare, drawn, option
from variegate.ops.holes import HoleOp, Sizes, lengths, longest, most_of, rectangles, several

MOST = 64  # holes


@declare
class CoarseDropout(HoleOp):
    """Drop rectangles of random size and place, which may overlap.

    holes          how many, up to 64; what a range gives is rounded down, so (1, 9) is 1 to 8
    height, width  of each hole by itself, as fractions of the picture's sides, rounded to whole pixels, at least one;
                   0 is no hole
    sizes          "fraction", or "pixels": then height and width are numbers of pixels
    fill           what they become, in units of white: a number, one a channel, or "noise", each pixel and channel
                   evenly from black to white
    targets        image, any number of channels (labels stay: masks, boxes and points are as if nothing were dropped)
    effect         holes (fuses)

    Laws: holes lie within the picture, every place as likely; 0 holes are the identity, to the bit. DeVries and Taylor
    (2017), Cutout, whose one square may lie partly outside. Albumentations' CoarseDropout takes all four of its bounds
    as pixels once its largest height is 1 or more, and draws 1 or 2 holes; it drops points under a hole and boxes that
    are covered, cuts other boxes to what is seen of them, and fills masks if `fill_mask` is given.

    >>> CoarseDropout(8, 16, 16, sizes="pixels")
    CoarseDropout(holes=Constant(8), height=Constant(16), width=Constant(16), sizes='pixels')

    Raises  FieldError if holes can leave 0 to 64, or a fraction 0 to 1; InputError if a hole of so many pixels is
            larger than the picture, or a fill does not fit it.
    """

    holes: Drawn = drawn(default=(1, 9), whole=True, least=0, most=MOST, range_most=MOST + 1)
    height: Drawn = drawn(default=(0.1, 0.2), least=0, most=longest)
    width: Drawn = drawn(default=(0.1, 0.2), least=0, most=longest)
    sizes: Sizes = option(default="fraction", kw_only=True)

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "top": Uniform(0, 1), "left": Uniform(0, 1)}

    def times(self, item: str) -> int:
        """Sizes and places are drawn for as many holes as there can be."""
        return most_of(self.holes, MOST) if item in ("height", "width", "top", "left") else super().times(item)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Holes:
        top, left, tall, broad = several(draws, "top", "left", "height", "width")
        there = np.arange(top.shape[1]) < np.minimum(np.floor(draws["holes"]), MOST)[:, None]
        height = lengths(self, "height", np.where(there, tall, 0.0), sizes[:, 0], self.sizes)
        width = lengths(self, "width", np.where(there, broad, 0.0), sizes[:, 1], self.sizes)
        return self.dropping("rectangles", rectangles(top, left, height, width, sizes), draws, context)
