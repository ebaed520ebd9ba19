"""Decode: bytes of a picture file to an array, its size known from the header alone.

Who decodes is decided by the header, never by a failure. simplejpeg (libjpeg-turbo; exact DCT, smooth chroma) reads
JPEGs of 8 bits, grey or of three colours, baseline or progressive. Pillow reads the odd JPEGs (CMYK, arithmetic coding,
rare chroma sampling) and every other format; tifffile some TIFFs; Netpbm's of more than 8 bits are read here.
Importing this module imports none of them; the first picture does.

Choices      A picture stands as its EXIF orientation says. An alpha channel is dropped, as Pillow's convert("RGB")
             and so most training code does; mode="RGBA" keeps it. Of an animation, the first frame; of several pages,
             the first, but mode="bands" refuses them. AVIFs of 10 and 12 bits are rounded to 8 by their decoder, as by
             every viewer.
Numbers      A file's white becomes that of the dtype: 255, 65535 or 1. What has more bits than the dtype, or numbers of
             which none is white, is an error that says which dtype to ask for; see `stored.py`.
Strictness   Whatever libjpeg warns of (an end too early, bytes between segments), and a PNG's wrong checksum, is an
             error: a damaged picture is not trained on in silence.
Reduction    A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size, by libjpeg-turbo's scaled DCT; other formats cannot.
"""

from __future__ import annotations

import io
import os
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import DTypeLike

from variegate.errors import DecodeError
from variegate.loader.beside import MOST_PIXELS, most_beside
from variegate.loader.convert import converted, mode_of_bands, told
from variegate.loader.encoded import CHANNELS, Buffer, Encoded, Pixels
from variegate.loader.file import opened
from variegate.loader.header import jpeg_header
from variegate.loader.limit import too_large
from variegate.loader.orientation import UPRIGHT
from variegate.loader.png import check_chunks, check_rows, may_turn
from variegate.loader.pnm import pnm
from variegate.loader.tiff import by_pillow, check_pages, is_tiff, read_by_pillow, read_by_tifffile, tags_of, tiff
from variegate.loader.wanted import AS_STORED, wanted
from variegate.loader.wide import Wide, wide

Mode = Literal["RGB", "L", "RGBA", "bands"]


class _Jpeg(Encoded):
    """A JPEG that simplejpeg reads."""

    __slots__ = ("_data", "_held", "_mode")

    def __init__(self, data: bytes | memoryview, held: int, mode: str, *rest: Any) -> None:
        super().__init__(*rest)
        self._data, self._held, self._mode = data, held, mode

    def _step(self, reduction: int) -> int:
        super()._step(reduction)
        return reduction if max(self._stored) >= 8 else 1  # below, two scales give one size, and it is chosen by size

    @property
    def peak(self) -> int:
        """The levels, once more where they are turned or of a wider dtype, and a progressive file's coefficients."""
        straight = self.orientation == 1 and self.dtype == np.uint8
        return self.values + (0 if straight else self.nbytes) + self._held

    def _decode(self, out: Buffer | None, step: int) -> Pixels:
        import simplejpeg

        space = "GRAY" if self._mode == "L" else self._mode
        height, width = self._stored_at(step) if step > 1 else (0, 0)
        try:
            found: Pixels = simplejpeg.decode_jpeg(self._data, space, False, False, height, width, 1, out, True)
            return found
        except ValueError as error:
            raise DecodeError(self.name, str(error)) from None


class _Other(Encoded):
    """Whatever of 8 bits Pillow reads."""

    __slots__ = ("_data", "_mode", "_most", "_picture")

    def __init__(self, data: bytes | memoryview, picture: Any, mode: str, most: int, *rest: Any) -> None:
        super().__init__(*rest)
        self._data, self._picture, self._mode, self._most = data, picture, mode, most

    @property
    def peak(self) -> int:
        """Measured, with some air: Pillow's picture at 4 bytes a pixel, perhaps another to convert, and two of ours."""
        a_pixel = 7 if self._picture.mode == self._mode else 10
        canvas = 8 if self._picture.format == "WEBP" else 0  # its decoder's own
        copies = (2 if self.orientation == 1 else 3) * self.channels
        wider = 0 if self.dtype == np.uint8 else self.nbytes
        return self.size[0] * self.size[1] * (a_pixel + canvas + copies) + wider

    def _decode(self, out: Buffer | None, step: int) -> Pixels:
        with told(self.name, self._most):
            check_chunks(self._picture, self._data, self.name)
            pixels = converted(self._picture, self._mode, self.name)
            check_rows(self._picture, self._data, self.name)
        shape = *self._stored, self.channels
        if pixels.size != self.values:
            raise DecodeError(self.name, f"the header says {shape[:2]} (height, width), the pixels {pixels.shape[:2]}")
        target = np.empty(shape, np.uint8) if out is None else out[: self.values].reshape(shape)
        target[...] = pixels.reshape(shape)  # a copy: Pillow's own memory is read-only
        return target


def open_image(
    data: bytes | memoryview | str | os.PathLike[str],
    name: str | None = None,
    mode: str = "RGB",
    max_pixels: int = MOST_PIXELS,
    dtype: DTypeLike = "uint8",
) -> Encoded:
    """Read a picture's header: its size, its orientation and who will decode it.

    data        the bytes of the file, which stay as they are until it is decoded; or its path
    name        what errors call it; by default the path
    mode        "RGB", "L" (grey: the luminance 0.299 R + 0.587 G + 0.114 B), "RGBA", or "bands": all that the file has,
                as they are stored; of a palette, its colours
    max_pixels  the most that a header may say; more is taken for damage or malice, and nothing is allocated for it
    dtype       "uint8"; "uint16", of which white is 65535, so that files of 8 bits are v * 257; or "float32", 0 to 1,
                but numbers that have no white (floats, integers with a sign) as they are

    Raises  DecodeError if the file cannot be read, is no picture, too large a one, or has more bits than the dtype;
            FieldError for another mode or dtype.
    """
    return _open(data, name, *wanted(mode, dtype), max_pixels)


