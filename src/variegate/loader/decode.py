"""Decode: bytes of a picture file to an array, its size known from the header alone.

Who decodes is decided by the header, never by a failure. simplejpeg (libjpeg-turbo; exact DCT, smooth chroma) reads
JPEGs of 8 bits, grey or of three colours, baseline or progressive. Pillow reads every other format and the odd JPEGs:
CMYK, 12 bits, arithmetic coding, rare chroma sampling. Importing this module imports neither; the first picture does.

Choices      A picture stands as its EXIF orientation says. An alpha channel is dropped, as Pillow's convert("RGB")
             and so most training code does; mode="RGBA" keeps it. 16-bit grey is scaled to 8 bits, v * 255 / 65535
             rounded; 16-bit colour is Pillow's high byte, at most one level off that. Of an animation, the first frame.
Strictness   Whatever libjpeg warns of (an end too early, bytes between segments) is an error: a damaged picture is
             not trained on in silence.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError, FieldError
from variegate.loader.header import jpeg_header

Mode = Literal["RGB", "L", "RGBA"]
CHANNELS: dict[str, int] = {"RGB": 3, "L": 1, "RGBA": 4}

MOST_PIXELS = (1 << 31) // 12  # beyond it a header is taken for damage or malice, as Pillow does

Pixels = NDArray[np.uint8]
Buffer = NDArray[np.uint8]

# An EXIF orientation -> how to turn the stored picture upright.
UPRIGHT: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a[::-1].swapaxes(0, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a[:, ::-1].swapaxes(0, 1),
}


class Encoded:
    """A picture of which only the header has been read.

    size      (height, width) in pixels, upright
    channels  3 for mode "RGB", 1 for "L", 4 for "RGBA"
    """

    __slots__ = ("_stored", "channels", "mode", "name", "orientation", "size")
    dtype = np.dtype(np.uint8)

    def __init__(self, name: str, stored: tuple[int, int], orientation: int, mode: str) -> None:
        if stored[0] * stored[1] > MOST_PIXELS:
            raise DecodeError(
                name, f"its header says {stored[0]} x {stored[1]} pixels (height x width); the limit is {MOST_PIXELS}"
            )
        self.name, self.orientation, self.mode = name, orientation, mode
        self.channels = CHANNELS[mode]
        self.size = stored if orientation < 5 else stored[::-1]
        self._stored = stored

    @property
    def nbytes(self) -> int:
        """The bytes of the decoded picture: what `decode` needs of `out`."""
        return self.size[0] * self.size[1] * self.channels

    def decode(self, out: Buffer | None = None) -> Pixels:
        """The picture, (height, width, channels) uint8, C-contiguous and upright.

        out  bytes of one dimension, `nbytes` or more, to decode into; the result may be a view of it, or not

        Raises  DecodeError if the file is damaged or cannot be read.
        """
        pixels = self._decode(out)
        return pixels if self.orientation == 1 else np.ascontiguousarray(UPRIGHT[self.orientation](pixels))

    def _decode(self, out: Buffer | None) -> Pixels:
        raise NotImplementedError


class _Jpeg(Encoded):
    """A JPEG that simplejpeg reads."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes | memoryview, *rest: Any) -> None:
        super().__init__(*rest)
        self._data = data

    def _decode(self, out: Buffer | None) -> Pixels:
        import simplejpeg

        space = "GRAY" if self.mode == "L" else self.mode
        try:
            return simplejpeg.decode_jpeg(self._data, space, False, False, buffer=out, strict=True)  # type: ignore[no-any-return]
        except ValueError as error:
            raise DecodeError(self.name, str(error)) from None


class _Other(Encoded):
    """Whatever Pillow reads."""

    __slots__ = ("_picture",)

    def __init__(self, picture: Any, *rest: Any) -> None:
        super().__init__(*rest)
        self._picture = picture

    def _decode(self, out: Buffer | None) -> Pixels:
        try:
            pixels = _converted(self._picture, self.mode, self.name)
        except (DecodeError, MemoryError):
            raise
        except Exception as error:  # Pillow's readers raise OSError, SyntaxError, ValueError, struct.error and more
            raise DecodeError(self.name, _said(error)) from error
        shape = *self._stored, self.channels
        if pixels.size != self.nbytes:
            raise DecodeError(self.name, f"the header says {shape[:2]} (height, width), the pixels {pixels.shape[:2]}")
        target = np.empty(shape, np.uint8) if out is None else out[: self.nbytes].reshape(shape)
        target[...] = pixels.reshape(shape)  # a copy: Pillow's own memory is read-only
        return target


def _converted(picture: Any, mode: str, name: str) -> NDArray[Any]:
    """The pixels of a picture that Pillow opened, in the mode asked for."""
    from PIL import Image

    picture.load()
    found = picture.mode
    if found.startswith("I;16") or (found == "I" and picture.format in ("PNG", "PPM")):
        wide = np.asarray(picture).astype(np.uint32)
        picture = Image.fromarray(((wide * 255 + 32767) // 65535).astype(np.uint8))
    elif found in ("I", "F"):
        raise DecodeError(
            name,
            f'its pixels are 32-bit numbers (Pillow\'s mode "{found}") of which black and white '
            "are not known; convert it to 8 or 16 bits, or load it yourself and use Arrays",
        )
    if found == "P":  # by way of RGBA, or Pillow warns of palettes with transparency
        picture = picture.convert("RGBA")
    return np.asarray(picture if picture.mode == mode else picture.convert(mode))


def open_image(
    data: bytes | memoryview | str | os.PathLike[str], name: str | None = None, mode: Mode = "RGB"
) -> Encoded:
    """Read a picture's header: its size, its orientation and who will decode it.

    data  the bytes of the file, which stay as they are until it is decoded; or its path
    name  what errors call it; by default the path
    mode  "RGB", "L" (grey: the luminance 0.299 R + 0.587 G + 0.114 B) or "RGBA"

    Raises  DecodeError if the file cannot be read or is no picture; FieldError for another mode.
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
        return _open_other(data, name, mode, None)
    header = jpeg_header(data, name)
    if header.usual:
        return _Jpeg(data, name, (header.height, header.width), header.orientation, mode)
    return _open_other(data, name, mode, header.orientation)


def _contents(path: str | os.PathLike[str], name: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DecodeError(name, error.strerror or str(error)) from error


def _open_other(data: bytes | memoryview, name: str, mode: str, orientation: int | None) -> Encoded:
    """Read the header by Pillow; the orientation is Pillow's to find where it is not known yet."""
    from PIL import Image, UnidentifiedImageError

    try:
        picture = Image.open(io.BytesIO(data))
        if orientation is None:
            # Pillow turns a TIFF upright itself, and gives its size so.
            orientation = 1 if picture.format == "TIFF" else picture.getexif().get(274, 1)
    except UnidentifiedImageError:
        _no_picture(data, name)
    except MemoryError:
        raise
    except Exception as error:
        raise DecodeError(name, _said(error)) from error
    width, height = picture.size
    return _Other(picture, name, (height, width), orientation if orientation in UPRIGHT else 1, mode)


def _no_picture(data: bytes | memoryview, name: str) -> NoReturn:
    start = bytes(data[:12])
    kind = "text" if start.isascii() and start.decode("ascii").isprintable() else "bytes"
    raise DecodeError(name, f"no picture format begins with the {kind} {start!r}") from None


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
