"""How many pixels of each channel are next to each of 256 levels: what a statistic's function is given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, kernel
from variegate.kernels.codes import LEVELS
from variegate.kernels.colour import level


@kernel
def count(values, out):
    """Add to out, (2, C, N) int32, how often each channel of packed pixels has each of the values below N.

    Of neighbours one is counted in the first half, one in the second: equal ones would wait for each other.
    """
    channels = out.shape[1]
    pixels = values.size // channels
    for c in range(channels):
        one, other, at = out[0, c], out[1, c], c
        for _ in range(pixels // 2):
            one[values[at]] += np.int32(1)
            other[values[at + channels]] += np.int32(1)
            at += 2 * channels
        if pixels % 2:
            one[values[at]] += np.int32(1)


@entry
def count_values(image, out):
    """Into out (2, C, N) int32, of zeros: how many pixels of integers below N, (H W C,), have each value, in halves."""
    count(image, out)


@entry
def count_levels(image, scale, out):
    """Into out (2, C, 256) int32, of zeros: how many pixels of a float32 picture (H, W, C) have each level, in halves.

    Pixels are multiplied by scale and rounded half to even, as tables are looked up; NaN counts as 0. Levels are found
    a row at a time, in a loop that LLVM vectorises, and then counted.
    """
    height, width, channels = image.shape
    levels = np.empty(width * channels, np.int32)
    for y in range(height):
        row = image[y].reshape(-1)
        for n in range(levels.size):
            levels[n] = level(row[n] * scale)
        count(levels, out)


def histogram(image: NDArray[Any], white: float) -> NDArray[np.int64]:
    """(C, 256): how many pixels of a picture (H, W, C), in which white is this number, are next to each level."""
    channels = image.shape[2]
    if image.dtype.kind == "f":
        halves = np.zeros((2, channels, LEVELS), np.int32)
        count_levels(np.ascontiguousarray(image), np.float32(1 / white), halves)  # type: ignore[no-untyped-call]
        return np.asarray(halves.sum(axis=0, dtype=np.int64))
    halves = np.zeros((2, channels, 256**image.dtype.itemsize), np.int32)
    count_values(image.reshape(-1), halves)  # type: ignore[no-untyped-call]
    values: NDArray[np.int64] = halves.sum(axis=0, dtype=np.int64)
    if values.shape[1] == LEVELS and white == LEVELS - 1:
        return values
    levels = np.zeros((channels, LEVELS), np.int64)
    nearest = np.rint(np.minimum(np.arange(values.shape[1]) / white, 1) * (LEVELS - 1)).astype(np.int64)
    for own, line in zip(levels, values, strict=True):
        own += np.bincount(nearest, line, LEVELS).astype(np.int64)
    return levels
