"""RandomResizedCrop: a random part of the picture, brought to one size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from variegate.dist import Distribution, LogUniform, Uniform
from variegate.exact import compiled
from variegate.ops.base import Drawn, Draws, LoweringContext, Op, as_distribution
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, drawn, pixels
from variegate.ops.geometric import Resampling, SizeLike, as_size
from variegate.ramp import Ramp

TRIALS = 10
RATIO = LogUniform(3 / 4, 4 / 3)


@declare
class RandomResizedCrop(Resampling):
    """Cut out a part of random area, shape and place, and bring it to one size.

    size     (height, width) in pixels, or one number for both; None is back to the picture's own size
    scale    area of the part, a fraction of the picture's, above 0 and at most 1
    ratio    width / height of the part; here a pair is a log-uniform range, so that wide and tall are as likely
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses)

    The drawing is torchvision's: up to ten trials of area and ratio, the sides rounded to whole pixels (half to even),
    the first trial that fits at a random place; else the largest central part of an allowed ratio. All ten trials and
    the place are hidden draws, so the numbers of other ops never shift. torchvision resizes the cut part; here the
    picture is read through the window, so at the part's edge the filter sees the pixels beyond it.

    >>> RandomResizedCrop(224)
    RandomResizedCrop(size=(224, 224))

    Raises  FieldError if the size is not whole and positive, scale is not within (0, 1], or ratio can be 0 or less.
    """

    size: SizeLike | None = pixels(default=None)
    scale: Drawn = drawn(default=(0.08, 1), above=0, most=1)
    ratio: Drawn = drawn(default=RATIO, above=0, pair=LogUniform)

    resizes: ClassVar[bool] = True
    trials: ClassVar[Mapping[str, int]] = {"scale": TRIALS, "ratio": TRIALS}

    def resizer(self) -> Op | None:
        """Not back to the picture's own size."""
        return None if self.size is None else self

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "top": Uniform(0, 1), "left": Uniform(0, 1)}

    def fixes_size(self) -> bool:
        return self.size is not None

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        new = sizes
        if self.size is not None:
            new = np.empty_like(sizes)
            new[:] = as_size(self.size)
        # Of a Ramp, what is allowed hangs on the epoch: that is known by what was drawn alone.
        allowed = (math.nan, math.nan) if isinstance(self.ratio, Ramp) else as_distribution(self.ratio).bounds()
        drawn = (draws[item] for item in ("scale", "ratio", "top", "left"))
        return Map(compiled().parts(sizes, new, *drawn, np.array(allowed)), new)
