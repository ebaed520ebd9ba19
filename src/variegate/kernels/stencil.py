"""A picture filtered by weights of the pixels around each: a row at a time, from rows of float32 that take turns.

Each row of the source is made float32 once, with as many pixels more to both sides as the weights reach, and kept as
long as a row of the result needs it. A row of the result is then a sum of rows, each moved by some pixels and times a
number: one after the other, in the order of the weights, so that its bits hang on nothing else.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64

from variegate.compiled import entry, kernel, unit
from variegate.kernels.block import BLOCK, weigh_block
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
from variegate.kernels.taps import Taps

f32 = np.float32


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
    if count >= BLOCK:
        for first in range(0, count - BLOCK, BLOCK):
            weigh_block(rows, places, weights, first, out)
        weigh_block(rows, places, weights, count - BLOCK, out)
        return
    for e in range(count):
        store_work_f32(out, e, f32(0.0))
    for k in range(rows):
        row, weight = input_i64(places, k), f32(input_f64(weights, k))
        for e in range(count):
            store_work_f32(out, e, load_work_f32(out, e) + weight * input_f32(row, e))


@unit(int64, int64, int64, int64, int64)
def nest(count, inner, above, below, out):
    """A sum of rows of `count` float32, and two rows more, at address out, which overlaps none of them."""
    for e in range(count):
        store_work_f32(out, e, input_f32(inner, e) + (input_f32(above, e) + input_f32(below, e)))


@unit(int64, int64, float64, int64)
def settle(count, itself, threshold, out):
    """Of a row of `count` float32 at address out, those that lie no further than a threshold from what they were."""
    least = f32(threshold)
    for e in range(count):
        was, made = input_f32(itself, e), load_work_f32(out, e)
        store_work_f32(out, e, was if abs(made - was) <= least else made)


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


@kernel
def put_sums(unit, rows, long, m, y, sums):
    """Sums of the ring's rows about row y, each of two more than the one before, one after the other."""
    inner = rows + 4 * long * (y % m)
    for j in range(1, m // 2 + 1):
        above, below = rows + 4 * long * ((y - j) % m), rows + 4 * long * ((y + j) % m)
        made = sums + 4 * long * (j - 1)
        invoke(unit, (long, inner, above, below, made))
        inner = made


@entry
def stencil(units, src, shape, border, scale, taps, across, own, threshold, last, rows, out):
    """A picture at address src, packed, through a filter, to address out.

    units    addresses: what makes its dtype float32, see WIDEN, `weigh`, `nest`, `settle`, and what writes a row,
             or 0
    shape    (height, width, channels, bytes a number); border: a code; scale: what numbers are multiplied by
    taps     see `kernels.taps`; across (k,) float64, where these have no width, or (0,): no further weights
    own      what the pixel itself weighs besides; threshold: what would change by no more stays; 0: nothing does
    last     (bound, gain, shift, bytes a number): how a row is written, see `write.WRITER`; else out is float32
    rows     address of scratch, as `room` has it: a ring of rows of the picture, of (width + 2 reach) pixels each, the
             nested sums, the row between down and across, and the row that is written
    """
    widen, weighing, nesting, settling, writing = units
    tap_rows, columns, factors, nested, m, n = taps
    height, width, channels = shape[:3]
    k, count, added = across.size, factors.size, 1 if own != 0.0 else 0
    reach, values = max(n, k) // 2, width * channels
    long = (width + 2 * reach) * channels
    sums = rows + 4 * long * m
    line = sums + (4 * long * (m // 2) if nested else 0)
    made, (bound, gain, shift, size) = line + 4 * long, last
    places, weights = np.empty(count + 1, np.int64), np.empty(count + 1)
    lines, finals = np.empty(k + 1, np.int64), np.empty(k + 1)
    for i in range(k):
        lines[i], finals[i] = line + 4 * i * channels, across[i]
    for t in range(count):
        weights[t] = factors[t]
    weights[count], finals[k] = own, own
    for y in range(height):
        for j in range(m if y == 0 else 1):  # the rows that are new
            above = y + (j if y == 0 else m - 1) - m // 2
            put_row(widen, src, shape, above, border, scale, reach, rows + 4 * long * (above % m))
        if nested:
            put_sums(nesting, rows, long, m, y, sums)
        middle = rows + 4 * long * (y % m)
        for t in range(count):
            j = tap_rows[t]
            row = rows + 4 * long * ((y + j - m // 2) % m)
            if nested:
                row = middle if j == 0 else sums + 4 * long * (j - 1)
            places[t] = row + 4 * columns[t] * channels
        itself = middle + 4 * reach * channels
        places[count], lines[k] = itself, itself
        goal = made if writing != 0 else out + 4 * y * values
        if k > 0:
            invoke(weighing, (long, count, address_of(places), address_of(weights), line))
            invoke(weighing, (values, k + added, address_of(lines), address_of(finals), goal))
        else:
            invoke(weighing, (values, count + added, address_of(places), address_of(weights), goal))
        if threshold > 0.0:
            invoke(settling, (values, itself, threshold, goal))
        if border == KEPT_EDGE:
            keep(itself, y, shape, m, n, goal)
        if writing != 0:
            to, one = out + size * y * values, np.int64(1)
            invoke(writing, (goal, values, one, values, bound, address_of(gain), address_of(shift), to, one, one))
    hold((places, weights, lines, finals, gain, shift))


def room(taps: Taps, across: int, width: int, channels: int) -> int:
    """How many float32 of scratch `stencil` uses for so many weights across."""
    reach = max(taps.width, across) // 2
    held = taps.height + (taps.height // 2 if taps.nested else 0) + 2
    return held * channels * (width + 2 * reach)
