"""Curves: what a table of 256 levels does to uint8, on pictures of more levels or of floats, by a formula a pixel.

A curve is four numbers at the head of a step: its code, two numbers of its own, and how many steps lie between black
and white. Its input is clamped (NaN is 0) and, unless there are no steps, rounded to them, half to even.

power      number 1 * v ** number 0; log and exp as in `exact`, so the bits are the same on every CPU
posterize  the levels, steps + 1 of them, in 2 ** number 0 parts, each part its lowest level
solarize   1 - v where v >= number 0
"""

from __future__ import annotations

import numpy as np
from numba import int64

from variegate import exact
from variegate.compiled import kernel, unit
from variegate.kernels.colour import whole
from variegate.kernels.memory import bits_f64, float_of, input_f64, load_f32, store_f32
from variegate.plan.ir import POSTERIZE, POWER

f32 = np.float32
LN2_HIGH, LN2_LOW, SQRT_HALF = exact.LN2_HIGH, exact.LN2_LOW, exact.SQRT_HALF
LOGS, POWERS = exact.LOGS, exact.POWERS


@kernel
def log(value):
    """The natural logarithm of a positive float64: `exact.log`, an element at a time."""
    bits = bits_f64(value)
    part, exponent = float_of((bits & 0xFFFFFFFFFFFFF) | 0x3FE0000000000000), float((bits >> 52) - 1022)
    below = 1.0 if part < SQRT_HALF else 0.0  # keep the part around 1, where the logarithm must not cancel
    part, exponent = part + part * below, exponent - below
    nearest = np.floor(part * 128.0 + 0.5)
    known = nearest * (1 / 128)
    s = (part - known) / (part + known)
    z = s * s
    tail = s * ((z * (2 / 5) + 2 / 3) * z)
    return (exponent * LN2_HIGH + LOGS[int(nearest)]) + (2.0 * s + (tail + exponent * LN2_LOW))


@kernel
def exp(value):
    """e to the power of a float64, 0 below the range of a float32: `exact.exp`, an element at a time."""
    given = min(max(value, -700.0), 700.0)
    steps = np.floor(given * (256 / (LN2_HIGH + LN2_LOW)) + 0.5)
    rest = (given - steps * (LN2_HIGH / 256)) - steps * (LN2_LOW / 256)
    number = int64(steps)
    power = POWERS[number & 255]
    less = rest + rest * rest * ((rest * (1 / 24) + 1 / 6) * rest + 1 / 2)
    return (power + power * less) * float_of(((number >> 8) + 1023) << 52)


@kernel
def entered(value, steps):
    """What a curve is given of a value in units of white."""
    value = value if value > f32(0.0) else f32(0.0)
    value = value if value < f32(1.0) else f32(1.0)
    return value if steps == f32(0.0) else f32(whole(value * steps)) / steps


@kernel
def posterized(value, steps, parts):
    """The lowest level of the part in which a value lies."""
    if steps == f32(0.0):
        return min(np.floor(value * parts), parts - f32(1.0)) / parts
    size = (steps + f32(1.0)) / parts  # levels a part
    # The middle of a level: by which no quotient is just below a whole number.
    return np.ceil(np.floor((value * steps + f32(0.5)) / size) * size - f32(0.5)) / steps


@unit(int64, int64, int64, int64, int64)
def curve_row(row, count, plane, channels, step):
    """A curve (address of its four float64) on a row of planes in units of white, in place."""
    code, first, second = input_f64(step, 0), input_f64(step, 1), input_f64(step, 2)
    steps = f32(input_f64(step, 3))
    for c in range(channels):
        line = row + 4 * plane * c
        if code == POWER:
            for x in range(count):
                value = entered(load_f32(line, x), steps)
                raised = second * exp(first * log(float(value if value > f32(0.0) else f32(1.0))))
                store_f32(line, x, f32(raised) if value > f32(0.0) else f32(0.0))
        elif code == POSTERIZE:
            for x in range(count):
                store_f32(line, x, posterized(entered(load_f32(line, x), steps), steps, f32(first)))
        else:
            for x in range(count):
                value = entered(load_f32(line, x), steps)
                store_f32(line, x, f32(1.0) - value if float(value) >= first else value)
