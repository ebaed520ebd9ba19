"""The average of pictures: each is added to a sum by a weight, in one way through it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry

Floats32 = NDArray[np.float32]


@entry
def begin(image, factor, weight, given, result):
    """A picture of any dtype times a factor, into `given`; and that by its weight, into `result`. All are (n,)."""
    for n in range(image.size):
        value = np.float32(image[n]) * factor
        given[n] = value
        result[n] = value * weight


@entry
def add(made, bounded, weight, result):
    """What was made, clamped to 0 and 1 if it is bounded, by its weight; NaN stays NaN."""
    least, most = np.float32(0.0), np.float32(1.0)
    for n in range(made.size):
        value = made[n]
        if bounded:
            value = least if value < least else most if value > most else value
        result[n] += value * weight
