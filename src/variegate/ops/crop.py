"""Crop, CenterCrop and RandomCrop: a window of whole pixels."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from variegate import coords
from variegate.dist import Distribution, Uniform
from variegate.errors import InputError
from variegate.ops.base import Draws, LoweringContext
from variegate.ops.effect import Floats, Ints, Map
from variegate.ops.fields import channels, declare, extent, option, pixels
from variegate.ops.geometric import Fill, GeometricOp, SizeLike, as_size
from variegate.sampling import Border


@declare
class CropOp(GeometricOp):
    """What the crops share: a window, which stays inside of the picture unless there is a border.

    border  None: a window that does not fit is an error. Otherwise what it shows beyond the picture, as in `Pad`
    fill    what "constant" shows, in the picture's own units
    """

    border: Border | None = option(default=None, kw_only=True)
    fill: Fill = channels(default=0, kw_only=True)

    resizes: ClassVar[bool] = True

    def fixes_size(self) -> bool:
        return True

    def window(self, top: Any, left: Any, size: tuple[int, int], sizes: Ints) -> Map:
        """The map of a window at (top, left), a number or a column each, on pictures of these sizes.

        Raises  InputError if it does not fit and there is no border.
        """
        height, width = size
        if self.border is None:
            outside = (top + height > sizes[:, 0]) | (left + width > sizes[:, 1]) | (np.minimum(top, left) < 0)
            if outside.any():
                self._refuse(top, left, size, sizes, int(np.flatnonzero(outside)[0]))
        matrix = coords.identity(len(sizes))
        matrix[:, 0, 2] = left
        matrix[:, 1, 2] = top
        new = np.empty_like(sizes)
        new[:] = size
        return Map(matrix, new)

    @staticmethod
    def anywhere(place: Floats, size: tuple[int, int], sizes: Ints) -> Ints:
        """(B, 2): the corner of a window at a random place; place: two draws a sample, for top and left.

        A picture that is smaller than the window lies anywhere within it: its corner is then negative.
        """
        free = sizes - np.array(size)
        return np.asarray(np.floor(place * (np.abs(free) + 1)).astype(np.int64) * np.sign(free))

    def _refuse(self, top: Any, left: Any, size: tuple[int, int], sizes: Ints, i: int) -> None:
        height, width = sizes[i].tolist()
        place = f" at ({top}, {left})" if isinstance(top, int) else ""
        raise InputError(
            f"{self.label} asks for {size[0]} x {size[1]} pixels{place}, but the picture has {height} x {width} "
            "(height x width). Put Pad or SmallestMaxSize before it, or set border=."
        )


def _least(op: CropOp) -> int:
    """Where a window may begin: before the picture only if there is a border."""
    return 0 if op.border is None else -(2**31)


@declare
class Crop(CropOp):
    """Cut out one window, the same for all pictures.

    top, left      its corner, pixels from the top and from the left; may be negative where there is a border
    height, width  its extent in pixels
    border, fill   what lies beyond the picture; by default a window that does not fit is an error
    targets        image, mask, boxes, keypoints, polygons        effect  geometric (fuses); size (height, width)

    Laws: gives the pixels of `image[top:top + height, left:left + width]`.

    >>> Crop(10, 20, 64, 64)
    Crop(top=10, left=20, height=64, width=64)

    Raises  FieldError if a number is not whole or an extent not positive; InputError if the window does not fit.
    """

    top: int = extent(least=_least)
    left: int = extent(least=_least)
    height: int = extent()
    width: int = extent()

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        return self.window(self.top, self.left, (self.height, self.width), sizes)


@declare
class CenterCrop(CropOp):
    """Cut out the middle.

    size          (height, width) in pixels, or one number for both
    border, fill  what lies beyond the picture; by default a picture that is smaller is an error
    targets       image, mask, boxes, keypoints, polygons        effect  geometric (fuses); size as given

    Where the margin is odd, the smaller half is above and to the left (torchvision rounds half to even).

    >>> CenterCrop(224)
    CenterCrop(size=(224, 224))

    Raises  FieldError if the size is not whole and positive; InputError if the picture is smaller.
    """

    size: SizeLike = pixels()

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        size = as_size(self.size)
        return self.window((sizes[:, 0] - size[0]) // 2, (sizes[:, 1] - size[1]) // 2, size, sizes)


@declare
class RandomCrop(CropOp):
    """Cut out a window at a random place, every place as likely.

    size          (height, width) in pixels, or one number for both; two hidden draws a sample, top and left
    border, fill  what lies beyond the picture; by default a picture that is smaller is an error. With a border, a
                  smaller picture lies anywhere within the window
    targets       image, mask, boxes, keypoints, polygons        effect  geometric (fuses); size as given

    >>> RandomCrop((32, 64))
    RandomCrop(size=(32, 64))

    Raises  FieldError if the size is not whole and positive; InputError if the picture is smaller.
    """

    size: SizeLike = pixels()

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "top": Uniform(0, 1), "left": Uniform(0, 1)}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        size = as_size(self.size)
        corner = self.anywhere(np.stack([draws["top"], draws["left"]], axis=1), size, sizes)
        return self.window(corner[:, 0], corner[:, 1], size, sizes)
