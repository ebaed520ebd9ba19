"""CropNonEmptyMask: a window in which something is marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from variegate import coords
from variegate.dist import Distribution, Uniform
from variegate.ops.base import Draws, LoweringContext, VisibleMask, masks_of
from variegate.ops.crop import CropOp
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, pixels, wholes
from variegate.ops.geometric import SizeLike, as_size


@declare
class CropNonEmptyMask(CropOp):
    """Cut out a window at a random place that shows at least one marked pixel of the mask.

    size          (height, width) in pixels, or one number for both
    ignore        classes of the mask that do not count; 255 too, where the mask has it for "unknown"
    border, fill  what lies beyond the picture; by default a picture that is smaller is an error. With a border, a
                  smaller picture lies anywhere within the window
    targets       image, mask, boxes, keypoints, polygons        effect  geometric (fuses); looks at a mask

    One pixel is drawn of all those that count and whose centre lies on the canvas, every one as likely; then its place
    in the window, every one as likely; and the window is moved back into the picture where it juts out. So a large
    object is met more often than a small one. Three hidden draws. Where no pixel counts: a window anywhere, as in
    `RandomCrop`. After albumentations' CropNonEmptyMaskIfExists.
    Laws: where a pixel counts, the window holds the centre of one that does.

    >>> CropNonEmptyMask(256, ignore=(0, 255))
    CropNonEmptyMask(size=(256, 256), ignore=(0, 255))

    Raises  FieldError if the size is not whole and positive, or ignore holds anything but whole numbers; InputError if
            the picture is smaller, or the sample has no mask declared.
    """

    size: SizeLike = pixels()
    ignore: Sequence[int] = wholes(default=(0,))

    looks: ClassVar[Literal["", "boxes", "mask", "instances"]] = "mask"

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "pixel": Uniform(0, 1), "top": Uniform(0, 1), "left": Uniform(0, 1)}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        size = as_size(self.size)
        place = np.stack([draws["top"], draws["left"]], axis=1)
        corner = self.anywhere(place, size, sizes)
        free = sizes - np.array(size)
        for row, seen in enumerate(masks_of(self, sizes, context)):
            pixel = _drawn_pixel(seen, self.ignore, sizes[row], float(draws["pixel"][row]))
            if pixel is not None:
                around = pixel - np.floor(place[row] * size).astype(np.int64)
                corner[row] = np.minimum(np.maximum(around, np.minimum(free[row], 0)), np.maximum(free[row], 0))
        return self.window(corner[:, 0], corner[:, 1], size, sizes)


def _drawn_pixel(seen: VisibleMask, ignore: Sequence[int], size: Ints, u: float) -> Ints | None:
    """(row, column) on the canvas of the pixel drawn, by its place among those that count; None where none does."""
    marked: NDArray[np.bool_] = np.ones(seen.mask.shape, np.bool_)
    for value in ignore:
        marked &= seen.mask != value
    if marked.ndim == 3:  # several masks: a pixel counts where one of them has something
        marked = np.logical_or.reduce(marked, axis=2)
    if seen.shown is not None:
        marked &= seen.shown
    upto = np.cumsum(np.add.reduce(marked, axis=1, dtype=np.int32))  # by rows, as a list of all pixels would be large
    if not upto[-1]:
        return None
    index = int(u * upto[-1])
    row = int(np.searchsorted(upto, index, side="right"))
    column = np.flatnonzero(marked[row])[index - upto[row]]  # counted from the row's end
    x, y = seen.place(float(coords.pixel_centre(column)), float(coords.pixel_centre(row)))
    return np.minimum(np.maximum(np.floor([y, x]), 0), size - 1).astype(np.int64)
