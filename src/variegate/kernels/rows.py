"""A canvas, row by row: located, read, tallied, painted. `visit` makes what is the same for all rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from variegate.compiled import kernel
from variegate.kernels.library import SUM_BYTES, SUM_ROW, WALK_FIELD, WALK_HOME, WALK_WINDOW
from variegate.kernels.locate import affine_lines, border_codes
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
from variegate.kernels.source import EXACT, axis, open_reader, read_row, row_unit, taps_of
from variegate.kernels.walk import walk_row

PAD = 16  # a row buffer is a little longer than the row


class Visit(NamedTuple):
    """What is the same for all rows of a canvas, as numbers and addresses: arrays would be counted at every row.

    library   address of the units' addresses; reader: see `source`, and unit: the address of what reads a row
    axes      `taps_of` columns and lines, for the upright kernel; lines: see `affine_lines`
    cuts      how many windows cut; windows, which, canvas: addresses, see `border_codes`
    walked    not 0 if borders are walked pixel by pixel
    us, vs, codes, work         addresses of scratch for one row: coordinates, border codes, and the sampler's
    rows, count, channels       the canvas's height and width, and the channels
    """

    library: Any
    unit: Any
    reader: Any
    axes: Any
    lines: Any
    cuts: Any
    windows: Any
    which: Any
    canvas: Any
    walked: Any
    us: Any
    vs: Any
    codes: Any
    work: Any
    rows: Any
    count: Any
    channels: Any


@kernel
def visit(library, canvas, borders, fields, sites, k, src, source, shape, interpolation, arena):
    """The k-th site's canvas, ready to be read by rows: (a Visit, what a walk needs besides, owners).

    canvas, borders  of its row; fields: as for `walk_row`
    The owners of what the addresses point to must be held until the last row is read.
    """
    top, state = borrowed(sites.tops)[k], borrowed(sites.state)[k]
    way, scale = borrowed(sites.way)[k], borrowed(sites.scale)[k]
    rows, count = canvas[top, 0], canvas[top, 1]
    reader, fit = open_reader(library, src, source, shape, state, scale, interpolation, arena)
    exact = reader[0] == EXACT
    columns = axis(library, count if exact else 0, way[0, 0], way[0, 2], shape[1], interpolation)
    lines = axis(library, rows if exact else 0, way[1, 1], way[1, 2], shape[0], interpolation)
    us, vs, codes, work = np.empty(count), np.empty(count), np.empty(count, np.uint8), np.empty(3 * count, np.int32)
    first = borrowed(sites.windows)[k]
    windows, which = borrowed(sites.frames)[first:], borrowed(sites.which)[first:]
    visited = Visit(
        address_of(library),
        row_unit(library, reader[0], state[9] != 0),
        reader,
        (taps_of(columns), taps_of(lines)),
        affine_lines(way, fit),
        state[0],
        address_of(windows),
        address_of(which),
        address_of(canvas),
        state[1],
        address_of(us),
        address_of(vs),
        address_of(codes),
        address_of(work),
        rows,
        count,
        shape[2],
    )
    walk = address_of(way), address_of(borders), fields, fit
    return visited, walk, (windows, which, way, columns, lines, us, vs, codes, work)


@kernel
def cut_row(here, arrays, y):
    """The interval of row y inside all windows, and its border codes (and, if walked, coordinates) in scratch.

    Outside the interval all pixels are border; inside it, only a row that is walked can hold some.
    """
    if here.walked == 0:
        return border_codes(y, here.count, here.cuts, here.windows, here.which, here.canvas, here.codes)
    library = here.library
    units = load_i64(library, WALK_WINDOW), load_i64(library, WALK_HOME), load_i64(library, WALK_FIELD)
    way, borders, fields, fit = arrays
    places = here.windows, here.which, here.cuts, way, here.canvas, borders, fields
    return walk_row(units, y, here.count, *places, fit, here.us, here.vs, here.codes)


@kernel
def load_row(here, arrays, y, scratch, row, plane):
    """Read row y into planes at address row; returns what `cut_row` does."""
    lo, hi = cut_row(here, arrays, y)
    us, vs = (0, 0) if here.walked == 0 else (here.us, here.vs)
    a, b, c, d, e, f = here.lines
    line = a, b * (y + 0.5) + c, d, e * (y + 0.5) + f
    at = us, vs, line, here.work, here.count, here.axes
    read_row(here.unit, here.reader, here.channels, y, lo, hi, *at, scratch, row, plane)
    return lo, hi


@kernel
def tally(here, lo, hi, painted, row, plane, white, sums, counts):
    """Add one row to the sums of its picture pixels and to the counts of its border codes (addresses).

    painted  whether all of it is picture by now, whatever the codes say
    """
    walked = here.walked != 0 and not painted
    checked = here.codes if walked else 0
    invoke(load_i64(here.library, SUM_ROW), (row, plane, here.channels, lo, hi, checked, white, sums))
    start = 0
    if not walked:
        store_i64(counts, 0, load_i64(counts, 0) + hi - lo)
        for x in range(lo):
            count_code(counts, here.codes, x)
        start = hi
    for x in range(start, here.count):
        count_code(counts, here.codes, x)


@kernel
def tally_source(library, src, shape, sums, counts):
    """The whole tally of a canvas that is the source itself, a picture of bytes whose white is 255."""
    invoke(library[SUM_BYTES], (src, shape[0] * shape[1], shape[2], address_of(sums)))
    counts[0] = shape[0] * shape[1]


@kernel
def count_code(counts, codes, x):
    """One pixel more of its border code."""
    code = load_u8(codes, x)
    store_i64(counts, code, load_i64(counts, code) + 1)


@kernel
def paint(here, start, stop, colours, row, plane):
    """The fills (address), as they leave the tail, over the pixels start <= x < stop that a border cut."""
    for x in range(start, stop):
        code = load_u8(here.codes, x)
        if code > 0:
            for c in range(here.channels):
                store_f32(row, c * plane + x, np.float32(load_f64(colours, (code - 1) * here.channels + c)))
