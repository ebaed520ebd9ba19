"""Sharpness, UnsharpMask: more, or less, of what a picture has beyond a blurred one."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.bell import WIDEST, bell, reach_of
from variegate.ops.effect import Effect, Ints, Stencil
from variegate.ops.fields import declare, drawn, option
from variegate.sampling import Border

SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13  # Pillow's ImageFilter.SMOOTH


@declare
class Sharpness(Op):
    """Blend with a smoothed picture: v' = factor v + (1 - factor) smooth(v).

    factor   0 is smooth, 1 changes nothing, above 1 is sharper; one draw a sample
    targets  image, any number of channels (labels stay)        effect  stencil (a pass of its own)

    A pixel is smoothed by the 8 around it, which weigh 1 each to its own 5. The outermost pixels stay as they are, and
    so does a picture below 3 x 3. Laws: flat pictures stay; affine in the factor. Source: Pillow's
    `ImageEnhance.Sharpness` and torchvision's `adjust_sharpness`, which on bytes round the smooth picture first, and
    so differ by up to factor levels; here rounding and clamping happen once, at the end of the run.

    >>> Sharpness((0.5, 2))
    Sharpness(factor=Uniform(0.5, 2))

    Raises  FieldError if the factor can be negative.
    """

    factor: Drawn = drawn(default=(0, 2), least=0)

    gives: ClassVar[type[Effect]] = Stencil

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Stencil:
        factor = draws["factor"]
        return Stencil((1 - factor)[:, None, None] * SMOOTH, own=factor, border="keep")


@declare
class UnsharpMask(Op):
    """Add what a picture has beyond its Gaussian blur: v' = v + amount (v - blurred).

    sigma      of the Gaussian in pixels, as far as 3 sigma; 0 changes nothing; one draw a sample
    amount     how much of it; 0 changes nothing; one draw a sample
    threshold  by how much v must differ from the blurred, in units of white, else it stays as it is; one draw a sample
    border     what lies beyond the edge: "reflect" (OpenCV's), "edge" (Pillow's), ...
    targets    image, any number of channels, each by itself (labels stay)
    effect     stencil, separable (a pass of its own)

    Laws: flat pictures stay; affine in the amount; a threshold of 1 changes nothing. Pillow's `UnsharpMask` and
    scikit-image's `unsharp_mask` call the sigma radius, and Pillow the amount percent, 100 times as much; kornia has 1.
    Pillow's threshold is 3 levels by default, which is 3 / 255 here; scikit-image and kornia have none. Pillow's blur
    is three means over boxes, rounded, a few levels from a Gaussian.

    >>> UnsharpMask(2, amount=1.5, threshold=3 / 255)
    UnsharpMask(sigma=Constant(2), amount=Constant(1.5), threshold=Constant(0.011764705882352941))

    Raises  FieldError if sigma, the amount or the threshold can be negative, sigma above 128, or the threshold above 1.
    """

    sigma: Drawn = drawn(default=(0.5, 3), least=0, most=WIDEST)
    amount: Drawn = drawn(default=(0, 1.5), least=0)
    threshold: Drawn = drawn(default=0, least=0, most=1)
    border: Border = option(default="reflect", kw_only=True)

    gives: ClassVar[type[Effect]] = Stencil

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Stencil:
        sigma = draws["sigma"]
        amount = np.where(sigma > 0, draws["amount"], 0.0)
        weights = bell(sigma, reach_of(sigma))
        down, least = -amount[:, None, None] * weights[:, :, None], amount * draws["threshold"]
        return Stencil(down, weights, own=1 + amount, threshold=least, border=self.border)
