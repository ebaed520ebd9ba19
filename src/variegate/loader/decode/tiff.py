"""TIFF: what its tags say of the numbers, and who reads them.

Pillow reads 8 bits, grey of any bits, and 16-bit RGB and RGBA whose bands stand together, in most compressions. Others,
and bands stored apart, are read by tifffile (variegate[tiff]), which needs imagecodecs for LZW and JPEG. Tags as in
TIFF 6.0; of several pages, the first is the picture, but where all bands are asked for.

Who reads is decided by the tags, and what Pillow's libtiff would complain of is refused by them, as libtiff writes on
stderr, which nobody can catch. What they do not show still comes there: codes that mean nothing, an orientation of 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError
from variegate.loader.decode.convert import mode_of_bands
from variegate.loader.decode.exif import xmp_orientation
from variegate.loader.decode.formats import as_file, opened_by_pillow
from variegate.loader.decode.magic import RAW
from variegate.loader.decode.orientation import UPRIGHT
from variegate.loader.decode.stored import Stored
from variegate.loader.decode.wide import both_bytes, is_halved, numbers_of, retell

PREFIXES = tuple(start + rest for start in (b"II", b"MM") for rest in (b"\0*", b"*\0", b"\0+", b"+\0"))
WIDTH, HEIGHT, BITS, PHOTOMETRIC, ORIENTATION, SAMPLES, PLANAR = 256, 257, 258, 262, 274, 277, 284
COMPRESSION, SUBPAGES, EXTRA, FORMAT, XMP = 259, 330, 338, 339, 700
STRIPS, TILES = (273, 279), (324, 325)  # where they begin, and their bytes
ROWS, TILE_WIDTH, TILE_HEIGHT = 278, 322, 323  # of a strip, of a tile
PLAIN, OLD_JPEG, WEBP = 1, 6, 50001
MOST_OF_PILLOW = 6  # bands; of more it logs an error
BIG_ENDIAN_BIG = b"MM\0+"  # BigTIFF of which Pillow reads the tags as those of others, and warns
CR2 = b"II*\0\x10\0\0\0CR\2"
SUBFILE, NO_PAGE = 254, 1 | 4  # the bits of a smaller copy of another page, and of a mask of transparency
WHITE_IS_ZERO, BLACK_IS_ZERO, IS_RGB = 0, 1, 2
APART = 2
STRAIGHT_ALPHA, OTHER = 2, 0
GREYS = ("I;16", "I;16B", "I", "F")  # Pillow's modes of one number of more than 8 bits
# libtiff gives numbers in the machine's order, and Pillow takes these for big-endian still.
NATIVE = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}
SORTS = {1: "u", 2: "i", 3: "f", 4: "u"}


class Tiff(NamedTuple):
    """What the tags of the first page say.

    size    (height, width) as stored
    sorts   of numbers: 1 unsigned, 2 signed, 3 float, 4 unknown
    left    the orientation that is left when Pillow has turned the picture by a tag that it knows
    extra   what the bands beyond the colours are: 2 alpha, 1 alpha that the colours were multiplied by, 0 anything
    """

    size: tuple[int, int]
    bits: tuple[int, ...]
    sorts: tuple[int, ...]
    bands: int
    compression: int
    photometric: int
    apart: bool
    extra: tuple[int, ...]
    orientation: int
    left: int

    @property
    def plain(self) -> bool:
        """Whether it is of 8 bits or less, without a sign."""
        return max(self.bits) <= 8 and set(self.sorts) <= {1, 4}

    def kind(self, name: str) -> Stored:
        """What its numbers mean.

        Raises  DecodeError if they are of no dtype, or of several.
        """
        sort = SORTS.get(self.sorts[0])
        size = -(-self.bits[0] // 8)
        try:
            if len({*self.bits}) > 1 or len({*self.sorts}) > 1 or sort is None or self.photometric == 3:
                raise TypeError
            dtype = np.dtype(f"{sort}{1 << (size - 1).bit_length()}")
        except TypeError:
            raise DecodeError(
                name,
                f"it is a TIFF of {self.bands} bands of {self.bits} bits, sample format {self.sorts} and photometric "
                f"interpretation {self.photometric}, which nothing here reads",
                sound=True,
            ) from None
        white = (1 << self.bits[0]) - 1 if sort == "u" and self.bits[0] <= 16 else None
        inverted = self.photometric == WHITE_IS_ZERO
        return Stored("TIFF", self.bands, self.bits[0], dtype, self._colours(), white, inverted)

    def _colours(self) -> str:
        first = {WHITE_IS_ZERO: "L", BLACK_IS_ZERO: "L", IS_RGB: "RGB"}.get(self.photometric, "")
        beyond = self.bands - len(first)
        if not first or beyond == 0:
            return first
        alpha = (*self.extra, OTHER)[0]
        if alpha == STRAIGHT_ALPHA:
            return first + "A" if beyond == 1 else ""
        return "RGB" if first == "RGB" and alpha == OTHER else ""


def is_tiff(data: bytes | memoryview) -> bool:
    """Whether a file begins as TIFF does."""
    return bytes(data[:4]) in PREFIXES


def is_foreign(data: bytes | memoryview, found: Tiff | None) -> bool:
    """Whether Pillow, or the libtiff that it comes with, is known not to read a TIFF."""
    if bytes(data[:4]) == BIG_ENDIAN_BIG:
        return True
    return found is not None and (found.bands > MOST_OF_PILLOW or found.compression == WEBP)


def tags_of(data: bytes | memoryview) -> Any:
    """The tags of the first page, as Pillow reads them; empty if they are damaged."""
    return next(_each_page(data), {})


def check_pages(data: bytes | memoryview, tags: Any, mode: str, name: str) -> None:
    """Refuse a file of which the first page, whose tags are given, is not the picture, not all of it or not all there.

    Of several pages that are no copies all bands cannot be had: most writers have a band a page.
    """
    if bytes(data[: len(CR2)]) == CR2 or (SUBPAGES in tags and _subfile(tags) & 1):
        what, instead = RAW
        raise DecodeError(name, f"it is {what}, whose first page is a small copy of the picture; {instead}", sound=True)
    several = mode == "bands" and bool(getattr(tags, "next", 0))
    count = sum(not _subfile(each) & NO_PAGE for each in _each_page(data)) if several else 1
    if count > 1:
        raise DecodeError(
            name,
            f'it is a TIFF of {count} pages, and of these mode="bands" would read the first alone; write the bands '
            'into one page, as tifffile does of (bands, height, width) with planarconfig="separate" and '
            'photometric="minisblack"',
            sound=True,
        )
    end = max(_end(tags, *STRIPS), _end(tags, *TILES))
    if end > len(data) and tags.get(COMPRESSION, PLAIN) != PLAIN:  # else counts are often wrong, and nobody reads them
        raise DecodeError(name, f"the file ends after {len(data)} bytes, and its pixels after {end}")
    found, wanted = _parts(tags)
    if found < wanted:  # of which Pillow and tifffile leave black what is not there
        raise DecodeError(
            name,
            f"its header says {tags[HEIGHT]} x {tags[WIDTH]} pixels (height x width) in {wanted} strips or tiles, and "
            f"it has {found}",
        )


def _parts(tags: Any) -> tuple[int, int]:
    """How many strips or tiles there are, and how many there have to be; 0 if the tags do not tell."""
    tiled = TILES[0] in tags
    height, width = tags.get(HEIGHT), tags.get(WIDTH)
    down, across = (tags.get(TILE_HEIGHT), tags.get(TILE_WIDTH)) if tiled else (tags.get(ROWS, height), width)
    planes = tags.get(SAMPLES, 1) if tags.get(PLANAR, 1) == APART else 1
    if not all(isinstance(each, int) and each > 0 for each in (height, width, down, across, planes)):
        return 0, 0
    found = len(_row(tags.get(TILES[0] if tiled else STRIPS[0], ()), 0))
    rare = not found or tags.get(COMPRESSION, PLAIN) == OLD_JPEG
    return found, 0 if rare else -(-height // down) * -(-width // across) * planes


def _subfile(tags: Any) -> int:
    flags = tags.get(SUBFILE, 0)
    return flags if isinstance(flags, int) else 0


def _end(tags: Any, starts: int, counts: int) -> int:
    """Where the last of the strips or tiles ends; 0 if their tags make no sense."""
    with suppress(TypeError, ValueError):  # of what is no number, or not as many
        rows = _row(tags.get(starts, ()), 0), _row(tags.get(counts, ()), 0)
        return max((int(start) + int(count) for start, count in zip(*rows, strict=True)), default=0)
    return 0


def _each_page(data: bytes | memoryview) -> Iterator[Any]:
    """The tags of one page after the other, in one object, as far as they can be read."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    seen = {0}
    try:
        file = as_file(data)
        start = file.read(8)
        order = start[:2]
        if 43 in start[2:4]:  # BigTIFF, which Pillow knows by its third byte alone
            start = b"II+\0" + start[4:] + file.read(8)
        tags = ImageFileDirectory_v2(start, prefix=order)
        while tags.next not in seen:
            seen.add(tags.next)
            file.seek(tags.next)
            tags.load(file)
            yield tags
    except Exception:  # it is Pillow's error on opening it that is told
        return


