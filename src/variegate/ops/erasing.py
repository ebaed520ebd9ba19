"""Erasing: one rectangle of chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from variegate.dist import Distribution, LogUniform, Uniform
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Holes, Ints
from variegate.ops.fields import declare, drawn
from variegate.ops.holes import HoleOp, rectangles

TRIALS = 10


@declare
class Erasing(HoleOp):
    """Erase one rectangle of random area, shape and place.

    scale    its area, a fraction of the picture's
    ratio    height / width; here a pair is a log-uniform range, so that high and wide are as likely
    fill     what it becomes, in units of white: a number, one a channel, or "noise", each pixel and channel evenly from
             black to white
    targets  image, any number of channels (labels stay: masks, boxes and points are as if nothing were erased)
    effect   holes (fuses)

    The law is torchvision's RandomErasing, whose p is 0.5 (Zhong et al. 2017): up to ten trials of area and ratio, the
    sides rounded to whole pixels, half to even; the first that is lower and narrower than the picture lies at a random
    place, and where none is, the picture stays as it is, to the bit. All ten trials are hidden draws. torchvision
    erases behind its Normalize, where 0 is the mean and "random" is normal: here fill=(0.485, 0.456, 0.406), the mean
    of Normalize, is the same as its 0. Albumentations' Erasing draws the ratio, width / height, evenly, and never an
    area that does not fit at every ratio: its holes are smaller. Keras's RandomErasing draws both sides by themselves.

    >>> Erasing(fill="noise", p=0.25)
    Erasing(p=0.25, fill='noise')

    Raises  FieldError if scale is not within (0, 1], or ratio can be 0 or less; InputError if a fill does not fit the
            picture's channels, or leaves 0 to 1 in pictures of integers.
    """

    scale: Drawn = drawn(default=(0.02, 0.33), above=0, most=1)
    ratio: Drawn = drawn(default=LogUniform(0.3, 3.3), above=0, pair=LogUniform)

    trials: ClassVar[Mapping[str, int]] = {"scale": TRIALS, "ratio": TRIALS}

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "top": Uniform(0, 1), "left": Uniform(0, 1)}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Holes:
        area = draws["scale"].T * (sizes[:, :1] * sizes[:, 1:])
        height, width = np.rint(np.sqrt(area * draws["ratio"].T)), np.rint(np.sqrt(area / draws["ratio"].T))
        fits = (height < sizes[:, :1]) & (width < sizes[:, 1:])
        first = fits & (np.cumsum(fits, axis=1) == 1)  # of the trials that fit
        high, wide = (np.where(first, side, 0.0).sum(axis=1, keepdims=True) for side in (height, width))
        place = draws["top"][:, None], draws["left"][:, None]
        return self.dropping("rectangles", rectangles(*place, high, wide, sizes), draws, context)
