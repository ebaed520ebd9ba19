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
from variegate.picture import MODES, is_pil, is_tensor, pil_pixels, pixels
from variegate.targets import Image as View
from variegate.targets import Mask, Target

MASK_MODES = ("L", "P", "1", "I", "F", "I;16")  # those that have one number a pixel


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
        if value.ndim not in (2, 3):
            raise InputError(f"a tensor of a picture is (H, W) or (C, H, W), got {tuple(value.shape)}")
        array = _array(value)
        shown = array if array.ndim == 2 else array.transpose(1, 2, 0)
        return pixels(shown, f"a picture, of a tensor {tuple(value.shape)},")
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


def _array(tensor: Any) -> NDArray[Any]:
    try:
        array: NDArray[Any] = tensor.detach().cpu().numpy()
    except TypeError:
        raise InputError(f"NumPy has no numbers of {tensor.dtype}; give a tensor of float32: tensor.float()") from None
    return array


def value_of(value: Any, target: Target | None, name: str) -> Any:
    """An element of a sample beside its picture, as its target takes it: PIL images and tensors as arrays.

    A PIL image is a mask's numbers where it is declared so, or not declared at all and of a mode with one number a
    pixel. A tensor that is declared a mask or a view, (C, H, W), becomes (H, W, C). A tensor of one number becomes it.

    Raises  InputError if what a PIL image is cannot be told.
    """
    if is_pil(value):
        return _of_pil(value, target, name)
    if isinstance(target, Mask) and target.stack and isinstance(value, (list, tuple)):
        return [value_of(each, Mask(), name) for each in value]
    if isinstance(target, View) and is_tensor(value):
        return picture_of(value, "RGB")
    if isinstance(target, Mask) and not target.stack and is_tensor(value) and value.ndim == 3:
        return np.moveaxis(_array(value), 0, 2)
    return _arrays(value)


def _of_pil(value: Any, target: Target | None, name: str) -> NDArray[Any]:
    if isinstance(target, View) or (target is None and value.mode in MODES):
        return pil_pixels(value, name)
    if value.mode not in MASK_MODES:
        raise InputError(
            f'{name}: a mask as a PIL image has one number a pixel: mode {", ".join(MASK_MODES)}; got "{value.mode}"'
        )
    if target is None and value.mode == "P":
        raise InputError(
            f'{name} is a PIL image with a palette, and what it is was not said: targets={{"{name}": Mask()}} takes '
            "the numbers of its colours"
        )
    pixels = np.asarray(value)
    return pixels.view(np.uint8) != 0 if value.mode == "1" else pixels  # whose true is the byte 255


def _arrays(value: Any) -> Any:
    """Tensors as arrays, and those of one number as it, also in lists and dicts."""
    if is_tensor(value):
        return _array(value) if value.ndim else value.item()
    if type(value) in (list, tuple):
        return type(value)(map(_arrays, value))
    return {key: _arrays(inner) for key, inner in value.items()} if type(value) is dict else value
