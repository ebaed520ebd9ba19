"""Formulas over columns, compiled: what takes NumPy dozens of calls, for as little as one sample.

Everything is + - * / sqrt, or exact (rint, floor, ldexp): the same bits on every CPU. `exact` says what its functions
promise, and holds the tables that they look into. Importing this module imports Numba: `exact.compiled()` does so.
"""

from __future__ import annotations

import math

import numpy as np
from numba import int64
from numpy.typing import NDArray

from variegate.compiled import entry, kernel, plain
from variegate.exact import CIRCLE, LN2_HIGH, LN2_LOW, POWERS, RADIAN, STEP

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEPS = 256  # of a turn, and of an octave
MOST = 1100.0  # beyond, exp is 0 or infinity


@kernel
def sincos_of(angle):
    """Sine and cosine of an angle in degrees."""
    turns = np.rint(angle / STEP)
    nearest = turns - STEPS * np.floor(turns / STEPS)  # exact, however large
    k = int64(nearest) if nearest > 0.0 else int64(0)  # NaN has no place in a table
    x = (angle - turns * STEP) * RADIAN
    z = x * x
    sine = x + x * (((-1 / 5040 * z + 1 / 120) * z + -1 / 6) * z)
    less = ((-1 / 720 * z + 1 / 24) * z + -1 / 2) * z  # cos x - 1
    sin, cos = CIRCLE[0, k], CIRCLE[1, k]
    return sin + (cos * sine + sin * less), cos + (cos * less - sin * sine)


@entry
def _sincos(angles, sines, cosines):
    for n in range(angles.size):
        sines[n], cosines[n] = sincos_of(angles[n])


def sincos(angles: Floats) -> tuple[Floats, Floats]:
    """See `exact`; of any shape, as are both results."""
    sines, cosines = np.empty(angles.shape), np.empty(angles.shape)
    _sincos(plain(angles).reshape(-1), sines.reshape(-1), cosines.reshape(-1))  # type: ignore[no-untyped-call]
    return sines, cosines


@kernel
def exp_of(value):
    """e to the power of a number."""
    if value != value:  # NaN has no place in a table
        return value
    given = min(max(value, -MOST), MOST)
    whole = np.rint(given * (STEPS / (LN2_HIGH + LN2_LOW)))
    rest = (given - whole * (LN2_HIGH / STEPS)) - whole * (LN2_LOW / STEPS)
    steps = int64(whole)
    power = POWERS[steps & 255]
    less = rest + rest * rest * ((rest * (1 / 24) + 1 / 6) * rest + 1 / 2)
    return math.ldexp(power + power * less, steps >> 8)


@entry
def _exp(values, out):
    for n in range(values.size):
        out[n] = exp_of(values[n])


def exp(values: Floats) -> Floats:
    """See `exact`; of any shape, as is the result."""
    out = np.empty(values.shape)
    _exp(plain(values).reshape(-1), out.reshape(-1))  # type: ignore[no-untyped-call]
    return out


@entry
def _centre(maps, sizes):
    for i in range(sizes.shape[0]):
        m, x, y = maps[i], sizes[i, 1] * 0.5, sizes[i, 0] * 0.5
        to_x, to_y = x + m[0, 2], y + m[1, 2]
        m[0, 2] = x - m[0, 0] * to_x - m[0, 1] * to_y
        m[1, 2] = y - m[1, 0] * to_x - m[1, 1] * to_y
        m[2, 2] = 1.0


def centre(maps: Floats, sizes: Ints) -> None:
    """Complete the maps (B, 3, 3) of `coords.centred`, whose last column holds (right, down, 0) so far."""
    _centre(maps, plain(sizes))  # type: ignore[no-untyped-call]


@kernel
def part(scales, ratios, low, high, height, width):
    """(height, width, whether any trial fitted) of the part of one picture."""
    for t in range(scales.size):
        area = scales[t] * (height * width)
        tall, wide = np.rint(np.sqrt(area / ratios[t])), np.rint(np.sqrt(area * ratios[t]))
        if 1.0 <= tall <= height and 1.0 <= wide <= width:
            return tall, wide, True
    if low != low:
        low, high = ratios.min(), ratios.max()
    tall = max(np.rint(width / low), 1.0) if width < low * height else height
    wide = max(np.rint(height * high), 1.0) if width > high * height else width
    return tall, wide, False


@entry
def _cut_parts(scales, ratios, top, left, low, high, sizes, after, maps):
    for i in range(sizes.shape[0]):
        rows, columns = float(sizes[i, 0]), float(sizes[i, 1])
        height, width, fitted = part(scales[:, i], ratios[:, i], low, high, rows, columns)
        m, right, down = maps[i], columns - width, rows - height
        m[:] = 0.0
        m[0, 0], m[1, 1], m[2, 2] = width / after[i, 1], height / after[i, 0], 1.0
        m[0, 2] = np.floor(left[i] * (right + 1.0)) if fitted else np.floor(right * 0.5)
        m[1, 2] = np.floor(top[i] * (down + 1.0)) if fitted else np.floor(down * 0.5)


def cut_parts(
    scales: Floats, ratios: Floats, top: Floats, left: Floats, allowed: tuple[float, float], sizes: Ints, after: Ints
) -> Floats:
    """The maps (B, 3, 3) of the parts that `RandomResizedCrop` cuts out.

    scales, ratios  (trials, B): area and shape of each trial; the first that fits is taken
    top, left       (B,): at which place; in the middle if no trial fitted
    allowed         the least and the largest ratio; NaN: those of the trials
    sizes, after    (B, 2): of the pictures and of the results
    """
    maps, drawn = np.empty((len(sizes), 3, 3)), map(plain, (scales, ratios, top, left))
    _cut_parts(*drawn, *allowed, plain(sizes), plain(after), maps)  # type: ignore[no-untyped-call]
    return maps
