"""One picture through one row of a batch: the only kernel that is called for every sample.

The source is made ready (`source`) and then read a row at a time (`rows`); the colour tail follows on each row while it
is in the cache. Only where a mean of the canvas asks for it is the canvas kept, in scratch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, kernel
from variegate.kernels.codes import (
    BOUND,
    CHW,
    FIRST_MAP,
    FIRST_SITE,
    FIRST_STEP,
    FLOAT32,
    FROM_SOURCE,
    GOAL,
    HWC,
    LEVELS,
    ROW_FORM,
    ROW_READING,
    TO_RESULT,
    UINT8,
    WHITE,
)
from variegate.kernels.fold import is_plain, leaning, segment_end
from variegate.kernels.levels import are_alike, by_levels, put_ramp, read_part
from variegate.kernels.library import AFFINE_ROW, EXPAND, SUM_BYTES, WRITE_ROW
from variegate.kernels.memory import address_of, borrowed, hold, invoke, load_f32, load_i64, store_f32
from variegate.kernels.rows import PAD, Visit, tally_source, visit
from variegate.kernels.survey import Sites
from variegate.kernels.tables import Tables, arena_floats, plane_floats
from variegate.kernels.tail import (
    KEPT,
    PAINTED,
    STORED,
    TALLIED,
    UNWRITTEN,
    WRITTEN,
    clear,
    fold_turns,
    lend_turns,
    open_turns,
    painted_by,
    shown_fills,
    sweep,
    take_turn,
)
from variegate.kernels.tally import LANES
from variegate.scratch import SCRATCH


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
    which, grids, nodes = tables.fields
    fields = address_of(maps), address_of(borrowed(which)[m:n]), address_of(grids), address_of(nodes)
    return maps, canvas[m + r : n + r + 1], borders, fields, library, bends


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


@kernel
def level_out(here, bends, turns, rounds, last, src, shape, part, store, out):
    """A whole row by looking up each byte in what its steps make of the 256 levels; see `kernels.levels`.

    part   (left, top, right, bottom): what of the result is to be made
    store  address of float32 scratch, two times LEVELS a channel; last: as for `sweep`
    """
    width, channels = shape[1], shape[2]
    weights, offset, _, gain, shift, _, _, bound = last
    level = Visit(
        here.library, here.unit, here.reader, here.axes, here.lines, here.cuts, here.windows, here.which, here.canvas,
        here.walked, here.us, here.vs, here.codes, here.work, np.int64(1), np.int64(LEVELS), channels,
    )  # fmt: skip
    put_ramp(store, channels)
    none = np.int64(LEVELS)
    for n in range(rounds):
        take_turn(level, bends, turns, n, np.int64(0), none, none, store, np.int64(LEVELS))
    if weights != 0:
        invoke(load_i64(here.library, AFFINE_ROW), (store, LEVELS, channels, LEVELS, weights, offset))
    table, one = store + 4 * LEVELS * channels, np.int64(1)
    write = store, LEVELS, channels, LEVELS, bound, gain, shift, table, channels, one
    invoke(load_i64(here.library, WRITE_ROW), write)
    alike = are_alike(table, channels)
    if alike:
        for v in range(LEVELS):
            store_f32(table, v, load_f32(table, v * channels))
    left, top, right, bottom = part
    if right > left and bottom > top:
        first = (top * width + left) * channels
        line = width * channels
        shown = src + first, line, table, 1 if alike else 0, bottom - top, right - left, channels, out + 4 * first
        invoke(load_i64(here.library, EXPAND), (*shown, 4 * line))


@entry
def render(src, shape, r, site, after, tables, sites, arena, planes, out, report):
    """Row r of a batch, through its maps and colours, from address src, (height, width, channels), to address out.

    tables, sites  the batch's numbers: `tables.Tables`, `survey.Sites`; site: the first of the row's sites
    after          the only site of the row that reads what this one makes; below 0: all of it is needed
    arena, planes  addresses of float32 scratch for the reader, and for rows and the canvas: `tables` says how much
    report         address of `kernels.pixel_function.reports`, where a user's function that raises leaves word
    """
    maps, canvas, borders, fields, library, bends = borrow(tables, r, report)
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
    fills, own_turns = row_fills(tables, r), open_turns(kinds, shape[2], maps.shape[0], canvas[top, 1])
    turns = lend_turns(own_turns)
    planned = shape[0] == canvas[0, 0] and shape[1] == canvas[0, 1]
    summed = planned and library[SUM_BYTES] != 0 and LANES % shape[2] == 0  # a mean of the source is one of its bytes
    for k in range(1, tops.size):  # canvases of which only a mean is wanted: they are read, never written
        if summed and tops[k] == 0:
            tally_source(library, src, shape, sums[k], counts[k])
        else:
            here, arrays, owners = visit(library, canvas, borders, fields, sites, site + k, *source)
            measured = address_of(sums[k]), address_of(counts[k])
            every = nought, here.rows
            sweep(here, arrays, bends, turns, nought, TALLIED, planes, widest, unit, measured, UNWRITTEN, every, out)
            hold(owners)
    here, arrays, owners = visit(library, canvas, borders, fields, sites, site, *source)
    tallies, begin, stored, every = (address_of(sums), address_of(counts)), nought, nought, (nought, here.rows)
    # A canvas that must be kept is kept where the result goes, if it is laid out alike: less memory to walk over.
    alike = tables.settings[0] == 4 and tables.settings[1] == CHW and shape[2] == 3 and line[ROW_FORM] & TO_RESULT
    store, shown = out if alike else widest, shown_fills(here, maps, borders)
    wanted = leaning(steps, kinds, begin, segment_end(kinds, begin), nought)
    if wanted and summed and top == 0:
        tally_source(library, src, shape, sums[0], counts[0])
    elif wanted:
        sweep(here, arrays, bends, turns, nought, KEPT | TALLIED, planes, store, unit, tallies, UNWRITTEN, every, out)
        stored = STORED
    while True:
        found = fold_turns(library, bends, turns, begin, unit, sums, counts, tops, fills, shown)
        rounds, begin, goal, ended, weights, offset = found
        if ended:
            break
        clear(sums[0], counts[0])
        kept = stored | KEPT | TALLIED
        sweep(here, arrays, bends, turns, rounds, kept, planes, store, goal, tallies, UNWRITTEN, every, out)
        unit, stored = goal, stored | STORED | (PAINTED if painted_by(kinds, turns, rounds) else nought)
    gain, shift, size, layout = last_write(tables, r, goal, shape[2])
    colours = fills * goal
    # Also where there is no op of colour: no number passes through arithmetic.
    affine = (nought, nought) if is_plain(weights, offset) else (address_of(weights), address_of(offset))
    last = *affine, address_of(colours), address_of(gain), address_of(shift), size, layout, bound * goal
    plain = maps.shape[0] == 0 and planned and stored == 0
    part = nought, nought, here.count, here.rows  # of the result, what the next row reads
    if after >= 0:
        part = read_part(borrowed(sites.state)[after], borrowed(sites.way)[after], here.rows, here.count)
    if plain and dtype == UINT8 and size == 4 and layout == HWC and by_levels(kinds, steps):
        level_out(here, bends, turns, rounds, last, src, shape, part, planes, out)
    else:
        place, how, lines = (widest if stored == 0 else store), stored | WRITTEN, (part[1], part[3])
        sweep(here, arrays, bends, turns, rounds, how, planes, place, 1.0, tallies, last, lines, out)
    hold((owners, sums, counts, weights, offset, gain, shift, colours, own_turns))


def run_row(
    row: int, image: NDArray[Any], out: NDArray[Any], tables: Tables, sites: Sites, site: int, after: int, report: int
) -> None:
    """`render` with scratch of this thread's own; image and out are C-contiguous."""
    shape = height, width, channels = image.shape
    first, last = (int(tables.rows[r, FIRST_MAP]) + row for r in (row, row + 1))
    rows, columns = tables.canvas[last].tolist()
    widest = columns if last == first else max(tables.canvas[first : last + 1, 1].tolist())
    arena, arena_owner = SCRATCH.address("arena", arena_floats(height, width, channels))
    planes, planes_owner = SCRATCH.address("planes", plane_floats(rows, columns, widest, width, channels))
    source, target = image.__array_interface__["data"][0], out.__array_interface__["data"][0]
    render(source, shape, row, site, after, tables, sites, arena, planes, target, report)
    del arena_owner, planes_owner
