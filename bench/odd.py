"""Odd: what an odd picture file is, and what both its makers need: segments, Exif, XMP and a profile of colours."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import photos
from PIL import Image, ImageCms

WIDTH, HEIGHT = 60, 44  # of a usual one
READ, REFUSED, EITHER = "read", "refused", "either"
ORDERS = {"<": b"II*\0", ">": b"MM\0*"}
SIZES_OF_TYPES = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i"}  # of Exif's numbers


@dataclass(frozen=True)
class Odd:
    """A file, and what should become of it.

    ending   of its name
    expect   "read"; "refused"; "either", where it hangs on the damage; "uint16" or "float32", the dtype that has room
             for it, as which it is read and else refused; or "TGA", the format that has to be allowed first
    plain    a file with the same pixels that Pillow reads; None: this file
    turn     the orientation that it should stand by; None: as Pillow's exif_transpose has it
    plugin   the module that brings the format
    """

    ending: str
    data: bytes
    expect: str = READ
    plain: bytes | None = None
    turn: int | None = None
    plugin: str = ""

    def but(self, data: bytes, **changes: object) -> Odd:
        """A file of the same pixels, as that of this one."""
        return replace(self, data=data, plain=self.plain or self.data, **changes)  # type: ignore[arg-type]


def pixels(seed: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """A crop of a photograph, uint8 HWC, of (width, height)."""
    return np.clip(np.rint(photos.picture(np.random.default_rng(seed), size)), 0, 255).astype(np.uint8)


def shown(seed: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT), mode: str = "RGB") -> Image.Image:
    """The same, as a picture of Pillow's."""
    return Image.fromarray(pixels(seed, size)).convert(mode)


def deep(bands: int = 1, bits: int = 16) -> np.ndarray:
    """Numbers of more than 8 bits, (H, W, bands)."""
    rng = np.random.default_rng(bands)
    return rng.integers(0, 1 << bits, (HEIGHT, WIDTH, bands)).astype(np.uint16 if bits <= 16 else np.uint32)


def exif(value: int, kind: int = 3, order: str = "<", tag: int = 274) -> bytes:
    """A block of Exif with one tag of one number."""
    form = SIZES_OF_TYPES[kind]
    number = struct.pack(order + form, *([value] * len(form)))
    start = ORDERS[order] + struct.pack(order + "IHHHI", 8, 1, tag, kind, 1)
    if len(number) <= 4:
        return start + number.ljust(4, b"\0") + bytes(4)
    return start + struct.pack(order + "II", 26, 0) + number


def xmp(value: int, element: bool = False) -> bytes:
    """XMP that says how a picture stands, in an attribute or an element."""
    inner = f"><tiff:Orientation>{value}</tiff:Orientation></rdf:Description>"
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
        + (inner if element else f' tiff:Orientation="{value}"/>')
        + "</rdf:RDF></x:xmpmeta>"
    ).encode()


@cache
def profile() -> bytes:
    """A profile of sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def large_profile() -> bytes:
    """The same with something behind it, so long that a JPEG has it in parts; its length at its start is right."""
    whole = profile() + np.random.default_rng(0).bytes(150_000)
    return struct.pack(">I", len(whole)) + whole[4:]


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
