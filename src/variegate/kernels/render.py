"""One picture through one Read: the only kernel that is called for every sample.

The source is made ready (`source`) and then read a row at a time; the colour tail follows on each row while it is in the
cache. Only where a mean of the canvas, or a table, asks for it is the canvas kept, in scratch.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import entry, kernel
from variegate.kernels.fold import fold, leans, segment_end
from variegate.kernels.library import AFFINE_ROW, SUM_ROW, TABLE_ROW, WRITE_ROW
from variegate.kernels.locate import affine_lines, border_codes, walk_row
from variegate.kernels.memory import (
    address_of,
    borrowed,
    hold,
    invoke,
    load_f64,
    load_i64,
    load_u8,
    store_f32,
    store_i64,
)
from variegate.kernels.source import EXACT, axis, open_reader, read_row, taps_of
from variegate.plan.ir import CHW, TABLE

PAD = 16  # a row buffer is a little longer than the row


@kernel
def borrow(tables, i):  # type: ignore[no-untyped-def]
    """Sample i's part of the batch's arrays, borrowed."""
    picks, luts, draws = borrowed(tables.picks)[i], borrowed(tables.luts)[i], borrowed(tables.draws)[i]
    bends = borrowed(tables.kinds), picks, luts, borrowed(tables.functions), draws
    library, canvas, steps = borrowed(tables.library), borrowed(tables.canvas)[i], borrowed(tables.steps)[i]
    return canvas, borrowed(tables.borders), steps, library, bends


@kernel
def visit(library, canvas, borders, sites, level, i, src, eight, shape, interpolation, arena):  # type: ignore[no-untyped-def]
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
    numbers = address_of(library), reader, axes, affine_lines(way, fit), cutting, scratch, state[1], rows, count, shape[2]
    return numbers, (windows, which, way, canvas, borders, fit), (columns, lines, us, vs, codes, work)


@kernel
def cut_row(numbers, arrays, y):  # type: ignore[no-untyped-def]
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
def load_row(numbers, arrays, y, scratch, row, plane):  # type: ignore[no-untyped-def]
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
def tally(numbers, lo, hi, row, plane, white, sums, counts):  # type: ignore[no-untyped-def]
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
def count_code(counts, codes, x):  # type: ignore[no-untyped-def]
    """One pixel more of its border code."""
    code = load_u8(codes, x)
    store_i64(counts, code, load_i64(counts, code) + 1)


@kernel
def bend(library, bends, s, row, plane, channels, count):  # type: ignore[no-untyped-def]
    """Step s, a table or the user's compiled function, on a row of planes in units of white, in place."""
    kinds, picks, luts, functions, draws = bends
    pick = picks[s]
    if pick < 0:
        return
    if kinds[s] == TABLE:
        invoke(load_i64(library, TABLE_ROW), (row, count, plane, channels, address_of(luts[pick])))
    else:
        invoke(functions[pick], (row, count, plane, address_of(draws[pick])))


@kernel
def paint(codes, start, stop, colours, channels, row, plane):  # type: ignore[no-untyped-def]
    """The fills (address), as they leave the tail, over the pixels start <= x < stop that a border cut."""
    for x in range(start, stop):
        code = load_u8(codes, x)
        if code > 0:
            for c in range(channels):
                store_f32(row, c * plane + x, np.float32(load_f64(colours, (code - 1) * channels + c)))


@kernel
def expose(numbers, arrays, kept, scratch, store, white, sums, counts):  # type: ignore[no-untyped-def]
    """Read every row and tally it; kept: into the canvas at address store, else each over the last."""
    rows, count = numbers[7], numbers[8]
    plane = rows * count if kept else count + PAD
    for y in range(rows):
        row = store + 4 * y * count if kept else store
        lo, hi = load_row(numbers, arrays, y, scratch, row, plane)
        tally(numbers, lo, hi, row, plane, white, sums, counts)


@kernel
def develop(numbers, arrays, bends, bender, stored, affine, scratch, store, tallied, sums, counts):  # type: ignore[no-untyped-def]
    """A segment that ends in step `bender`: each row through its affine map and the bender, kept in the canvas.

    stored   rows are in the canvas at address store already; otherwise they are read now
    affine   addresses of weights and offset
    tallied  whether the next segment leans on a mean of what this one makes
    """
    library, rows, count, channels = numbers[0], numbers[7], numbers[8], numbers[9]
    plane = rows * count
    for y in range(rows):
        row = store + 4 * y * count
        lo, hi = cut_row(numbers, arrays, y) if stored else load_row(numbers, arrays, y, scratch, row, plane)
        invoke(load_i64(library, AFFINE_ROW), (row, plane, channels, count, *affine))
        bend(library, bends, bender, row, plane, channels, count)
        if tallied:
            tally(numbers, lo, hi, row, plane, 1.0, sums, counts)


