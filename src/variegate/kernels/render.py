"""One picture through one Read: the only kernel that is called for every sample.

The source is made ready (`source`) and then read a row at a time; the colour tail follows on each row while it is in the
cache. Only where a mean of the canvas, or a table, asks for it is the canvas kept, in scratch.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import entry, kernel
from variegate.kernels.fold import fold, leans, segment_end
from variegate.kernels.library import AFFINE_ROW, SUM_ROW, TABLE_ROW, WRITE_ROW
from variegate.kernels.locate import affine_line, border_codes, walk_row
from variegate.kernels.memory import address_of, borrowed, hold, invoke, load_u8, store_f32
from variegate.kernels.source import EXACT, axis, open_reader, read_row
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
    """All that is the same for every row of a level's canvas, borrowed; and the owners, to be held while it is used."""
    top, state = sites.top[level], borrowed(sites.state)[level, i]
    way, scale = borrowed(sites.way)[level, i], borrowed(sites.scale)[level, i]
    rows, count = canvas[top, 0], canvas[top, 1]
    reader, fit = open_reader(library, src, eight, shape, state, scale, interpolation, arena)
    exact = reader[0] == EXACT
    columns = axis(library, count if exact else 0, way[0, 0], way[0, 2], shape[1], interpolation)
    lines = axis(library, rows if exact else 0, way[1, 1], way[1, 2], shape[0], interpolation)
    us, vs, codes, work = np.empty(count), np.empty(count), np.empty(count, np.uint8), np.empty(3 * count, np.int32)
    windows, which = borrowed(sites.windows)[level, i], borrowed(sites.which)[level, i]
    place = windows, which, state[0], state[1], way, canvas, borders, fit
    axes = (
        (borrowed(columns[0]), borrowed(columns[1]), borrowed(columns[2])),
        (borrowed(lines[0]), borrowed(lines[1]), borrowed(lines[2])),
    )
    scratch = address_of(us), address_of(vs), address_of(codes), address_of(work)
    return (library, reader, axes, place, scratch, rows, count, shape[2]), (columns, lines, us, vs, codes, work)


@kernel
def load_row(visited, y, scratch, row, plane):  # type: ignore[no-untyped-def]
    """Read row y into planes at address row; returns the interval inside all windows, as `cut_row` does."""
    library, reader, axes, place, lines, _, count, channels = visited
    windows, which, cuts, walked, way, canvas, borders, fit = place
    us, vs, codes, work = lines
    line = affine_line(way, y, fit)
    if walked != 0:
        lo, hi = walk_row(y, count, windows, which, cuts, way, canvas, borders, fit, us, vs, codes)
    else:
        lo, hi = border_codes(y, count, windows, which, cuts, canvas, codes)
        us, vs = 0, 0
    read_row(library, reader, channels, y, lo, hi, us, vs, line, work, count, axes, scratch, row, plane)
    return lo, hi


@kernel
def cut_row(visited, y):  # type: ignore[no-untyped-def]
    """For a row that was read before: the interval inside all windows, and the border codes in the visit's lines."""
    windows, which, cuts, walked, way, canvas, borders, fit = visited[3]
    us, vs, codes, _ = visited[4]
    count = visited[6]
    if walked != 0:
        return walk_row(y, count, windows, which, cuts, way, canvas, borders, fit, us, vs, codes)
    return border_codes(y, count, windows, which, cuts, canvas, codes)


@kernel
def tally(visited, lo, hi, row, plane, white, sums, counts):  # type: ignore[no-untyped-def]
    """Add one row to the sums of its picture pixels and to the counts of its border codes.

    Outside lo..hi all pixels are border; inside, only a row that was walked can hold some.
    """
    library, count, channels, codes = visited[0], visited[6], visited[7], visited[4][2]
    walked = visited[3][3] != 0
    checked = codes if walked else 0
    invoke(library[SUM_ROW], (row, plane, channels, lo, hi, checked, white, address_of(sums)))
    if walked:
        for x in range(count):
            counts[load_u8(codes, x)] += 1
        return
    counts[0] += hi - lo
    for x in range(lo):
        counts[load_u8(codes, x)] += 1
    for x in range(hi, count):
        counts[load_u8(codes, x)] += 1


@kernel
def bend(library, bends, s, row, plane, channels, count):  # type: ignore[no-untyped-def]
    """Step s, a table or the user's compiled function, on a row of planes in units of white, in place."""
    kinds, picks, luts, functions, draws = bends
    pick = picks[s]
    if pick < 0:
        return
    if kinds[s] == TABLE:
        invoke(library[TABLE_ROW], (row, count, plane, channels, address_of(luts[pick])))
    else:
        invoke(functions[pick], (row, count, plane, address_of(draws[pick])))


