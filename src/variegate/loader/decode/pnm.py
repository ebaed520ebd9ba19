"""PNM: Netpbm's formats of numbers, and PFM's, where Pillow would scale them by way of 8 bits, or has them not.

The header is a magic number, width, height, and the number that is white, apart by blanks and comments; of PFM, whose
rows stand from below, a scale of which the sign is the byte order (netpbm.sourceforge.net/doc/pgm.html, ppm.html,
pauldebevec.com/Research/HDR/PFM).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError
from variegate.loader.decode.stored import Stored

BLANK = rb"(?:\s|#[^\r\n]*[\r\n])"
HEADER = re.compile(rb"(P[2356Ff])" + BLANK + rb"+(\d+)" + BLANK + rb"+(\d+)" + BLANK + rb"+([-+.\w]+)\s")
COMMENT = re.compile(rb"#[^\r\n]*")
BANDS = {b"P2": 1, b"P5": 1, b"Pf": 1, b"P3": 3, b"P6": 3, b"PF": 3}
PLAIN = b"P2", b"P3"
BLOCK = 1 << 20  # bytes of a text that are read together
MOST = 4096  # bytes of a header
MAGIC = b"P"


class Pnm(NamedTuple):
    """The header of a file whose numbers are read here.

    size   (height, width)
    start  of the numbers in the file, which are of dtype `stored`; None: they are texts
    """

    kind: Stored
    size: tuple[int, int]
    start: int
    stored: np.dtype[Any] | None

    @property
    def held(self) -> int:
        """Bytes that reading takes beside numbers of the kind: those of texts are integers of 64 bits."""
        return 8 * self.size[0] * self.size[1] * self.kind.bands if self.stored is None else 0

    def read(self, data: bytes | memoryview, name: str) -> NDArray[Any]:
        """The numbers, (height, width, bands).

        Raises  DecodeError if there are fewer.
        """
        shape = *self.size, self.kind.bands
        count = shape[0] * shape[1] * shape[2]
        if self.stored is None:
            numbers = _numbers(memoryview(data)[self.start :], count)
        else:
            most = (len(data) - self.start) // self.stored.itemsize
            numbers = np.frombuffer(data, self.stored, min(count, most), self.start)
        if numbers.size < count:
            raise DecodeError(name, f"its header says {count} numbers, and it has {numbers.size}")
        numbers = numbers.reshape(shape)
        return numbers[::-1] if self.kind.dtype.kind == "f" else numbers


def _numbers(text: memoryview, count: int) -> NDArray[np.int64]:
    """The first numbers of a text, `count` or fewer, by blocks that end where a line or a number does."""
    numbers, found, rest, at = np.empty(min(count, len(text)), np.int64), 0, b"", 0
    while found < count and (rest or at < len(text)):
        part, at = rest + bytes(text[at : at + BLOCK]), at + BLOCK
        cut = len(part) if at >= len(text) else max(part.rfind(b"\n"), 0 if b"#" in part else part.rfind(b" "))
        rest = part[cut:]
        here = np.array(COMMENT.sub(b"", part[:cut]).split()[: count - found], np.int64)
        numbers[found : found + len(here)] = here
        found += len(here)
        if at >= len(text):
            break
    return numbers[:found]


def pnm(data: bytes | memoryview, dtype: str) -> Pnm | None:
    """The header of a Netpbm file of more than 8 bits, of floats, or of numbers whose white 8 bits do not have.

    None: it is none, or Pillow reads all of it.
    """
    found = HEADER.match(bytes(data[:MOST])) if data[:1] == MAGIC else None
    if found is None:
        return None
    magic, size = found[1], (int(found[3]), int(found[2]))
    try:
        white = float(found[4])
    except ValueError:
        return None
    if magic in (b"Pf", b"PF"):
        stored = np.dtype("<f4" if white < 0 else ">f4")
        colours = "L" if magic == b"Pf" else "RGB"
        return Pnm(Stored("PFM", BANDS[magic], 32, np.dtype(np.float32), colours, None), size, found.end(), stored)
    if not 0 < white < 65536 or white != int(white) or white == 255 or (white < 255 and dtype == "uint8"):
        return None
    deep = white > 255
    number, colours = np.dtype(">u2" if deep else "u1"), "L" if BANDS[magic] == 1 else "RGB"
    format, bits = ("PGM" if BANDS[magic] == 1 else "PPM"), int(white).bit_length()
    kind = Stored(format, BANDS[magic], bits, np.dtype(np.uint16), colours, int(white))
    return Pnm(kind, size, found.end(), None if magic in PLAIN else number)
