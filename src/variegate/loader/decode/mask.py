"""Masks: the numbers of a PNG's pixels, never its colours."""

from __future__ import annotations

from struct import unpack
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError, InputError
from variegate.loader.decode.convert import decode_errors
from variegate.loader.decode.formats import opened_by_pillow
from variegate.loader.decode.limit import too_large
from variegate.loader.decode.plane_limit import most_plane_pixels
from variegate.loader.decode.png import check_chunks, check_rows
from variegate.loader.file import opened

GREY, PALETTE = 0, 3  # PNG's colour types that have one number a pixel
COLOURS = {2: "red, green and blue", 4: "grey with transparency", 6: "red, green, blue and transparency"}


class _Header(NamedTuple):
    size: tuple[int, int]
    depth: int  # bits a number
    colour: int


def mask_size(path: str) -> tuple[int, int]:
    """(height, width) of the PNG in a file, by its header alone.

    Raises  DecodeError if it is none, or cannot be read.
    """
    with opened(path) as file:
        return _header_of(file.read(26), path).size


def _header_of(start: bytes, name: str) -> _Header:
    """Of the first 26 bytes of a PNG: its signature and its IHDR (ISO/IEC 15948, 11.2.2)."""
    if len(start) < 26 or start[:8] != b"\x89PNG\r\n\x1a\n" or start[12:16] != b"IHDR":
        raise DecodeError(name, "it is no PNG; masks are PNG files, whose numbers come back as they were saved")
    width, height, depth, colour = unpack(">IIBB", start[16:26])
    return _Header((height, width), depth, colour)


def read_mask(path: str) -> NDArray[Any]:
    """What `decode_mask` makes of a file."""
    with opened(path) as file:
        return decode_mask(file.readall(), path)


def decode_mask(data: bytes, name: str) -> NDArray[Any]:
    """The numbers of a PNG's pixels, (height, width) uint8, or uint16 of 16 bits: never its colours.

    Raises  DecodeError if it cannot be read; InputError if a pixel is a colour.
    """
    header = _header_of(data[:26], name)
    if header.colour not in (GREY, PALETTE):
        raise InputError(
            f"{name}: a pixel of a mask is one number, its class; this PNG has colours "
            f"({COLOURS.get(header.colour, header.colour)}). Save it as grey, or with a palette"
        )
    if header.size[0] * header.size[1] > (most := most_plane_pixels()):
        raise too_large(name, header.size, most)
    with decode_errors(name, most):
        check_chunks(data, name)
        picture = opened_by_pillow(data)
        pixels = np.array(picture)
        check_rows(picture, data, name)
    if header.colour == GREY and header.depth in (2, 4):
        pixels //= 255 // ((1 << header.depth) - 1)  # Pillow spreads their numbers over 0 to 255
    return pixels.astype(np.uint16 if header.depth == 16 else np.uint8, copy=False)
