"""One picture through one Read: the only kernel that is called for every sample.

The source is made ready (`source`) and then read a row at a time; the colour tail follows on each row while it is in the
cache. Only where a mean of the canvas, or a table, asks for it is the canvas kept, in scratch.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import entry, kernel
from variegate.kernels.fold import fold, leans, segment_end
from variegate.kernels.library import AFFINE_ROW, SUM_ROW, TABLE_ROW, WRITE_ROW
from variegate.kernels.locate import locate_row
from variegate.kernels.memory import address_of, invoke, load_u8, store_f32
from variegate.kernels.source import EXACT, axis, open_reader, read_row
from variegate.plan.ir import CHW, TABLE

PAD = 16  # a row buffer is a little longer than the row


@kernel
def visit(tables, sites, level, i, src, eight, shape, arena):  # type: ignore[no-untyped-def]
    """All that is the same for every row of a level's canvas."""
    library, canvas = tables.library, tables.canvas[i]
    top, state, way = sites.top[level], sites.state[level, i], sites.way[level, i]
    rows, count = canvas[top, 0], canvas[top, 1]
    reader, fit = open_reader(library, src, eight, shape, state, sites.scale[level, i], tables.settings[0], arena)
    exact = reader[0] == EXACT
    axes = (
        axis(library, count if exact else 0, way[0, 0], way[0, 2], shape[1], tables.settings[0]),
        axis(library, rows if exact else 0, way[1, 1], way[1, 2], shape[0], tables.settings[0]),
    )
    place = sites.windows[level, i], sites.which[level, i], state[0], state[1], way, canvas, tables.borders, fit
    lines = np.empty(count), np.empty(count), np.empty(count, np.uint8), np.empty(3 * count, np.int32)
    return library, reader, axes, place, lines, rows, count, shape[2]


@kernel
def find_row(visited, y):  # type: ignore[no-untyped-def]
    """The interval of row y that lies inside all windows; coordinates and border codes go to the visit's lines."""
    windows, which, cuts, walked, way, canvas, borders, fit = visited[3]
    us, vs, codes, _ = visited[4]
    at = address_of(us), address_of(vs), address_of(codes)
    return locate_row(y, visited[6], windows, which, cuts, walked, way, canvas, borders, fit, at[0], at[1], at[2])


@kernel
def tally(visited, lo, hi, row, plane, white, sums, counts):  # type: ignore[no-untyped-def]
    """Add one row to the sums of its picture pixels and to the counts of its border codes."""
    library, count, channels, codes = visited[0], visited[6], visited[7], address_of(visited[4][2])
    cut = visited[3][2] > 0
    codes_if_cut = codes if cut else 0
    invoke(library[SUM_ROW], (row, plane, channels, lo, hi, codes_if_cut, white, address_of(sums)))
    if not cut:
        counts[0] += count
        return
    for x in range(count):
        counts[load_u8(codes, x)] += 1


@kernel
def bend(tables, i, s, row, plane, channels, count):  # type: ignore[no-untyped-def]
    """Step s, a table or the user's compiled function, on a row of planes in units of white, in place."""
    pick = tables.picks[i, s]
    if pick < 0:
        return
    if tables.kinds[s] == TABLE:
        invoke(tables.library[TABLE_ROW], (row, count, plane, channels, address_of(tables.luts[i, pick])))
    else:
        invoke(tables.functions[pick], (row, count, plane, address_of(tables.draws[i, pick])))


@kernel
def paint(codes, count, colours, channels, row, plane):  # type: ignore[no-untyped-def]
    """The fills, as they leave the tail, over the pixels that a border cut."""
    for x in range(count):
        code = load_u8(codes, x)
        if code > 0:
            for c in range(channels):
                store_f32(row, c * plane + x, np.float32(colours[code - 1, c]))


@kernel
def expose(visited, kept, scratch, store, white, sums, counts):  # type: ignore[no-untyped-def]
    """Read every row and tally it; kept: into the canvas at address store, else each over the last."""
    library, reader, axes, _, lines, rows, count, channels = visited
    plane = rows * count if kept else count + PAD
    for y in range(rows):
        lo, hi = find_row(visited, y)
        row = store + 4 * y * count if kept else store
        us, vs, work = address_of(lines[0]), address_of(lines[1]), address_of(lines[3])
        read_row(library, reader, channels, y, lo, hi, us, vs, work, count, axes, scratch, row, plane)
        tally(visited, lo, hi, row, plane, white, sums, counts)


