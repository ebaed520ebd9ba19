"""Pictures and fields as data sets in Python give them: arrays, PIL images, tensors, files; all as arrays here.

PyTorch is never imported: a tensor is what has `detach`, `cpu` and `numpy`.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.targets import Image as View
from variegate.targets import Mask, Target

MODES = ("RGB", "L", "RGBA")  # of Pillow's: those whose bytes are colours
MASK_MODES = ("L", "P", "1", "I", "F", "I;16")  # those that have one number a pixel


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor of PyTorch."""
    return all(hasattr(value, name) for name in ("detach", "cpu", "numpy"))


def is_pil(value: Any) -> bool:
    """Whether a value is a PIL image; without Pillow imported, nobody has made one."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def picture_of(value: Any, mode: str) -> bytes | str | NDArray[Any]:
    """A picture as an array, (H, W) or (H, W, C) uint8 or float32; or the bytes or the path of a picture file.

    A PIL image becomes `mode`; what is EXIF in it is not looked at. A tensor (C, H, W) becomes a view (H, W, C).

    Raises  InputError if it is none of these.
    """
    if isinstance(value, np.ndarray):
        return _checked(value, value.shape)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if is_pil(value):
        if value.mode not in MODES:
            raise InputError(f'a PIL image is of mode {", ".join(MODES)}, got "{value.mode}"; use image.convert("RGB")')
        return np.asarray(value if value.mode == mode else value.convert(mode))
    if is_tensor(value):
        if value.ndim not in (2, 3):
            raise InputError(f"a tensor of a picture is (H, W) or (C, H, W), got {tuple(value.shape)}")
        array = _array(value)
        return _checked(array if array.ndim == 2 else array.transpose(1, 2, 0), tuple(value.shape))
    raise InputError(
        "a picture is an array (H, W, C), a PIL image, a tensor (C, H, W), the bytes of a file or its path, got "
        f"{type(value).__name__}"
    )


def _checked(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if array.dtype not in (np.uint8, np.float32):
        raise InputError(
            f"a picture is uint8 (0 to 255) or float32 (0 to 1), got {array.dtype} {shape}; convert it in the data set"
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
    pixel. A tensor that is declared a mask or a view, (C, H, W), becomes (H, W, C). A tensor of one number becomes it.

    Raises  InputError if what a PIL image is cannot be told.
    """
    if is_pil(value):
        return _of_pil(value, target, name)
    if isinstance(target, View) and is_tensor(value):
        return picture_of(value, "RGB")
    if isinstance(target, Mask) and not target.stack and is_tensor(value) and value.ndim == 3:
        return np.moveaxis(_array(value), 0, 2)
    return _arrays(value)


def _of_pil(value: Any, target: Target | None, name: str) -> NDArray[Any]:
    if isinstance(target, View) or (target is None and value.mode in MODES):
        array = picture_of(value, value.mode)
        assert isinstance(array, np.ndarray)
        return array
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
