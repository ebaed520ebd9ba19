"""CutMix: a box of the picture becomes that of another sample, and labels share as the pixels do."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.coords import between
from variegate.dist import Distribution, Uniform
from variegate.ops.base import Draws, LoweringContext
from variegate.ops.blending import BlendingOp
from variegate.ops.effect import Blend, Effect, Ints
from variegate.ops.fields import declare, number
from variegate.ops.shares import Gamma, shares


@declare
class CutMix(BlendingOp):
    """Put a box of another sample's picture in its place.

    alpha    of Beta's distribution (alpha, alpha), by which it is drawn how much of the picture stays
    targets  image, views, masks. `Classes` are averaged by the true share of pixels. Of the picture's instances stays
             what lies outside of the box, of the partner's what lies in it, and filters count it: boxes, stacks of
             masks, polygons, keypoints and `PerInstance`
    effect   mixing: pixels of two results of one size, in the last write

    The box has the shape of the picture; its centre is drawn evenly, and it ends where the picture does, so that more
    stays than was drawn. Laws: each pixel is one of the two pictures'; the shares of the classes are those of the
    pixels. Source: Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features"
    (2019), with alpha 1.

    >>> CutMix(p=0.5)
    CutMix(p=0.5)

    Raises  FieldError if alpha is not above 0, or per does not go with partners; InputError if there is no partner, or
            it has another size.
    """

    alpha: float = number(default=1.0, least=0.01, most=100)

    gives: ClassVar[type[Effect]] = Blend

    def drawn(self) -> dict[str, Distribution]:
        own = {"own": Gamma(self.alpha), "other": Gamma(self.alpha), "x": Uniform(0, 1), "y": Uniform(0, 1)}
        return {**super().drawn(), **own}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Blend:
        stays = shares(np.stack([draws["own"], draws["other"]]))[0]
        sides, part = sizes[:, ::-1], np.sqrt(1 - stays)[:, None]
        centre = np.stack([draws["x"], draws["y"]], axis=1) * sides
        corners = np.concatenate([centre - part * sides / 2, centre + part * sides / 2], axis=1)
        box = np.rint(between(corners, 0, np.tile(sides, 2))).astype(np.int64)
        return Blend(np.zeros(len(sizes)), box)
