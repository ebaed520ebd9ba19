"""The entropy index of a file, and the two ways to read a picture: to verify its file, or to begin at the index."""

from __future__ import annotations

import functools
import struct

import numpy as np
from numpy.typing import NDArray

from variegate.jpeg.codes import OTHER_FILE, SOUND, WORDS
from variegate.jpeg.colour import to_rgb
from variegate.jpeg.entropy import read_mcus
from variegate.jpeg.header import NATURAL_ADDRESS, Header
from variegate.jpeg.inverse import inverse
from variegate.jpeg.picture import read_picture
from variegate.jpeg.upsample import upsample
from variegate.scratch import SCRATCH


@functools.cache
def units() -> tuple[int, int, int, int]:
    """The addresses that `read_picture` takes; compiled or loaded now."""
    return read_mcus.address, inverse.address, upsample.address, to_rgb.address


Window = tuple[int, int, int, int]
SHARE = 50  # an index takes a file's bytes divided by this, or less
KEPT = "<QII"  # before the entries, where it is kept: the file's length, the header's digest, the spacing


class Index:
    """Where a later decode may begin: at every `spacing` MCUs, and at the end.

    places     (n,) uint32: the bits of the file before
    numbers    (n, channels) int16: the DC numbers before
    addresses  of both
    """

    __slots__ = ("addresses", "digest", "length", "numbers", "places", "spacing")

    def __init__(self, header: Header) -> None:
        self.digest, self.length = header.digest, header.length
        fit = max(header.length // SHARE // (4 + 2 * header.channels) - 1, 1)
        self._space(header, -(-header.mcus // fit))

    def _space(self, header: Header, spacing: int) -> None:
        count = -(-header.mcus // spacing) + 1
        self.spacing = spacing
        self.places = np.zeros(count, np.uint32)
        self.numbers = np.zeros((count, header.channels), np.int16)
        self.addresses = int(self.places.ctypes.data), int(self.numbers.ctypes.data)

    def to_bytes(self) -> bytes:
        """It, as `from_bytes` takes it."""
        told = struct.pack(KEPT, self.length, self.digest, self.spacing)
        return told + self.places.astype("<u4").tobytes() + self.numbers.astype("<i2").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes | memoryview, header: Header) -> Index | None:
        """What `to_bytes` gave for the same file; None if it is of another one. Its entries prove themselves."""
        begin = struct.calcsize(KEPT)
        if len(data) < begin:
            return None
        length, digest, spacing = struct.unpack_from(KEPT, data)
        made = cls(header)
        if (length, digest) != (header.length, header.digest) or not 1 <= spacing <= header.mcus:
            return None
        made._space(header, spacing)
        if len(data) != begin + made.nbytes:
            return None
        made.places[:] = np.frombuffer(data, "<u4", made.places.size, begin)
        made.numbers[:] = np.frombuffer(data, "<i2", made.numbers.size, begin + made.places.nbytes).reshape(
            made.numbers.shape
        )
        return made

    @property
    def nbytes(self) -> int:
        """Its bytes."""
        return self.places.nbytes + self.numbers.nbytes


def verify(data: bytes | memoryview, header: Header, window: Window, out: NDArray[np.uint8]) -> Index | str:
    """Read a picture's window for the first time, and all of its file: the index; or why another decoder must decide.

    header  what `parse` told of these bytes
    window  (y0, y1, x0, x1), in pixels
    out     (height, width, 3 or 1): all of the picture, rows at any distance, pixels side by side; only the window is
            written, and whatever was in it is lost

    Raises  ValueError for another shape of `out`, or a window beyond the picture.
    """
    index = Index(header)
    why = _read(data, header, index, 0, window, out)
    return index if why == SOUND else WORDS[why]


def read(data: bytes | memoryview, header: Header, index: Index, window: Window, out: NDArray[np.uint8]) -> bool:
    """Read a picture's window by the index of its file; False if the file is no longer what the index is of.

    Then what is in the window means nothing. Arguments and errors as of `verify`.
    """
    if (index.digest, index.length) != (header.digest, header.length):
        return False
    return _read(data, header, index, 1, window, out) == SOUND


def _read(
    data: bytes | memoryview, header: Header, index: Index, noted: int, window: Window, out: NDArray[np.uint8]
) -> int:
    given = np.frombuffer(data, np.uint8)
    if given.size != header.length:
        return OTHER_FILE
    y0, y1, x0, x1 = window
    height, width = header.size
    row, pixel, one = out.strides
    channels = out.shape[2]
    if out.dtype != np.uint8 or out.shape[:2] != header.size or channels not in (1, 3) or (pixel, one) != (channels, 1):
        raise ValueError(
            f"out is {out.dtype} {out.shape} with strides {out.strides}; it must be uint8 ({height}, {width}, 3 or 1), "
            "pixels side by side"
        )
    if not (0 <= y0 <= y1 <= height and 0 <= x0 <= x1 <= width):
        raise ValueError(f"the window {window} is not within the picture, (height, width) {header.size}")
    scratch, owner = SCRATCH.address("jpeg", -(-header.scratch // 4))
    found = read_picture(
        int(given.ctypes.data),
        given.size,
        header.fields,
        header.steps,
        NATURAL_ADDRESS,
        *(y0, y1, x0, x1),
        *(int(out.ctypes.data), row, channels),
        scratch,
        *(*index.addresses, index.spacing, noted),
        *units(),
    )
    del owner
    return int(found)
