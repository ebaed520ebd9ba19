"""JPEG: the blocks and ringing of a compressed picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.ops.base import Drawn, Draws, LoweringContext, Op, one_or_three
from variegate.ops.effect import Effect, Ints, PictureFunction
from variegate.ops.fields import declare, drawn


@declare
class JPEG(Op):
    """Compress the picture as a JPEG, and decode it again.

    quality  1 to 100 as Pillow counts it; a distribution's number is rounded down; one draw a sample
    targets  image of 1 or 3 channels (labels stay)        effect  opaque (cuts): a picture is written, and read

    The picture is rounded to 8 bits, and encoded by Pillow with the colours at half the resolution (4:2:0): the very
    pixels of saving it by Pillow, OpenCV or TensorFlow at that quality. They hang on Pillow's version of libjpeg-turbo.
    albumentations' ImageCompression gives OpenCV the channels in the other order, so the wrong ones are thinned out.

    >>> JPEG((30, 90))
    JPEG(quality=Uniform(30, 90))

    Raises  FieldError if a number written is not whole, or the quality can leave 1 to 100; InputError, where it is
            used, for pictures of other than 1 or 3 channels, or without a white.
    """

    quality: Drawn = drawn(default=(30, 95), whole=True, least=1, most=100, range_most=101)

    gives: ClassVar[type[Effect]] = PictureFunction
    needs_white: ClassVar[bool] = True
    moves_pixels: ClassVar[bool] = False

    def takes(self) -> Sequence[int]:
        return (1, 3)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> PictureFunction:
        one_or_three(self, context)
        qualities = np.minimum(np.floor(draws["quality"]), 100).astype(np.int64).tolist()
        return PictureFunction(compressed, tuple({"quality": quality} for quality in qualities))


def compressed(image: NDArray[np.float32], quality: int) -> NDArray[Any]:
    """A picture (H, W, 1 or 3) in units of white, as it comes out of a JPEG: uint8."""
    import simplejpeg
    from PIL import Image

    levels = np.rint(np.clip(np.nan_to_num(image), 0, 1) * np.float32(255)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels[:, :, 0] if levels.shape[2] == 1 else levels).save(file, "JPEG", quality=quality)
    decoded = simplejpeg.decode_jpeg(
        file.getbuffer(), "GRAY" if levels.shape[2] == 1 else "RGB"
    )  # as Pillow does, faster
    return np.asarray(decoded).reshape(levels.shape)
