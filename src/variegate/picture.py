"""Picture: what may be called one, and the array that it is: (H, W) or (H, W, C), uint8, uint16 or float32.

Neither Pillow nor PyTorch is imported: whoever has made an image or a tensor has imported it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.white import DTYPES, dtype_name

ImageArray = NDArray[Any]  # (H, W) or (H, W, C)
MODES = ("RGB", "L", "RGBA")  # of Pillow's: those whose bytes are colours
MASK_MODES = ("L", "P", "1", "I", "F", "I;16")  # those that have one number a pixel
WIDE = ("I;16", "I;16B", "I;16L", "I;16N", "F")  # whose numbers are uint16 or float32
WIDENED = ("int8", "int16", "float16")  # dtypes that float32 holds to the last bit
MOST_PIXELS = (1 << 31) // 12  # of a picture that is decoded or made: beyond, as Pillow has it, something is wrong
PLANES, LEAST, MOST_BANDS = (1, 3, 4), 8, 16  # a shape of so few rows has rather channels that come first


def as_picture(image: Any, name: str = "a picture") -> tuple[NDArray[Any], bool]:
    """A picture as (H, W, C), C-contiguous, and whether it came as (H, W); see `pixels`."""
    array = pixels(image, name)
    return np.ascontiguousarray(with_channels(array)), array.ndim == 2


def empty_batch(shapes: Sequence[tuple[int, ...]], dtype: np.dtype[Any], take: Callable[..., Any] = np.empty) -> Any:
    """Room for the results of a batch: an array (B, ...) where they have one shape, otherwise a list of arrays.

    shapes  of one result or more
    take    (shape, dtype) -> the array

    >>> empty_batch([(4, 6, 3), (4, 6, 3)], np.dtype("uint8")).shape
    (2, 4, 6, 3)
    """
    if shapes.count(shapes[0]) == len(shapes):
        return take((len(shapes), *shapes[0]), dtype)
    return [np.empty(shape, dtype) for shape in shapes]


def with_channels(image: NDArray[Any]) -> NDArray[Any]:
    """(H, W) or (H, W, C) as (H, W, C), a view."""
    return image[:, :, np.newaxis] if image.ndim == 2 else image


def pixels(image: Any, name: str = "a picture") -> NDArray[Any]:
    """A picture as (H, W) or (H, W, C), uint8, uint16 or float32, in the machine's byte order.

    image  an array or a PIL image. int8, int16 and float16 become float32, and so does float64 that loses nothing by it
    name   what errors call it

    >>> pixels(np.array([[-1024, 3071]], np.int16))
    array([[-1024.,  3071.]], dtype=float32)

    Raises  InputError, with the line to write, if it is anything else.
    """
    if is_pil(image):
        image = pil_pixels(image, name)
    if not isinstance(image, np.ndarray):
        _no_array(image, name)
    check_unmasked(image, name)
    array = _converted(image, name)
    if array.ndim == 4:
        raise InputError(
            f"{name} is (height, width) or (height, width, channels), got {image.shape}: a batch goes into "
            "augment.batch(images)"
        )
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise InputError(f"{name} is (height, width) or (height, width, channels), none of them 0; got {image.shape}")
    check_layout(array.shape, name)
    return array


def check_layout(shape: tuple[int, ...], name: str) -> None:
    """Refuse the shape of a picture that has its channels first: few rows of many columns and as many channels.

    Raises  InputError that says how to put them last.
    """
    if len(shape) != 3 or min(shape[1:]) < LEAST:
        return
    if shape[0] in PLANES or (shape[0] <= MOST_BANDS and min(shape[1:]) >= 2 * shape[0]):
        raise InputError(
            f"{name} is (height, width, channels), got {shape}: with {shape[2]} channels in {shape[0]} "
            f"row{'s' * (shape[0] > 1)} its channels seem to come first. Write image.transpose(1, 2, 0)"
        )


def check_unmasked(array: Any, name: str) -> None:
    """Refuse an array of np.ma that hides values: what lies under its mask would come out as data.

    Raises  InputError that says how to fill them.
    """
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise InputError(
            f"{name} is a masked array {array.shape} in which {np.count_nonzero(array.mask)} values are hidden: write "
            "array.filled(value), and give what is hidden as a Mask() if it matters"
        )


def pil_mask(image: Any, name: str) -> NDArray[Any]:
    """The numbers of a PIL image that is a mask: classes, never colours.

    Raises  InputError if a pixel has several numbers.
    """
    if image.mode not in MASK_MODES:
        raise InputError(
            f'{name}: a mask as a PIL image has one number a pixel: mode {", ".join(MASK_MODES)}; got "{image.mode}"'
        )
    numbers = np.asarray(image)
    return numbers.view(np.uint8) != 0 if image.mode == "1" else numbers  # whose true is the byte 255


def is_one_picture(images: NDArray[Any]) -> bool:
    """Whether an array of pictures is rather one: as grey ones they would have three or four columns."""
    return images.ndim == 3 and images.shape[2] in (3, 4) and min(images.shape[:2]) >= LEAST


def is_pil(value: Any) -> bool:
    """Whether a value is a PIL image; without Pillow imported, nobody has made one."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor of PyTorch."""
    return all(hasattr(value, name) for name in ("detach", "cpu", "numpy"))


