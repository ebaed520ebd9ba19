"""ThreeAugment: grey, inverted or blurred."""

from __future__ import annotations

from variegate.ops.base import Drawn, Op
from variegate.ops.blur import GaussianBlur
from variegate.ops.combine import OneOf
from variegate.ops.fields import declare, drawn
from variegate.ops.macro import Macro
from variegate.ops.saturation import Grayscale
from variegate.ops.solarize import Solarize


@declare
class ThreeAugment(Macro):
    """Make the picture grey, or solarize it, or blur it, each as likely.

    threshold  of `Solarize`, a fraction of white
    sigma      of `GaussianBlur`, in pixels
    targets    image of 1 or 3 channels (labels stay)        effect  of several kinds; a macro

    Source: Touvron et al. (2022), "DeiT III", whose recipe has a horizontal flip before and `ColorJitter` with
    factors of 0.7 to 1.3 for brightness, contrast and saturation behind. timm's text for it is `policy("3a")`, of the
    same numbers, but that its GaussianBlur is Pillow's.

    >>> ThreeAugment()
    ThreeAugment()

    Raises  FieldError if the threshold can leave 0 to 1, or sigma 0 to 128; InputError on 2 or more than 3 channels.
    """

    threshold: Drawn = drawn(default=128 / 255, least=0, most=1)
    sigma: Drawn = drawn(default=(0.1, 2.0), least=0, most=128)

    def expand(self) -> Op:
        blur = GaussianBlur(self.share("sigma"), "edge")
        return OneOf([Grayscale(), Solarize(self.share("threshold")), blur])
