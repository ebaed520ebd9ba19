"""The truth of filters: weights of the pixels around each, in plain float64 NumPy; see `reference.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def weighed(picture: Floats, weights: Floats, border: Any) -> Floats:
    """A picture (H, W, C) by weights (m, n) of the pixels around each; border: as numpy.pad has it."""
    (m, n), (height, width) = weights.shape, picture.shape[:2]
    padded = np.pad(picture, ((m // 2, m // 2), (n // 2, n // 2), (0, 0)), mode=border)
    total = np.zeros(picture.shape)
    for j, i in zip(*np.nonzero(weights), strict=True):
        total += weights[j, i] * padded[j : j + height, i : i + width]
    return total
