"""The header of a JPEG: size, coding and orientation, in one pass over its segments.

Pillow takes some 50 microseconds to open a JPEG, this 3 to 5; and simplejpeg tells neither the orientation nor the
depth. Segments as in ITU-T T.81, annex B. As libjpeg does, what lies between them is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import error as StructError  # noqa: N812
from struct import unpack_from
from typing import NamedTuple

from variegate.errors import DecodeError
from variegate.loader.decode.exif import HEAD as EXIF
from variegate.loader.decode.exif import orientation_of

JPEG_LS = 0xF7
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {JPEG_LS}  # SOF0 to SOF15, three of which are no frames
HIERARCHICAL = frozenset((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF))
LOSSLESS, LOSSLESS_ARITHMETIC = 0xC3, 0xCB
HUFFMAN_8_BIT = frozenset((0xC0, 0xC1, 0xC2))  # baseline, extended, progressive
ALONE = frozenset((0x01, *range(0xD0, 0xD8)))  # markers without a segment
ENDS = frozenset((0xD8, 0xD9))  # another picture begins, or this one ends
NO_MARKER = frozenset((0x00, 0xFF))  # a fill byte, or one that stands for itself
SCAN, APP_0, APP_1, ADOBE = 0xDA, 0xE0, 0xE1, 0xEE
METADATA = frozenset((*range(0xE0, 0xF0), 0xFE))  # of applications, and comments
MARKER = re.compile(rb"\xff[\x01-\xfe]")
SIGNATURE = b"\xff\xd8"
END = b"\xff\xd9"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
JFIF = b"JFIF\0"
PLAIN_JFIF = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"  # version 1.1, no resolution, no thumbnail
# Sampling of the three components, as TurboJPEG knows it: 4:4:4, 4:2:2, 4:2:0, 4:4:0, 4:1:1, 4:4:1.
SAMPLINGS = frozenset((luma, 0x11, 0x11) for luma in (0x11, 0x21, 0x22, 0x12, 0x41, 0x14))


class JpegHeader(NamedTuple):
    """What a JPEG's header says.

    height, width  as stored, before the orientation
    orientation    1 to 8, as Exif numbers them
    usual          whether simplejpeg decodes it: 8 bits, Huffman coding, one or three components, common sampling
    unread         what it is in words, if nothing here reads it; else empty
    components     how many numbers a pixel has
    held           bytes of coefficients that a decoder keeps until the last scan: 0 unless the JPEG is progressive
    """

    height: int
    width: int
    orientation: int
    usual: bool
    unread: str
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


def _segments(data: bytes | memoryview) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each segment up to the first scan; start and end of what stands behind the marker.

    Raises  IndexError if the file ends before the scan begins.
    """
    at, marker = 2, 0
    while marker != SCAN:
        lead, marker = data[at], data[at + 1]
        if lead != 0xFF or marker in NO_MARKER:  # fill bytes, or others, which libjpeg skips too
            found = MARKER.search(data, at)
            at = len(data) if found is None else found.start()
            continue
        at += 2
        if marker in ALONE:
            continue
        if marker in ENDS:
            return
        end = at + (data[at] << 8 | data[at + 1])
        yield marker, at, end
        at = end


def pixels_alone(data: bytes | memoryview) -> list[bytes | memoryview]:
    """The same JPEG, in parts, without what leaves its pixels as they are: metadata, and bytes behind it.

    Of the segments of applications, JFIF's and Adobe's stay, as they tell which colours the numbers mean. Bytes behind
    a segment of the pixels stay as well: where some were put into it, its last ones lie there, and its numbers are
    others. So does all from the first scan on; and all of a file of which the larger part lies behind the picture, as
    then a thumbnail was found where its metadata is broken.
    """
    data = memoryview(data)
    parts: list[bytes | memoryview] = [data[:2]]
    before, beside, skipped = 2, True, False  # where the segment before ends, and whether it is metadata
    try:
        for marker, start, end in _segments(data):
            between = data[before : start - 2]
            if not beside:
                parts.append(between)
            elif between:
                skipped = True
            if marker == SCAN:
                small = skipped and 0 <= bytes(data[start - 2 :]).find(END) < (len(data) - start + 2) // 2
                return [data] if small else [*parts, data[start - 2 :]]
            before, beside = end, marker in METADATA and marker != ADOBE
            if not beside:
                parts.append(data[start - 2 : end])
            elif marker == APP_0 and data[start + 2 : start + 7] == JFIF and end - start >= 16:
                parts.append(PLAIN_JFIF)
    except IndexError:
        pass
    return [data]


def _scan(data: bytes | memoryview, name: str) -> JpegHeader:
    exif: list[bytes | memoryview] = []
    xmp: bytes | memoryview = b""
    frame = None
    try:
        for marker, start, end in _segments(data):
            if marker in FRAMES:
                frame = frame or (start, marker)
            elif marker == SCAN:
                break  # metadata may stand behind the frame header too
            elif marker == APP_1:
                if data[start + 2 : start + 8] == EXIF:
                    exif.append(data[start + 8 : end])
                elif data[start + 2 : start + 2 + len(XMP)] == XMP:
                    xmp = data[start + 2 : end]
    except IndexError:
        if frame is None:
            raise
    if frame is None:
        raise DecodeError(name, "the JPEG has no frame header, so no size")
    return _frame(data, *frame, orientation_of(exif, xmp) if exif or xmp else 1, name)


def _frame(data: bytes | memoryview, at: int, marker: int, orientation: int, name: str) -> JpegHeader:
    _, depth, height, width, components = unpack_from(">HBHHB", data, at)
    if not height or not width:
        raise DecodeError(name, f"its header says {height} x {width} pixels (height x width)")
    sampling = tuple(data[at + 9 + 3 * i] for i in range(components))
    usual = marker in HUFFMAN_8_BIT and depth == 8 and (components == 1 or sampling in SAMPLINGS)
    held = _held(height, width, sampling) if marker == 0xC2 else 0
    unread = "" if usual else _unread(marker, depth)
    return JpegHeader(height, width, orientation, usual, unread, components, held)


def _unread(marker: int, depth: int) -> str:
    """Of libjpeg-turbo, which Pillow has: it is built for 8 bits, with lossless and arithmetic coding, not both."""
    if marker == JPEG_LS:
        return "a JPEG-LS, which imagecodecs reads; save it as PNG or TIFF"
    if marker in HIERARCHICAL or marker == LOSSLESS_ARITHMETIC:
        return f"a JPEG of a rare coding (SOF{marker - 0xC0}), which nothing here reads; save it as PNG or TIFF"
    if depth != 8:
        kind = "lossless JPEG" if marker == LOSSLESS else "JPEG"
        return f"a {kind} of {depth} bits, which imagecodecs reads; save it as PNG or TIFF of 16 bits"
    return ""


def _held(height: int, width: int, sampling: tuple[int, ...]) -> int:
    """Two bytes a coefficient; each component has as many as its share of the largest sampling."""
    across, down = max((s >> 4 for s in sampling), default=0), max((s & 15 for s in sampling), default=0)
    share = sum((s >> 4) * (s & 15) for s in sampling) / max(across * down, 1)
    return int(2 * height * width * share)
