"""What may be called a picture, and a sample."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError

DTYPES = ("uint8", "float32")


def check_fields(fields: dict[str, Any]) -> None:
    """Refuse a sample without a picture, and fields that would be passed on unchanged without anyone noticing."""
    if "image" not in fields:
        raise InputError(f"a sample needs image=, got {sorted(fields) or 'nothing'}")
    unknown = sorted(set(fields) - {"image", "label"})
    if unknown:
        raise InputError(
            f"unknown field{'s' if len(unknown) > 1 else ''} {', '.join(unknown)}: this version moves `image` and "
            "passes `label` on. Masks, boxes and keypoints would be left behind, so they are refused."
        )


def as_picture(image: Any) -> tuple[NDArray[Any], bool]:
    """A picture as (H, W, C), C-contiguous, and whether it came as (H, W).

    Raises  InputError if it is no array, of another rank or dtype, or empty.
    """
    if not isinstance(image, np.ndarray):
        raise InputError(f"a picture is a NumPy array, got {type(image).__name__}; np.asarray(picture) may do")
    if image.dtype.name not in DTYPES:
        raise InputError(
            f"a picture is uint8 (white at 255) or float32 (white at 1), got {image.dtype} {image.shape}; "
            "convert it first"
        )
    flat = image.ndim == 2
    picture = image[:, :, None] if flat else image
    if picture.ndim != 3 or 0 in picture.shape:
        raise InputError(
            f"a picture is (height, width) or (height, width, channels), none of them 0; got {image.shape}"
        )
    return np.ascontiguousarray(picture), flat
