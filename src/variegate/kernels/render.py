"""One picture through one row of a batch: the only kernel that is called for every sample.

The source is made ready (`source`) and then read a row at a time (`rows`); the colour tail follows on each row while it
is in the cache. Only where a mean of the canvas, or a table, asks for it is the canvas kept, in scratch.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import entry, kernel
from variegate.kernels.fold import fold, is_plain, leaning, segment_end
from variegate.kernels.library import AFFINE_ROW, CURVE_ROW, TABLE_ROW, WRITE_ROW
from variegate.kernels.link import is_affine
from variegate.kernels.memory import address_of, borrowed, hold, invoke, load_i64
from variegate.kernels.rows import PAD, cut_row, load_row, paint, tally, visit
from variegate.plan.ir import (
    BOUND,
    CHW,
    CONSTANT,
    CURVE,
    FIRST_MAP,
    FIRST_SITE,
    FIRST_STEP,
    FLOAT32,
    FROM_SOURCE,
    GOAL,
    HWC,
    POINTWISE,
    ROW_FORM,
    ROW_READING,
    STEP_PICK,
    STEP_SORT,
    TABLE,
    TO_RESULT,
    WHITE,
)


@kernel
def borrow(tables, r, report):
    """Row r's part of the batch's arrays, borrowed; report: passed on to the user's functions."""
    rows, canvas = borrowed(tables.rows), borrowed(tables.canvas)
    m, n = rows[r, FIRST_MAP], rows[r + 1, FIRST_MAP]
    first, last = rows[r, FIRST_STEP], rows[r + 1, FIRST_STEP]
    steps, kinds = borrowed(tables.steps)[first:last], borrowed(tables.kinds)[first:last]
    library = borrowed(tables.library)[rows[r, ROW_FORM]]
    calls = borrowed(tables.functions), borrowed(tables.calls), borrowed(tables.draws)
    bends = kinds, steps, borrowed(tables.luts), calls, report
    maps, borders = borrowed(tables.maps)[m:n], borrowed(tables.borders)[m:n]
    return maps, canvas[m + r : n + r + 1], borders, library, bends


@kernel
def row_fills(tables, r):
    """(G, C): what lies outside each of row r's canvases."""
    rows, colours, which = borrowed(tables.rows), borrowed(tables.colours), borrowed(tables.fills)
    m, n = rows[r, FIRST_MAP], rows[r + 1, FIRST_MAP]
    fills = np.empty((n - m, colours.shape[1]))
    for k in range(n - m):
        for c in range(colours.shape[1]):
            fills[k, c] = colours[which[m + k], c]
    return fills


@kernel
def bend(library, bends, s, row, plane, channels, count):
    """Step s, a table, a curve or the user's compiled function, on a row of planes in units of white, in place."""
    kinds, steps, luts, calls, report = bends
    sort, pick = kinds[s, STEP_SORT], kinds[s, STEP_PICK]
    if sort == TABLE:
        invoke(load_i64(library, TABLE_ROW), (row, count, plane, channels, address_of(luts[pick])))
    elif sort == CURVE:
        invoke(load_i64(library, CURVE_ROW), (row, count, plane, channels, address_of(steps[s])))
    else:
        functions, which, draws = calls
        n = which[pick]
        invoke(functions[n], (row, count, plane, address_of(draws[pick]), report + 8 * (2 + channels) * n))


@kernel
def expose(here, arrays, kept, scratch, store, white, sums, counts):
    """Read every row and tally it; kept: into the canvas at address store, else each over the last."""
    plane = here.rows * here.count if kept else here.count + PAD
    for y in range(here.rows):
        row = store + 4 * y * here.count if kept else store
        lo, hi = load_row(here, arrays, y, scratch, row, plane)
        tally(here, lo, hi, row, plane, white, sums, counts)


