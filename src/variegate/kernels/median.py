"""The median of the pixels around each: columns sorted once a row of the result, and of these what can be the median.

Sorted down its columns and then along its rows, a square keeps its median on the diagonal: of 3 x 3 numbers it is one
of 3, of 5 x 5 one of 13. All is minima and maxima of whole rows, without a branch.
"""

from __future__ import annotations

import numpy as np
from numba import int64

from variegate.compiled import entry, inlined, unit
from variegate.kernels.codes import EDGE
from variegate.kernels.memory import address_of, hold, input_f32, input_i64, invoke, store_work_f32
from variegate.kernels.stencil import put_row

SIZES = 3, 5


@inlined
def ordered(a, b):
    """The lesser and the greater of two numbers."""
    return (a if a < b else b), (b if a < b else a)


@inlined
def sort_3(a, b, c):
    """Three numbers, in order."""
    a, b = ordered(a, b)
    b, c = ordered(b, c)
    a, b = ordered(a, b)
    return a, b, c


@inlined
def sort_5(a, b, c, d, e):
    """Five numbers, in order."""
    a, b = ordered(a, b)
    d, e = ordered(d, e)
    c, e = ordered(c, e)
    c, d = ordered(c, d)
    b, e = ordered(b, e)
    a, d = ordered(a, d)
    a, c = ordered(a, c)
    b, d = ordered(b, d)
    b, c = ordered(b, c)
    return a, b, c, d, e


@inlined
def inner_4(a, b, c, d):
    """Of four numbers the two that are neither the least nor the greatest."""
    a, b = ordered(a, b)
    c, d = ordered(c, d)
    _, c = ordered(a, c)
    b, _ = ordered(b, d)
    return b, c


@inlined
def inner_5(a, b, c, d, e):
    """Of five the three."""
    a, b = ordered(a, b)
    c, d = ordered(c, d)
    a, c = ordered(a, c)
    b, d = ordered(b, d)
    _, e = ordered(a, e)
    e, _ = ordered(e, d)
    return b, c, e


@inlined
def inner_6(a, b, c, d, e, f):
    """Of six the four."""
    a, b = ordered(a, b)
    c, d = ordered(c, d)
    e, f = ordered(e, f)
    a, c = ordered(a, c)
    b, d = ordered(b, d)
    _, e = ordered(a, e)
    d, _ = ordered(d, f)
    return b, c, d, e


@inlined
def inner_7(a, b, c, d, e, f, g):
    """Of seven the five."""
    a, b = ordered(a, b)
    c, d = ordered(c, d)
    e, f = ordered(e, f)
    a, c = ordered(a, c)
    b, d = ordered(b, d)
    a, e = ordered(a, e)
    d, f = ordered(d, f)
    _, g = ordered(a, g)
    g, _ = ordered(g, f)
    return b, c, d, e, g


@inlined
def inner_8(a, b, c, d, e, f, g, h):
    """Of eight the six."""
    a, b = ordered(a, b)
    c, d = ordered(c, d)
    e, f = ordered(e, f)
    g, h = ordered(g, h)
    a, c = ordered(a, c)
    e, g = ordered(e, g)
    b, d = ordered(b, d)
    f, h = ordered(f, h)
    _, e = ordered(a, e)
    d, _ = ordered(d, h)
    return b, c, d, e, f, g


@unit(int64, int64, int64, int64)
def sort_columns_3(count, rows, long, out):
    """Three rows, whose addresses stand at address rows, sorted column by column, to rows of `long` float32."""
    first, second, third = input_i64(rows, 0), input_i64(rows, 1), input_i64(rows, 2)
    for x in range(count):
        a, b, c = sort_3(input_f32(first, x), input_f32(second, x), input_f32(third, x))
        store_work_f32(out, x, a)
        store_work_f32(out, x + long, b)
        store_work_f32(out, x + 2 * long, c)


