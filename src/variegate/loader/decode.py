"""Decode: bytes of a picture file to an array, its size known from the header alone.

Who decodes is decided by the header, never by a failure. simplejpeg (libjpeg-turbo; exact DCT, smooth chroma) reads
JPEGs of 8 bits, grey or of three colours, baseline or progressive. Pillow reads every other format and the odd JPEGs:
CMYK, 12 bits, arithmetic coding, rare chroma sampling. Importing this module imports neither; the first picture does.

Choices      A picture stands as its EXIF orientation says. An alpha channel is dropped, as Pillow's convert("RGB")
             and so most training code does; mode="RGBA" keeps it. 16-bit grey is scaled to 8 bits, v * 255 / 65535
             rounded; 16-bit colour is Pillow's high byte, at most one level off that. Of an animation, the first frame.
Strictness   Whatever libjpeg warns of (an end too early, bytes between segments), and a PNG's wrong checksum, is an
             error: a damaged picture is not trained on in silence.
Reduction    A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size, by libjpeg-turbo's scaled DCT; other formats cannot.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError, FieldError
from variegate.loader.convert import converted
from variegate.loader.header import jpeg_header
from variegate.loader.limit import TooLargeError, limited, too_large
from variegate.loader.orientation import UPRIGHT, Covers, covers
from variegate.loader.png import check_chunks, check_rows

Mode = Literal["RGB", "L", "RGBA"]
CHANNELS: dict[str, int] = {"RGB": 3, "L": 1, "RGBA": 4}

MOST_PIXELS = (1 << 31) // 12  # beyond it a header is taken for damage or malice, as Pillow does
REDUCTIONS = 1, 2, 4, 8

Pixels = NDArray[np.uint8]
Buffer = NDArray[np.uint8]


class Encoded:
    """A picture of which only the header has been read.

    size      (height, width) in pixels, upright
    channels  3 for mode "RGB", 1 for "L", 4 for "RGBA"
    """

    __slots__ = ("_stored", "channels", "mode", "name", "orientation", "size")
    dtype = np.dtype(np.uint8)

    def __init__(self, name: str, stored: tuple[int, int], orientation: int, mode: str) -> None:
        self.name, self.orientation, self.mode = name, orientation, mode
        self.channels = CHANNELS[mode]
        self.size = stored if orientation < 5 else stored[::-1]
        self._stored = stored

    @property
    def nbytes(self) -> int:
        """The bytes of the decoded picture: what `decode` needs of `out`."""
        return self.size[0] * self.size[1] * self.channels

    def nbytes_at(self, reduction: int) -> int:
        """The bytes of the picture decoded at 1/reduction of its size, 1, 2, 4 or 8."""
        height, width = self._stored_at(reduction)
        return height * width * self.channels

    @property
    def peak(self) -> int:
        """About the bytes that `decode` holds at its peak, the result included and the file not."""
        raise NotImplementedError

    def covers(self, reduction: int) -> Covers | None:
        """What the picture decoded at 1/reduction shows: (left, top, right, bottom), in pixels of the whole one.

        Sides that the reduction does not divide are rounded up, so its last pixels lie partly beyond the picture: on
        the right and below, unless the orientation turns them elsewhere. None: it is the whole picture.
        """
        there = self._stored_at(reduction)
        return None if there == self._stored else covers(self._stored, there, self._step(reduction), self.orientation)

    def decode(self, out: Buffer | None = None, reduction: int = 1) -> Pixels:
        """The picture, (height, width, channels) uint8, C-contiguous and upright.

        out        bytes of one dimension, `nbytes_at(reduction)` or more, to decode into; the result may be a view of
                   it, or not
        reduction  1, 2, 4 or 8: each side of a JPEG is divided by it and rounded up; other formats stay whole, and so
                   do JPEGs of less than 8 x 8 pixels

        Raises  DecodeError if the file is damaged or cannot be read; FieldError for another reduction.
        """
        pixels = self._decode(out, self._step(reduction))
        return pixels if self.orientation == 1 else np.ascontiguousarray(UPRIGHT[self.orientation](pixels))

    def _step(self, reduction: int) -> int:
        """By what the sides are divided indeed."""
        if reduction not in REDUCTIONS:
            raise FieldError(f"reduction is 1, 2, 4 or 8, got {reduction!r}")
        return 1

    def _stored_at(self, reduction: int) -> tuple[int, int]:
        """(height, width) before the orientation."""
        step = self._step(reduction)
        return -(-self._stored[0] // step), -(-self._stored[1] // step)

    def _decode(self, out: Buffer | None, step: int) -> Pixels:
        raise NotImplementedError


class _Jpeg(Encoded):
    """A JPEG that simplejpeg reads."""

    __slots__ = ("_data", "_held")

    def __init__(self, data: bytes | memoryview, held: int, *rest: Any) -> None:
        super().__init__(*rest)
        self._data, self._held = data, held

    def _step(self, reduction: int) -> int:
        super()._step(reduction)
        return reduction if max(self._stored) >= 8 else 1  # below, two scales give one size, and it is chosen by size

    @property
    def peak(self) -> int:
        """The pixels, once more where they must be turned, and a progressive file's coefficients."""
        return self.nbytes * (1 if self.orientation == 1 else 2) + self._held

    def _decode(self, out: Buffer | None, step: int) -> Pixels:
        import simplejpeg

        space = "GRAY" if self.mode == "L" else self.mode
        height, width = self._stored_at(step) if step > 1 else (0, 0)
        try:
            found: Pixels = simplejpeg.decode_jpeg(self._data, space, False, False, height, width, 1, out, True)
            return found
        except ValueError as error:
            raise DecodeError(self.name, str(error)) from None


