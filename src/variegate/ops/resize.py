"""Resize, SmallestMaxSize and LongestMaxSize: the whole picture on a new canvas."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate import coords
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Floats, Ints, Map
from variegate.ops.fields import declare, drawn, extent, pixels
from variegate.ops.geometric import Resampling, SizeLike, as_size
from variegate.ops.rule import MOST_SIDE


def _onto(sizes: Ints, new: Ints) -> Map:
    """The map that brings the whole picture onto a canvas of another size."""
    matrix = coords.identity(len(sizes))
    scale = sizes / new
    matrix[:, 0, 0] = scale[:, 1]
    matrix[:, 1, 1] = scale[:, 0]
    return Map(matrix, new)


def _scaled(sizes: Ints, side: Ints, known: Ints) -> Ints:
    """Sizes scaled so that the known side, (B,), becomes `side`; the other is rounded, half up, in integers."""
    new = (2 * sizes * side[:, None] + known[:, None]) // (2 * known[:, None])
    return np.asarray(np.maximum(new, 1))


def _whole(column: Floats) -> Ints:
    """Drawn sizes, rounded down."""
    return np.asarray(np.floor(column).astype(np.int64))


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

    size     pixels of the smaller side; the other is rounded, half up (torchvision rounds down). Drawn ones are rounded
             down: `Choice((480, 512, 544))` is torchvision's RandomShortestSize
    longest  pixels that the longer side has at most: the smaller one then has fewer; None: any
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses); size depends on the picture

    >>> SmallestMaxSize(256)
    SmallestMaxSize(size=Constant(256))

    Raises  FieldError if a size can be below 1, or one that is written is not whole.
    """

    size: Drawn = drawn(least=1, most=MOST_SIDE, whole=True)
    longest: int | None = extent(default=None, kw_only=True)

    resizes: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        new = _scaled(sizes, _whole(draws["size"]), sizes.min(axis=1))
        if self.longest is not None:
            most = _scaled(sizes, np.full(len(sizes), self.longest), sizes.max(axis=1))
            new = np.where((new.max(axis=1) > self.longest)[:, None], most, new)
        return _onto(sizes, new)


@declare
class LongestMaxSize(Resampling):
    """Bring the longer side to this many pixels, and keep the shape.

    size     pixels of the longer side; the other is rounded, half up, and at least 1. Drawn ones are rounded down
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses); size depends on the picture

    >>> LongestMaxSize(256)
    LongestMaxSize(size=Constant(256))

    Raises  FieldError if a size can be below 1, or one that is written is not whole.
    """

    size: Drawn = drawn(least=1, most=MOST_SIDE, whole=True)

    resizes: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        return _onto(sizes, _scaled(sizes, _whole(draws["size"]), sizes.max(axis=1)))
