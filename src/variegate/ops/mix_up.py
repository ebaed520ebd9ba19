"""MixUp: a picture averaged with another sample's, and so are their labels."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.dist import Distribution
from variegate.ops.base import Draws, LoweringContext
from variegate.ops.blending import BlendingOp
from variegate.ops.effect import Blend, Effect, Ints
from variegate.ops.fields import declare, number
from variegate.ops.shares import Gamma, shares


@declare
class MixUp(BlendingOp):
    """Average the picture with that of another sample: share * own + (1 - share) * partner.

    alpha    of Beta's distribution (alpha, alpha), by which the share is drawn: small ones leave most pictures nearly
             as they are, 1 makes all shares as likely
    targets  image; `Classes` are averaged by the same share. Instances of both stay: boxes, stacks of masks, polygons,
             keypoints and `PerInstance` are those of the picture, then those of the partner; `PerInstance(weight=True)`
             is multiplied by the share. A mask of floats is averaged, one of classes is refused
    effect   mixing: two results of one size are averaged, in the last write

    The sample of which the share is that of its partner is another one: over an epoch each is once the first. Laws:
    share 1 is the identity; the sum of a row of classes stays. Source: Zhang, Cisse, Dauphin, Lopez-Paz, "mixup:
    Beyond Empirical Risk Minimization" (2018), with alpha 0.1 to 0.4 for ImageNet. torchvision and timm draw one share
    a batch, here each sample has its own, unless `per` says otherwise.

    >>> MixUp(0.4, p=0.5)
    MixUp(p=0.5, alpha=0.4)
    >>> MixUp(1.0, partners="roll", per="batch")
    MixUp(partners='roll', per='batch', alpha=1.0)

    Raises  FieldError if alpha is not above 0, or per does not go with partners; InputError if there is no partner, or
            it has another size.
    """

    alpha: float = number(default=0.2, least=0.01, most=100)

    gives: ClassVar[type[Effect]] = Blend

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "own": Gamma(self.alpha), "other": Gamma(self.alpha)}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Blend:
        box = np.zeros((len(sizes), 4), np.int64)
        box[:, 2:] = sizes[:, ::-1]
        return Blend(shares(np.stack([draws["own"], draws["other"]]))[0], box)
