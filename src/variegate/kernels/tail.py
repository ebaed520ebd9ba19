"""The colour tail of a row: its turns, an affine map and a step that is none each, while a line is in the cache."""

from __future__ import annotations

import numpy as np

from variegate.compiled import inlined, kernel
from variegate.kernels.codes import (
    ACROSS,
    AFFINE,
    CHW,
    CONSTANT,
    CURVE,
    DOWN,
    HOLES,
    POINTWISE,
    ROWWISE,
    STEP_MIRROR,
    STEP_PICK,
    STEP_SORT,
    TABLE,
)
from variegate.kernels.fold import fold, is_plain, leaning, segment_end
from variegate.kernels.library import AFFINE_ROW, CURVE_ROW, MIRROR_ROW, TABLE_ROW, WRITE_ROW
from variegate.kernels.link import is_affine
from variegate.kernels.memory import address_of, borrowed, invoke, load_i64
from variegate.kernels.pixel_function import PIXEL
from variegate.kernels.rows import PAD, cut_row, load_row, paint, tally

UNWRITTEN = 0, 0, 0, 0, 0, 0, 0, 0.0  # a sweep that writes nothing
# What a sweep is to do, see there; of one type: Numba would compile it anew for every tuple, or literal, of answers.
STORED, KEPT, TALLIED, WRITTEN, PAINTED = np.int64(1), np.int64(2), np.int64(4), np.int64(8), np.int64(16)


@kernel
def bend(library, bends, s, row, plane, channels, count):
    """Step s, a table, a curve or the user's function of a pixel, on a row of planes in units of white, in place."""
    kinds, steps, luts, calls, report = bends
    sort, pick = kinds[s, STEP_SORT], kinds[s, STEP_PICK]
    if sort == TABLE:
        invoke(load_i64(library, TABLE_ROW), (row, count, plane, channels, address_of(luts[pick])))
    elif sort == CURVE:
        invoke(load_i64(library, CURVE_ROW), (row, count, plane, channels, address_of(steps[s])))
    else:
        functions, which, draws = calls
        n = which[pick]
        invoke(functions[n], (row, count, plane, address_of(draws[pick]), report + 8 * (PIXEL + channels) * n))


@kernel
def bend_row(here, bends, s, y, row, plane, mirrored):
    """Step s, the user's function of a row, on row y of the canvas, whose fills are painted, in place.

    mirrored  address of scratch for a row that the function sees from its other end
    """
    kinds, _, _, calls, report = bends
    functions, which, draws = calls
    pick = kinds[s, STEP_PICK]
    n = which[pick]
    told = y, here.rows, address_of(draws[pick]), report + 8 * (PIXEL + here.channels) * n
    if kinds[s, STEP_MIRROR] & ACROSS == 0:
        invoke(functions[n], (row, here.count, plane, *told))
        return
    mirror, pitch, size = load_i64(here.library, MIRROR_ROW), here.count + PAD, (here.channels, here.count)
    invoke(mirror, (row, plane, mirrored, pitch, *size))
    invoke(functions[n], (mirrored, here.count, pitch, *told))
    invoke(mirror, (mirrored, pitch, row, plane, *size))


@inlined
def drop_row(here, bends, s, y, white, row, plane):
    """Step s, holes in row y of the canvas, whose fills are painted, in place; white: as a number in the row."""
    functions, which, draws = bends[3]
    pick = bends[0][s, STEP_PICK]
    across = bends[0][s, STEP_MIRROR] & ACROSS
    given = row, here.count, plane, here.channels, y, here.rows, address_of(draws[pick]), across, white
    invoke(functions[which[pick]], given)


@inlined
def take_turn(here, bends, turns, n, y, left, right, row, plane):
    """The n-th turn of row y: an affine map, and a step that is none. Returns whether it makes pixels of fills."""
    weights, offsets, fills, busy, ends, whites, mirrored = turns
    if busy[n]:
        affine = address_of(weights[n]), address_of(offsets[n])
        invoke(load_i64(here.library, AFFINE_ROW), (row, plane, here.channels, here.count, *affine))
    sort = bends[0][ends[n], STEP_SORT]
    if sort in (POINTWISE, ROWWISE, HOLES):  # which are shown nothing that is no pixel
        if left > 0:
            paint(here, np.int64(0), left, address_of(fills[n]), row, plane)
        if right < here.count:
            paint(here, right, here.count, address_of(fills[n]), row, plane)
    if bends[0][ends[n], STEP_MIRROR] & DOWN:
        y = here.rows - 1 - y
    if sort == ROWWISE:
        bend_row(here, bends, ends[n], y, row, plane, address_of(mirrored))
    elif sort == HOLES:
        drop_row(here, bends, ends[n], y, whites[n], row, plane)
    else:
        bend(here.library, bends, ends[n], row, plane, here.channels, here.count)
    return sort in (ROWWISE, HOLES)


