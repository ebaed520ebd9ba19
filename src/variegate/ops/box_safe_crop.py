"""RandomSizedBoxSafeCrop: a random part that loses no box."""

from __future__ import annotations

import numpy as np

from variegate.dist import Distribution, Uniform
from variegate.ops.base import Drawn, Draws, LoweringContext, boxes_of
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, drawn
from variegate.ops.part import Part, whole_pixels


@declare
class RandomSizedBoxSafeCrop(Part):
    """Cut out a random part that holds all boxes, and bring it to one size.

    size     (height, width) in pixels, or one number for both; None: the part as it is
    erosion  how much of the boxes may be lost: the rectangle around all of them is shrunk about its centre by this
             fraction of its sides, from 0 (nothing is lost) to 1 (its centre is kept), before it must be held
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses); looks at boxes

    Each edge lies anywhere between the rectangle and the picture's edge, every whole pixel as likely; four hidden
    draws. A box counts as far as it lies within the picture. Without a box, the picture itself is the rectangle: with
    erosion 0, nothing is cut. After albumentations' RandomSizedBBoxSafeCrop.
    Laws: with erosion 0 the part holds every box.

    >>> RandomSizedBoxSafeCrop((480, 640))
    RandomSizedBoxSafeCrop(size=(480, 640))

    Raises  FieldError if the size is not whole and positive, or erosion is not from 0 to 1; InputError if the sample
            has no boxes declared.
    """

    erosion: Drawn = drawn(default=0, least=0, most=1)

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), **{edge: Uniform(0, 1) for edge in ("top", "left", "bottom", "right")}}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        held = np.zeros((4, len(sizes)))
        held[2:] = sizes.T[::-1]
        for row, boxes in enumerate(boxes_of(self, sizes, context)):
            if len(boxes):
                held[:2, row], held[2:, row] = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        shrink = (held[2:] - held[:2]) * draws["erosion"] / 2
        (left, top), (right, bottom) = held[:2] + shrink, held[2:] - shrink
        top, bottom = whole_pixels(top, bottom, sizes[:, 0])
        left, right = whole_pixels(left, right, sizes[:, 1])
        return self.part(
            np.floor(draws["top"] * (top + 1)),
            np.floor(draws["left"] * (left + 1)),
            bottom + np.floor(draws["bottom"] * (sizes[:, 0] - bottom + 1)),
            right + np.floor(draws["right"] * (sizes[:, 1] - right + 1)),
        )
