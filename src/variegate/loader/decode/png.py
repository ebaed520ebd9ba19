"""PNG: whether the chunks are whole, and the data hold all the rows that the header says.

Pillow looks at no checksum of pixels, and misses no end.

Where a stream ends early within the last block that Pillow reads, Pillow leaves the rows that it lacks black, in
silence. To inflate every PNG once more would cost half as much as to decode it, so it is done only for a picture whose
last row came out black, and for interlaced ones. Chunks as in the W3C's PNG specification, chapters 5, 8 and 11.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from struct import unpack_from
from typing import Any

from variegate.errors import DecodeError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TELLING = b"eXIf", b"tEXt", b"zTXt", b"iTXt"  # chunks in which an orientation may be: Exif, a text of it, XMP
# Chunks beside the pixels, further frames of an animation among them; Pillow refuses a PNG of which one is broken.
BESIDE = frozenset(
    (*TELLING, b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"bKGD", b"hIST", b"sPLT")
) | {b"pHYs", b"tIME", b"acTL", b"fcTL", b"fdAT"}
RAW_PROFILES = b"Raw profile type exif", b"Raw profile type APP1"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the header's colour type
PASSES = (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)  # x, y, steps
BLOCK = 1 << 20


def check_rows(picture: Any, data: bytes | memoryview, name: str) -> None:
    """Of what Pillow has loaded, hold a PNG against its data; other files have none to hold against.

    Raises  DecodeError if the data end before the last row.
    """
    if data[:8] != SIGNATURE:
        return
    width, height, depth, colour, _, _, interlaced = unpack_from(">IIBBBBB", data, 16)
    last = picture.crop((0, height - 1, width, height)).tobytes()
    if not interlaced and last.strip(b"\0"):
        return
    wanted = expected(width, height, depth * CHANNELS[colour], bool(interlaced))
    found = inflated(data, wanted, name)
    if found < wanted:
        raise DecodeError(
            name, f"its header says {height} x {width} pixels (height x width), its data end after {found / wanted:.1%}"
        )


def check_chunks(data: bytes | memoryview, name: str) -> None:
    """Refuse a PNG that is cut short, or of which a chunk that matters has not its checksum; other files are none.

    Raises  DecodeError that says where.
    """
    if data[:8] != SIGNATURE:
        return
    view, at, kind = memoryview(data), 8, b""
    while kind != b"IEND":
        if at + 12 > len(view):
            raise DecodeError(name, f"the PNG has no end: the file ends after {len(view)} bytes")
        length, kind = unpack_from(">I4s", view, at)
        if kind == b"fdAT":  # the second frame of an animation
            return
        end = at + 12 + length
        if end > len(view):
            raise DecodeError(name, f"the file ends within its {kind!r} chunk at byte {at}, after {len(view)} bytes")
        if not kind[0] & 32 and zlib.crc32(view[at + 4 : end - 4]) != unpack_from(">I", view, end - 4)[0]:
            raise DecodeError(name, f"the checksum of its {kind!r} chunk at byte {at} is wrong")
        at = end


def pixels_alone(data: bytes | memoryview) -> list[memoryview]:
    """A PNG in parts, without the chunks that leave its pixels as they are."""
    view, at, begun, kind = memoryview(data), 8, 0, b""
    parts = []
    while at + 12 <= len(view) and kind != b"IEND":
        length, kind = unpack_from(">I4s", view, at)
        end = at + 12 + length
        if kind in BESIDE:
            parts.append(view[begun:at])
            begun = end
        at = end
    return [*parts, view[begun:]]


def told_beside(data: bytes | memoryview) -> tuple[bytes, bytes]:
    """The Exif block and the XMP of a PNG, wherever they stand; empty where it has none, or none that can be read.

    The Exif may be a chunk of its own, or a text in hexadecimal digits, as ImageMagick writes it.
    """
    exif = xmp = b""
    for kind, body in _chunks(data, TELLING):
        if kind == b"eXIf":
            exif = exif or bytes(body)
            continue
        keyword, text = _text(kind, bytes(body))
        if keyword == b"XML:com.adobe.xmp":
            xmp = xmp or text
        elif keyword in RAW_PROFILES:
            exif = exif or _unhexed(text)
    return exif, xmp


def _text(kind: bytes, body: bytes) -> tuple[bytes, bytes]:
    """The keyword and the text of a text chunk, unpacked; no text of a damaged one."""
    keyword, _, rest = body.partition(b"\0")
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]  # after the language and the keyword in it
    elif packed:
        rest = rest[1:]
    try:
        return keyword, zlib.decompressobj().decompress(rest, BLOCK) if packed else rest
    except zlib.error:
        return keyword, b""


def _unhexed(text: bytes) -> bytes:
    """What stands in a raw profile: a line of its name, one of its length, and hexadecimal digits."""
    try:
        return bytes.fromhex(text.decode("ascii").strip().split("\n", 2)[2])
    except (ValueError, IndexError):
        return b""


def expected(width: int, height: int, bits: int, interlaced: bool) -> int:
    """The bytes of all rows of pixels of so many bits, each row with its filter's number.

    >>> expected(3, 2, 24, interlaced=False)
    20
    """
    passes = PASSES if interlaced else ((0, 0, 1, 1),)
    sides = [(-(-(width - x) // across), -(-(height - y) // down)) for x, y, across, down in passes]
    return sum(rows * (1 + -(-columns * bits // 8)) for columns, rows in sides if columns > 0 and rows > 0)


def inflated(data: bytes | memoryview, most: int, name: str) -> int:
    """How many bytes the IDAT chunks hold, counted up to `most`, a block at a time."""
    stream, found = zlib.decompressobj(), 0
    try:
        for _, part in _chunks(data, (b"IDAT",)):
            while part and found < most:
                found += len(stream.decompress(part, BLOCK))
                part = stream.unconsumed_tail
    except zlib.error as error:
        raise DecodeError(name, str(error)) from None
    return found


def _chunks(data: bytes | memoryview, kinds: tuple[bytes, ...]) -> Iterator[tuple[bytes, bytes | memoryview]]:
    """The chunks of some kinds, each with its body."""
    at = 8
    while at + 8 <= len(data):
        length, kind = unpack_from(">I4s", data, at)
        if kind in kinds:
            yield kind, data[at + 8 : at + 8 + length]
        if kind == b"IEND":
            return
        at += 12 + length