@kernel
def develop(visited, tables, i, stored, affine, bender, scratch, store, tallied, sums, counts, colours, unit, out):  # type: ignore[no-untyped-def]
    """One segment: each row through its affine map and then its bender, or (bender -1) painted and written.

    stored   rows are in the canvas at address store already; otherwise they are read now
    tallied  whether the next segment leans on a mean of what this one makes
    """
    library, reader, axes, place, lines, rows, count, channels = visited
    final, cut = bender < 0, place[2] > 0
    _, size, layout, clamped = tables.settings
    kept = stored or not final
    plane, step = (rows * count, 4 * count) if kept else (count + PAD, 0)
    pixel, stride = (1, rows * count) if layout == CHW else (channels, 1)
    gain, weights, offset = tables.gain / unit, address_of(affine[0]), address_of(affine[1])
    us, vs, codes, work = address_of(lines[0]), address_of(lines[1]), address_of(lines[2]), address_of(lines[3])
    for y in range(rows):
        row = store + step * y
        lo, hi = find_row(visited, y) if cut or not stored else (0, count)
        if not stored:
            read_row(library, reader, channels, y, lo, hi, us, vs, work, count, axes, scratch, row, plane)
        if library[AFFINE_ROW] != 0:
            invoke(library[AFFINE_ROW], (row, plane, channels, count, weights, offset))
        if not final:
            bend(tables, i, bender, row, plane, channels, count)
            if tallied:
                tally(visited, lo, hi, row, plane, 1.0, sums, counts)
            continue
        if cut:
            paint(codes, count, colours, channels, row, plane)
        to, white = out + size * y * count * pixel, unit if clamped != 0 else -1.0
        ends = address_of(gain), address_of(tables.shift), to, pixel, stride
        invoke(library[WRITE_ROW], (row, plane, channels, count, white, *ends))


@kernel
def bend_fills(tables, i, s, fills):  # type: ignore[no-untyped-def]
    """The fills through the same table or user's function as the pixels."""
    channels = fills.shape[1]
    colour = np.empty(channels, np.float32)
    for k in range(fills.shape[0]):
        for c in range(channels):
            colour[c] = fills[k, c]
        bend(tables, i, s, address_of(colour), 1, channels, 1)
        for c in range(channels):
            fills[k, c] = colour[c]


@kernel
def measure(tables, sites, i, src, eight, shape, arena, planes, sums, counts):  # type: ignore[no-untyped-def]
    """Sums and counts of the canvases of which only a mean is wanted: they are read, never written."""
    for level in range(1, sites.top.size):
        visited = visit(tables, sites, level, i, src, eight, shape, arena)
        expose(visited, False, planes, planes, tables.white, sums[level], counts[level])


@entry
def render(src, shape, i, tables, sites, arena, planes, out):  # type: ignore[no-untyped-def]
    """Sample i of a batch: the picture at address src, (height, width, channels), through maps and colours, to address out.

    tables, sites  the batch's numbers: `plan.tables.Tables`, `kernels.survey.Sites`
    arena, planes  addresses of float32 scratch for the reader, and for rows and the canvas: `plan.tables` says how much
    """
    steps, kinds, levels = tables.steps[i], tables.kinds, tables.levels
    channels, unit, eight = shape[2], tables.white, tables.white > 1.0
    maps_count, top = tables.maps.shape[1], sites.top[0]
    if tables.canvas[i, top, 0] * tables.canvas[i, top, 1] == 0:
        return
    sums, counts = np.zeros((sites.top.size, channels), np.int64), np.zeros((sites.top.size, maps_count + 1), np.int64)
    measure(tables, sites, i, src, eight, shape, arena, planes, sums, counts)
    visited = visit(tables, sites, 0, i, src, eight, shape, arena)
    store = planes + 4 * (shape[1] + PAD) * channels
    fills, begin, stored = tables.fills.copy(), 0, False
    while True:
        stop = segment_end(kinds, begin)
        if leans(steps, levels, begin, stop) and not stored:
            expose(visited, True, planes, store, unit, sums[0], counts[0])
            stored = True
        affine = fold(begin, stop, steps, tables.after, levels, sums, counts, sites.top, fills)
        final = stop == kinds.size
        goal = unit if final else 1.0
        rescale(affine, goal / unit, goal)
        tallied = not final and leans(steps, levels, stop + 1, segment_end(kinds, stop + 1))
        for n in range(maps_count + 1):
            counts[0, n] = 0
        for c in range(channels):
            sums[0, c] = 0
        bender = -1 if final else stop
        develop(
            visited, tables, i, stored, affine, bender, planes, store, tallied, sums[0], counts[0], fills * goal, goal, out
        )
        if final:
            return
        bend_fills(tables, i, stop, fills)
        begin, unit, stored = stop + 1, 1.0, True


@kernel
def rescale(affine, factor, goal):  # type: ignore[no-untyped-def]
    """An affine map in units of white, to take one unit to another."""
    weights, offset = affine
    for c in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            weights[c, j] *= factor
        offset[c] *= goal
