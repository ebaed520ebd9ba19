"""Wide: pictures of more than 8 bits, as they are stored.

Pillow has 16-bit grey, and of 16-bit colour the high bytes. It unpacks them by the byte order that the file has; told
the other order, it gives the low bytes. So a file of 16-bit colour is decoded twice, and no bit is lost.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError
from variegate.loader.decode.convert import bands, decode_errors
from variegate.loader.decode.encoded import CHANNELS, ByteBuffer, Encoded
from variegate.loader.decode.formats import AIR, held_by, opened_by_pillow
from variegate.loader.decode.pixel_format import AS_STORED
from variegate.loader.decode.png import check_chunks, check_rows
from variegate.loader.decode.stored import Stored, picture_of_numbers
from variegate.picture import ImageArray

WideArray = NDArray[Any]
SHORT = np.dtype(np.uint16)
HALVES = re.compile(r"RGBA?;16[BLN]")  # how Pillow calls 16-bit colour of which it keeps the high bytes
DEEP = re.compile(r".*;16[BLN]")
OTHER_ORDER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
PNG_COLOURS = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}  # by the header's colour type
CODESTREAM = b"\xff\x4f\xff\x51"  # of JPEG 2000: SOC and SIZ (ITU-T T.800, A.5.1)
AVIF_FORM = b"av1C"


class Wide(Encoded):
    """A picture that is read as numbers, and made into a picture by what they mean."""

    __slots__ = ("_held", "_kind", "_mode", "_most", "_read")

    def __init__(
        self, read: Callable[[], WideArray], held: int, kind: Stored, mode: str, most: int, name: str,
        stored: tuple[int, int], orientation: int, dtype: str,
    ) -> None:  # fmt: skip
        """held: bytes that `read` takes beside the numbers."""
        mode, dtype = kind.as_asked(mode, dtype, name)
        channels = kind.bands if mode == "bands" else CHANNELS[mode]
        super().__init__(name, stored, orientation, channels, dtype)
        self._read, self._held, self._kind, self._mode, self._most = read, held, kind, mode, most

    @property
    def scaled(self) -> bool:
        return super().scaled and self._kind.white is not None

    @property
    def peak(self) -> int:
        """The numbers, beside what reads them or what they become; which is there twice where it is turned."""
        pixels, twice = self.size[0] * self.size[1], 1 if self.orientation == 1 else 2
        numbers = pixels * self._kind.bands * self._kind.dtype.itemsize
        return max(numbers + max(self._held, self.nbytes), twice * self.nbytes) + min(AIR, 8 * pixels)

    def _decode(self, out: ByteBuffer | None, step: int) -> ImageArray:
        with decode_errors(self.name, self._most):
            numbers = self._read()
            if numbers.size != self._stored[0] * self._stored[1] * self._kind.bands:
                raise DecodeError(
                    self.name, f"the header says {self._stored} (height, width), the pixels {numbers.shape[:2]}"
                )
            shaped = numbers.reshape(*self._stored, self._kind.bands)
            return picture_of_numbers(shaped, self._kind, self._mode, self.dtype.name, self.name)


def wide(picture: Any, data: bytes | memoryview, mode: str, dtype: str, name: str) -> tuple[Stored, Any] | None:
    """What a file that Pillow opened has of more than 8 bits, and how it is read; None if it has 8 bits.

    Raises  DecodeError if nothing here reads all of its bits.
    """
    found = picture.format
    if found == "PNG":
        return _png(picture, data, mode == "RGBA", name) if data[24] == 16 else None
    if found == "JPEG2000":
        return _jpeg_2000(picture, data, name)
    if found == "AVIF" and dtype not in ("uint8", AS_STORED) and (bits := _avif_bits(data)) > 8:
        raise DecodeError(name, _lost(f"an AVIF of {bits} bits"), sound=True)
    if picture.mode.startswith("I;16"):
        return Stored(found, 1, 16, SHORT, "L", 65535), lambda: numbers_of(opened_by_pillow(data), SHORT)
    if picture.mode in ("I", "F"):
        numbers = np.dtype(np.int32 if picture.mode == "I" else np.float32)
        return Stored(found, 1, 32, numbers, "L", None), lambda: numbers_of(opened_by_pillow(data), numbers)
    if any(name == "SGI16" or DEEP.fullmatch(str(_raw(args))) for name, _, _, args in picture.tile):
        raise DecodeError(name, _lost(f"a {found} of 16 bits"), sound=True)
    return None


def _lost(what: str) -> str:
    return f"it is {what}, of which Pillow keeps 8; convert it to PNG or TIFF of 16 bits"


def _raw(args: Any) -> Any:
    return args[0] if isinstance(args, tuple) and args else args


def _png(picture: Any, data: bytes | memoryview, alpha: bool, name: str) -> tuple[Stored, Any]:
    """alpha: whether a colour that is said to be transparent is to be so."""
    colours = PNG_COLOURS[data[25]]
    clear = picture.info.get("transparency") if alpha else None
    with_alpha = colours if clear is None else colours + "A"

    def read() -> WideArray:
        check_chunks(data, name)
        picture = opened_by_pillow(data)
        numbers = _png_numbers(picture, data, colours)
        check_rows(picture, data, name)
        if clear is None:
            return numbers
        opaque = (numbers != np.array(clear, SHORT)).any(axis=2, keepdims=True)
        return np.concatenate([numbers, opaque * SHORT.type(65535)], axis=2)

    return Stored("PNG", len(with_alpha), 16, SHORT, with_alpha, 65535), read


def _png_numbers(picture: Any, data: bytes | memoryview, colours: str) -> WideArray:
    if colours == "LA":  # four bytes a pixel, which Pillow takes as they come if told that they are RGBA
        retell(picture, lambda raw: "RGBA")
        return numbers_of(picture, SHORT, 2, np.dtype(">u2"))
    if colours == "L":
        return numbers_of(picture, SHORT)
    return both_bytes(picture, data)


def numbers_of(picture: Any, dtype: np.dtype[Any], count: int = 1, stored: np.dtype[Any] | None = None) -> WideArray:
    """The numbers of a picture that Pillow opened, (height, width, count).

    stored  what Pillow's bytes are, where it takes them for something else
    """
    numbers = np.empty((picture.size[1], picture.size[0], count), dtype)
    for rows, band in bands(picture):
        part, values = numbers[rows], np.asarray(band)
        part[...] = (values if stored is None else values.view(stored)).reshape(part.shape)
    return numbers


def held_of_numbers(picture: Any, data: bytes | memoryview, kind: Stored) -> int:
    """Bytes that Pillow holds while it reads numbers of more than 8 bits: of colour, it has two pictures."""
    return held_by(picture, data) * (2 if kind.bands > 2 else 1)


def both_bytes(picture: Any, data: bytes | memoryview) -> WideArray:
    """The numbers of a file of 16-bit RGB or RGBA that Pillow has opened."""
    low = opened_by_pillow(data)
    retell(low, lambda raw: raw[:-1] + OTHER_ORDER[raw[-1]])
    numbers = np.empty((picture.size[1], picture.size[0], len(picture.mode)), SHORT)
    for (rows, upper), (_, lower) in zip(bands(picture), bands(low), strict=True):
        part = numbers[rows]
        part[...] = np.asarray(upper)
        part <<= 8
        part |= np.asarray(lower)
    return numbers


def is_halved(picture: Any) -> bool:
    """Whether `both_bytes` reads a picture that Pillow has opened."""
    return all(HALVES.fullmatch(str(_raw(args))) is not None for _, _, _, args in picture.tile)


def retell(picture: Any, name: Callable[[str], str]) -> None:
    """Tell Pillow, which has opened a picture, that its pixels are stored as another of its raw modes has them."""
    picture.tile = [
        tile._replace(args=(name(tile.args[0]), *tile.args[1:]) if isinstance(tile.args, tuple) else name(tile.args))
        for tile in picture.tile
    ]


def _jpeg_2000(picture: Any, data: bytes | memoryview, name: str) -> tuple[Stored, Any] | None:
    start = bytes(data[: 1 << 16])
    at = start.find(CODESTREAM)
    if at < 0 or len(start) < at + 43:
        return None
    bits, signed = (start[at + 42] & 127) + 1, bool(start[at + 42] & 128)
    if bits <= 8 and not signed:
        return None
    if not picture.mode.startswith("I;16") or signed or bits > 16:
        raise DecodeError(name, _lost(f"a JPEG 2000 of {bits} bits{' with a sign' if signed else ''}"), sound=True)
    kind = Stored("JPEG 2000", 1, bits, SHORT, "L", (1 << bits) - 1)
    return kind, lambda: numbers_of(opened_by_pillow(data), SHORT) >> (16 - bits)  # Pillow has shifted them up


def _avif_bits(data: bytes | memoryview) -> int:
    """The bits of an AVIF's numbers (AV1 Codec ISO Media File Format Binding, 2.3.3)."""
    at = bytes(data[: 1 << 14]).find(AVIF_FORM)
    flags = data[at + 6] if 0 <= at < len(data) - 6 else 0
    return (12 if flags & 32 else 10) if flags & 64 else 8
