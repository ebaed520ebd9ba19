"""Formulas over columns, compiled: what takes NumPy dozens of calls, for as little as one sample.

Everything is + - * / sqrt, or exact (rint, floor, ldexp): the same bits on every CPU. `exact` says what its functions
promise, and holds the tables that they look into. Importing this module imports Numba, so import it where it is used.
"""

from __future__ import annotations

import math
import numpy as np
from numba import int64

from variegate.compiled import entry, kernel
from variegate.exact import CIRCLE, LN2_HIGH, LN2_LOW, POWERS, RADIAN, STEP

STEPS = 256  # of a turn, and of an octave
MOST = 1100.0  # beyond, exp is 0 or infinity


@kernel
def sincos(angle):
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


@kernel
def exp(value):
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
def fill_sincos(angles, out):
    """Of angles (n,) the sines and cosines, (2, n)."""
    for n in range(angles.size):
        out[0, n], out[1, n] = sincos(angles[n])


@entry
def raise_e(values):
    """Of values (n,) their exp, in place."""
    for n in range(values.size):
        values[n] = exp(values[n])


@entry
def centre(maps, sizes):
    """Maps (B, 3, 3) as `coords.centred` makes them for sizes (B, 2), in place of those with `right` and `down`."""
    for i in range(sizes.shape[0]):
        m, x, y = maps[i], sizes[i, 1] * 0.5, sizes[i, 0] * 0.5
        to_x, to_y = x + m[0, 2], y + m[1, 2]
        m[0, 2] = x - m[0, 0] * to_x - m[0, 1] * to_y
        m[1, 2] = y - m[1, 0] * to_x - m[1, 1] * to_y


@kernel
def part(scales, ratios, low, high, height, width):
    """(height, width, whether any trial fitted) of the part of one picture; see `cut_parts`."""
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
def cut_parts(scales, ratios, top, left, low, high, sizes, after, maps):
    """The maps (B, 3, 3), filled, of the parts that `RandomResizedCrop` cuts out.

    scales, ratios  (trials, B) float64: area and shape of each trial; the first that fits is taken
    top, left       (B,) float64: at which place; in the middle if no trial fitted
    low, high       the allowed ratios; NaN: those of the trials
    sizes, after    (B, 2) int64: of the pictures and of the results
    """
    for i in range(sizes.shape[0]):
        rows, columns = float(sizes[i, 0]), float(sizes[i, 1])
        height, width, fitted = part(scales[:, i], ratios[:, i], low, high, rows, columns)
        m, right, down = maps[i], columns - width, rows - height
        m[:] = 0.0
        m[0, 0], m[1, 1], m[2, 2] = width / after[i, 1], height / after[i, 0], 1.0
        m[0, 2] = np.floor(left[i] * (right + 1.0)) if fitted else np.floor(right * 0.5)
        m[1, 2] = np.floor(top[i] * (down + 1.0)) if fitted else np.floor(down * 0.5)
