"""White: what a picture's numbers mean. The dtype says how they are kept, and white which of them is the brightest.

DTYPES   the dtypes of pictures
NOMINAL  what white is where nothing else is declared, by dtype
White    a number; None: the numbers have no range; "dtype": the nominal one
"""

from __future__ import annotations

import functools
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from variegate.arguments import finite, is_number, show
from variegate.errors import FieldError, InputError

White = float | Literal["dtype"] | None

DTYPES = ("uint8", "uint16", "float32")
NOMINAL = {"uint8": 255.0, "uint16": 65535.0, "float16": 1.0, "float32": 1.0}
TINY, HUGE = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max) / 2  # what can be white of floats
NEAR = 0.25  # of white: beyond by less, a picture is rather clipped than of another white
LUMINANCE = (0.299, 0.587, 0.114)  # weights of red, green and blue: ITU-R BT.601, as every peer
LOOSE = 1 / 65535  # of white: how far beyond it a float may lie by rounding, such as a resize's


@functools.cache
def dtype_name(dtype: np.dtype[Any]) -> str:
    """A dtype's name; NumPy composes it anew at every question, in Python.

    >>> dtype_name(np.dtype(np.uint8))
    'uint8'
    """
    return dtype.name


def checked_white(white: Any, owner: str) -> White:
    """White as a float, None or "dtype".

    Raises  FieldError if it is anything else, or not above 0.
    """
    if white is None:
        return None
    if isinstance(white, str) and white == "dtype":
        return "dtype"
    if not is_number(white) or not TINY <= finite(white, owner) <= HUGE:
        raise FieldError(
            f'{owner} is the number that is white (255.0, 4095), None for numbers without a range, or "dtype": 255 of '
            f"uint8, 65535 of uint16, 1 of floats; got {white!r}"
        )
    return float(white)


def white_of(white: White, dtype: str, owner: str) -> float | None:
    """What white is in a picture of this dtype; None: its numbers have no range.

    >>> white_of("dtype", "uint8", "Compose.white"), white_of(4095.0, "uint16", "Compose.white")
    (255.0, 4095.0)

    Raises  InputError if the dtype cannot hold it.
    """
    if white is None:
        return None
    if isinstance(white, str):
        return NOMINAL[dtype]
    if dtype != "float32" and (white != int(white) or white > NOMINAL[dtype]):
        raise InputError(
            f"{owner} is {show(white)}, which a picture of {dtype} cannot hold. Declare the white of these pictures "
            f'({show(NOMINAL[dtype])}, if they use the whole range: white="dtype"), or convert them'
        )
    return white


def steps_of(white: float | None, dtype: str) -> int:
    """How many steps lie between black and white in this dtype; 0: as many as one likes."""
    return 0 if dtype == "float32" or white is None else int(white)


def check_range(picture: NDArray[Any], white: float, who: str, name: str = "the picture", declare: str = "") -> None:
    """Refuse a picture whose numbers leave 0 to white by more than rounding, or are none.

    who      the op that asks what white is
    name     what errors call the picture
    declare  how white is declared: `Compose(..., white=255.0)`

    Raises  InputError that names the range met.
    """
    if picture.dtype != np.float32:
        if white >= NOMINAL[dtype_name(picture.dtype)] or picture.max() <= white:
            return
    else:
        # Bits of floats from 0 up count like integers, those below 0 and NaN lie beyond: a single maximum tells.
        most = np.float32(white * (1 + LOOSE)).view(np.uint32)
        if picture.view(np.uint32).max() <= most:
            return
        if picture.min() >= -white * LOOSE and picture.max() <= white * (1 + LOOSE):  # false where a NaN is
            return
    raise InputError(_told(picture, white, who, name, declare))


def _told(picture: NDArray[Any], white: float, who: str, name: str, declare: str) -> str:
    """The error of a picture that leaves its range."""
    known = picture[~np.isnan(picture)] if picture.dtype.kind == "f" else picture
    missing = picture.size - known.size
    if not known.size or (missing and known.min() >= 0 and known.max() <= white * (1 + LOOSE)):
        return (
            f"{name} holds {missing} NaN{'s' * (missing > 1)}, and {who} has no colour to make of them: replace them, "
            f"as by np.nan_to_num, or leave {who} out"
        )
    low, high = float(known.min()), float(known.max())
    if picture.dtype.kind == "f" and low >= -NEAR * white and high <= (1 + NEAR) * white:
        return (
            f"{name} is {picture.dtype} from {low:.6g} to {high:.6g}, a little beyond black and white, as a resize by "
            f"bicubic leaves it, and {who} takes 0 to {show(white)}. Clip it: np.clip(image, 0, {show(white)})"
        )
    nans = f" and {missing} NaN{'s' * (missing > 1)}" if missing else ""
    whites = [w for w in (255.0, 4095.0, 65535.0) if low >= 0 and high <= w]
    advice = f"Declare which number is white, such as {declare.format(show(whites[0]))}, or " if whites else "Declare "
    return (
        f"{name} is {picture.dtype} from {low:.6g} to {high:.6g}{nans}, but white is {show(white)}, and {who} takes "
        f"0 to {show(white)}. {advice}{declare.format('None')} where the numbers have no range"
    )
