"""Decode: bytes of a picture file to an array, its size known from the header alone.

Who decodes is decided by the header, never by a failure. simplejpeg (libjpeg-turbo; exact DCT, smooth chroma) reads
JPEGs of 8 bits, grey or of three colours, baseline or progressive. Pillow reads the odd JPEGs (CMYK, arithmetic coding,
rare chroma sampling) and every other format; tifffile some TIFFs; Netpbm's of more than 8 bits are read here.
Importing this module imports none of them; the first picture does.

Choices      An alpha channel is dropped, as Pillow's convert("RGB") and so most training code does; mode="RGBA" keeps
             it. Of an animation, the first frame; of several pages, the first, but mode="bands" refuses them. AVIFs of
             10 and 12 bits are rounded to 8 by their decoder, as by every viewer.
Orientation  A picture stands as Exif says, else as XMP does, in every format; see `exif.py`.
Grey         mode="L" is the luminance 0.299 R + 0.587 G + 0.114 B. A JPEG has it stored, as Y, and that is what comes,
             as from OpenCV: where a colour of Y, Cb and Cr lies beyond red, green and blue, it is not the luminance of
             the colour that mode="RGB" gives (184 photographs: 0.4% of pixels differ by more than 1 level, the
             farthest by 20; made ones of pure red, green and blue by 42).
Numbers      A file's white becomes that of the dtype: 255, 65535 or 1. What has more bits than the dtype, or numbers of
             which none is white, is an error that says which dtype to ask for; see `stored.py`.
Strictness   Whatever libjpeg warns of in the pixels (an end too early, codes that mean nothing), and a PNG's wrong
             checksum, is an error: a damaged picture is not trained on in silence. Of the odd JPEGs, only an end too
             early is. What stands beside the pixels is no condition: a broken Exif, half an ICC profile, bytes behind a
             JPEG's metadata.
Reduction    A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size, by libjpeg-turbo's scaled DCT; other formats cannot.
"""

from __future__ import annotations

import os
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike

from variegate.errors import DecodeError
from variegate.loader.decode.convert import decode_errors, mode_of_bands, write_levels
from variegate.loader.decode.encoded import CHANNELS, ByteBuffer, Encoded, widened
from variegate.loader.decode.exif import orientation_of
from variegate.loader.decode.formats import allowed, has_canvas, held_by, opened_by_pillow
from variegate.loader.decode.indexes import Origin
from variegate.loader.decode.jpeg import SIGNATURE, jpeg_header, pixels_alone
from variegate.loader.decode.limit import too_large
from variegate.loader.decode.magic import unreadable
from variegate.loader.decode.orientation import UPRIGHT, stored_window
from variegate.loader.decode.pixel_format import AS_STORED, check_pixel_format
from variegate.loader.decode.plane_limit import most_plane_pixels
from variegate.loader.decode.png import check_chunks, check_rows, told_beside
from variegate.loader.decode.pnm import pnm
from variegate.loader.decode.tiff import (
    by_pillow,
    check_pages,
    is_foreign,
    is_tiff,
    read_by_pillow,
    read_by_tifffile,
    tags_of,
    tiff,
)
from variegate.loader.decode.wide import Wide, held_of_numbers, wide
from variegate.loader.decode.window import Window, WindowReader, part
from variegate.loader.file import opened
from variegate.picture import MOST_PIXELS, ImageArray

BY_WINDOW = ("RGB", "L")  # modes
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

    def decode_window(self, out: ByteBuffer, window: Window, reader: WindowReader, origin: Origin) -> ImageArray | None:
        if self._mode not in BY_WINDOW:
            return None
        shape = *self._stored, self.channels
        levels = out if self.dtype == np.uint8 else np.empty(self.values, np.uint8)
        stored = levels[: self.values].reshape(shape)
        here = stored_window(window, self._stored, self.orientation)
        if not reader.read(self._data, self._mode, here, stored, origin):
            return None
        upright = UPRIGHT[self.orientation](stored)
        if upright is stored and self.dtype == np.uint8:
            return stored
        shown, size = part(window), (*self.size, self.channels)
        if self.dtype == np.uint8:
            found: ImageArray = np.empty(size, np.uint8)
            found[shown] = upright[shown]
            return found
        found = out[: self.nbytes].view(self.dtype).reshape(size)
        widened(upright[shown], found[shown])
        return found

    def _decode(self, out: ByteBuffer | None, step: int) -> ImageArray:
        try:
            return self._decoded(self._data, out, step)
        except ValueError:  # a warning, which may be of metadata: what is wrong with the pixels comes once more
            pass
        try:
            return self._decoded(b"".join(pixels_alone(self._data)), out, step)
        except ValueError as error:
            raise DecodeError(self.name, str(error)) from None

    def _decoded(self, data: bytes | memoryview, out: ByteBuffer | None, step: int) -> ImageArray:
        """Raises  ValueError for whatever libjpeg warns of."""
        import simplejpeg

        space = "GRAY" if self._mode == "L" else self._mode
        height, width = self._stored_at(step) if step > 1 else (0, 0)
        found: ImageArray = simplejpeg.decode_jpeg(data, space, False, False, height, width, 1, out, True)
        return found


