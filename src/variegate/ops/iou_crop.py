"""RandomIoUCrop: the crop of SSD, by how much of a box it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.dist import Choice, Distribution, Uniform
from variegate.ops.base import Drawn, Draws, LoweringContext, boxes_of
from variegate.ops.effect import Floats, Ints, Map
from variegate.ops.fields import declare, drawn, span
from variegate.ops.geometric import Pair
from variegate.ops.part import Part

OPTIONS, TRIALS = 16, 40
IOU = Choice((0, 0.1, 0.3, 0.5, 0.7, 0.9, 1))


@declare
class RandomIoUCrop(Part):
    """Cut out a random part that shows a box well enough: its intersection over union with a box is at least `iou`.

    size     (height, width) in pixels, or one number for both; None: the part as it is
    iou      the least intersection over union of the part and a box whose centre it holds; 1: the whole picture
    scale    height and width of the part, a fraction of the picture's each, above 0 and at most 1
    ratio    the least and the most width / height of a part
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses); looks at boxes

    Always drawn are 40 parts (sides rounded down to whole pixels, every place as likely; those without a pixel or of
    another ratio are out), and 16 values of `iou` in a row. The first value counts that is 1 (the whole picture) or
    that a part reaches: with a box that has its centre inside of the part, and as far as it lies within the picture.
    Of the parts that reach it, the first is taken. Where no value is reached, or there is no box: the whole picture.
    Laws: a part that is cut holds the centre of a box, and reaches one of the values of `iou` with it.

    The sampling of Liu et al. (2016), SSD, section 2.2, with the numbers of torchvision, which draws 40 new parts for
    each value, for as long as it takes. Both drop every box whose centre is cut off; here the filters of `Boxes` decide
    (`min_visible`).

    >>> RandomIoUCrop(300)
    RandomIoUCrop(size=(300, 300))

    Raises  FieldError if the size is not whole and positive, iou is not from 0 to 1, scale is not within (0, 1], or
            ratio is no pair above 0; InputError if the sample has no boxes declared.
    """

    iou: Drawn = drawn(default=IOU, least=0, most=1)
    scale: Drawn = drawn(default=(0.3, 1), above=0, most=1)
    ratio: Pair = span(default=(0.5, 2), above=0)

    trials: ClassVar[Mapping[str, int]] = {"iou": OPTIONS, "scale": 2 * TRIALS, "top": TRIALS, "left": TRIALS}

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "top": Uniform(0, 1), "left": Uniform(0, 1)}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        parts, fits = self._parts(draws, sizes)
        reached = np.full(fits.shape, -1.0)
        for row, boxes in enumerate(boxes_of(self, sizes, context)):
            if len(boxes):
                reached[:, row] = np.where(fits[:, row], _reached(boxes, parts[:, :, row]), -1)
        asked, samples = draws["iou"], np.arange(len(sizes))
        possible = (asked <= reached.max(axis=0)) | (asked >= 1)
        value = asked[possible.argmax(axis=0), samples]
        chosen = parts[:, (reached >= value).argmax(axis=0), samples]
        everything = ~possible.any(axis=0) | (value >= 1)
        zero = np.zeros(len(sizes))
        left, top, right, bottom = np.where(everything, np.stack([zero, zero, sizes[:, 1], sizes[:, 0]]), chosen)
        return self.part(top, left, bottom, right)

    def _parts(self, draws: Draws, sizes: Ints) -> tuple[Floats, NDArray[np.bool_]]:
        """(left, top, right and bottom; trials; B), and which of them are allowed."""
        height, width = np.floor(draws["scale"].reshape(2, TRIALS, len(sizes)) * sizes.T[:, None])
        low, high = self.ratio
        fits = (height >= 1) & (width >= 1) & (width >= low * height) & (width <= high * height)
        top = np.floor(draws["top"] * (sizes[:, 0] - height + 1))
        left = np.floor(draws["left"] * (sizes[:, 1] - width + 1))
        return np.stack([left, top, left + width, top + height]), fits


def _reached(boxes: Floats, parts: Floats) -> Floats:
    """The best intersection over union of each part, (4, trials), with a box whose centre it holds; -1: with none."""
    x0, y0, x1, y1 = boxes.T[:, :, None]
    left, top, right, bottom = parts
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    inside = (left < x) & (x < right) & (top < y) & (y < bottom)
    common = (np.minimum(x1, right) - np.maximum(x0, left)) * (np.minimum(y1, bottom) - np.maximum(y0, top))
    common = np.where(inside, common, 0.0)  # elsewhere both factors may be negative
    union = (x1 - x0) * (y1 - y0) + (right - left) * (bottom - top) - common
    return np.asarray(np.where(inside, common / union, -1.0).max(axis=0))
