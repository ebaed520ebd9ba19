"""Image: another view of the same scene, read through the same map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from variegate.errors import InputError
from variegate.targets.base import Size, Target
from variegate.targets.leaf import PlainLeaf

DTYPES = ("uint8", "float32")


@dataclass(frozen=True, repr=False)
class Image(Target):
    """A picture: the sample's own, or another view of it, of the same height and width and with the same draws.

    A view is (H, W) or (H, W, C) with any number of channels, uint8 (white at 255) or float32 (white at 1).

    >>> Image()
    Image()
    """

    def read(self, value: Any, size: Size, name: str) -> PlainLeaf:
        if not isinstance(value, np.ndarray):
            raise InputError(f"{name} is a NumPy array, got {type(value).__name__}; np.asarray(picture) may do")
        if value.dtype.name not in DTYPES:
            raise InputError(
                f"{name} is uint8 (white at 255) or float32 (white at 1), got {value.dtype} {value.shape}; "
                "convert it first"
            )
        if value.ndim not in (2, 3) or 0 in value.shape:
            raise InputError(
                f"{name} is (height, width) or (height, width, channels), none of them 0; got {value.shape}"
            )
        if value.shape[:2] != tuple(size):
            raise InputError(
                f"{name} is {value.shape[0]} x {value.shape[1]} and `image` {size[0]} x {size[1]} (height x width); "
                "views of one sample have the same size"
            )
        return PlainLeaf(value)

    def write(self, leaf: PlainLeaf, size: Size) -> Any:
        return leaf.value
