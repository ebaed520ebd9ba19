"""Reduced: a picture whose longer side is at most so many pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

GAP = 3.0  # how many times larger than wanted a picture still is when boxes of whole pixels have been averaged


def reduced_size(size: tuple[int, int], side: int | None) -> tuple[int, int]:
    """(height, width) with the longer side at most `side`, in proportion, halves up, no side below 1.

    >>> reduced_size((3000, 4000), 512), reduced_size((300, 400), 512)
    ((384, 512), (300, 400))
    """
    height, width = size
    longer = max(size)
    if side is None or longer <= side:
        return height, width
    return max(1, (2 * height * side + longer) // (2 * longer)), max(1, (2 * width * side + longer) // (2 * longer))


def reduced(pixels: NDArray[Any], side: int | None) -> NDArray[Any]:
    """(H, W, C) of any dtype, reduced by Pillow: boxes first where it is much larger, then Lanczos of three lobes.

    A picture that is small enough comes back itself. Channels are kept apart, alpha too. What the lobes overshoot is
    cut at the picture's own darkest and brightest value.
    """
    height, width = reduced_size(pixels.shape[:2], side)
    if (height, width) == pixels.shape[:2]:
        return pixels
    out = np.empty((height, width, pixels.shape[2]), pixels.dtype)
    for channel in range(pixels.shape[2]):
        out[:, :, channel] = _plane(pixels[:, :, channel], height, width)
    return out


def _plane(plane: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    from PIL import Image

    exact = plane.astype(np.float32) if plane.dtype == np.uint16 else plane  # Pillow has no filters of 16 bits
    image = Image.fromarray(np.ascontiguousarray(exact))
    found = np.asarray(image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=GAP))
    found = np.rint(found) if plane.dtype == np.uint16 else found
    return found.clip(np.fmin.reduce(plane, None), np.fmax.reduce(plane, None))  # which pass over NaN
