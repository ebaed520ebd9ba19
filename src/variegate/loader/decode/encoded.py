"""Encoded: a picture of which only the header has been read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError, FieldError
from variegate.loader.decode.indexes import Origin
from variegate.loader.decode.orientation import UPRIGHT, Covers, covers
from variegate.loader.decode.pixel_format import WHITES
from variegate.loader.decode.window import Window, WindowReader
from variegate.loader.transient import is_out_of_memory
from variegate.picture import ImageArray
from variegate.white import DTYPES

CHANNELS: dict[str, int] = {"RGB": 3, "L": 1, "RGBA": 4, "LA": 2, "CMYK": 4, "LAB": 3}  # of Pillow's modes of 8 bits
REDUCTIONS = 1, 2, 4, 8
BY_NAME = {name: np.dtype(name) for name in DTYPES}
BYTE = BY_NAME["uint8"]

ByteBuffer = NDArray[np.uint8]


class Encoded:
    """A picture of which only the header has been read.

    size      (height, width) in pixels, upright
    channels  3 for mode "RGB", 1 for "L", 4 for "RGBA"; for "bands" as many as the file has
    dtype     of the decoded picture
    """

    __slots__ = ("_stored", "channels", "dtype", "name", "orientation", "size")

    def __init__(self, name: str, stored: tuple[int, int], orientation: int, channels: int, dtype: str) -> None:
        self.name, self.orientation, self.channels = name, orientation, channels
        self.dtype = BY_NAME[dtype]
        self.size = stored if orientation < 5 else stored[::-1]
        self._stored = stored

    @property
    def scaled(self) -> bool:
        """Whether decoding makes its white 1."""
        return self.dtype == np.float32

    @property
    def values(self) -> int:
        """How many numbers the decoded picture has."""
        return self.size[0] * self.size[1] * self.channels

    @property
    def nbytes(self) -> int:
        """The bytes of the decoded picture: what `decode` needs of `out`."""
        return self.values * self.dtype.itemsize

    def nbytes_at(self, reduction: int) -> int:
        """The bytes of the picture decoded at 1/reduction of its size, 1, 2, 4 or 8."""
        height, width = self._stored_at(reduction)
        return height * width * self.channels * self.dtype.itemsize

    @property
    def peak(self) -> int:
        """About the bytes that `decode` holds at its peak, the result included and the file not."""
        raise NotImplementedError

    def covers(self, reduction: int) -> Covers | None:
        """What the picture decoded at 1/reduction shows: (left, top, right, bottom), in pixels of the whole one.

        Sides that the reduction does not divide are rounded up, so its last pixels lie partly beyond the picture: on
        the right and below, unless the orientation turns them elsewhere. None: it is the whole picture.
        """
        there = self._stored_at(reduction)
        return None if there == self._stored else covers(self._stored, there, self._step(reduction), self.orientation)

    def decode(self, out: ByteBuffer | None = None, reduction: int = 1) -> ImageArray:
        """The picture, (height, width, channels) of `dtype`, C-contiguous and upright.

        out        bytes of one dimension, `nbytes_at(reduction)` or more, to decode into; the result may be a view of
                   it, or not
        reduction  1, 2, 4 or 8: each side of a JPEG is divided by it and rounded up; other formats stay whole, and so
                   do JPEGs of less than 8 x 8 pixels

        Raises  DecodeError if the file is damaged or cannot be read; MemoryError where memory is short, whatever the
                decoder calls it; FieldError for another reduction.
        """
        try:
            pixels = self._decode(out if self.dtype == BYTE else None, self._step(reduction))
        except DecodeError as error:
            if is_out_of_memory(error.__cause__ or error, 2 * self.peak):
                raise MemoryError(f"{self.name}: {error.reason}") from error
            raise
        upright = pixels if self.orientation == 1 else UPRIGHT[self.orientation](pixels)
        if pixels.dtype == self.dtype:
            return np.ascontiguousarray(upright)
        room = np.empty(upright.size * self.dtype.itemsize, np.uint8) if out is None else out
        return widened(upright, room[: upright.size * self.dtype.itemsize].view(self.dtype).reshape(upright.shape))

    def decode_window(self, out: ByteBuffer, window: Window, reader: WindowReader, origin: Origin) -> ImageArray | None:
        """The picture as `decode` gives it, of which only a window is sure to be there; None: `decode` has to read it.

        out     as for `decode`; what it holds is of no use any more if this gives None
        window  of the upright picture
        reader  who decodes the windows of JPEGs; other formats are read whole
        origin  of which sample of the source it is
        """
        return None

    def _step(self, reduction: int) -> int:
        """By what the sides are divided indeed."""
        if reduction not in REDUCTIONS:
            raise FieldError(f"reduction is 1, 2, 4 or 8, got {reduction!r}")
        return 1

    def _stored_at(self, reduction: int) -> tuple[int, int]:
        """(height, width) before the orientation."""
        step = self._step(reduction)
        return -(-self._stored[0] // step), -(-self._stored[1] // step)

    def _decode(self, out: ByteBuffer | None, step: int) -> ImageArray:
        """The picture as stored: of `dtype`, or of 8 bits."""
        raise NotImplementedError


def widened(pixels: NDArray[np.uint8], out: ImageArray) -> ImageArray:
    """Levels of 8 bits in a wider dtype, written into `out`: v * 257 of uint16, v / 255 of float32.

    >>> levels = np.array([0, 1, 255], np.uint8)
    >>> widened(levels, np.empty(3, np.uint16)), widened(levels, np.empty(3, np.float32))[2]
    (array([    0,   257, 65535], dtype=uint16), np.float32(1.0))
    """
    if out.dtype == np.uint16:
        return np.multiply(pixels, np.uint16(WHITES["uint16"] // WHITES["uint8"]), out=out)
    return np.divide(pixels, np.float32(WHITES["uint8"]), out=out, dtype=np.float32)
