"""Downscale: a picture that had fewer pixels."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.effect import Effect, Ints, LowResolution
from variegate.ops.effect.low_resolution import Resizing
from variegate.ops.fields import declare, drawn, option


@declare
class Downscale(Op):
    """Resize the picture to a part of its height and width, and back: what it shows is coarser.

    scale          of both sides, above 0, up to 1, which changes nothing; one draw a sample
    interpolation  how, down and up: "bilinear", with a prefilter on the way down; "box", blocks of their means;
                   "nearest", blocks of one of their pixels
    targets        image, any number of channels (labels stay)        effect  low resolution (a pass of its own)

    Sides are rounded, half up, and at least 1. Laws: flat pictures stay; no channel leaves its range. It is Pillow's
    `resize` by that filter, twice: nearest but where a centre lies between two pixels, else to 2 levels.
    albumentations' Downscale draws from 0.25 to 0.25 and takes OpenCV's nearest, which lies half a pixel further up
    and to the left.

    >>> Downscale((0.2, 0.6), "box")
    Downscale(scale=Uniform(0.2, 0.6), interpolation='box')

    Raises  FieldError if the scale can be 0, negative or above 1.
    """

    scale: Drawn = drawn(default=(0.25, 0.75), above=0, most=1)
    interpolation: Resizing = option(default="bilinear")

    gives: ClassVar[type[Effect]] = LowResolution

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> LowResolution:
        small = np.floor(sizes * draws["scale"][:, None] + 0.5).astype(np.int64)
        return LowResolution(np.maximum(small, 1), self.interpolation)
