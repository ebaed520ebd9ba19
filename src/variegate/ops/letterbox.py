"""Letterbox: the whole picture within a canvas of one size, its shape kept."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate import coords
from variegate.ops.base import Draws, LoweringContext
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, pixels
from variegate.ops.geometric import Bordered, SizeLike, as_size


@declare
class Letterbox(Bordered):
    """Bring the whole picture into the middle of a canvas of this size, and keep its shape.

    size          (height, width) in pixels, or one number for both
    border, fill  what lies above and below it, or at its sides, as in `Pad`; YOLO's fill is 114 of 255
    targets       image, mask, boxes, keypoints, polygons        effect  geometric (fuses); size as given

    The picture is as large as fits, by sides that are rounded half up; where the margin is odd, the smaller half is
    above and to the left. Laws: a picture that has the shape of the canvas gives the pixels of `Resize(size)`; the
    inverse takes boxes of predictions back to the picture.

    >>> Letterbox(640, fill=114)
    Letterbox(fill=114.0, size=(640, 640))

    Raises  FieldError if the size is not whole and positive.
    """

    size: SizeLike = pixels()

    resizes: ClassVar[bool] = True

    def fixes_size(self) -> bool:
        return True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        new = np.empty_like(sizes)
        new[:] = as_size(self.size)
        height, width = sizes[:, 0], sizes[:, 1]
        wide = width * new[:, 0] >= height * new[:, 1]  # it is the width that decides
        side, known = np.where(wide, new[:, 1], new[:, 0]), np.where(wide, width, height)
        within = np.maximum((2 * sizes * side[:, None] + known[:, None]) // (2 * known[:, None]), 1)
        scale, corner = sizes / within, (new - within) // 2
        matrix = coords.identity(len(sizes))
        matrix[:, 0, 0], matrix[:, 1, 1] = scale[:, 1], scale[:, 0]
        matrix[:, 0, 2], matrix[:, 1, 2] = -corner[:, 1] * scale[:, 1], -corner[:, 0] * scale[:, 0]
        return Map(matrix, new)
