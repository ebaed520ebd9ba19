"""Equalize: each channel's histogram made flat."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.ops.base import Draws, LoweringContext, Op
from variegate.ops.effect import Effect, Floats, Ints, Statistic
from variegate.ops.fields import declare


@declare
class Equalize(Op):
    """Spread the levels of each channel so that about as many pixels have each.

    targets  image, any number of channels, each by itself (labels stay)
    effect   table of the picture's histogram: input clamped, and rounded to 256 levels; begins a pass

    Pictures of other levels, and floats, are counted at 256 levels, and read from the lines between them. What a border
    filled is counted too. Laws: a channel of one level stays, as does one with fewer than 255 pixels below its
    brightest level; the order of levels is kept. Source: Pillow's `ImageOps.equalize`, to the level on uint8, which is
    torchvision's too; OpenCV's `equalizeHist` differs by up to 16 levels, scikit-image's does not stretch to black.

    >>> Equalize(p=0.2)
    Equalize(p=0.2)

    Raises  FieldError in a pipeline whose numbers have no range (`white=None`).
    """

    gives: ClassVar[type[Effect]] = Statistic
    needs_white: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Statistic:
        return Statistic(equalized, np.empty((len(sizes), 0)))


def equalized(histogram: Ints) -> Floats:
    """The tables (C, 256) of histograms (C, 256): the pixels below each level, in 255 steps of as many."""
    out = np.empty(histogram.shape)
    for table, pixels in zip(out, histogram, strict=True):
        there = np.flatnonzero(pixels)
        step = (pixels.sum() - pixels[there[-1]]) // 255
        below = np.cumsum(pixels) - pixels
        table[:] = np.minimum((step // 2 + below) // step, 255) if step else np.arange(256)
    return out / 255
