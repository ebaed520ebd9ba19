"""A level's canvas, row by row: located, read, tallied, painted. `visit` makes what is the same for all rows."""

from __future__ import annotations

import numpy as np

from variegate.compiled import kernel
from variegate.kernels.library import SUM_ROW
from variegate.kernels.locate import affine_lines, border_codes, walk_row
from variegate.kernels.memory import (
    address_of,
    borrowed,
    invoke,
    load_f64,
    load_i64,
    load_u8,
    store_f32,
    store_i64,
)
from variegate.kernels.source import EXACT, axis, open_reader, read_row, taps_of

PAD = 16  # a row buffer is a little longer than the row


@kernel
def visit(library, canvas, borders, sites, level, i, src, eight, shape, interpolation, arena):
    """A level's canvas, ready to be read by rows: (numbers, arrays, owners).

    Every row is read from numbers and addresses alone; the arrays are for borders that are walked, and the owners of
    what the addresses point to must be held until the last row.
    """
    top, state = sites.top[level], borrowed(sites.state)[level, i]
    way, scale = borrowed(sites.way)[level, i], borrowed(sites.scale)[level, i]
    rows, count = canvas[top, 0], canvas[top, 1]
    reader, fit = open_reader(library, src, eight, shape, state, scale, interpolation, arena)
    exact = reader[0] == EXACT
    columns = axis(library, count if exact else 0, way[0, 0], way[0, 2], shape[1], interpolation)
    lines = axis(library, rows if exact else 0, way[1, 1], way[1, 2], shape[0], interpolation)
    us, vs, codes, work = np.empty(count), np.empty(count), np.empty(count, np.uint8), np.empty(3 * count, np.int32)
    windows, which = borrowed(sites.windows)[level, i], borrowed(sites.which)[level, i]
    cutting = state[0], address_of(windows), address_of(which), address_of(canvas)
    scratch = address_of(us), address_of(vs), address_of(codes), address_of(work)
    axes = taps_of(columns), taps_of(lines)
    numbers = (
        address_of(library),
        reader,
        axes,
        affine_lines(way, fit),
        cutting,
        scratch,
        state[1],
        rows,
        count,
        shape[2],
    )
    return numbers, (windows, which, way, canvas, borders, fit), (columns, lines, us, vs, codes, work)


@kernel
def cut_row(numbers, arrays, y):
    """The interval of row y inside all windows, and its border codes (and, if walked, coordinates) in scratch.

    Outside the interval all pixels are border; inside it, only a row that is walked can hold some.
    """
    cuts, windows_at, which_at, canvas_at = numbers[4]
    us, vs, codes, _ = numbers[5]
    if numbers[6] == 0:
        return border_codes(y, numbers[8], cuts, windows_at, which_at, canvas_at, codes)
    windows, which, way, canvas, borders, fit = arrays
    return walk_row(y, numbers[8], windows, which, cuts, way, canvas, borders, fit, us, vs, codes)


@kernel
def load_row(numbers, arrays, y, scratch, row, plane):
    """Read row y into planes at address row; returns what `cut_row` does."""
    library, reader, axes, lines, _, own, walked, _, count, channels = numbers
    us, vs, _, work = own
    lo, hi = cut_row(numbers, arrays, y)
    if walked == 0:
        us, vs = 0, 0
    line = lines[0], lines[1] * (y + 0.5) + lines[2], lines[3], lines[4] * (y + 0.5) + lines[5]
    read_row(library, reader, channels, y, lo, hi, us, vs, line, work, count, axes, scratch, row, plane)
    return lo, hi


@kernel
def tally(numbers, lo, hi, row, plane, white, sums, counts):
    """Add one row to the sums of its picture pixels and to the counts of its border codes (addresses)."""
    library, codes, walked, count, channels = numbers[0], numbers[5][2], numbers[6], numbers[8], numbers[9]
    checked = codes if walked != 0 else 0
    invoke(load_i64(library, SUM_ROW), (row, plane, channels, lo, hi, checked, white, sums))
    start = 0
    if walked == 0:
        store_i64(counts, 0, load_i64(counts, 0) + hi - lo)
        for x in range(lo):
            count_code(counts, codes, x)
        start = hi
    for x in range(start, count):
        count_code(counts, codes, x)


@kernel
def count_code(counts, codes, x):
    """One pixel more of its border code."""
    code = load_u8(codes, x)
    store_i64(counts, code, load_i64(counts, code) + 1)


@kernel
def paint(codes, start, stop, colours, channels, row, plane):
    """The fills (address), as they leave the tail, over the pixels start <= x < stop that a border cut."""
    for x in range(start, stop):
        code = load_u8(codes, x)
        if code > 0:
            for c in range(channels):
                store_f32(row, c * plane + x, np.float32(load_f64(colours, (code - 1) * channels + c)))