class _Other(Encoded):
    """Whatever Pillow reads."""

    __slots__ = ("_data", "_most", "_picture")

    def __init__(self, data: bytes | memoryview, picture: Any, most: int, *rest: Any) -> None:
        super().__init__(*rest)
        self._data, self._picture, self._most = data, picture, most

    @property
    def peak(self) -> int:
        """Measured, with some air: Pillow's picture at 4 bytes a pixel, perhaps another to convert, and two of ours."""
        a_pixel = 7 if self._picture.mode == self.mode else 10
        canvas = 8 if self._picture.format == "WEBP" else 0  # its decoder's own
        turned = 0 if self.orientation == 1 else self.channels
        return self.size[0] * self.size[1] * (a_pixel + canvas + turned + 2 * self.channels)

    def _decode(self, out: Buffer | None, step: int) -> Pixels:
        try:
            with limited(self._most):
                check_chunks(self._picture, self._data, self.name)
                pixels = converted(self._picture, self.mode, self.name)
                check_rows(self._picture, self._data, self.name)
        except (DecodeError, MemoryError):
            raise
        except TooLargeError as error:  # a frame or a tile of it
            raise too_large(self.name, error.size[::-1], self._most) from None
        except Exception as error:  # Pillow's readers raise OSError, SyntaxError, ValueError, struct.error and more
            raise DecodeError(self.name, _said(error)) from error
        shape = *self._stored, self.channels
        if pixels.size != self.nbytes:
            raise DecodeError(self.name, f"the header says {shape[:2]} (height, width), the pixels {pixels.shape[:2]}")
        target = np.empty(shape, np.uint8) if out is None else out[: self.nbytes].reshape(shape)
        target[...] = pixels.reshape(shape)  # a copy: Pillow's own memory is read-only
        return target


def open_image(
    data: bytes | memoryview | str | os.PathLike[str],
    name: str | None = None,
    mode: Mode = "RGB",
    max_pixels: int = MOST_PIXELS,
) -> Encoded:
    """Read a picture's header: its size, its orientation and who will decode it.

    data        the bytes of the file, which stay as they are until it is decoded; or its path
    name        what errors call it; by default the path
    mode        "RGB", "L" (grey: the luminance 0.299 R + 0.587 G + 0.114 B) or "RGBA"
    max_pixels  the most that a header may say; more is taken for damage or malice, and nothing is allocated for it

    Raises  DecodeError if the file cannot be read, is no picture or too large a one; FieldError for another mode.
    """
    if mode not in CHANNELS:
        raise FieldError(f'mode is "RGB", "L" or "RGBA", got {mode!r}')
    if not isinstance(data, bytes | memoryview):
        name = name or os.fspath(data)
        data = _contents(data, name)
    name = name or f"{len(data)} bytes"
    if not data:
        raise DecodeError(name, "the file is empty (0 bytes)")
    if data[:2] != b"\xff\xd8":
        return _open_other(data, name, mode, None, max_pixels)
    header = jpeg_header(data, name)
    stored = header.height, header.width
    if stored[0] * stored[1] > max_pixels:
        raise too_large(name, stored, max_pixels)
    if header.usual:
        return _Jpeg(data, header.held, name, stored, header.orientation, mode)
    return _open_other(data, name, mode, header.orientation, max_pixels)


def _contents(path: str | os.PathLike[str], name: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DecodeError(name, error.strerror or str(error)) from error


def _open_other(data: bytes | memoryview, name: str, mode: str, orientation: int | None, most: int) -> Encoded:
    """Read the header by Pillow; the orientation is Pillow's to find where it is not known yet."""
    from PIL import Image, UnidentifiedImageError

    try:
        with limited(most):
            picture = Image.open(io.BytesIO(data))
            if orientation is None:
                # Pillow turns a TIFF upright itself, and gives its size so.
                orientation = 1 if picture.format == "TIFF" else picture.getexif().get(274, 1)
    except TooLargeError as error:
        raise too_large(name, error.size[::-1], most) from None
    except UnidentifiedImageError:
        _no_picture(data, name)
    except MemoryError:
        raise
    except Exception as error:
        raise DecodeError(name, _said(error)) from error
    width, height = picture.size
    if width * height > most:
        raise too_large(name, (height, width), most)
    return _Other(data, picture, most, name, (height, width), orientation if orientation in UPRIGHT else 1, mode)


def _no_picture(data: bytes | memoryview, name: str) -> NoReturn:
    start = bytes(data[:12])
    kind = "text" if start.isascii() and start.decode("ascii").isprintable() else "bytes"
    raise DecodeError(name, f"no picture format begins with the {kind} {start!r}") from None


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
