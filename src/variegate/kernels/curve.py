"""Curves: what a table of 256 levels does to uint8, on pictures of more levels or of floats, by a formula a pixel.

A curve is four numbers at the head of a step: its code, two numbers of its own, and how many steps lie between black
and white. Its input is clamped (NaN is 0) and, unless there are no steps, rounded to them, half to even.

power      number 1 * v ** number 0, by series of + - * / alone: the same bits on every CPU, and no table to gather from
posterize  the levels, steps + 1 of them, in 2 ** number 0 parts, each part its lowest level
solarize   1 - v where v >= number 0
solarize_add  v + number 1, clamped, where v < number 0
"""

from __future__ import annotations

import numpy as np
from numba import int64

from variegate.compiled import kernel, unit
from variegate.kernels.codes import POSTERIZE, POWER, SOLARIZE_ADD
from variegate.kernels.colour import whole
from variegate.kernels.memory import bits_f64, float_of, input_f64, load_f32, store_f32

f32 = np.float32
LN2 = 0.6931471805599453
SQRT_2 = 1.4142135623730951


@kernel
def log(value):
    """The natural logarithm of a positive, normal float64, within 1e-14: log(m) = 2 artanh((m - 1) / (m + 1))."""
    bits = bits_f64(value)
    part, exponent = float_of((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000), float((bits >> 52) - 1023)
    above = 1.0 if part > SQRT_2 else 0.0  # keep the part around 1, where the series is short
    part, exponent = part - part * (0.5 * above), exponent + above
    s = (part - 1.0) / (part + 1.0)
    z = s * s
    tail = ((((z * (1 / 15) + 1 / 13) * z + 1 / 11) * z + 1 / 9) * z + 1 / 7) * z
    return exponent * LN2 + 2.0 * (s + s * (((tail + 1 / 5) * z + 1 / 3) * z))


@kernel
def exp(value):
    """e to the power of a float64, within 1e-13 of it; 0 below the range of a float32."""
    given = min(max(value, -700.0), 700.0)
    whole = np.floor(given * (1 / LN2) + 0.5)
    r = given - whole * LN2
    high = ((((r * (1 / 39916800) + 1 / 3628800) * r + 1 / 362880) * r + 1 / 40320) * r + 1 / 5040) * r
    low = ((((high + 1 / 720) * r + 1 / 120) * r + 1 / 24) * r + 1 / 6) * r
    return (1.0 + r * (1.0 + r * (0.5 + low))) * float_of((int64(whole) + 1023) << 52)


@kernel
def clamped(value):
    """From black to white; NaN is 0."""
    value = value if value > f32(0.0) else f32(0.0)
    return value if value < f32(1.0) else f32(1.0)


@kernel
def entered(value, steps):
    """What a curve is given of a value in units of white."""
    value = clamped(value)
    return value if steps == f32(0.0) else f32(whole(value * steps)) / steps


@kernel
def posterized(value, steps, parts):
    """The lowest level of the part in which a value lies."""
    if steps == f32(0.0):
        return min(np.floor(value * parts), parts - f32(1.0)) / parts
    size = (steps + f32(1.0)) / parts  # levels a part
    # The middle of a level: by which no quotient is just below a whole number.
    part = np.floor((f32(whole(value * steps)) + f32(0.5)) / size)
    return np.ceil(part * size - f32(0.5)) / steps


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
        elif code == SOLARIZE_ADD:
            for x in range(count):
                value = entered(load_f32(line, x), steps)
                store_f32(line, x, clamped(value + f32(second)) if float(value) < first else value)
        else:
            for x in range(count):
                value = entered(load_f32(line, x), steps)
                store_f32(line, x, f32(1.0) - value if float(value) >= first else value)