@unit(int64, int64, int64, int64)
def sort_columns_5(count, rows, long, out):
    """The same of five."""
    first, second, third = input_i64(rows, 0), input_i64(rows, 1), input_i64(rows, 2)
    fourth, fifth = input_i64(rows, 3), input_i64(rows, 4)
    for x in range(count):
        a, b, c, d, e = sort_5(
            input_f32(first, x), input_f32(second, x), input_f32(third, x), input_f32(fourth, x), input_f32(fifth, x)
        )
        store_work_f32(out, x, a)
        store_work_f32(out, x + long, b)
        store_work_f32(out, x + 2 * long, c)
        store_work_f32(out, x + 3 * long, d)
        store_work_f32(out, x + 4 * long, e)


@unit(int64, int64, int64, int64, int64)
def median_3(count, step, rows, long, out):
    """The medians of 3 x 3 numbers, `step` numbers from one column to the next, of three sorted rows."""
    for x in range(count):
        low, low_1, low_2 = input_f32(rows, x), input_f32(rows, x + step), input_f32(rows, x + 2 * step)
        y, z = x + long, x + 2 * long
        _, _, a = sort_3(low, low_1, low_2)
        _, b, _ = sort_3(input_f32(rows, y), input_f32(rows, y + step), input_f32(rows, y + 2 * step))
        c, _, _ = sort_3(input_f32(rows, z), input_f32(rows, z + step), input_f32(rows, z + 2 * step))
        _, median, _ = sort_3(a, b, c)
        store_work_f32(out, x, median)


@inlined
def five(rows, x, step):
    """Five numbers of a row, in order."""
    return sort_5(
        input_f32(rows, x),
        input_f32(rows, x + step),
        input_f32(rows, x + 2 * step),
        input_f32(rows, x + 3 * step),
        input_f32(rows, x + 4 * step),
    )


@unit(int64, int64, int64, int64, int64)
def median_5(count, step, rows, long, out):
    """The medians of 5 x 5 numbers, alike."""
    for x in range(count):
        _, _, _, a, b = five(rows, x, step)
        _, _, c, d, e = five(rows, x + long, step)
        _, f, g, h, _ = five(rows, x + 2 * long, step)
        i, j, k, _, _ = five(rows, x + 3 * long, step)
        m, n, _, _, _ = five(rows, x + 4 * long, step)
        a, b, c, d, e, f = inner_8(a, b, c, d, e, f, g, h)
        a, b, c, d, e = inner_7(a, b, c, d, e, f, i)
        a, b, c, d = inner_6(a, b, c, d, e, j)
        a, b, c = inner_5(a, b, c, d, k)
        a, b = inner_4(a, b, c, m)
        _, median, _ = sort_3(a, b, n)
        store_work_f32(out, x, median)


UNITS = {3: (sort_columns_3, median_3), 5: (sort_columns_5, median_5)}


@entry
def median(units, src, shape, scale, size, last, rows, out):
    """A picture at address src, packed, to its medians of size x size pixels, at address out; its edge goes on.

    units  addresses: what makes its dtype float32, the two of UNITS, and what writes a row, or 0
    shape, scale, last  as for `stencil`; rows: address of scratch, as `room` has it
    """
    widen, sorting, choosing, writing = units
    height, width, channels = shape[:3]
    reach, values, (bound, gain, shift, bytes_) = size // 2, width * channels, last
    long = (width + 2 * reach) * channels
    ordered_rows, made = rows + 4 * long * size, rows + 8 * long * size
    places = np.empty(size, np.int64)
    for y in range(height):
        for j in range(size if y == 0 else 1):  # the rows that are new
            above = y + (j if y == 0 else size - 1) - reach
            put_row(widen, src, shape, above, np.int64(EDGE), scale, reach, rows + 4 * long * (above % size))
        for j in range(size):
            places[j] = rows + 4 * long * j  # in any order: they are sorted
        invoke(sorting, (long, address_of(places), long, ordered_rows))
        goal = made if writing != 0 else out + 4 * y * values
        invoke(choosing, (values, channels, ordered_rows, long, goal))
        if writing != 0:
            to, one = out + bytes_ * y * values, np.int64(1)
            invoke(writing, (goal, values, one, values, bound, address_of(gain), address_of(shift), to, one, one))
    hold((places, gain, shift))


def room(size: int, width: int, channels: int) -> int:
    """How many float32 of scratch `median` uses: rows of the picture, the sorted ones, and one that is written."""
    return (2 * size + 1) * channels * (width + 2 * (size // 2))