class _Other(Encoded):
    """Whatever of 8 bits Pillow reads.

    What it has opened is for the first time that it is decoded, and let go of then; where a reader holds a canvas from
    when it is opened on, it is opened anew.
    """

    __slots__ = ("_data", "_held", "_mode", "_most", "_picture")

    def __init__(self, picture: Any, data: bytes | memoryview, held: int, mode: str, most: int, *rest: Any) -> None:
        super().__init__(*rest)
        self._data, self._held, self._mode, self._most = data, held, mode, most
        self._picture = None if has_canvas(picture) else picture

    @property
    def peak(self) -> int:
        """The levels, beside what reads them; and then once more where they are turned or of a wider dtype."""
        straight = self.orientation == 1 and self.dtype == np.uint8
        return self.values + max(self._held, 0 if straight else self.nbytes)

    def _decode(self, out: ByteBuffer | None, step: int) -> ImageArray:
        shape = *self._stored, self.channels
        with decode_errors(self.name, self._most):
            check_chunks(self._data, self.name)
            picture, self._picture = self._picture or opened_by_pillow(self._data), None
            if self._mode == "L":
                picture.draft("L", None)  # of an odd JPEG, libjpeg's grey, as of any other
            picture.load()
            if picture.size != shape[1::-1]:
                found = picture.size[::-1]
                raise DecodeError(self.name, f"the header says {shape[:2]} (height, width), the pixels {found}")
            target = np.empty(shape, np.uint8) if out is None else out[: self.values].reshape(shape)
            write_levels(picture, self._mode, target)
            check_rows(picture, self._data, self.name)
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
    return _open(data, name, *check_pixel_format(mode, dtype), max_pixels)


def open_view(data: bytes | memoryview | str | os.PathLike[str], name: str | None = None, mode: str = "RGB") -> Encoded:
    """A picture that a sample has beside its own, of the dtype that its file has.

    Of 8 bits it is `mode` of uint8, and else all bands of the file as uint16 or float32: depth, heat, flow.

    Raises  DecodeError if the file cannot be read or is no picture; FieldError for another mode.
    """
    return _open(data, name, check_pixel_format(mode, "uint8")[0], AS_STORED, most_plane_pixels())


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
    if data[:2] != SIGNATURE:
        return _open_other(data, name, mode, dtype, max_pixels)
    header = jpeg_header(data, name)
    stored = _within(header.height, header.width, 1, max_pixels, name)
    if header.unread:
        raise DecodeError(name, f"it is {header.unread}", sound=True)
    if not header.usual:
        picture = _opened(data, name, max_pixels)
        return _open_by_pillow(picture, data, name, mode, dtype, max_pixels, header.orientation, header.held)
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
        return Wide(lambda: found.read(data, name), found.held, found.kind, mode, most, name, stored, 1, dtype)
    if is_tiff(data):
        return _open_tiff(data, name, mode, dtype, most)
    return _open_by_pillow(_opened(data, name, most), data, name, mode, dtype, most)


def _open_tiff(data: bytes | memoryview, name: str, mode: str, dtype: str, most: int) -> Encoded:
    """A TIFF by Pillow where that has all of its numbers, else by tifffile."""
    tags = tags_of(data)
    check_pages(data, tags, mode, name)
    found = tiff(tags)
    picture: Any = None if is_foreign(data, found) else _opened(data, name, most)
    if found is None or (found.plain and by_pillow(picture, found, mode)):
        return _open_by_pillow(picture, data, name, mode, dtype, most, found.left if found else 1)
    stored = _within(*found.size, found.bands, most, name)
    kind = found.kind(name)
    mode, dtype = kind.as_asked(mode, dtype, name)
    if by_pillow(picture, found, mode):
        width, height = picture.size
        read, held = read_by_pillow(data, kind), held_of_numbers(picture, data, kind)
        return Wide(read, held, kind, mode, most, name, (height, width), found.left, dtype)
    read = read_by_tifffile(data, kind, name)
    return Wide(read, len(data), kind, mode, most, name, stored, found.orientation, dtype)


def _open_by_pillow(
    picture: Any,
    data: bytes | memoryview,
    name: str,
    mode: str,
    dtype: str,
    most: int,
    orientation: int | None = None,
    coefficients: int = 0,
) -> Encoded:
    """A picture that Pillow has opened, if it has.

    orientation   None: it is not known yet
    coefficients  bytes of them that a decoder keeps
    """
    if picture is None:
        raise unreadable(data, name, allowed())
    with decode_errors(name, most):
        if orientation is None:
            orientation = _orientation(picture, data)
        numbers = wide(picture, data, mode, dtype, name)
    stored = _within(picture.size[1], picture.size[0], 1, most, name)
    if numbers is not None:
        kind, read = numbers
        return Wide(read, held_of_numbers(picture, data, kind), kind, mode, most, name, stored, orientation, dtype)
    mode = mode_of_bands(picture) if mode == "bands" else mode
    if mode not in CHANNELS:
        raise DecodeError(name, f'its pixels are of Pillow\'s mode "{mode}", which is none of ours', sound=True)
    held = held_by(picture, data) + coefficients
    return _Other(picture, data, held, mode, most, name, stored, orientation, CHANNELS[mode], dtype or "uint8")


def _orientation(picture: Any, data: bytes | memoryview) -> int:
    """How a picture that is no JPEG and no TIFF stands; Pillow has not always read as far as a PNG tells it."""
    if picture.format == "PNG":
        exif, xmp = told_beside(data)
    else:
        exif, xmp = (picture.info.get(name) or b"" for name in ("exif", "xmp"))
    return orientation_of([exif], xmp)


def _opened(data: bytes | memoryview, name: str, most: int) -> Any:
    """What Pillow makes of a file's header; None if it is of no format that it may read."""
    with decode_errors(name, most):
        return opened_by_pillow(data)
