"""One picture through one Read: the only kernel that is called for every sample.

The source is made ready (`source`) and then read a row at a time (`rows`); the colour tail follows on each row while it
is in the cache. Only where a mean of the canvas, or a table, asks for it is the canvas kept, in scratch.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import entry, kernel
from variegate.kernels.fold import fold, is_plain, leans, segment_end
from variegate.kernels.library import AFFINE_ROW, CURVE_ROW, TABLE_ROW, WRITE_ROW
from variegate.kernels.link import is_affine
from variegate.kernels.memory import address_of, borrowed, hold, invoke, load_i64
from variegate.kernels.rows import PAD, cut_row, load_row, paint, tally, visit
from variegate.plan.ir import CHW, CONSTANT, CURVE, POINTWISE, TABLE


@kernel
def borrow(tables, i, report):
    """Sample i's part of the batch's arrays, borrowed; report: passed on to the user's functions."""
    picks, luts, draws = borrowed(tables.picks)[i], borrowed(tables.luts)[i], borrowed(tables.draws)[i]
    library, canvas, steps = borrowed(tables.library), borrowed(tables.canvas)[i], borrowed(tables.steps)[i]
    bends = borrowed(tables.kinds), picks, luts, borrowed(tables.functions), draws, steps, report
    return canvas, borrowed(tables.borders), steps, library, bends


@kernel
def bend(library, bends, s, row, plane, channels, count):
    """Step s, a table, a curve or the user's compiled function, on a row of planes in units of white, in place."""
    kinds, picks, luts, functions, draws, steps, report = bends
    pick = picks[s]
    if kinds[s] == TABLE:
        invoke(load_i64(library, TABLE_ROW), (row, count, plane, channels, address_of(luts[pick])))
    elif kinds[s] == CURVE:
        invoke(load_i64(library, CURVE_ROW), (row, count, plane, channels, address_of(steps[s])))
    else:
        invoke(functions[pick], (row, count, plane, address_of(draws[pick]), report + 8 * (2 + channels) * pick))


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
        if bends[0][bender] == POINTWISE:  # which may raise, so it sees nothing that is no pixel
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


@entry
def render(src, shape, i, site, tables, sites, arena, planes, out, report):
    """Sample i of a batch, through its maps and colours, from address src, (height, width, channels), to address out.

    tables, sites  the batch's numbers: `plan.tables.Tables`, `kernels.survey.Sites`; site: the sample's row of `sites`
    arena, planes  addresses of float32 scratch for the reader, and for rows and the canvas: `plan.tables` says how much
    report         address of `kernels.user.reports`, where a user's function that raises leaves word
    """
    canvas, borders, steps, library, bends = borrow(tables, i, report)
    kinds, picks, levels, tops = bends[0], bends[1], tables.levels, borrowed(sites.top)
    interpolation, size, layout, dtype, _ = tables.settings
    unit, bound, top = tables.white, borrowed(tables.bounds)[i], tops[0]
    nought = np.int64(0)  # a literal would be a type of its own, and compile what it is given to twice
    if canvas[top, 0] * canvas[top, 1] == 0:
        return
    sums, counts = np.zeros((tops.size, shape[2])), np.zeros((tops.size, canvas.shape[0]), np.int64)
    source = src, dtype, shape, interpolation, arena
    line = planes + 4 * (shape[1] + PAD) * shape[2]
    for level in range(1, tops.size):  # canvases of which only a mean is wanted: they are read, never written
        if not leans(steps, levels, nought, kinds.size, level):  # it is another sample that wants it
            continue
        here, arrays, owners = visit(library, canvas, borders, sites, level, site, *source)
        expose(here, arrays, nought > 0, planes, line, unit, address_of(sums[level]), address_of(counts[level]))
        hold(owners)
    here, arrays, owners = visit(library, canvas, borders, sites, nought, site, *source)
    tallies = address_of(sums), address_of(counts)
    # A canvas that must be kept is kept where the result goes, if it is laid out alike: less memory to walk over.
    store = out if size == 4 and layout == CHW and shape[2] == 3 else line
    fills, begin, stored = tables.fills.copy(), nought, False
    shown = shown_fills(here, borrowed(tables.maps)[i], borders)
    while True:
        stop = segment_end(kinds, picks, begin)
        if leans(steps, levels, begin, stop, nought) and not stored:
            expose(here, arrays, nought == 0, planes, store, unit, *tallies)
            stored = True
        weights, offset = fold(begin, stop, steps, tables.after, levels, sums, counts, tops, fills)
        goal = unit if stop == kinds.size else 1.0
        rescale(weights, offset, goal / unit, goal)
        affine = address_of(weights), address_of(offset)
        if stop == kinds.size:
            break
        clear(sums[0], counts[0])
        tallied = leans(steps, levels, stop + 1, segment_end(kinds, picks, stop + 1), nought)
        develop(here, arrays, bends, stop, stored, affine, address_of(fills), planes, store, tallied, *tallies)
        hold((weights, offset))
        bend_fills(address_of(library), bends, stop, fills, shown)
        begin, unit, stored = stop + 1, 1.0, True
    gain, colours = tables.gain / goal, fills * goal
    last = address_of(gain), address_of(tables.shift), size, layout, bound
    if is_plain(weights, offset):  # also of a sample that all ops of colour skip: no number passes through arithmetic
        affine = 0, 0
    finish(here, arrays, stored, affine, planes, store if stored else line, address_of(colours), last, goal, out)
    hold((owners, sums, counts, weights, offset, gain, colours))
