"""Resize, SmallestMaxSize and LongestMaxSize: the whole picture on a new canvas."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate import coords
from variegate.ops.base import Draws, LoweringContext
from variegate.ops.effect import Ints, Map
from variegate.ops.fields import declare, extent, pixels
from variegate.ops.geometric import Resampling, SizeLike, as_size


def _onto(sizes: Ints, new: Ints) -> Map:
    """The map that brings the whole picture onto a canvas of another size."""
    matrix = coords.identity(len(sizes))
    scale = sizes / new
    matrix[:, 0, 0] = scale[:, 1]
    matrix[:, 1, 1] = scale[:, 0]
    return Map(matrix, new)


def _scaled(sizes: Ints, side: int, known: Ints) -> Ints:
    """Sizes scaled so that the known side, (B,), becomes `side`; the other is rounded, half up, in integers."""
    new = (2 * sizes * side + known[:, None]) // (2 * known[:, None])
    return np.asarray(np.maximum(new, 1))


@declare
class Resize(Resampling):
    """Bring the picture to exactly this size, whatever its shape.

    size     (height, width) in pixels, or one number for both
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses); size as given

    torchvision's `Resize(224)` keeps the shape instead: that is `SmallestMaxSize(224)`.

    >>> Resize((120, 160))
    Resize(size=(120, 160))

    Raises  FieldError if the size is not whole and positive.
    """

    size: SizeLike = pixels()

    resizes: ClassVar[bool] = True

    def fixes_size(self) -> bool:
        return True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        new = np.empty_like(sizes)
        new[:] = as_size(self.size)
        return _onto(sizes, new)


@declare
class SmallestMaxSize(Resampling):
    """Bring the smaller side to this many pixels, and keep the shape.

    size     pixels of the smaller side; the other is rounded, half up (torchvision rounds down)
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses); size depends on the picture

    >>> SmallestMaxSize(256)
    SmallestMaxSize(size=256)

    Raises  FieldError if the size is not whole and positive.
    """

    size: int = extent()

    resizes: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        return _onto(sizes, _scaled(sizes, self.size, sizes.min(axis=1)))


@declare
class LongestMaxSize(Resampling):
    """Bring the longer side to this many pixels, and keep the shape.

    size     pixels of the longer side; the other is rounded, half up, and at least 1
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses); size depends on the picture

    >>> LongestMaxSize(256)
    LongestMaxSize(size=256)

    Raises  FieldError if the size is not whole and positive.
    """

    size: int = extent()

    resizes: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        return _onto(sizes, _scaled(sizes, self.size, sizes.max(axis=1)))
