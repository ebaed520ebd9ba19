"""Pictures and fields as data sets in Python give them: arrays, PIL images, tensors, files; all as arrays here.

PyTorch is never imported: a tensor is what has `detach`, `cpu` and `numpy`.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError, InputError
from variegate.loader.encoded import widened
from variegate.loader.numbers import Kind, picture_of_numbers
from variegate.loader.wanted import AS_STORED
from variegate.targets import Image as View
from variegate.targets import Mask, Target
from variegate.white import DTYPES

MODES = ("RGB", "L", "RGBA")  # of Pillow's: those whose bytes are colours
WIDE: dict[str, np.dtype[Any]] = {  # and those of numbers of more bits
    **dict.fromkeys(("I;16", "I;16L", "I;16B", "I;16N"), np.dtype(np.uint16)),
    "I": np.dtype(np.int32),
    "F": np.dtype(np.float32),
}
MASK_MODES = ("L", "P", "1", "I", "F", "I;16")  # those that have one number a pixel


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor of PyTorch."""
    return all(hasattr(value, name) for name in ("detach", "cpu", "numpy"))


def is_pil(value: Any) -> bool:
    """Whether a value is a PIL image; without Pillow imported, nobody has made one."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def picture_of(value: Any, mode: str, dtype: str = "uint8") -> bytes | str | NDArray[Any]:
    """A picture as an array, (H, W) or (H, W, C); or the bytes or the path of a picture file.

    A PIL image becomes `mode` and `dtype`, as a file does; what is EXIF in it is not looked at. Arrays, and tensors
    (C, H, W), which become views (H, W, C), are uint8, uint16 or float32, and stay so.

    Raises  InputError if it is none of these.
    """
    if isinstance(value, np.ndarray):
        return _checked(value, value.shape)
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
        return _checked(array if array.ndim == 2 else array.transpose(1, 2, 0), tuple(value.shape))
    raise InputError(
        "a picture is an array (H, W, C), a PIL image, a tensor (C, H, W), the bytes of a file or its path, got "
        f"{type(value).__name__}"
    )


def of_pil(image: Any, mode: str, dtype: str) -> NDArray[Any]:
    """A PIL image as an array, (H, W) or (H, W, C), as a file with its pixels would be decoded.

    Raises  InputError if its pixels are no colours, or more bits than the dtype has.
    """
    numbers = WIDE.get(image.mode)
    if numbers is not None:
        kind = Kind("PIL image", 1, 8 * numbers.itemsize, numbers, "L", 65535 if numbers == np.uint16 else None)
        try:
            mode, dtype = kind.as_asked(mode, dtype, "")
            return picture_of_numbers(np.asarray(image, numbers)[:, :, np.newaxis], kind, mode, dtype, "")
        except DecodeError as error:
            raise InputError(error.reason) from None
    if image.mode not in MODES:
        raise InputError(f'a PIL image is of mode {", ".join(MODES)}, got "{image.mode}"; use image.convert("RGB")')
    pixels = np.asarray(image if mode in ("bands", image.mode) else image.convert(mode))
    return pixels if dtype in ("uint8", AS_STORED) else widened(pixels, np.empty(pixels.shape, dtype))


def _checked(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if array.dtype.name not in DTYPES:
        raise InputError(
            f"a picture is uint8 (0 to 255), uint16 (0 to 65535) or float32, got {array.dtype} {shape}; convert it in "
            "the data set"
        )
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise InputError(f"a picture is (H, W) or (H, W, C), none of them 0; got {shape}")
    return array


def _array(tensor: Any) -> NDArray[Any]:
    try:
        array: NDArray[Any] = tensor.detach().cpu().numpy()
    except TypeError:
        raise InputError(f"NumPy has no numbers of {tensor.dtype}; give a tensor of float32: tensor.float()") from None
    return array


def value_of(value: Any, target: Target | None, name: str) -> Any:
    """An element of a sample beside its picture, as its target takes it: PIL images and tensors as arrays.

    A PIL image is a mask's numbers where it is declared so, or not declared at all and of a mode with one number a
    pixel. A tensor that is declared a map or a view, (C, H, W), becomes (H, W, C). A tensor of one number becomes it.

    Raises  InputError if what a PIL image is cannot be told.
    """
    if is_pil(value):
        return _of_pil(value, target, name)
    if isinstance(target, View) and is_tensor(value):
        return picture_of(value, "RGB")
    if isinstance(target, Mask) and not target.stack and is_tensor(value) and value.ndim == 3:
        array = _array(value)
        return np.moveaxis(array, 0, 2) if array.dtype.kind == "f" else array  # integers have no channels
    return _arrays(value)


def _of_pil(value: Any, target: Target | None, name: str) -> NDArray[Any]:
    if isinstance(target, View) or (target is None and value.mode in MODES):
        return of_pil(value, "bands", AS_STORED)
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
