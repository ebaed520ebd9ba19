"""Convert: the pixels of a picture that Pillow opened, in one of our modes of 8 bits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError, ResourceError
from variegate.loader.limit import TooLargeError, limited, too_large
from variegate.loader.shortage import is_shortage, short_of_memory

LEAST = 256 << 20  # bytes; where there are not so many to be had, no failure is taken for damage
PROGRAMS = ("EPS", "WMF")  # which Pillow has other programs draw
# Pillow's modes whose bands are none to train on -> those that they stand for.
PLAIN = {"1": "L", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "YCbCr": "RGB", "HSV": "RGB", "PA": "RGBA"}


def mode_of_bands(picture: Any) -> str:
    """The mode of Pillow's that has all bands of a picture: of a palette, those of its colours."""
    if picture.mode == "P":
        return "RGBA" if "transparency" in picture.info else "RGB"
    return str(PLAIN.get(picture.mode, picture.mode))


def converted(picture: Any, mode: str, name: str) -> NDArray[Any]:
    """The pixels of a picture that Pillow opened, in the mode asked for."""
    if picture.format in PROGRAMS:
        raise DecodeError(name, f"{picture.format} is a program that draws, not a picture; convert it to PNG")
    picture.load()
    if picture.mode == "P":  # by way of RGBA, or Pillow warns of palettes with transparency
        picture = picture.convert("RGBA")
    return np.asarray(picture if picture.mode == mode else picture.convert(mode))


@contextmanager
def told(name: str, most: int) -> Iterator[None]:
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
        if short_of_memory(error, LEAST):
            raise MemoryError(f"{name}: {error}") from error
        if is_shortage(error):
            raise ResourceError(f"{name}: it cannot be decoded now: {error}") from error
        raise DecodeError(name, str(error) or type(error).__name__) from error
