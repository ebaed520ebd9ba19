"""RandAugment: a few ops of a list, all as strong as one another."""

from __future__ import annotations

from variegate.ops.base import Drawn, Op
from variegate.ops.combine import Chain, OneOf
from variegate.ops.fields import count, declare, drawn
from variegate.ops.policies import CHOSEN, OPS, USUAL, Making, Policy, drawn_level


@declare
class RandAugment(Policy):
    """Apply n ops out of 14, one after the other, all as strong as one another.

    n          how many; each is as likely as any other, and may come again
    magnitude  how strong, from 0 to bins - 1; between whole numbers lie strengths between; one draw a sample
    bins       how many magnitudes there are: bins - 1 is the strongest
    targets    image of 1 or 3 channels, mask, boxes, keypoints, polygons        effect  of several kinds; a macro

    At the strongest, each with a sign of its own: shear 0.3 about the top left corner, translate 150/331 of the side in
    whole pixels, rotate 30 degrees; brightness, saturation, contrast and sharpness by 1 - 0.9 or 1 + 0.9. Without a
    sign: posterize to 4 bits, solarize all. And AutoContrast, Equalize, and no op at all. Below that, evenly less.
    Source: Cubuk et al. (2020), "RandAugment", and torchvision's `RandAugment`, whose list, magnitudes and signs these
    are; its interpolation is "nearest" where none is given. It rounds down and clamps after each op of colour; here
    that happens once a pass. timm's, of other ops and levels, is `policy("rand-m9")`.

    >>> from variegate import Compose, Key, Ramp
    >>> Compose([RandAugment(2, 9)]).params(Key(3))["RandAugment/Rotate"]
    {'applied': False, 'angle': -9.0}
    >>> RandAugment(3, Ramp(0, 15, epochs=30))
    RandAugment(n=3, magnitude=Ramp(0, 15, 30))

    Raises  FieldError if the magnitude can leave 0 to bins - 1; InputError on 2 or more than 3 channels.
    """

    n: int = count(default=2, most=16)
    magnitude: Drawn = drawn(default=9, least=0, most=lambda op: op.bins - 1)
    bins: int = count(default=31, least=2, most=1000)

    def expand(self) -> Op:
        make = Making(USUAL, drawn_level(self, "magnitude", self.bins - 1), self.look())
        return Chain([OneOf([OPS[name](make) for name in CHOSEN]) for _ in range(self.n)])