@kernel
def finish(numbers, arrays, stored, affine, scratch, store, colours, last, unit, out):  # type: ignore[no-untyped-def]
    """The last segment: each row through its affine map, painted, and written.

    colours  address of the fills; last: (address of gain, of shift, bytes an element, layout, clamped)
    """
    library, rows, count, channels = numbers[0], numbers[7], numbers[8], numbers[9]
    codes, walked = numbers[5][2], numbers[6] != 0
    gain, shift, size, layout, clamped = last
    plane, step = (rows * count, 4 * count) if stored else (count + PAD, 0)
    pixel, stride = (1, rows * count) if layout == CHW else (channels, 1)
    white = unit if clamped != 0 else -1.0
    for y in range(rows):
        row = store + step * y
        lo, hi = cut_row(numbers, arrays, y) if stored else load_row(numbers, arrays, y, scratch, row, plane)
        if affine[0] != 0:
            invoke(load_i64(library, AFFINE_ROW), (row, plane, channels, count, *affine))
        paint(codes, 0, count if walked else lo, colours, channels, row, plane)
        paint(codes, count if walked else hi, count, colours, channels, row, plane)
        to = out + size * y * count * pixel
        invoke(load_i64(library, WRITE_ROW), (row, plane, channels, count, white, gain, shift, to, pixel, stride))


@kernel
def bend_fills(library, bends, s, fills):  # type: ignore[no-untyped-def]
    """The fills through the same table or user's function as the pixels."""
    channels = fills.shape[1]
    colour = np.empty(channels, np.float32)
    for k in range(fills.shape[0]):
        for c in range(channels):
            colour[c] = fills[k, c]
        bend(library, bends, s, address_of(colour), 1, channels, 1)
        for c in range(channels):
            fills[k, c] = colour[c]


@kernel
def rescale(weights, offset, factor, goal):  # type: ignore[no-untyped-def]
    """An affine map in units of white, to take one unit to another."""
    for c in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            weights[c, j] *= factor
        offset[c] *= goal


@kernel
def clear(sums, counts):  # type: ignore[no-untyped-def]
    """Begin a new tally."""
    for c in range(sums.size):
        sums[c] = 0
    for k in range(counts.size):
        counts[k] = 0


@entry
def render(src, shape, i, tables, sites, arena, planes, out):  # type: ignore[no-untyped-def]
    """Sample i of a batch: the picture at address src, (height, width, channels), through maps and colours, to address out.

    tables, sites  the batch's numbers: `plan.tables.Tables`, `kernels.survey.Sites`
    arena, planes  addresses of float32 scratch for the reader, and for rows and the canvas: `plan.tables` says how much
    """
    canvas, borders, steps, library, bends = borrow(tables, i)
    kinds, levels, tops = bends[0], tables.levels, borrowed(sites.top)
    interpolation, size, layout, clamped = tables.settings
    unit, eight, top = tables.white, tables.white > 1.0, tops[0]
    if canvas[top, 0] * canvas[top, 1] == 0:
        return
    sums, counts = np.zeros((tops.size, shape[2]), np.int64), np.zeros((tops.size, canvas.shape[0]), np.int64)
    for level in range(1, tops.size):  # canvases of which only a mean is wanted: they are read, never written
        numbers, arrays, owners = visit(library, canvas, borders, sites, level, i, src, eight, shape, interpolation, arena)
        expose(numbers, arrays, False, planes, planes, unit, address_of(sums[level]), address_of(counts[level]))
        hold(owners)
    numbers, arrays, owners = visit(library, canvas, borders, sites, 0, i, src, eight, shape, interpolation, arena)
    store, tallies = planes + 4 * (shape[1] + PAD) * shape[2], (address_of(sums), address_of(counts))
    fills, begin, stored = tables.fills.copy(), 0, False
    while True:
        stop = segment_end(kinds, begin)
        if leans(steps, levels, begin, stop) and not stored:
            expose(numbers, arrays, True, planes, store, unit, *tallies)
            stored = True
        weights, offset = fold(begin, stop, steps, tables.after, levels, sums, counts, tops, fills)
        goal = unit if stop == kinds.size else 1.0
        rescale(weights, offset, goal / unit, goal)
        affine = address_of(weights), address_of(offset)
        if stop == kinds.size:
            break
        clear(sums[0], counts[0])
        tallied = leans(steps, levels, stop + 1, segment_end(kinds, stop + 1))
        develop(numbers, arrays, bends, stop, stored, affine, planes, store, tallied, *tallies)
        hold((weights, offset))
        bend_fills(address_of(library), bends, stop, fills)
        begin, unit, stored = stop + 1, 1.0, True
    gain, colours = tables.gain / goal, fills * goal
    last = address_of(gain), address_of(tables.shift), size, layout, clamped
    if begin == stop and goal == unit:
        affine = 0, 0
    finish(numbers, arrays, stored, affine, planes, store, address_of(colours), last, goal, out)
    hold((owners, sums, counts, weights, offset, gain, colours))
