"""Pictures and fields as data sets in Python give them: arrays, PIL images, tensors, files; all as arrays here.

PyTorch is never imported: a tensor is what has `detach`, `cpu` and `numpy`.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError, InputError
from variegate.loader.decode import AS_STORED, Stored, picture_of_numbers, widened
from variegate.picture import MODES, as_arrays, is_pil, is_tensor, pil_mask, pil_pixels, pixels, tensor_pixels
from variegate.targets import Target


def picture_of(value: Any, mode: str, dtype: str = "uint8") -> bytes | str | NDArray[Any]:
    """A picture as an array, (H, W) or (H, W, C); or the bytes or the path of a picture file.

    A PIL image becomes `mode` and `dtype`, as a file does; what is EXIF in it is not looked at. Of arrays, and of
    tensors (C, H, W), which become views (H, W, C), see `variegate.picture`.

    Raises  InputError if it is none of these.
    """
    if isinstance(value, np.ndarray):
        return pixels(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if is_pil(value):
        return of_pil(value, mode, dtype)
    if is_tensor(value):
        return tensor_pixels(value)
    raise InputError(
        "a picture is an array (H, W, C), a PIL image, a tensor (C, H, W), the bytes of a file or its path, got "
        f"{type(value).__name__}"
    )


def of_pil(image: Any, mode: str, dtype: str) -> NDArray[Any]:
    """A PIL image as an array, (H, W) or (H, W, C), as a file with its pixels would be decoded.

    Raises  InputError if its pixels are no colours, or more bits than the dtype has.
    """
    numbers = pil_pixels(image)
    if numbers.dtype == np.uint8:
        levels = numbers if mode in ("bands", image.mode) else np.asarray(image.convert(mode))
        return levels if dtype in ("uint8", AS_STORED) else widened(levels, np.empty(levels.shape, dtype))
    short = numbers.dtype.kind == "u"
    kind = Stored("PIL image", 1, 16 if short else 32, numbers.dtype, "L", 65535 if short else None)
    try:
        mode, dtype = kind.as_asked(mode, dtype, "")
    except DecodeError as error:
        raise InputError(error.reason) from None
    return picture_of_numbers(numbers[:, :, np.newaxis], kind, mode, dtype, "")


def value_of(value: Any, target: Target | None, name: str) -> Any:
    """An element of a sample beside its picture, as its target takes it: PIL images and tensors as arrays.

    A PIL image is a mask's numbers where it is declared so, or not declared at all and of a mode with one number a
    pixel. A tensor that is declared a mask or a view, (C, H, W), becomes (H, W, C). A tensor of one number becomes it.

    Raises  InputError if what a PIL image is cannot be told.
    """
    if target is not None:
        return target.from_python(value, name)
    if not is_pil(value):
        return as_arrays(value)
    if value.mode == "P":
        raise InputError(
            f'{name} is a PIL image with a palette, and what it is was not said: targets={{"{name}": Mask()}} takes '
            "the numbers of its colours"
        )
    return pil_pixels(value, name) if value.mode in MODES else pil_mask(value, name)