@kernel
def paint(codes, start, stop, colours, channels, row, plane):  # type: ignore[no-untyped-def]
    """The fills, as they leave the tail, over the pixels start <= x < stop that a border cut."""
    for x in range(start, stop):
        code = load_u8(codes, x)
        if code > 0:
            for c in range(channels):
                store_f32(row, c * plane + x, np.float32(colours[code - 1, c]))


@kernel
def expose(visited, kept, scratch, store, white, sums, counts):  # type: ignore[no-untyped-def]
    """Read every row and tally it; kept: into the canvas at address store, else each over the last."""
    rows, count = visited[5], visited[6]
    plane = rows * count if kept else count + PAD
    for y in range(rows):
        row = store + 4 * y * count if kept else store
        lo, hi = load_row(visited, y, scratch, row, plane)
        tally(visited, lo, hi, row, plane, white, sums, counts)


@kernel
def develop(visited, bends, stored, affine, bender, scratch, store, tallied, sums, counts, colours, last, unit, out):  # type: ignore[no-untyped-def]
    """One segment: each row through its affine map and then its bender, or (bender -1) painted and written.

    stored   rows are in the canvas at address store already; otherwise they are read now
    tallied  whether the next segment leans on a mean of what this one makes
    last     (address of gain, address of shift, bytes an element, layout, clamped) of the last write
    """
    library, _, _, place, lines, rows, count, channels = visited
    final, codes, inside = bender < 0, lines[2], place[3] == 0
    gain, shift, size, layout, clamped = last
    kept = stored or not final
    plane, step = (rows * count, 4 * count) if kept else (count + PAD, 0)
    pixel, stride = (1, rows * count) if layout == CHW else (channels, 1)
    white = unit if clamped != 0 else -1.0
    for y in range(rows):
        row = store + step * y
        lo, hi = cut_row(visited, y) if stored else load_row(visited, y, scratch, row, plane)
        if library[AFFINE_ROW] != 0:
            invoke(library[AFFINE_ROW], (row, plane, channels, count, *affine))
        if not final:
            bend(library, bends, bender, row, plane, channels, count)
            if tallied:
                tally(visited, lo, hi, row, plane, 1.0, sums, counts)
            continue
        paint(codes, 0, lo if inside else count, colours, channels, row, plane)
        paint(codes, hi if inside else count, count, colours, channels, row, plane)
        to = out + size * y * count * pixel
        invoke(library[WRITE_ROW], (row, plane, channels, count, white, gain, shift, to, pixel, stride))


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
def rescale(affine, factor, goal):  # type: ignore[no-untyped-def]
    """An affine map in units of white, to take one unit to another."""
    weights, offset = affine
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
    kinds, after, levels, tops = bends[0], borrowed(tables.after), borrowed(tables.levels), borrowed(sites.top)
    interpolation, size, layout, clamped = tables.settings
    channels, unit, eight = shape[2], tables.white, tables.white > 1.0
    top = tops[0]
    if canvas[top, 0] * canvas[top, 1] == 0:
        return
    sums, counts = np.zeros((tops.size, channels), np.int64), np.zeros((tops.size, canvas.shape[0]), np.int64)
    for level in range(1, tops.size):  # canvases of which only a mean is wanted: they are read, never written
        early, owners = visit(library, canvas, borders, sites, level, i, src, eight, shape, interpolation, arena)
        expose(early, False, planes, planes, unit, sums[level], counts[level])
        hold(owners)
    visited, owners = visit(library, canvas, borders, sites, 0, i, src, eight, shape, interpolation, arena)
    store = planes + 4 * (shape[1] + PAD) * channels
    fills, begin, stored = tables.fills.copy(), 0, False
    while True:
        stop = segment_end(kinds, begin)
        if leans(steps, levels, begin, stop) and not stored:
            expose(visited, True, planes, store, unit, sums[0], counts[0])
            stored = True
        affine = fold(begin, stop, steps, after, levels, sums, counts, tops, fills)
        final = stop == kinds.size
        goal = unit if final else 1.0
        rescale(affine, goal / unit, goal)
        tallied = not final and leans(steps, levels, stop + 1, segment_end(kinds, stop + 1))
        clear(sums[0], counts[0])
        bender, colours, gain = -1 if final else stop, fills * goal, tables.gain / goal
        last = address_of(gain), address_of(tables.shift), size, layout, clamped
        weights = address_of(affine[0]), address_of(affine[1])
        develop(
            visited, bends, stored, weights, bender, planes, store, tallied, sums[0], counts[0], colours, last, goal, out
        )
        hold((affine, gain))
        if final:
            hold(owners)
            return
        bend_fills(library, bends, stop, fills)
        begin, unit, stored = stop + 1, 1.0, True