@kernel
def sweep(here, arrays, bends, turns, rounds, how, scratch, store, white, tallies, last, lines, out):
    """Rows of a canvas, each once: read, put through its turns, tallied or written, while it is in the cache.

    turns    addresses of weights, offsets, fills, whether a turn's affine map is to be done, and its last step: a turn
             is an affine map and a step that is none, with what white is there; rounds: how many there are
    how      STORED: rows are in the canvas at address store already; otherwise they are read now. KEPT: they are left
             there; otherwise each is made over the last. TALLIED: they are added to the sums and counts at the
             addresses tallies, with white as this number. WRITTEN: they are put through one affine map more, painted,
             and written to address out. PAINTED: a row's function has seen them, so that all are pixels, fills too
    last     addresses of that map's weights (0: none) and offset, of the fills after it, of gain and shift; bytes an
             element, layout, and the bound to which numbers are clamped, below 0: they are not
    lines    which rows: from the first on, up to the second
    """
    stored, kept = how & STORED != 0, how & KEPT != 0
    rows, count, channels, walked = here.rows, here.count, here.channels, here.walked != 0
    plane, step = (rows * count, 4 * count) if stored or kept else (count + PAD, 0)
    weights, offset, colours, gain, shift, size, layout, bound = last
    pixel, stride = (1, rows * count) if layout == CHW else (channels, 1)
    nought = np.int64(0)
    for y in range(lines[0], lines[1]):
        row = store + step * y
        painted = how & PAINTED != 0
        lo, hi = nought, count
        if not stored:
            lo, hi = load_row(here, arrays, y, scratch, row, plane)
        elif not painted:
            lo, hi = cut_row(here, arrays, y)
        left, right = lo, hi  # what a border cut: up to left, and from right on
        if walked:
            left, right = count, nought
        for n in range(rounds):
            if painted:
                left, right = nought, count
            painted = take_turn(here, bends, turns, n, y, left, right, row, plane) or painted
        if painted:
            lo, hi, left, right = nought, count, nought, count
        if how & TALLIED != 0:
            tally(here, lo, hi, painted, row, plane, white, *tallies)
        if how & WRITTEN != 0:
            if weights != 0:
                invoke(load_i64(here.library, AFFINE_ROW), (row, plane, channels, count, weights, offset))
            paint(here, nought, left, colours, row, plane)
            paint(here, right, count, colours, row, plane)
            to = out + size * y * count * pixel
            write = row, plane, channels, count, bound, gain, shift, to, pixel, stride
            invoke(load_i64(here.library, WRITE_ROW), write)


@kernel
def open_turns(kinds, channels, count, width):
    """Room for the turns of a row's steps: see `sweep`; and for a row of a canvas of this width, mirrored."""
    most, wide = 0, np.int64(0)
    for s in range(kinds.shape[0]):
        most += 1 if kinds[s, STEP_SORT] != AFFINE else 0
        wide = width + PAD if kinds[s, STEP_MIRROR] & ACROSS else wide
    weights, offsets = np.empty((most, channels, channels if channels == 3 else 1)), np.empty((most, channels))
    fills, busy, ends = np.empty((most, count, channels)), np.empty(most, np.bool_), np.empty(most, np.int64)
    return weights, offsets, fills, busy, ends, np.empty(most), np.empty(channels * wide, np.float32)


@kernel
def lend_turns(turns):
    """The same, borrowed: a row takes parts of them, and each would count its owner's references."""
    weights, offsets, fills, busy, ends, whites, row = turns
    lent = borrowed(weights), borrowed(offsets), borrowed(fills), borrowed(busy), borrowed(ends), borrowed(whites)
    return *lent, borrowed(row)


@kernel
def put_turn(turns, n, weights, offset, fills, end, white):
    """The n-th turn: an affine map, the fills after it (in units of white), the step that follows, what white is."""
    all_weights, offsets, all_fills, busy, ends, whites, _ = turns
    for c in range(offset.size):
        offsets[n, c] = offset[c]
        for j in range(weights.shape[1]):
            all_weights[n, c, j] = weights[c, j]
        for k in range(fills.shape[0]):
            all_fills[n, k, c] = fills[k, c] * white
    busy[n], ends[n], whites[n] = not is_plain(weights, offset), end, white


@kernel
def painted_by(kinds, turns, rounds):
    """Whether one of the first turns makes pixels of fills."""
    found = False
    for n in range(rounds):
        found = found or kinds[turns[4][n], STEP_SORT] in (ROWWISE, HOLES)
    return found


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
def shown_fills(here, maps, borders):
    """Which canvases' fills may be seen: windows that cut, if nothing is folded back there, or a map has a horizon."""
    shown, horizon = np.zeros(borders.size, np.bool_), False
    for k in range(maps.shape[0]):
        horizon = horizon or not is_affine(maps[k])
    for n in range(here.cuts):
        k = load_i64(here.which, n)
        if k < 0:  # a field: it shows nothing of its own
            continue
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
def fold_turns(library, bends, turns, begin, unit, sums, counts, tops, fills, shown):
    """The turns from step `begin` on, up to the next that leans on a mean of what they make, or to the end.

    unit, fills  of the numbers that come to them; the fills are taken along
    Returns how many turns there are, the step after them, what white is in their result, whether that is the end, and
    the affine map after the last turn, if it is.
    """
    kinds, steps, rounds, nought = bends[0], bends[1], np.int64(0), np.int64(0)
    while True:
        stop = segment_end(kinds, begin)
        ended = stop == kinds.shape[0]
        weights, offset = fold(begin, stop, steps, kinds, sums, counts, tops, fills)
        in_place = ended or kinds[stop, STEP_SORT] == HOLES  # which take numbers in any unit, and leave them there
        goal = unit if in_place else 1.0
        rescale(weights, offset, goal / unit, goal)
        if ended:
            break
        put_turn(turns, rounds, weights, offset, fills, stop, goal)
        if kinds[stop, STEP_SORT] not in (ROWWISE, HOLES):  # which makes pixels of them, here and there others
            bend_fills(address_of(library), bends, stop, fills, shown)
        begin, rounds, unit = stop + 1, rounds + 1, goal
        if leaning(steps, kinds, begin, segment_end(kinds, begin), nought):
            break
    return rounds, begin, goal, ended, weights, offset