def tiff(tags: Any) -> Tiff | None:
    """What tags say; None if they lack what matters."""
    width, height, bands = tags.get(WIDTH), tags.get(HEIGHT), tags.get(SAMPLES, 1)
    bits, sorts = _row(tags.get(BITS, (1,)), bands), _row(tags.get(FORMAT, (1,)), bands)
    whole = all(isinstance(each, int) and each > 0 for each in (width, height, bands, *bits, *sorts))
    if not whole or len(bits) != bands:
        return None
    photometric, apart = tags.get(PHOTOMETRIC, WHITE_IS_ZERO), tags.get(PLANAR, 1) == APART and bands > 1
    orientation = _orientation(tags)
    left = 1 if isinstance(tags.get(ORIENTATION), int) else orientation
    extra = _row(tags.get(EXTRA, ()), 0)
    packed = tags.get(COMPRESSION, PLAIN)
    return Tiff((height, width), bits, sorts, bands, packed, photometric, apart, extra, orientation, left)


def _orientation(tags: Any) -> int:
    """By the rule of `exif.py`, of which a TIFF's own tags are the Exif."""
    value, xmp = tags.get(ORIENTATION), tags.get(XMP)
    if value is None:
        return (xmp_orientation(xmp) if isinstance(xmp, bytes) else None) or 1
    number = value[0] if isinstance(value, bytes) and value else value
    return number if number in UPRIGHT else 1


