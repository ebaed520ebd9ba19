"""Exif: how a picture stands, by what its file says beside the pixels.

One rule for every format: the orientation in Exif (of a TIFF, among its own tags), if it is there; else
`tiff:Orientation` in XMP; else as it is stored. So do Pillow's exif_transpose, and with it datasets, labelme and CVAT;
OpenCV and browsers look at Exif alone. Exif as in CIPA DC-008, XMP as in ISO 16684-1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from struct import calcsize, iter_unpack, unpack_from
from struct import error as StructError  # noqa: N812

ORIENTATION = 274
ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
WHOLE = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}  # TIFF's types of whole numbers; SHORT is the one that belongs
HEAD = b"Exif\0\0"
IN_XMP = re.compile(rb"""tiff:Orientation\s*(?:=\s*["']|>)\s*(\d)""")  # an attribute or an element


def orientation_of(exif: Iterable[bytes | memoryview], xmp: bytes | memoryview = b"") -> int:
    """How a picture stands, 1 to 8, by its blocks of Exif, of which the first that has the tag counts, and its XMP."""
    for block in exif:
        found = exif_orientation(block)
        if found is not None:
            return found
    return xmp_orientation(xmp) or 1


def exif_orientation(block: bytes | memoryview) -> int | None:
    """The orientation in a block of Exif: 1 if it makes no sense, None if the block has none or is broken.

    block  from its byte order on; b"Exif\\0\\0" before it, as in JPEG, is passed over
    """
    if bytes(block[:6]) == HEAD:
        block = block[6:]
    order = ORDERS.get(bytes(block[:4]))
    if order is None:
        return None
    try:
        (start,) = unpack_from(order + "I", block, 4)
        (entries,) = unpack_from(order + "H", block, start)
        rows = block[start + 2 : start + 2 + 12 * entries]
        for tag, kind, count, value in iter_unpack(order + "HHI4s", rows[: len(rows) // 12 * 12]):
            if tag == ORIENTATION:
                return _sensible(_first(block, order, kind, count, value))
    except StructError:
        pass
    return None


def xmp_orientation(xml: bytes | memoryview) -> int | None:
    """The orientation in XMP: 1 if it makes no sense, None if there is none."""
    found = IN_XMP.search(xml)
    return None if found is None else _sensible(int(found[1]))


def _first(block: bytes | memoryview, order: str, kind: int, count: int, value: bytes) -> int:
    """The first number of a tag; its value, or the place of it where it is longer than four bytes, is in `value`."""
    code = WHOLE.get(kind)
    if code is None or count == 0:
        return 0
    if count * calcsize(order + code) <= 4:
        return int(unpack_from(order + code, value)[0])
    return int(unpack_from(order + code, block, unpack_from(order + "I", value)[0])[0])


def _sensible(value: int) -> int:
    return value if 1 <= value <= 8 else 1
