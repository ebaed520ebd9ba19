"""AutoContrast: each channel stretched from black to white."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.effect import Effect, Floats, Ints, Statistic
from variegate.ops.fields import declare, drawn, wholes

_LEVELS = np.arange(256)


@declare
class AutoContrast(Op):
    """Stretch each channel so that its darkest level becomes black and its brightest white.

    cutoff   the part of the pixels that is passed over at each end, 0 and more, below 0.5: Pillow's 2 per cent is 0.02;
             one draw a sample
    ignore   levels, 0 to 255, whose pixels do not count: (0,) after a rotation that fills with black
    targets  image, any number of channels, each by itself (labels stay)
    effect   table of the picture's histogram: input clamped, and rounded to 256 levels; begins a pass

    Pictures of other levels, and floats, are counted at 256 levels, and read from the lines between them; in uint8 a
    result is rounded down, as Pillow's. Laws: a channel of one level stays, and without cutoff one that has both black
    and white; without cutoff twice is once, but for that rounding. Source: Pillow's `ImageOps.autocontrast`, to the
    level on uint8 (which takes per cent); torchvision's has no cutoff, and Albumentations' is up to 2 levels off.

    >>> AutoContrast(cutoff=(0, 0.02))
    AutoContrast(cutoff=Uniform(0, 0.02))

    Raises  FieldError if the cutoff can leave 0 to 0.5, or ignore is not made of whole numbers.
    """

    cutoff: Drawn = drawn(default=0, least=0, below=0.5)
    ignore: Sequence[int] = wholes(default=())

    gives: ClassVar[type[Effect]] = Statistic
    needs_white: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Statistic:
        numbers = np.empty((len(sizes), 2 + len(self.ignore)))
        numbers[:, 0], numbers[:, 1], numbers[:, 2:] = draws["cutoff"], context.steps == 255, self.ignore
        return Statistic(stretched, numbers)


def stretched(histogram: Ints, cutoff: float, whole: float, *ignore: float) -> Floats:
    """The tables (C, 256) of histograms (C, 256); whole: whether their values are rounded down to levels."""
    pixels = histogram
    if ignore:
        pixels = histogram.copy()
        pixels[:, [int(each) for each in ignore if 0 <= each <= 255]] = 0
    below = np.cumsum(pixels, axis=1)
    total = below[:, -1:]
    cut = np.floor(total * cutoff + 1e-6)  # a product just below a whole number is that number
    lowest = (below > cut).argmax(axis=1, keepdims=True)
    highest = 255 - (total - below + pixels > cut)[:, ::-1].argmax(axis=1, keepdims=True)
    flat = (highest <= lowest) | (total <= cut)
    scale = 255.0 / np.where(flat, 1, highest - lowest)
    values = np.clip(_LEVELS * scale - lowest * scale, 0, 255)
    return np.where(flat, _LEVELS, np.floor(values) if whole else values) / 255
