"""The exact separable kernel: an upright map that shrinks (crop, resize, zoom, flip; no turn) with a prefilter.

Each output pixel is a weighted mean of source pixels under a tent (bilinear) or Keys' cubic (bicubic), stretched by the
scale where the map shrinks, as Pillow's resize; weights beyond the source's edge are dropped and the rest renormalised.
Rows are combined first (contiguous, so it vectorises), then pixels along the row.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64, types

from variegate.compiled import kernel, unit
from variegate.kernels.memory import fetch, input_f32, input_i64, load_f32, mix_three, store_f32, store_i64
from variegate.kernels.sample import cubic
from variegate.plan.ir import BICUBIC

f32 = np.float32


@unit(int64, float64, float64, int64, int64, int64, int64, int64, int64)
def axis_taps(count, scale, shift, size, interpolation, most, first, counts, weights):  # type: ignore[no-untyped-def]
    """Taps of output pixels 0..count-1 along one axis, for the map position = scale * (pixel + 0.5) + shift.

    first, counts  addresses of (count,) int64; weights: address of (count, most) float32, `most` from `most_taps`
    """
    stretch = max(abs(scale), 1.0)
    reach = 2.0 * stretch if interpolation == BICUBIC else stretch
    for x in range(count):
        centre = min(max(scale * (x + 0.5) + shift, 0.0), float(size))
        lo = max(int(np.ceil(centre - reach - 0.5)), 0)
        hi = min(int(np.floor(centre + reach - 0.5)), size - 1)
        total = 0.0
        for k in range(lo, hi + 1):
            distance = abs(k + 0.5 - centre) / stretch
            weight = cubic(distance) if interpolation == BICUBIC else max(1.0 - distance, 0.0)
            store_f32(weights, x * most + k - lo, f32(weight))
            total += weight
        for k in range(hi - lo + 1):
            store_f32(weights, x * most + k, load_f32(weights, x * most + k) / f32(total))
        store_i64(first, x, lo)
        store_i64(counts, x, hi - lo + 1)


@kernel
def most_taps(scale, interpolation):  # type: ignore[no-untyped-def]
    """An upper bound for the taps of one output pixel."""
    reach = max(abs(scale), 1.0) * (2.0 if interpolation == BICUBIC else 1.0)
    return int(2.0 * reach) + 2


@kernel
def mix_rows(src, start, stride, taps, count, length, out):  # type: ignore[no-untyped-def]
    """out[:length] = the sum of `count` source rows from element `start`, weighted."""
    a = input_f32(taps, 0)
    if count == 1:
        for e in range(length):
            store_f32(out, e, a * fetch(src, start + e))
        return
    b, second = input_f32(taps, 1), start + stride
    if count == 2:
        for e in range(length):
            store_f32(out, e, a * fetch(src, start + e) + b * fetch(src, second + e))
        return
    c, third = input_f32(taps, 2), start + 2 * stride
    if count == 3:
        for e in range(length):
            value = a * fetch(src, start + e) + b * fetch(src, second + e)
            store_f32(out, e, value + c * fetch(src, third + e))
        return
    d, fourth = input_f32(taps, 3), start + 3 * stride
    for e in range(length):
        value = a * fetch(src, start + e) + b * fetch(src, second + e)
        store_f32(out, e, value + (c * fetch(src, third + e) + d * fetch(src, fourth + e)))
    for k in range(4, count):
        weight, line = input_f32(taps, k), start + k * stride
        for e in range(length):
            store_f32(out, e, load_f32(out, e) + weight * fetch(src, line + e))


@kernel
def mix_pixels(row, left, channels, first, counts, weights, most, count, out, pixel, plane):  # type: ignore[no-untyped-def]
    """One output row: weighted sums along a row of interleaved floats that begins at source pixel `left`."""
    for x in range(count if channels == 3 else 0):
        at = row + 12 * (input_i64(first, x) - left)
        red, green, blue = mix_three(at, weights + 4 * x * most, input_i64(counts, x))
        store_f32(out, x * pixel, red)
        store_f32(out, x * pixel + plane, green)
        store_f32(out, x * pixel + 2 * plane, blue)
    for c in range(channels if channels != 3 else 0):
        for x in range(count):
            value, at = f32(0.0), (input_i64(first, x) - left) * channels + c
            for k in range(input_i64(counts, x)):
                value += input_f32(weights, x * most + k) * load_f32(row, at + k * channels)
            store_f32(out, x * pixel + c * plane, value)


@kernel
def mix(src, width, channels, line, lines, taps, first, counts, weights, most, count, row, out, pixel, plane):  # type: ignore[no-untyped-def]
    """One output row; see `upright_bytes`."""
    last = count - 1
    left = min(input_i64(first, 0), input_i64(first, last))
    right = max(input_i64(first, 0) + input_i64(counts, 0), input_i64(first, last) + input_i64(counts, last))
    start = (line * width + left) * channels
    mix_rows(src, start, width * channels, taps, lines, (right - left) * channels, row)
    mix_pixels(row, left, channels, first, counts, weights, most, count, out, pixel, plane)


@unit(types.CPointer(types.uint8), *[int64] * 14)
def upright_bytes(src, width, channels, line, lines, taps, first, counts, weights, most, count, row, out, pixel, plane):  # type: ignore[no-untyped-def]
    """One output row of an upright map of a uint8 source.

    line, lines, taps               the first source line, how many, and the address of their weights
    first, counts, weights, most    addresses of the taps along the row, `most` a pixel
    row                             address of scratch for one source row of float32
    out, pixel, plane               channel c of pixel x goes to float32 out[x * pixel + c * plane]
    """
    mix(src, width, channels, line, lines, taps, first, counts, weights, most, count, row, out, pixel, plane)


@unit(types.CPointer(types.float32), *[int64] * 14)
def upright_floats(src, width, channels, line, lines, taps, first, counts, weights, most, count, row, out, pixel, plane):  # type: ignore[no-untyped-def]
    """The same for a float32 source."""
    mix(src, width, channels, line, lines, taps, first, counts, weights, most, count, row, out, pixel, plane)
