"""Part: what the crops share that look at boxes: a part of whole pixels, as it is or brought to one size."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from variegate import coords
from variegate.ops.effect import Floats, Ints, Map
from variegate.ops.fields import declare, pixels
from variegate.ops.geometric import Resampling, SizeLike, as_size


@declare
class Part(Resampling):
    """A part of the picture that depends on its boxes.

    size  (height, width) in pixels, or one number for both; None: the part as it is
    """

    size: SizeLike | None = pixels(default=None)

    resizes: ClassVar[bool] = True
    looks: ClassVar[Literal["", "boxes", "mask", "instances"]] = "boxes"

    def fixes_size(self) -> bool:
        return self.size is not None

    def part(self, top: Floats, left: Floats, bottom: Floats, right: Floats) -> Map:
        """The map of these parts, whole pixels each."""
        height, width = bottom - top, right - left
        new = np.stack([height, width], axis=1).astype(np.int64)
        if self.size is not None:
            new[:] = as_size(self.size)
        return Map(coords.affine(width / new[:, 1], 0, left, 0, height / new[:, 0], top), new)


def whole_pixels(first: Floats, last: Floats, side: Ints) -> tuple[Floats, Floats]:
    """Where the pixels begin and end that hold first to last, at least one of them, within 0 to side."""
    begin = np.minimum(np.maximum(np.floor(first), 0), side - 1)
    return begin, np.minimum(np.maximum(np.ceil(last), begin + 1), side)
