"""Convert: the pixels of a picture that Pillow opened, in one of our modes of 8 bits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError, ResourceError
from variegate.loader.decode.limit import TooLargeError, limited, too_large
from variegate.loader.transient import is_out_of_memory, is_transient

LEAST = 256 << 20  # bytes; where there are not so many to be had, no failure is taken for damage
BAND = 1 << 19  # bytes: of more, each would be fresh memory of the system
LACKING = "nsupported", "not available"  # in what Pillow says of a file that is no damage
# Pillow's modes whose bands are none to train on -> those that they stand for.
PLAIN = {"1": "L", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "YCbCr": "RGB", "HSV": "RGB", "PA": "RGBA"}


def mode_of_bands(picture: Any) -> str:
    """The mode of Pillow's that has all bands of a picture: of a palette, those of its colours."""
    if picture.mode == "P":
        return "RGBA" if "transparency" in picture.info else "RGB"
    return str(PLAIN.get(picture.mode, picture.mode))


def bands(picture: Any) -> Iterator[tuple[slice, Any]]:
    """A picture that Pillow opened in bands of whole rows, half a megabyte of Pillow's memory each, and which rows.

    To ask Pillow for an array of all of it takes its size twice over, and more time than this.
    """
    picture.load()
    width, height = picture.size
    rows = max(1, BAND // (4 * width))
    if rows >= height:
        yield slice(0, height), picture
        return
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        yield slice(top, bottom), picture.crop((0, top, width, bottom))


def write_levels(picture: Any, mode: str, out: NDArray[np.uint8]) -> None:
    """Write the pixels of a picture that Pillow opened, in one of its modes of 8 bits, to (height, width, channels)."""
    for rows, band in bands(picture):
        if band.mode == "P":  # by way of RGBA, or Pillow warns of palettes with transparency
            band = band.convert("RGBA")
        part = out[rows]
        part[...] = np.asarray(band if band.mode == mode else band.convert(mode)).reshape(part.shape)


@contextmanager
def decode_errors(name: str, most: int) -> Iterator[None]:
    """Within it, whatever a reader of files raises is a DecodeError, and Pillow's pictures have at most `most` pixels.

    Not to be nested.

    Raises  MemoryError where it is for want of memory.
    """
    try:
        with limited(most):
            yield
    except (DecodeError, MemoryError, ImportError):  # a library that is not there is no fault of the file
        raise
    except TooLargeError as error:  # a frame or a tile of it
        raise too_large(name, error.size[::-1], most) from None
    except Exception as error:  # Pillow's readers raise OSError, SyntaxError, ValueError, struct.error and more
        if is_out_of_memory(error, LEAST):
            raise MemoryError(f"{name}: {error}") from error
        if is_transient(error):
            raise ResourceError(f"{name}: it cannot be decoded now: {error}") from error
        text = str(error).rstrip(".") or type(error).__name__
        raise DecodeError(name, text, sound=any(words in text for words in LACKING)) from error