def tensor_array(tensor: Any) -> NDArray[Any]:
    """The numbers of a tensor of PyTorch, of any shape.

    Raises  InputError if NumPy has no such dtype.
    """
    try:
        array: NDArray[Any] = tensor.detach().cpu().numpy()
    except TypeError:
        raise InputError(f"NumPy has no numbers of {tensor.dtype}; give a tensor of float32: tensor.float()") from None
    return array


def tensor_pixels(tensor: Any) -> NDArray[Any]:
    """A picture as a tensor (H, W) or (C, H, W), as a view (H, W) or (H, W, C) of it; see `pixels`.

    Raises  InputError if it is none.
    """
    if tensor.ndim not in (2, 3):
        raise InputError(f"a tensor of a picture is (H, W) or (C, H, W), got {tuple(tensor.shape)}")
    array = tensor_array(tensor)
    shown = array if array.ndim == 2 else array.transpose(1, 2, 0)
    return pixels(shown, f"a picture, of a tensor {tuple(tensor.shape)},")


def as_arrays(value: Any) -> Any:
    """Tensors as arrays, and those of one number as it, also in lists and dicts."""
    if is_tensor(value):
        return tensor_array(value) if value.ndim else value.item()
    if type(value) in (list, tuple):
        return type(value)(map(as_arrays, value))
    return {key: as_arrays(inner) for key, inner in value.items()} if type(value) is dict else value


def pil_pixels(image: Any, name: str = "a picture") -> NDArray[Any]:
    """The numbers of a PIL image: uint8 (RGB, L, RGBA), uint16 (16 bits) or float32 (F).

    Raises  InputError, with the line to write, for any other mode.
    """
    if image.mode in MODES or image.mode in WIDE:
        return np.asarray(image)
    if image.mode == "I":  # convert("RGB") or "L" would cut these at 255
        line = "np.asarray(image).astype(np.uint16) if they lie in 0 to 65535, else .astype(np.float32)"
        raise InputError(f'{name} is a PIL image of mode "I", 32-bit integers; write {line}')
    other = {"1": "L", "LA": "RGBA", "La": 'LA").convert("RGBA', "PA": "RGBA", "RGBa": "RGBA"}.get(image.mode, "RGB")
    told = f'{", ".join(MODES)}, I;16 or F, got "{image.mode}"; write image.convert("{other}")'
    raise InputError(f"{name} as a PIL image is of mode {told}")


def _converted(array: NDArray[Any], name: str) -> NDArray[Any]:
    """An array in one of the dtypes of pictures, none of its numbers changed."""
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if dtype_name(array.dtype) in DTYPES:
        return array
    if dtype_name(array.dtype) in WIDENED:
        return array.astype(np.float32)
    if array.dtype == np.float64:
        with np.errstate(over="ignore"):
            narrow = array.astype(np.float32)
        if np.array_equal(narrow, array, equal_nan=True):
            return narrow
    raise InputError(
        f"{name} is uint8, uint16 or float32, got {array.dtype} {array.shape}; convert it, as by {_line(array)}"
    )


def _line(array: NDArray[Any]) -> str:
    """What to write to make a picture of an array."""
    if array.dtype.kind == "b":
        return "image.astype(np.uint8) * 255, or declare it as a Mask()"
    if array.dtype.kind in "iu" and array.size and array.min() >= 0 and array.max() <= 65535:
        return f"image.astype(np.{'uint8' if array.max() <= 255 else 'uint16'}), which holds all of its numbers"
    return "image.astype(np.float32)"


def _no_array(image: Any, name: str) -> NoReturn:
    kind = type(image).__name__
    if isinstance(image, (str, os.PathLike)):
        advice = "a path: open it, as by PIL.Image.open(path).convert('RGB'); many files are a vg.ImageFolder"
    elif isinstance(image, (bytes, bytearray, memoryview)):
        advice = f"{kind}: decode them, as by PIL.Image.open(io.BytesIO(data)).convert('RGB')"
    elif is_tensor(image):
        write = {2: "image.numpy()", 3: "image.permute(1, 2, 0).numpy()"}.get(getattr(image, "ndim", 0))
        advice = (
            f"a tensor {tuple(image.shape)}: variegate.adapters.torch.Transform(augment) takes a tensor (C, H, W)"
            + (f"; or write {write}" if write else ", one picture at a time")
        )
    elif isinstance(_first(image), np.ndarray) or is_pil(_first(image)):
        advice = f"a {kind} of {len(image)}: several go into augment.batch(images)"
    else:
        advice = f"{kind}; np.asarray(image) may do"
    raise InputError(f"{name} is a NumPy array or a PIL image, got {advice}")


def _first(image: Any) -> Any:
    return image[0] if isinstance(image, (list, tuple)) and image else None
