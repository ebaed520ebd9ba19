"""RandomResizedCrop: a random part of the picture, brought to one size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate import coords
from variegate.dist import Distribution, LogUniform, Uniform
from variegate.ops.base import Drawn, Draws, Facts, Op, as_distribution
from variegate.ops.effect import Floats, Ints, Map
from variegate.ops.fields import declare, drawn, pixels
from variegate.ops.geometric import Resampling, Size, as_size
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

    size: Size | None = pixels(default=None)
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

    def lower(self, draws: Draws, sizes: Ints, facts: Facts) -> Map:
        height, width, fallback = self._part(draws["scale"], draws["ratio"], sizes)
        free_down, free_right = sizes[:, 0] - height, sizes[:, 1] - width
        top = np.where(fallback, free_down // 2, np.floor(draws["top"] * (free_down + 1)))
        left = np.where(fallback, free_right // 2, np.floor(draws["left"] * (free_right + 1)))
        new = sizes
        if self.size is not None:
            new = np.empty_like(sizes)
            new[:] = as_size(self.size)
        return Map(coords.affine(width / new[:, 1], 0, left, 0, height / new[:, 0], top), new)

    def _part(self, scale: Floats, ratio: Floats, sizes: Ints) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Height and width of each part, and where no trial fitted."""
        area = scale * (sizes[:, 0] * sizes[:, 1])
        trials = np.rint(np.sqrt(np.stack([area / ratio, area * ratio])))  # (height and width, trials, B)
        fits = np.all((trials >= 1) & (trials <= sizes.T[:, None]), axis=0)
        first = fits.argmax(axis=0)
        samples = np.arange(len(sizes))
        failed = np.asarray(~fits[first, samples])
        height, width = trials[:, first, samples]
        if failed.any():
            height[failed], width[failed] = self._central(ratio[:, failed], sizes[failed])
        return height, width, failed

    def _central(self, drawn: Floats, sizes: Ints) -> tuple[Floats, Floats]:
        """The largest part of the nearest allowed ratio, whole pixels."""
        height, width = sizes[:, 0].astype(np.float64), sizes[:, 1].astype(np.float64)
        low: Any
        high: Any
        low, high = as_distribution(self.ratio).bounds()
        if isinstance(self.ratio, Ramp):  # what is allowed hangs on the epoch: that is known by what was drawn alone
            low, high = drawn.min(axis=0), drawn.max(axis=0)
        wide, tall = width > high * height, width < low * height
        return (
            np.where(tall, np.maximum(np.rint(width / low), 1), height),
            np.where(wide, np.maximum(np.rint(height * high), 1), width),
        )
