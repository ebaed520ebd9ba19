"""A picture filtered by weights of the pixels around each: a row at a time, from rows of float32 that take turns.

Each row of the source is made float32 once, with as many pixels more to both sides as the weights reach, and kept as
long as a row of the result needs it. A row of the result is then a sum of rows, each moved by some pixels and times a
number: one after the other, in the order of the weights, so that its bits hang on nothing else.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64

from variegate.compiled import entry, kernel, unit
from variegate.kernels.codes import CONSTANT, EDGE, FLOAT32, KEPT_EDGE, REFLECT, SYMMETRIC, UINT8, UINT16
from variegate.kernels.memory import (
    address_of,
    hold,
    input_f32,
    input_f64,
    input_i64,
    input_u8,
    invoke,
    load_f32,
    load_u16,
    load_work_f32,
    store_f32,
    store_work_f32,
)

f32 = np.float32
AT_ONCE = 4  # rows: their sum is loaded and stored once


@unit(int64, int64, float64, int64)
def widen_bytes(src, count, scale, out):
    """So many uint8 as float32, times scale."""
    factor = f32(scale)
    for e in range(count):
        store_f32(out, e, f32(input_u8(src, e)) * factor)


@unit(int64, int64, float64, int64)
def widen_shorts(src, count, scale, out):
    """So many uint16 as float32, times scale."""
    factor = f32(scale)
    for e in range(count):
        store_f32(out, e, f32(load_u16(src, e)) * factor)


@unit(int64, int64, float64, int64)
def widen_floats(src, count, scale, out):
    """So many float32, times scale."""
    factor = f32(scale)
    for e in range(count):
        store_f32(out, e, input_f32(src, e) * factor)


WIDEN = {UINT8: widen_bytes, UINT16: widen_shorts, FLOAT32: widen_floats}


@unit(int64, int64, int64, int64, int64)
def weigh(count, rows, places, weights, out):
    """The sum of rows of `count` float32, each times its weight, one after the other.

    places, weights  addresses of `rows` addresses, which may overlap, and of as many float64; out overlaps none
    """
    for e in range(count):
        store_work_f32(out, e, f32(0.0))
    k = 0
    while k + AT_ONCE <= rows:
        a, b, c, d = input_i64(places, k), input_i64(places, k + 1), input_i64(places, k + 2), input_i64(places, k + 3)
        p, q = f32(input_f64(weights, k)), f32(input_f64(weights, k + 1))
        r, s = f32(input_f64(weights, k + 2)), f32(input_f64(weights, k + 3))
        for e in range(count):
            total = (load_work_f32(out, e) + p * input_f32(a, e)) + q * input_f32(b, e)
            store_work_f32(out, e, (total + r * input_f32(c, e)) + s * input_f32(d, e))
        k += AT_ONCE
    while k < rows:
        a, p = input_i64(places, k), f32(input_f64(weights, k))
        for e in range(count):
            store_work_f32(out, e, load_work_f32(out, e) + p * input_f32(a, e))
        k += 1


@kernel
def within(place, size, border):
    """Which of `size` pixels lies at a place beyond them, by numpy.pad's meaning; -1: none."""
    if 0 <= place < size:
        return place
    if border == CONSTANT:
        return np.int64(-1)
    if border in (EDGE, KEPT_EDGE) or size == 1:
        return np.int64(0) if place < 0 else size - 1
    if border == REFLECT:
        place %= 2 * size - 2
        return place if place < size else 2 * size - 2 - place
    if border == SYMMETRIC:
        place %= 2 * size
        return place if place < size else 2 * size - 1 - place
    return place % size


@kernel
def put_row(widen, src, shape, y, border, scale, reach, out):
    """Row y of a picture, which may lie beyond it, to floats at address out, with `reach` pixels to both sides."""
    height, width, channels, size = shape
    whole, row = (width + 2 * reach) * channels, within(y, height, border)
    if row < 0:
        for e in range(whole):
            store_f32(out, e, f32(0.0))
        return
    invoke(widen, (src + row * width * channels * size, width * channels, scale, out + 4 * reach * channels))
    for side in range(2 * reach):
        x = side - reach if side < reach else side - reach + width
        inner = within(x, width, border)
        for c in range(channels):
            value = load_f32(out, (reach + inner) * channels + c) if inner >= 0 else f32(0.0)
            store_f32(out, (reach + x) * channels + c, value)


@kernel
def keep(middle, y, shape, m, n, out):
    """Of row y of the result at address out, the pixels whose neighbours lie partly beyond the edge: as they were."""
    height, width, channels = shape[:3]
    side = n // 2 if m // 2 <= y < height - m // 2 and width > n - 1 else width
    for e in range(side * channels):
        store_f32(out, e, load_f32(middle, e))
        far = (width - side) * channels + e
        store_f32(out, far, load_f32(middle, far))


@entry
def stencil(units, src, shape, border, scale, weights, across, own, rows, line, out):
    """A picture at address src, packed, to float32 at address out.

    units    addresses: what makes its dtype float32, see WIDEN, and `weigh`
    shape    (height, width, channels, bytes a number); border: a code; scale: what numbers are multiplied by
    weights  (m, n) float64; across (k,) float64, where n is 1, or (0,): no further weights; own: of the pixel itself
    rows     address of scratch for m rows of (width + 2 reach) pixels, reach = max(n, k) // 2, and line of one more
    """
    height, width, channels = shape[:3]
    m, n, k = weights.shape[0], weights.shape[1], across.size
    reach = max(n, k) // 2
    long, added = (width + 2 * reach) * channels, 1 if own != 0.0 else 0
    taps, last = np.count_nonzero(weights), k + added if k > 0 else 0
    places, factors = np.empty(taps + 1, np.int64), np.empty(taps + 1)
    lines, finals = np.empty(k + 1, np.int64), np.empty(k + 1)
    for i in range(k):
        lines[i], finals[i] = line + 4 * i * channels, across[i]
    factors[taps], finals[k] = own, own
    for y in range(height):
        for j in range(m if y == 0 else 1):  # the rows that are new
            above = y + (j if y == 0 else m - 1) - m // 2
            put_row(units[0], src, shape, above, border, scale, reach, rows + 4 * long * (above % m))
        tap = 0
        for j in range(m):
            row = rows + 4 * long * ((y + j - m // 2) % m)
            for i in range(n):
                if weights[j, i] != 0.0:
                    places[tap], factors[tap] = row + 4 * i * channels, weights[j, i]
                    tap += 1
        middle = rows + 4 * (long * (y % m) + reach * channels)
        places[taps], lines[k] = middle, middle
        goal = out + 4 * y * width * channels
        if k > 0:
            invoke(units[1], (long, taps, address_of(places), address_of(factors), line))
            invoke(units[1], (width * channels, last, address_of(lines), address_of(finals), goal))
        else:
            invoke(units[1], (width * channels, taps + added, address_of(places), address_of(factors), goal))
        if border == KEPT_EDGE:
            keep(middle, y, shape, m, n, goal)
    hold((places, factors, lines, finals, weights, across))
