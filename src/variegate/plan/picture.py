"""What may be called a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.white import DTYPES


def as_picture(image: Any) -> tuple[NDArray[Any], bool]:
    """A picture as (H, W, C), C-contiguous, and whether it came as (H, W).

    Raises  InputError if it is no array, of another rank or dtype, or empty.
    """
    if not isinstance(image, np.ndarray):
        raise InputError(f"a picture is a NumPy array, got {type(image).__name__}; np.asarray(picture) may do")
    if image.dtype.name not in DTYPES:
        raise InputError(f"a picture is uint8, uint16 or float32, got {image.dtype} {image.shape}; convert it first")
    flat = image.ndim == 2
    picture = image[:, :, None] if flat else image
    if picture.ndim != 3 or 0 in picture.shape:
        raise InputError(
            f"a picture is (height, width) or (height, width, channels), none of them 0; got {image.shape}"
        )
    return np.ascontiguousarray(picture), flat