def open_view(data: bytes | memoryview | str | os.PathLike[str], name: str | None = None, mode: str = "RGB") -> Encoded:
    """A picture that a sample has beside its own, of the dtype that its file has.

    Of 8 bits it is `mode` of uint8, and else all bands of the file as uint16 or float32: depth, heat, flow.

    Raises  DecodeError if the file cannot be read or is no picture; FieldError for another mode.
    """
    return _open(data, name, wanted(mode, "uint8")[0], AS_STORED, most_beside())


def _open(
    data: bytes | memoryview | str | os.PathLike[str], name: str | None, mode: str, dtype: str, max_pixels: int
) -> Encoded:
    if not isinstance(data, bytes | memoryview):
        name = name or os.fspath(data)
        with opened(data, name) as file:
            data = file.readall()
    name = name or f"{len(data)} bytes"
    if not data:
        raise DecodeError(name, "the file is empty (0 bytes)")
    if data[:2] != b"\xff\xd8":
        return _open_other(data, name, mode, dtype, max_pixels)
    header = jpeg_header(data, name)
    stored = _within(header.height, header.width, 1, max_pixels, name)
    if not header.usual:
        picture = _opened(data, name, max_pixels)
        return _open_by_pillow(picture, data, name, mode, dtype, max_pixels, header.orientation)
    if mode == "bands":
        mode = "L" if header.components == 1 else "RGB"
    return _Jpeg(data, header.held, mode, name, stored, header.orientation, CHANNELS[mode], dtype or "uint8")


def _within(height: int, width: int, bands: int, most: int, name: str) -> tuple[int, int]:
    """(height, width), if it may be; bands beyond four count as further pixels."""
    if height * width * -(-bands // 4) > most:
        raise too_large(name, (height, width), most)
    return height, width


def _open_other(data: bytes | memoryview, name: str, mode: str, dtype: str, most: int) -> Encoded:
    found = pnm(data, dtype)
    if found is not None:
        stored = _within(*found.size, 1, most, name)
        return Wide(lambda: found.read(data, name), found.kind, mode, most, name, stored, 1, dtype)
    if is_tiff(data):
        return _open_tiff(data, name, mode, dtype, most)
    return _open_by_pillow(_opened(data, name, most), data, name, mode, dtype, most)


def _open_tiff(data: bytes | memoryview, name: str, mode: str, dtype: str, most: int) -> Encoded:
    """A TIFF by Pillow where that has all of its numbers, else by tifffile."""
    picture = _opened(data, name, most)
    tags = tags_of(data) if picture is None else picture.tag_v2
    if mode == "bands":
        check_pages(data, tags, name)
    found = tiff(tags)
    if found is None or (found.plain and by_pillow(picture, found, mode)):
        return _open_by_pillow(picture, data, name, mode, dtype, most, 1)  # which Pillow turns upright itself
    stored = _within(*found.size, found.bands, most, name)
    kind = found.kind(name)
    mode, dtype = kind.as_asked(mode, dtype, name)
    if by_pillow(picture, found, mode):
        width, height = picture.size
        return Wide(read_by_pillow(picture, data, kind), kind, mode, most, name, (height, width), 1, dtype)
    orientation = found.orientation if found.orientation in UPRIGHT else 1
    return Wide(read_by_tifffile(data, kind, name), kind, mode, most, name, stored, orientation, dtype)


def _open_by_pillow(
    picture: Any, data: bytes | memoryview, name: str, mode: str, dtype: str, most: int, orientation: int | None = None
) -> Encoded:
    """A picture that Pillow has opened, if it has; the orientation is Pillow's to find where it is not known yet."""
    if picture is None:
        _no_picture(data, name)
    with told(name, most):
        if orientation is None:
            still = picture.format == "PNG" and not may_turn(data)
            orientation = 1 if still else picture.getexif().get(274, 1)
        numbers = wide(picture, data, mode, dtype, name)
    orientation = orientation if orientation in UPRIGHT else 1
    stored = _within(picture.size[1], picture.size[0], 1, most, name)
    if numbers is not None:
        kind, read = numbers
        return Wide(read, kind, mode, most, name, stored, orientation, dtype)
    mode = mode_of_bands(picture) if mode == "bands" else mode
    if mode not in CHANNELS:
        raise DecodeError(name, f'its pixels are of Pillow\'s mode "{mode}", which is none of ours')
    return _Other(data, picture, mode, most, name, stored, orientation, CHANNELS[mode], dtype or "uint8")


def _opened(data: bytes | memoryview, name: str, most: int) -> Any:
    """What Pillow makes of a file; None if it is of no format that it knows."""
    from PIL import Image, UnidentifiedImageError

    with told(name, most):
        try:
            return Image.open(io.BytesIO(data))
        except UnidentifiedImageError:
            return None


def _no_picture(data: bytes | memoryview, name: str) -> NoReturn:
    start = bytes(data[:12])
    kind = "text" if start.isascii() and start.decode("ascii").isprintable() else "bytes"
    raise DecodeError(name, f"no picture format begins with the {kind} {start!r}") from None
