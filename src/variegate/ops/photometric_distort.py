"""PhotometricDistort: the colours of SSD's training pictures."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from variegate.dist import Distribution, Uniform
from variegate.ops.base import Drawn, Draws, LoweringContext, Op, three
from variegate.ops.brightness import Brightness
from variegate.ops.colour import IDENTITY, nothing
from variegate.ops.combine import Chain, OneOf
from variegate.ops.effect import Effect, Ints, Matrix
from variegate.ops.fields import declare, drawn, probability
from variegate.ops.hue_saturation_value import HueSaturationValue
from variegate.ops.macro import Macro
from variegate.ops.rgb_shift import RGBShift
from variegate.ramp import Ramp

ORDERS = np.stack([IDENTITY[list(order)] for order in itertools.permutations(range(3))])


@declare
class PhotometricDistort(Macro):
    """Change brightness, contrast, saturation, hue and the order of the channels, each by chance, as for SSD.

    brightness  a number added to all channels, in units of white
    contrast    a factor on all channels, before saturation and hue or after them, as likely
    saturation  a factor, as in `HueSaturationValue`
    hue         degrees, as there
    each        the probability of each of these, and of the shuffle of the channels; p is that of them all
    targets     image of 3 channels (labels stay)        effect  matrix and a function of each pixel; a macro

    Laws: each=0 changes nothing. Source: Liu et al. (2016), "SSD", and its Caffe code, whose numbers are the defaults
    (32 of 255 is 0.125); mmdetection's is the same. torchvision's `RandomPhotometricDistort` multiplies brightness, and
    has contrast about the mean luminance: `ColorJitter` is made of those. Here values are clamped before saturation and
    hue, and at the end of the run; SSD clamps after each.

    >>> PhotometricDistort(hue=(-9, 9))
    PhotometricDistort(hue=Uniform(-9, 9))

    Raises  FieldError if a factor can be negative; InputError on other than 3 channels.
    """

    brightness: Drawn = drawn(default=(-0.125, 0.125))
    contrast: Drawn = drawn(default=(0.5, 1.5), least=0)
    saturation: Drawn = drawn(default=(0.5, 1.5), least=0)
    hue: Drawn = drawn(default=(-18, 18))
    each: float | Ramp = probability(default=0.5)

    needs_white: ClassVar[bool] = True

    def expand(self) -> Op:
        added, each = self.share("brightness"), self.each
        contrast = Brightness(self.share("contrast"), p=each)
        saturation = HueSaturationValue(0, self.share("saturation"), 1, p=each)
        hue = HueSaturationValue(self.share("hue"), 1, 1, p=each)
        orders = OneOf([Chain([contrast, saturation, hue]), Chain([saturation, hue, contrast])])
        return Chain([RGBShift(added, added, added, p=each), orders, ChannelOrder(p=each)])


@declare
class ChannelOrder(Op):
    """Red, green and blue in one of their six orders."""

    gives: ClassVar[type[Effect]] = Matrix

    def takes(self) -> Sequence[int]:
        return (3,)

    def drawn(self) -> dict[str, Distribution]:
        return {"order": Uniform(0, 1)}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Matrix:
        three(self, context)
        return Matrix(ORDERS[(draws["order"] * len(ORDERS)).astype(np.int64)], nothing(len(sizes)))
