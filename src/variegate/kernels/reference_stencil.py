"""The truth of filters: weights of the pixels around each, in plain float64 NumPy; see `reference.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.sampling import KEEP

Floats = NDArray[np.float64]


def filtered(picture: Floats, weights: Floats, across: Floats, own: float, border: str) -> Floats:
    """A picture (H, W, C) as a stencil makes it: weights (m, n), across (k,) or (0,), own of the pixel itself."""
    total = weighed(picture, weights, border)
    if len(across):
        total = weighed(total, across[None], border)
    total = total + own * picture
    if border != KEEP:
        return total
    (m, n), (height, width) = weights.shape, picture.shape[:2]
    inner = np.zeros((height, width, 1), np.bool_)
    inner[m // 2 : height - m // 2, n // 2 : width - n // 2] = True
    return np.where(inner, total, picture)


def medians(picture: Floats, size: int, of: Any = np.median) -> Floats:
    """The medians of size x size pixels, or what else is `of` them, of a picture (H, W, C) whose edge goes on."""
    padded = np.pad(picture, ((size // 2,) * 2, (size // 2,) * 2, (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), (0, 1))
    return np.asarray(of(windows, axis=(-2, -1)))


def weighed(picture: Floats, weights: Floats, border: Any) -> Floats:
    """A picture (H, W, C) by weights (m, n) of the pixels around each; border: as numpy.pad has it."""
    (m, n), (height, width) = weights.shape, picture.shape[:2]
    beyond: Any = "edge" if border == KEEP else border  # which is not seen
    padded = np.pad(picture, ((m // 2, m // 2), (n // 2, n // 2), (0, 0)), mode=beyond)
    total = np.zeros(picture.shape)
    for j, i in zip(*np.nonzero(weights), strict=True):
        total += weights[j, i] * padded[j : j + height, i : i + width]
    return total
