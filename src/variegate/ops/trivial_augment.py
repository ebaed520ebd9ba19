"""TrivialAugmentWide: one op of a list, of any strength."""

from __future__ import annotations

from variegate.dist import Choice, Distribution
from variegate.ops.base import Op
from variegate.ops.combine import OneOf
from variegate.ops.fields import count, declare
from variegate.ops.policies import CHOSEN, OPS, WIDE, Making, Policy, drawn_level


@declare
class TrivialAugmentWide(Policy):
    """Apply one op out of 14, at a strength out of a wide range: nothing is to be tuned.

    bins     how many strengths there are, from none to the strongest, each as likely
    targets  image of 1 or 3 channels, mask, boxes, keypoints, polygons        effect  of several kinds; a macro

    The ops are those of `RandAugment`. At the strongest, each with a sign of its own: shear 0.99 about the top left
    corner, translate 32 pixels whatever the size, rotate 135 degrees; brightness, saturation, contrast and sharpness by
    1 - 0.99 or 1 + 0.99. Without a sign: posterize to 2 bits, solarize all. Source: Müller and Hutter (2021),
    "TrivialAugment", and torchvision's `TrivialAugmentWide`, whose list, magnitudes and signs these are; its
    interpolation is "nearest" where none is given.

    >>> from variegate import Compose, Key
    >>> Compose([TrivialAugmentWide()]).params(Key(3))["TrivialAugmentWide/Rotate"]
    {'applied': False, 'angle': 99.0}

    Raises  InputError on 2 or more than 3 channels.
    """

    bins: int = count(default=31, least=2, most=1000)

    def drawn(self) -> dict[str, Distribution]:
        return {"bin": Choice(range(self.bins))}

    def expand(self) -> Op:
        make = Making(WIDE, drawn_level(self, "bin", self.bins - 1), self.look())
        return OneOf([OPS[name](make) for name in CHOSEN])
