"""RandomCropNearBox: the surroundings of one of the boxes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from variegate.dist import Distribution, Uniform
from variegate.ops.base import Drawn, Draws, LoweringContext, boxes_of
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, drawn
from variegate.ops.part import Part, whole_pixels


@declare
class RandomCropNearBox(Part):
    """Cut out one of the boxes, every one as likely, with edges that are moved at random.

    size     (height, width) in pixels, or one number for both; None: the part as it is
    shift    how far an edge moves outwards, a fraction of the box's own side, at least -0.5 (inwards); a number, a pair
             or a distribution, drawn for the top, left, bottom and right edge apart
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses); looks at boxes

    The edges are rounded outwards to whole pixels and stay within the picture; at least one pixel is left. A box counts
    as far as it lies within the picture, and not at all where it has no area there. Without a box: the whole picture.
    After albumentations' RandomCropNearBBox.
    Laws: with shift >= 0 the part holds the whole box; with shift 0 it is the smallest part that does.

    >>> RandomCropNearBox(224)
    RandomCropNearBox(size=(224, 224))
    >>> RandomCropNearBox(shift=(0, 0.5))
    RandomCropNearBox(shift=Uniform(0, 0.5))

    Raises  FieldError if the size is not whole and positive, or shift can be below -0.5; InputError if the sample has
            no boxes declared.
    """

    shift: Drawn = drawn(default=(-0.3, 0.3), least=-0.5)

    trials: ClassVar[Mapping[str, int]] = {"shift": 4}

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "box": Uniform(0, 1)}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        box, shift = np.zeros((4, len(sizes))), draws["shift"].copy()
        box[2:] = sizes.T[::-1]
        for row, boxes in enumerate(boxes_of(self, sizes, context)):
            if len(boxes):
                box[:, row] = boxes[int(draws["box"][row] * len(boxes))]
            else:
                shift[:, row] = 0
        left, top, right, bottom = box
        up, leftward, down, rightward = shift * np.stack([bottom - top, right - left] * 2)
        top, bottom = whole_pixels(top - up, bottom + down, sizes[:, 0])
        left, right = whole_pixels(left - leftward, right + rightward, sizes[:, 1])
        return self.part(top, left, bottom, right)
