"""Formulas over columns, compiled: what takes NumPy dozens of calls, for as little as one sample.

Everything is + - * / sqrt, or exact (rint, floor, ldexp): the same bits on every CPU. `exact` says what its functions
promise. Importing this module imports Numba: `exact.compiled()` does so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import int64
from numpy.typing import NDArray

from variegate.compiled import entry, kernel, plain
from variegate.exact_tables import CIRCLE, LN2_HIGH, LN2_LOW, POWERS, RADIAN, STEP

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


@kernel
def tan_of(angle):
    """The tangent of an angle in degrees."""
    sin, cos = sincos_of(angle)
    return sin / cos


@entry
def _sincos(angles, sines, cosines):
    for n in range(angles.size):
        sines[n], cosines[n] = sincos_of(angles[n])


def sincos(angles: Floats) -> tuple[Floats, Floats]:
    """See `exact`; of any shape, as are both results."""
    sines, cosines = np.empty(angles.shape), np.empty(angles.shape)
    _sincos(plain(angles).reshape(-1), sines.reshape(-1), cosines.reshape(-1))
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
    _exp(plain(values).reshape(-1), out.reshape(-1))
    return out


@kernel
def put(m, a, b, c, d, e, f):
    """The map x' = a x + b y + c, y' = d x + e y + f, into m (3, 3)."""
    m[0, 0], m[0, 1], m[0, 2] = a, b, c
    m[1, 0], m[1, 1], m[1, 2] = d, e, f
    m[2, 0], m[2, 1], m[2, 2] = 0.0, 0.0, 1.0


@kernel
def put_about(m, size, a, b, d, e, right, down):
    """The map x' = a x + b y, y' = d x + e y about the centre of a picture that was then moved by (right, down)."""
    x, y = size[1] * 0.5, size[0] * 0.5
    to_x, to_y = x + right, y + down
    put(m, a, b, x - a * to_x - b * to_y, d, e, y - d * to_x - e * to_y)


def filled(fill: Callable[..., None]) -> Callable[..., Floats]:
    """Of an entry that fills maps (B, 3, 3) for pictures of sizes (B, 2), by columns, what returns those maps.

    The columns are (B,) float64 where nothing else is said.
    """

    def maps(sizes: Ints, *columns: NDArray[Any]) -> Floats:
        found = np.empty((len(sizes), 3, 3))
        fill(found, plain(sizes), *map(plain, columns))
        return found

    return maps


@filled
@entry
def rotations(maps, sizes, angles):
    """See `Rotate`."""
    for i in range(sizes.shape[0]):
        sin, cos = sincos_of(angles[i])
        put_about(maps[i], sizes[i], cos, -sin, sin, cos, 0.0, 0.0)


@filled
@entry
def scales(maps, sizes, factors, xs, ys):
    """See `Scale`."""
    for i in range(sizes.shape[0]):
        across, down = 1 / (factors[i] * xs[i]), 1 / (factors[i] * ys[i])
        put_about(maps[i], sizes[i], across, 0.0, 0.0, down, 0.0, 0.0)


@filled
@entry
def shears(maps, sizes, xs, ys):
    """See `Shear`."""
    for i in range(sizes.shape[0]):
        slant, rise = tan_of(xs[i]), tan_of(ys[i])
        both, x, y = slant * rise, sizes[i, 1] * 0.5, sizes[i, 0] * 0.5
        put(maps[i], 1.0 + both, slant, -(both * x + slant * y), rise, 1.0, -(rise * x))


@filled
@entry
def affines(maps, sizes, rotate, right, down, scale, scale_x, scale_y, shear_x, shear_y):
    """See `Affine`."""
    for i in range(sizes.shape[0]):
        sin, cos = sincos_of(rotate[i])
        slant, rise = tan_of(shear_x[i]), tan_of(shear_y[i])
        across, along = 1 / (scale[i] * scale_x[i]), 1 / (scale[i] * scale_y[i])
        stretch = 1 + slant * rise
        # From the output back: undo the shift, the rotation, the shear, the scale.
        a, b = across * (stretch * cos + slant * sin), across * (slant * cos - stretch * sin)
        d, e = along * (rise * cos + sin), along * (cos - rise * sin)
        put_about(maps[i], sizes[i], a, b, d, e, right[i] * sizes[i, 1], down[i] * sizes[i, 0])


@kernel
def part(scales, ratios, i, low, high, height, width):
    """(height, width, whether any trial fitted) of the part of picture i."""
    for t in range(scales.shape[0]):
        area, ratio = scales[t, i] * (height * width), ratios[t, i]
        tall, wide = np.rint(np.sqrt(area / ratio)), np.rint(np.sqrt(area * ratio))
        if 1.0 <= tall <= height and 1.0 <= wide <= width:
            return tall, wide, True
    if low != low:
        low, high = ratios[0, i], ratios[0, i]
        for t in range(1, ratios.shape[0]):
            low, high = min(low, ratios[t, i]), max(high, ratios[t, i])
    tall = max(np.rint(width / low), 1.0) if width < low * height else height
    wide = max(np.rint(height * high), 1.0) if width > high * height else width
    return tall, wide, False


@filled
@entry
def parts(maps, sizes, after, scales, ratios, top, left, allowed):
    """See `RandomResizedCrop`.

    after           (B, 2) int64: the sizes of the results
    scales, ratios  (trials, B): area and shape of each trial; the first that fits is taken
    top, left       (B,): at which place; in the middle if no trial fitted
    allowed         (2,): the least and the largest ratio; NaN: those of the trials
    """
    for i in range(sizes.shape[0]):
        rows, columns = float(sizes[i, 0]), float(sizes[i, 1])
        height, width, fitted = part(scales, ratios, i, allowed[0], allowed[1], rows, columns)
        right, down = columns - width, rows - height
        x = np.floor(left[i] * (right + 1.0)) if fitted else np.floor(right * 0.5)
        y = np.floor(top[i] * (down + 1.0)) if fitted else np.floor(down * 0.5)
        put(maps[i], width / after[i, 1], 0.0, x, 0.0, height / after[i, 0], y)
