"""Pixels: what a column of pictures or masks may hold, as arrays."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from variegate.errors import DecodeError, InputError
from variegate.loader.decode import open_image
from variegate.loader.source.picture import value_of
from variegate.targets import Mask

WIDE = ("I", "F")  # Pillow's modes of 16 and 32 bits begin so


def is_picture(value: Any) -> bool:
    """Whether a value is a picture for sure: a list may be anything."""
    return isinstance(value, Image.Image) or is_file(value) or getattr(value, "ndim", 0) >= 2


def is_file(value: Any) -> bool:
    """Whether a value is a file, as datasets.Image(decode=False) gives it."""
    return isinstance(value, Mapping) and set(value) == {"bytes", "path"}


def picture(value: Any, mode: str, where: str) -> NDArray[Any]:
    """A picture as an array (H, W, C), or (H, W) of an array or lists without channels.

    mode   "RGB", "L" or "RGBA": into what files and PIL images are converted
    where  what errors call it

    Raises  InputError if it is no picture; DecodeError if it is a file that cannot be decoded.
    """
    if isinstance(value, Image.Image):
        return _converted(value, mode, where)
    if is_file(value):
        data, path = value["bytes"], value["path"]
        if data is None and path is None:
            raise InputError(f"{where} has neither bytes nor a path")
        return open_image(path if data is None else data, path or where, mode).decode()  # type: ignore[arg-type]
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, list):
        return _listed(value, where)
    raise InputError(
        f"{where} is a PIL image, an array (H, W, C), or the bytes and path of a file; got {type(value).__name__}"
    )


def _converted(image: Image.Image, mode: str, where: str) -> NDArray[Any]:
    if image.mode.startswith(WIDE):
        raise InputError(
            f'{where} has more than 8 bits (Pillow\'s mode "{image.mode}"), which Pillow cuts off; let Variegate '
            "decode it: dataset.cast_column(..., datasets.Image(decode=False))"
        )
    if image.mode == "P" and mode != "P":  # by way of RGBA, or Pillow warns of palettes with transparency
        image = image.convert("RGBA")
    pixels = np.asarray(image if image.mode == mode else image.convert(mode))
    return pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]


def _listed(value: list[Any], where: str) -> NDArray[Any]:
    """An array out of lists, as datasets give arrays."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of several lengths
        raise InputError(f"{where} is a list with rows of several lengths") from None
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    if array.dtype.kind not in "iu" or (array.size and not 0 <= array.min() <= array.max() <= 255):
        raise InputError(f"{where} is a list of integers from 0 to 255 or of floats from 0 to 1, got {array.dtype}")
    return array.astype(np.uint8)


def mask(value: Any, where: str) -> Any:
    """A mask, or a list of masks, as arrays of numbers; what is no PIL image and no file stays as it is.

    Raises  InputError if a pixel is a colour; DecodeError if it is a file that cannot be read.
    """
    if isinstance(value, list):
        return [mask(each, where) for each in value] if any(map(is_picture, value[:1])) else np.asarray(value)
    if is_file(value):
        value = _opened(value, where)
    return value_of(value, Mask(), where)


def _opened(value: Mapping[str, Any], where: str) -> Image.Image:
    data, path = value["bytes"], value["path"]
    if data is None and path is None:
        raise InputError(f"{where} has neither bytes nor a path")
    try:
        with Image.open(path if data is None else io.BytesIO(data)) as image:
            image.load()
            return image
    except MemoryError:
        raise
    except Exception as error:  # Pillow's readers raise OSError, SyntaxError, ValueError and more
        raise DecodeError(path or where, str(error) or type(error).__name__) from error
