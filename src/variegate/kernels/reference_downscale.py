"""The truth of fewer pixels: each axis as a matrix, in plain float64 NumPy; see `reference.py`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def resized(picture: Floats, size: tuple[int, int], kind: str) -> Floats:
    """A picture (H, W, C) at another size."""
    down, across = (axis(count, own, kind) for count, own in zip(size, picture.shape, strict=False))
    return np.asarray(np.einsum("yj,jic,xi->yxc", down, picture, across))


def axis(count: int, size: int, kind: str) -> Floats:
    """(count, size): what each of `count` pixels over `size` others is made of, as Pillow's filters have it."""
    centre = (2 * np.arange(count)[:, None] + 1) * size  # in parts of 2 * count, so that all are whole numbers
    pixel = (2 * np.arange(size) + 1) * count
    stretch = max(size, count) if kind != "nearest" else count
    far = pixel - centre
    if kind == "bilinear":
        weights = np.maximum(1 - np.abs(far) / (2 * stretch), 0)
    else:
        weights = ((far > -stretch) & (far <= stretch)).astype(np.float64)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