@kernel
def develop(here, arrays, bends, bender, stored, affine, fills, scratch, store, tallied, sums, counts):
    """A segment that ends in step `bender`: each row through its affine map and the bender, kept in the canvas.

    stored   rows are in the canvas at address store already; otherwise they are read now
    affine   addresses of weights and offset; fills: address of the fills after that map
    tallied  whether the next segment leans on a mean of what this one makes
    """
    plane = here.rows * here.count
    for y in range(here.rows):
        row = store + 4 * y * here.count
        lo, hi = cut_row(here, arrays, y) if stored else load_row(here, arrays, y, scratch, row, plane)
        invoke(load_i64(here.library, AFFINE_ROW), (row, plane, here.channels, here.count, *affine))
        if bends[0][bender, STEP_SORT] == POINTWISE:  # which may raise, so it sees nothing that is no pixel
            paint(here, np.int64(0), here.count if here.walked else lo, fills, row, plane)
            paint(here, here.count if here.walked else hi, here.count, fills, row, plane)
        bend(here.library, bends, bender, row, plane, here.channels, here.count)
        if tallied:
            tally(here, lo, hi, row, plane, 1.0, sums, counts)


@kernel
def finish(here, arrays, stored, affine, scratch, store, colours, last, unit, out):
    """The last segment: each row through its affine map, painted, and written.

    colours  address of the fills; last: (address of gain, of shift, bytes an element, layout, bound)
    bound    in units of white: the numbers are clamped to 0 up to it; below 0: they are not
    """
    rows, count, channels, walked = here.rows, here.count, here.channels, here.walked != 0
    gain, shift, size, layout, bound = last
    plane, step = (rows * count, 4 * count) if stored else (count + PAD, 0)
    pixel, stride = (1, rows * count) if layout == CHW else (channels, 1)
    white, nought = bound * unit, np.int64(0)
    for y in range(rows):
        row = store + step * y
        lo, hi = cut_row(here, arrays, y) if stored else load_row(here, arrays, y, scratch, row, plane)
        if affine[0] != 0:
            invoke(load_i64(here.library, AFFINE_ROW), (row, plane, channels, count, *affine))
        paint(here, nought, count if walked else lo, colours, row, plane)
        paint(here, count if walked else hi, count, colours, row, plane)
        to = out + size * y * count * pixel
        invoke(load_i64(here.library, WRITE_ROW), (row, plane, channels, count, white, gain, shift, to, pixel, stride))


@kernel
def shown_fills(here, maps, borders):
    """Which canvases' fills may be seen: windows that cut, if nothing is folded back there, or a map has a horizon."""
    shown, horizon = np.zeros(borders.size, np.bool_), False
    for k in range(maps.shape[0]):
        horizon = horizon or not is_affine(maps[k])
    for n in range(here.cuts):
        k = load_i64(here.which, n)
        shown[k] = horizon or borders[k] == CONSTANT
    return shown


@kernel
def bend_fills(library, bends, s, fills, shown):
    """The fills that are shown through the same table or user's function as the pixels; shown: see `shown_fills`."""
    channels = fills.shape[1]
    colour, one = np.empty(channels, np.float32), np.int64(1)
    for k in range(fills.shape[0]):
        if not shown[k]:
            continue
        for c in range(channels):
            colour[c] = fills[k, c]
        bend(library, bends, s, address_of(colour), one, channels, one)
        for c in range(channels):
            fills[k, c] = colour[c]


@kernel
def rescale(weights, offset, factor, goal):
    """An affine map in units of white, to take one unit to another."""
    for c in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            weights[c, j] *= factor
        offset[c] *= goal


@kernel
def clear(sums, counts):
    """Begin a new tally."""
    for c in range(sums.size):
        sums[c] = 0
    for k in range(counts.size):
        counts[k] = 0


@kernel
def last_write(tables, r, goal, channels):
    """(gain, shift, bytes an element, layout): how row r is written, from numbers in which white is `goal`."""
    row, gain, shift = borrowed(tables.rows)[r], np.empty(channels), np.zeros(channels)
    size, layout, _, _ = tables.settings
    if row[ROW_FORM] & TO_RESULT:
        for c in range(channels):
            gain[c], shift[c] = tables.gain[c] / goal, tables.shift[c]
        return gain, shift, size, layout
    for c in range(channels):
        gain[c] = borrowed(tables.units)[r, GOAL] / goal
    return gain, shift, np.int64(4), np.int64(HWC)


