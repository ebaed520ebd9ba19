"""The colour tail: steps fold into one affine map a segment; tables and the user's functions end a segment.

A step is a row of numbers (see `kernels.codes`): v -> weights @ v + offset + luminance * mean luma + channel * mean v.
Its means are those of the whole canvas at that point of the pipeline, fills included. As a mean is linear, it follows
from the sums over the raw picture's pixels, so that any number of steps needs one look at the canvas.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64

from variegate.compiled import kernel, unit
from variegate.kernels.memory import (
    STACK,
    input_f32,
    input_u8,
    load_f32,
    load_f64,
    load_work_f32,
    load_work_i32,
    stack,
    store_f32,
    store_f64,
    store_work_f32,
    store_work_i32,
)
from variegate.white import LUMINANCE

f32, i32, u16 = np.float32, np.int32, np.uint16
RED, GREEN, BLUE = LUMINANCE
FIXED = 65536.0  # a row's sums are of whole numbers, so they are the same in any order: steps of 1/65536 of white


@kernel
def fixed(value, scale):
    """A value in steps of 1/65536 of white, at most 8 whites from 0; NaN is 0, as where it is written."""
    value = value * scale if value == value else f32(0.0)
    value = value if value > f32(-8.0 * FIXED) else f32(-8.0 * FIXED)
    value = value if value < f32(8.0 * FIXED) else f32(8.0 * FIXED)
    return i32(value + f32(0.5))


@unit(int64, int64, int64, int64, int64, int64, float64, int64)
def sum_row(row, plane, channels, lo, hi, codes, white, sums):
    """Add to sums[c] (address of float64) the pixels lo <= x < hi whose code is 0 (codes 0: all), in fixed point."""
    scale = f32(FIXED / white)
    for c in range(channels):
        line = row + 4 * plane * c
        for block in range(lo, hi, 2048):  # so that 32 bits hold a block's sum
            total = i32(0)
            if codes == 0:
                for x in range(block, min(block + 2048, hi)):
                    total = i32(total + fixed(input_f32(line, x), scale))
            else:
                for x in range(block, min(block + 2048, hi)):
                    total = i32(total + (fixed(input_f32(line, x), scale) if input_u8(codes, x) == 0 else i32(0)))
            store_f64(sums, c, load_f64(sums, c) + total)


@unit(int64, int64, int64, int64, int64, int64, float64, int64)
def sum_row_unbounded(row, plane, channels, lo, hi, codes, white, sums):
    """The same where numbers have no range, and fixed point has no end to begin at: one after the other, in float64."""
    for c in range(channels):
        line, total = row + 4 * plane * c, 0.0
        for x in range(lo, hi):
            total += float64(input_f32(line, x)) if codes == 0 or input_u8(codes, x) == 0 else 0.0
        store_f64(sums, c, load_f64(sums, c) + total * FIXED)


@kernel
def step_through(step, channels, mean, weights, offset):
    """(weights, offset), an affine map of colour, followed by one step, in place. mean: of each channel before it."""
    if channels == 3:
        luma = (RED * mean[0] + GREEN * mean[1]) + BLUE * mean[2]
        for j in range(4):
            a, b, c = (weights[0, j], weights[1, j], weights[2, j]) if j < 3 else (offset[0], offset[1], offset[2])
            for i in range(3):
                value = (step[3 * i] * a + step[3 * i + 1] * b) + step[3 * i + 2] * c
                if j < 3:
                    weights[i, j] = value
                else:
                    offset[i] = value + step[9 + i] + (step[12] * luma + step[13] * mean[i])
        return
    total = 0.0
    for c in range(channels):
        total += mean[c]
    for c in range(channels):
        weights[c, 0] *= step[0]
        offset[c] = step[0] * offset[c] + step[9] + (step[12] * (total / channels) + step[13] * mean[c])


@kernel
def through(weights, offset, channels, value, out):
    """An affine map of colour at one colour (float64); out may not be value."""
    for i in range(channels):
        if channels == 3:
            out[i] = ((weights[i, 0] * value[0] + weights[i, 1] * value[1]) + weights[i, 2] * value[2]) + offset[i]
        else:
            out[i] = weights[i, 0] * value[i] + offset[i]


@unit(int64, int64, int64, int64, int64, int64)
def affine_row(row, plane, channels, count, weights, offset):
    """The folded affine map (addresses of float64, as `fold` gives it) on a row of planes, in place."""
    if channels == 3:
        w00, w01, w02 = f32(load_f64(weights, 0)), f32(load_f64(weights, 1)), f32(load_f64(weights, 2))
        w10, w11, w12 = f32(load_f64(weights, 3)), f32(load_f64(weights, 4)), f32(load_f64(weights, 5))
        w20, w21, w22 = f32(load_f64(weights, 6)), f32(load_f64(weights, 7)), f32(load_f64(weights, 8))
        b0, b1, b2 = f32(load_f64(offset, 0)), f32(load_f64(offset, 1)), f32(load_f64(offset, 2))
        second, third = row + 4 * plane, row + 8 * plane
        if w01 == 0.0 and w02 == 0.0 and w10 == 0.0 and w12 == 0.0 and w20 == 0.0 and w21 == 0.0:
            for x in range(count):  # an infinity of one channel is none of the others'
                store_f32(row, x, w00 * load_f32(row, x) + b0)
                store_f32(second, x, w11 * load_f32(second, x) + b1)
                store_f32(third, x, w22 * load_f32(third, x) + b2)
            return
        for x in range(count):
            r, g, b = load_f32(row, x), load_f32(second, x), load_f32(third, x)
            store_f32(row, x, ((w00 * r + w01 * g) + w02 * b) + b0)
            store_f32(second, x, ((w10 * r + w11 * g) + w12 * b) + b1)
            store_f32(third, x, ((w20 * r + w21 * g) + w22 * b) + b2)
        return
    for c in range(channels):
        line, gain, shift = row + 4 * plane * c, f32(load_f64(weights, c)), f32(load_f64(offset, c))
        for x in range(count):
            store_f32(line, x, gain * load_f32(line, x) + shift)


@kernel
def whole(value):
    """0 to 65535, rounded half to even: adding 1.5 * 2 ** 23 leaves no bits for a fraction."""
    return i32((value + f32(12582912.0)) - f32(12582912.0))


@kernel
def level(value):
    """A value in units of white as one of 256 levels: clamped, rounded half to even; NaN is 0."""
    scaled = value * f32(255.0)
    scaled = scaled if scaled > f32(0.0) else f32(0.0)
    scaled = scaled if scaled < f32(255.0) else f32(255.0)
    return whole(scaled)


@unit(int64, int64, int64, int64, int64)
def table_row(row, count, plane, channels, table):
    """Tables (address of 256 float32 for each channel) on a row of planes in units of white, in place.

    Levels are found first, by vectors, and looked up in a loop of their own: in one loop both are done one by one.
    """
    levels = stack()
    for c in range(channels):
        own = table + 1024 * c
        for start in range(0, count, STACK):
            line, length = row + 4 * (plane * c + start), min(count - start, STACK)
            for x in range(length):
                store_work_i32(levels, x, level(load_f32(line, x)))
            for x in range(length):
                store_f32(line, x, input_f32(own, load_work_i32(levels, x)))


@unit(int64, int64, int64, int64, int64)
def ramp_row(row, count, plane, channels, table):
    """The same where values lie between its levels: on the line between the two next to them; NaN is 0."""
    levels, most = stack(), STACK // 2
    parts = levels + 4 * most
    for c in range(channels):
        own = table + 1024 * c
        for start in range(0, count, most):
            line, length = row + 4 * (plane * c + start), min(count - start, most)
            for x in range(length):
                value = load_f32(line, x) * f32(255.0)
                value = value if value > f32(0.0) else f32(0.0)
                value = value if value < f32(255.0) else f32(255.0)
                k = min(i32(value), i32(254))
                store_work_i32(levels, x, k)
                store_work_f32(parts, x, value - f32(k))
            for x in range(length):
                k, part = load_work_i32(levels, x), load_work_f32(parts, x)
                store_f32(line, x, (f32(1.0) - part) * input_f32(own, k) + part * input_f32(own, k + 1))
