"""CopyPaste: objects of another sample's picture, put on this one in their places."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.dist import Bits, Distribution
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Effect, Ints, Paste
from variegate.ops.fields import declare, drawn, number
from variegate.ops.mixing import MixingOp


@declare
class CopyPaste(MixingOp):
    """Put objects of another sample's picture over the picture, with their labels.

    objects  how many, or all if there are fewer; what a range gives is rounded down, so (1, 4) is 1 to 3
    edge     standard deviation in pixels by which the outline of what is pasted is blended; 0: hard
    targets  instances with masks or polygons: of the first `Mask(stack=True)` declared, else of the first `Polygons`.
             The objects' rows of all fields of their group are added, and what they hide of others is taken away: of
             masks, polygons and boxes, of keypoints their visibility; filters count it, and who is hidden as a whole
             goes. Masks of classes and views follow the pixels, `Classes` their shares
    effect   mixing: pixels of two results of one size, in the last write

    Objects are drawn without repetition, all of those as likely that have a pixel on the partner's result. Laws: 0
    objects are the identity; where nothing is pasted, and no edge reaches, the picture stays. Source: Ghiasi et al.,
    "Simple Copy-Paste is a Strong Data Augmentation Method for Instance Segmentation" (2021).

    >>> CopyPaste(p=0.5)
    CopyPaste(p=0.5)

    Raises  FieldError if objects can be negative, or edge is; InputError if there is no partner, it has another size,
            or no masks or polygons of instances are declared.
    """

    objects: Drawn = drawn(default=(1, 4), whole=True, least=0)
    edge: float = number(default=1.0, least=0, most=32, kw_only=True)

    gives: ClassVar[type[Effect]] = Paste

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "order": Bits()}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Paste:
        return Paste(np.floor(draws["objects"]), draws["order"], self.edge)