@entry
def render(src, shape, r, site, tables, sites, arena, planes, out, report):
    """Row r of a batch, through its maps and colours, from address src, (height, width, channels), to address out.

    tables, sites  the batch's numbers: `plan.tables.Tables`, `kernels.survey.Sites`; site: the first of the row's sites
    arena, planes  addresses of float32 scratch for the reader, and for rows and the canvas: `plan.tables` says how much
    report         address of `kernels.user.reports`, where a user's function that raises leaves word
    """
    maps, canvas, borders, library, bends = borrow(tables, r, report)
    kinds, steps, line = bends[0], bends[1], borrowed(tables.rows)[r]
    sites_count = borrowed(tables.rows)[r + 1, FIRST_SITE] - line[FIRST_SITE]
    tops = borrowed(sites.tops)[site : site + sites_count]
    unit, bound, top = borrowed(tables.units)[r, WHITE], borrowed(tables.units)[r, BOUND], tops[0]
    nought = np.int64(0)  # a literal would be a type of its own, and compile what it is given to twice
    if canvas[top, 0] * canvas[top, 1] == 0:
        return
    sums, counts = np.zeros((tops.size, shape[2])), np.zeros((tops.size, canvas.shape[0]), np.int64)
    dtype = tables.settings[2] if line[ROW_FORM] & FROM_SOURCE else np.int64(FLOAT32)
    source = src, dtype, shape, line[ROW_READING], arena
    widest = planes + 4 * (shape[1] + PAD) * shape[2]
    for k in range(1, tops.size):  # canvases of which only a mean is wanted: they are read, never written
        here, arrays, owners = visit(library, canvas, borders, sites, site + k, *source)
        expose(here, arrays, nought > 0, planes, widest, unit, address_of(sums[k]), address_of(counts[k]))
        hold(owners)
    here, arrays, owners = visit(library, canvas, borders, sites, site, *source)
    tallies = address_of(sums), address_of(counts)
    steps_count, fills, begin, stored = kinds.shape[0], row_fills(tables, r), nought, False
    # A canvas that must be kept is kept where the result goes, if it is laid out alike: less memory to walk over.
    alike = tables.settings[0] == 4 and tables.settings[1] == CHW and shape[2] == 3 and line[ROW_FORM] & TO_RESULT
    store = out if alike else widest
    shown = shown_fills(here, maps, borders)
    while True:
        stop = segment_end(kinds, begin)
        if leaning(steps, kinds, begin, stop, nought) and not stored:
            expose(here, arrays, nought == 0, planes, store, unit, *tallies)
            stored = True
        weights, offset = fold(begin, stop, steps, kinds, sums, counts, tops, fills)
        goal = unit if stop == steps_count else 1.0
        rescale(weights, offset, goal / unit, goal)
        affine = address_of(weights), address_of(offset)
        if stop == steps_count:
            break
        clear(sums[0], counts[0])
        tallied = leaning(steps, kinds, stop + 1, segment_end(kinds, stop + 1), nought)
        develop(here, arrays, bends, stop, stored, affine, address_of(fills), planes, store, tallied, *tallies)
        hold((weights, offset))
        bend_fills(address_of(library), bends, stop, fills, shown)
        begin, unit, stored = stop + 1, 1.0, True
    gain, shift, size, layout = last_write(tables, r, goal, shape[2])
    colours = fills * goal
    last = address_of(gain), address_of(shift), size, layout, bound
    if is_plain(weights, offset):  # also where there is no op of colour: no number passes through arithmetic
        affine = 0, 0
    finish(here, arrays, stored, affine, planes, store if stored else widest, address_of(colours), last, goal, out)
    hold((owners, sums, counts, weights, offset, gain, shift, colours))
