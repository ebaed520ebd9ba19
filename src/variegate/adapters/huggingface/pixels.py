"""Pixels: what a column of pictures or masks may hold, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from variegate.errors import InputError
from variegate.loader.decode import (
    AS_STORED,
    allowed,
    decode_errors,
    open_image,
    open_view,
    opened_by_pillow,
    unreadable,
)
from variegate.loader.source.location import contents
from variegate.loader.source.picture import of_pil
from variegate.picture import MODES, MOST_PIXELS, WIDE, pixels, with_channels
from variegate.targets import Mask

MOST = {"uint8": 255, AS_STORED: 255, "uint16": 65535, "float32": 1 << 24}  # of integers in lists, as they are


def is_picture(value: Any) -> bool:
    """Whether a value is a picture for sure: a list may be anything."""
    return isinstance(value, Image.Image) or is_file(value) or getattr(value, "ndim", 0) >= 2


def is_file(value: Any) -> bool:
    """Whether a value is a file, as datasets.Image(decode=False) gives it."""
    return isinstance(value, Mapping) and set(value) == {"bytes", "path"}


def picture(value: Any, mode: str, dtype: str, where: str) -> NDArray[Any]:
    """A picture as an array (H, W, C), or (H, W) of an array or lists without channels.

    mode   "RGB", "L", "RGBA" or "bands": into what files and PIL images are converted
    dtype  of what that is; AS_STORED: of a field beside the picture, what it has
    where  what errors call it

    Raises  InputError if it is no picture; DecodeError if it is a file that cannot be decoded.
    """
    if isinstance(value, Image.Image):
        return _converted(value, mode, dtype, where)
    if is_file(value):
        data, path = _parts(value, where)
        place = path or where
        data = path if data is None else data
        found = open_view(data, place, mode) if dtype == AS_STORED else open_image(data, place, mode, dtype=dtype)
        return found.decode()
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, list):
        return _listed(value, dtype, where)
    raise InputError(
        f"{where} is a PIL image, an array (H, W, C), or the bytes and path of a file; got {type(value).__name__}"
    )


def _parts(value: Mapping[str, Any], where: str) -> tuple[Any, Any]:
    """The bytes and the path of a file, of which it has one at least."""
    data, path = value["bytes"], value["path"]
    if data is None and path is None:
        raise InputError(f"{where} has neither bytes nor a path")
    return data, path


def _converted(image: Image.Image, mode: str, dtype: str, where: str) -> NDArray[Any]:
    if image.mode == "P":  # by way of RGBA, or Pillow warns of palettes with transparency
        image = image.convert("RGBA")
    if image.mode not in (*WIDE, "I", *MODES) and mode != "bands":
        image = image.convert(mode)
    try:
        array = of_pil(image, mode, dtype)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    return with_channels(array)


def _listed(value: list[Any], dtype: str, where: str) -> NDArray[Any]:
    """An array out of lists, as datasets give arrays: they no longer tell of which dtype the numbers were."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of several lengths
        raise InputError(f"{where} is a list with rows of several lengths") from None
    if array.dtype.kind == "f":
        return pixels(array, where)
    most = MOST[dtype]
    if array.dtype.kind not in "iu" or (array.size and not 0 <= array.min() <= array.max() <= most):
        got = f"{array.min()} to {array.max()}" if array.dtype.kind in "iu" else str(array.dtype)
        hint = '; dtype="uint16" takes those up to 65535' if dtype == "uint8" else ""
        raise InputError(f"{where} is a list of integers from 0 to {most} or of floats from 0 to 1, got {got}{hint}")
    return array.astype(dtype or np.uint8)


def mask(value: Any, where: str) -> Any:
    """A mask, or a list of masks, as arrays of numbers; what is no PIL image and no file stays as it is.

    Raises  InputError if a pixel is a colour; DecodeError if it is a file that cannot be read.
    """
    if isinstance(value, list):
        several = not value or is_picture(value[0])  # no masks of instances either
        return [mask(each, where) for each in value] if several else np.asarray(value)
    if is_file(value):
        value = _opened(value, where)
    return Mask().from_python(value, where)


def _opened(value: Mapping[str, Any], where: str) -> Image.Image:
    data, path = _parts(value, where)
    data, name = contents(path) if data is None else data, path or where
    with decode_errors(name, MOST_PIXELS):
        image: Image.Image | None = opened_by_pillow(data)
        if image is not None:
            image.load()
            return image
    raise unreadable(data, name, allowed())
