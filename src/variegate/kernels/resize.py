"""The exact separable kernel: an upright map that shrinks (crop, resize, zoom, flip; no turn) with a prefilter.

Each output pixel is a weighted mean of source pixels under a tent (bilinear) or Keys' cubic (bicubic), stretched by the
scale where the map shrinks, as Pillow's resize; weights beyond the source's edge are dropped and the rest renormalised.
Rows are combined first (contiguous, so it vectorises), then pixels along the row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float64, int64, types

from variegate.compiled import kernel, unit
from variegate.kernels.codes import BICUBIC
from variegate.kernels.memory import (
    fetch,
    input_f32,
    input_i64,
    load_f32,
    mix_1,
    mix_2,
    mix_3,
    mix_4,
    mix_5,
    store_f32,
    store_i64,
)
from variegate.kernels.sample import cubic

f32 = np.float32


@unit(int64, float64, float64, int64, int64, int64, int64, int64, int64)
def axis_taps(count, scale, shift, size, interpolation, most, first, counts, weights):
    """Taps of output pixels 0..count-1 along one axis, for the map position = scale * (pixel + 0.5) + shift.

    first, counts  addresses of (count,) int64: the first tap and how many
    weights        address of (count, most) float32, `most` from `most_taps`. Taps beyond `counts` weigh 0 and lie
                   inside the source, so that a loop may run over all: a steady length is what the processor foresees
    """
    stretch = max(abs(scale), 1.0)
    reach = 2.0 * stretch if interpolation == BICUBIC else stretch
    for x in range(count):
        centre = min(max(scale * (x + 0.5) + shift, 0.0), float(size))
        lo = max(int(np.floor(centre - reach - 0.5)) + 1, 0)
        hi = min(int(np.ceil(centre + reach - 0.5)) - 1, size - 1)
        start, total = min(lo, size - most), 0.0
        for k in range(most):
            distance = abs(start + k + 0.5 - centre) / stretch
            weight = cubic(distance) if interpolation == BICUBIC else max(1.0 - distance, 0.0)
            store_f32(weights, x * most + k, f32(weight))
            total += weight
        for k in range(most):
            store_f32(weights, x * most + k, load_f32(weights, x * most + k) / f32(total))
        store_i64(first, x, start)
        store_i64(counts, x, hi - start + 1)


@kernel
def most_taps(scale, interpolation, size):
    """How many taps an output pixel can have."""
    reach = max(abs(scale), 1.0) * (2.0 if interpolation == BICUBIC else 1.0)
    return min(int(np.ceil(2.0 * reach)), size)


@kernel
def mix_rows(src, start, stride, taps, count, length, out):
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


def _colour_row(mixer: Any) -> Any:
    """The kernel of one output row of three channels, for a mixer of a set number of taps, so that it is unrolled."""

    @kernel
    def colour_row(row, left, first, weights, most, count, out, pixel, plane):
        for x in range(count):
            red, green, blue = mixer(row + 12 * (input_i64(first, x) - left), weights + 4 * most * x)
            store_f32(out, x * pixel, red)
            store_f32(out, x * pixel + plane, green)
            store_f32(out, x * pixel + 2 * plane, blue)

    return colour_row


row_of_1, row_of_2, row_of_3, row_of_4, row_of_5 = map(_colour_row, (mix_1, mix_2, mix_3, mix_4, mix_5))


@kernel
def row_of_any(row, left, channels, first, weights, most, count, out, pixel, plane):
    """One output row, for any number of channels and taps."""
    for c in range(channels):
        for x in range(count):
            value, at = f32(0.0), (input_i64(first, x) - left) * channels + c
            for k in range(most):
                value += input_f32(weights, x * most + k) * load_f32(row, at + k * channels)
            store_f32(out, x * pixel + c * plane, value)


@kernel
def mix_pixels(row, left, channels, first, weights, most, count, out, pixel, plane):
    """One output row: weighted sums along a row of interleaved floats that begins at source pixel `left`."""
    if channels == 3 and most == 1:
        row_of_1(row, left, first, weights, most, count, out, pixel, plane)
    elif channels == 3 and most == 2:
        row_of_2(row, left, first, weights, most, count, out, pixel, plane)
    elif channels == 3 and most == 3:
        row_of_3(row, left, first, weights, most, count, out, pixel, plane)
    elif channels == 3 and most == 4:
        row_of_4(row, left, first, weights, most, count, out, pixel, plane)
    elif channels == 3 and most == 5:
        row_of_5(row, left, first, weights, most, count, out, pixel, plane)
    else:
        row_of_any(row, left, channels, first, weights, most, count, out, pixel, plane)


@kernel
def mix(src, width, channels, line, lines, taps, first, weights, most, count, row, out, pixel, plane):
    """One output row; see `upright_bytes`."""
    left = min(input_i64(first, 0), input_i64(first, count - 1))
    right = max(input_i64(first, 0), input_i64(first, count - 1)) + most
    start = (line * width + left) * channels
    mix_rows(src, start, width * channels, taps, lines, (right - left) * channels, row)
    mix_pixels(row, left, channels, first, weights, most, count, out, pixel, plane)


@unit(types.CPointer(types.uint8), *[int64] * 13)
def upright_bytes(src, width, channels, line, lines, taps, first, weights, most, count, row, out, pixel, plane):
    """One output row of an upright map of a uint8 source.

    line, lines, taps       the first source line, how many, and the address of their weights
    first, weights, most    addresses of the taps along the row, `most` a pixel
    count                   how many pixels
    row                     address of scratch for one source row of float32 and one number more
    out, pixel, plane       channel c of pixel x goes to float32 out[x * pixel + c * plane]
    """
    mix(src, width, channels, line, lines, taps, first, weights, most, count, row, out, pixel, plane)


@unit(types.CPointer(types.uint16), *[int64] * 13)
def upright_shorts(src, width, channels, line, lines, taps, first, weights, most, count, row, out, pixel, plane):
    """The same for a uint16 source."""
    mix(src, width, channels, line, lines, taps, first, weights, most, count, row, out, pixel, plane)


@unit(types.CPointer(types.float32), *[int64] * 13)
def upright_floats(src, width, channels, line, lines, taps, first, weights, most, count, row, out, pixel, plane):
    """The same for a float32 source."""
    mix(src, width, channels, line, lines, taps, first, weights, most, count, row, out, pixel, plane)