def _row(value: Any, bands: Any) -> tuple[Any, ...]:
    """A tag's numbers, one a band; a single one is that of all."""
    row = value if isinstance(value, tuple) else (value,)
    return row * bands if len(row) == 1 and isinstance(bands, int) and 1 < bands < 1 << 16 else row


def by_pillow(picture: Any, found: Tiff, mode: str) -> bool:
    """Whether Pillow, which has opened a TIFF or not (None), has all of its numbers."""
    if picture is None:
        return False
    if found.plain:
        return mode != "bands" or len(picture.getbands()) == found.bands or mode_of_bands(picture) != picture.mode
    if found.bands == 1:
        return picture.mode in GREYS and max(found.bits) > 8
    return not found.apart and len(picture.mode) == found.bands and is_halved(picture)


def read_by_pillow(data: bytes | memoryview, kind: Stored) -> Callable[[], NDArray[Any]]:
    """How Pillow reads a TIFF of more than 8 bits."""

    def read() -> NDArray[Any]:
        picture = opened_by_pillow(data)
        if kind.bands > 1:
            return both_bytes(picture, data)
        if picture.tile and picture.tile[0].codec_name == "libtiff":
            retell(picture, lambda raw: NATIVE.get(raw, raw))
        if picture.mode == "I" and kind.dtype == np.uint32:  # whose bits Pillow takes for those of int32
            return numbers_of(picture, kind.dtype, stored=kind.dtype)
        return numbers_of(picture, kind.dtype)

    return read


def read_by_tifffile(data: bytes | memoryview, kind: Stored, name: str) -> Callable[[], NDArray[Any]]:
    """How tifffile reads a TIFF.

    Raises  DecodeError, which says what to install, if it is not there.
    """
    if find_spec("tifffile") is None:
        raise DecodeError(
            name, f'it is {kind.description}, which tifffile reads: pip install "variegate[tiff]"', sound=True
        )

    def read() -> NDArray[Any]:
        import tifffile

        try:
            with tifffile.TiffFile(as_file(data)) as file:
                page = file.pages.first
                numbers = page.asarray()
        except Exception as error:
            if "imagecodecs" not in str(error) and not isinstance(error, ImportError):
                raise
            what = getattr(page.compression, "name", page.compression)
            raise DecodeError(
                name,
                f"it is {kind.description}, compressed as {what}, for which tifffile needs imagecodecs: "
                "pip install imagecodecs",
                sound=True,
            ) from None
        return np.moveaxis(numbers, 0, 2) if page.axes == "SYX" else numbers

    return read
