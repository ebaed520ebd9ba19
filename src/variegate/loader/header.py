"""The header of a JPEG: size, coding and orientation, in one pass over its segments.

Pillow takes some 50 microseconds to open a JPEG, this 3; and simplejpeg tells neither the orientation nor the depth.
Segments as in ITU-T T.81, annex B; orientation as in Exif 2.3, tag 274.
"""

from __future__ import annotations

from struct import error as StructError  # noqa: N812
from struct import unpack_from
from typing import NamedTuple

from variegate.errors import DecodeError

FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15, of which three numbers mean other things
HUFFMAN_8_BIT = frozenset((0xC0, 0xC1, 0xC2))  # baseline, extended, progressive
ALONE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a segment
# Sampling of the three components, as TurboJPEG knows it: 4:4:4, 4:2:2, 4:2:0, 4:4:0, 4:1:1, 4:4:1.
SAMPLINGS = frozenset((luma, 0x11, 0x11) for luma in (0x11, 0x21, 0x22, 0x12, 0x41, 0x14))


class JpegHeader(NamedTuple):
    """What a JPEG's header says.

    height, width  as stored, before the orientation
    orientation    1 to 8, as Exif numbers them
    usual          whether simplejpeg decodes it: 8 bits, Huffman coding, one or three components, common sampling
    components     how many numbers a pixel has
    held           bytes of coefficients that a decoder keeps until the last scan: 0 unless the JPEG is progressive
    """

    height: int
    width: int
    orientation: int
    usual: bool
    components: int
    held: int


def jpeg_header(data: bytes | memoryview, name: str) -> JpegHeader:
    """The header of a file that begins as a JPEG does; `name` is for the error.

    Raises  DecodeError if the file ends, or its pixels begin, before its size is told.
    """
    try:
        return _scan(data, name)
    except (IndexError, StructError):
        raise DecodeError(name, f"the file ends within its header, after {len(data)} bytes") from None


def _scan(data: bytes | memoryview, name: str) -> JpegHeader:
    at, orientation = 2, 1
    while True:
        if data[at] != 0xFF:
            raise DecodeError(name, f"no JPEG segment begins at byte {at}, where one belongs")
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        at += 2
        if marker in ALONE:
            continue
        if marker in FRAMES:
            return _frame(data, at, marker, orientation, name)
        if marker in (0xD9, 0xDA):
            raise DecodeError(name, "the JPEG has no frame header, so no size")
        if marker == 0xE1 and data[at + 2 : at + 8] == b"Exif\0\0":
            orientation = _orientation(data[at + 8 : at + (data[at] << 8 | data[at + 1])])
        at += data[at] << 8 | data[at + 1]


def _frame(data: bytes | memoryview, at: int, marker: int, orientation: int, name: str) -> JpegHeader:
    _, depth, height, width, components = unpack_from(">HBHHB", data, at)
    if not height or not width:
        raise DecodeError(name, f"its header says {height} x {width} pixels (height x width)")
    sampling = tuple(data[at + 9 + 3 * i] for i in range(components))
    usual = marker in HUFFMAN_8_BIT and depth == 8 and (components == 1 or sampling in SAMPLINGS)
    held = _held(height, width, sampling) if marker == 0xC2 else 0
    return JpegHeader(height, width, orientation, usual, components, held)


def _held(height: int, width: int, sampling: tuple[int, ...]) -> int:
    """Two bytes a coefficient; each component has as many as its share of the largest sampling."""
    across, down = max((s >> 4 for s in sampling), default=0), max((s & 15 for s in sampling), default=0)
    share = sum((s >> 4) * (s & 15) for s in sampling) / max(across * down, 1)
    return int(2 * height * width * share)


def _orientation(tiff: bytes | memoryview) -> int:
    """The orientation in an Exif segment; 1 if it has none, or none that makes sense."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(tiff[:2]))
    if order is None:
        return 1
    try:
        (start,) = unpack_from(order + "I", tiff, 4)
        (entries,) = unpack_from(order + "H", tiff, start)
        for entry in range(start + 2, start + 2 + 12 * entries, 12):
            tag, kind, _, value = unpack_from(order + "HHIH", tiff, entry)
            if tag == 274:
                return value if kind == 3 and 1 <= value <= 8 else 1
    except StructError:
        pass
    return 1
