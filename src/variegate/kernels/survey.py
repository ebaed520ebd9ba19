"""A batch's geometry, once a batch: for each sample, how its canvas is to be read.

The result is a `Sites`: for each canvas that is looked at (of each row its last one, which is what it makes, and
earlier ones of which only a mean is wanted) which windows cut, the way back to the source, and what has to be done to
the source before it is read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, kernel
from variegate.kernels.chain import Displacements
from variegate.kernels.codes import (
    AFFINE,
    FIRST_MAP,
    FIRST_SITE,
    FIRST_STEP,
    FORMS,
    NEAREST,
    READ,
    ROW_FILTER,
    ROW_FORM,
    ROW_READING,
    ROW_STAGE,
    STEP_AFTER,
    STEP_SORT,
)
from variegate.kernels.footprint import footprint, reduction
from variegate.kernels.link import BEYOND, apply, is_affine, is_whole, jacobian, link
from variegate.kernels.row_layout import RowLayout, leans

RAW, FILTERED, UPRIGHT = range(3)
STATE = 10  # numbers of a site
ITSELF = 1.0, 0.0, 1.0, 0.0  # the fit of a picture that is the source
# What the rows of a form ask of their units, as columns: whether there are any; which of RAW, FILTERED, UPRIGHT, and
# which of 0 and 1 for pixels that are the source's own, as bits; whether any source is reduced by whole factors, any
# border walked; whether any mean is wanted, 1 of a canvas and 2 of the source; which sorts of steps, as bits; and
# whether any field bends a map.
USED, WAYS, WHOLE, REDUCED, WALKED, MEANS, SORTS, BENT, ASKED = range(9)


class Substitutes(NamedTuple):
    """Pictures that are there in place of the sources of R rows.

    size  (R, 2) int64: their heights and widths
    fit   (R, 4) float64: scale x, shift x, scale y, shift y, from the plane of the source to theirs
    """

    size: NDArray[np.int64]
    fit: NDArray[np.float64]


NOTHING = Substitutes(np.empty((0, 2), np.int64), np.empty((0, 4)))


class Sites(NamedTuple):
    """K sites, and W windows in all that may cut one, or fields that bend it.

    tops     (K,) int64: which canvas of its row it is; windows: (K,) int64, the first of its windows
    frames   (W, 3, 3) float64, which (W,) int64, and way (K, 3, 3): see `link`
    state    (K, STATE) int64: windows that cut, walked, RAW | FILTERED | UPRIGHT, whole factors of reduction (x, y),
             region that is read (left, top, right, bottom) in the reduced source, and whether every pixel is one of the
             source's: a flip, a quarter turn, a shift by whole pixels, which is read by nearest, to the bit
    scale    (K, 4) float64: prefilter scales along x, y, the diagonal, and the diagonal's sign
    """

    tops: NDArray[np.int64]
    windows: NDArray[np.int64]
    frames: NDArray[np.float64]
    which: NDArray[np.int64]
    way: NDArray[np.float64]
    state: NDArray[np.int64]
    scale: NDArray[np.float64]


@kernel
def region(way, walked, frame, rows, columns, height, width, by_x, by_y, state):
    """The part of the (reduced) source that the output's pixels and their taps can touch, into state[5:9].

    frame  (left, right, up, down), if it is walked: what is seen of the last frame, see `link`
    """
    width, height = (width + by_x - 1) // by_x, (height + by_y - 1) // by_y
    begin_x, end_x, begin_y, end_y = frame
    if not walked:
        begin_x, end_x, begin_y, end_y = 0.0, float(columns), 0.0, float(rows)
    left, right, up, down = 1e18, -1e18, 1e18, -1e18
    for corner in range(4):
        x, y = end_x if corner % 2 == 1 else begin_x, end_y if corner > 1 else begin_y
        u, v, _ = apply(way, x, y)
        left, right, up, down = min(left, u / by_x), max(right, u / by_x), min(up, v / by_y), max(down, v / by_y)
    if walked and begin_x <= -BEYOND:
        left, right, up, down = 0.0, float(width), 0.0, float(height)
    # Far outside, a coordinate may be too large for an integer: clamp it first.
    x0 = int(min(max(np.floor(left) - 3.0, 0.0), width - 1.0))
    y0 = int(min(max(np.floor(up) - 3.0, 0.0), height - 1.0))
    state[5], state[6] = x0, y0
    state[7] = int(min(max(np.ceil(right) + 3.0, x0 + 1.0), float(width)))
    state[8] = int(min(max(np.ceil(down) + 3.0, y0 + 1.0), float(height)))


@kernel
def onto(way, fit):
    """The way, in place, on to the plane of the picture that is there in place of the source."""
    for j in range(3):
        way[0, j] = fit[0] * way[0, j] + fit[1] * way[2, j]
        way[1, j] = fit[2] * way[1, j] + fit[3] * way[2, j]


@kernel
def choose(maps, canvas, top, way, frame, there, fit, antialias, state, scale):
    """How the source is read: as it is, prefiltered, or by the exact upright kernel; fills state[2:] and scale."""
    walked, rows, columns = state[1] != 0, canvas[top, 0], canvas[top, 1]
    height, width = there[0], there[1]
    state[2], state[3], state[4] = RAW, 1, 1
    scale[0], scale[1], scale[2], scale[3] = 1.0, 1.0, 1.0, 1.0
    if antialias:
        a, b, c, d = jacobian(maps, canvas, top)
        a, b, c, d = fit[0] * a, fit[0] * b, fit[2] * c, fit[2] * d
        upright = not walked and way[0, 1] == 0.0 and way[1, 0] == 0.0 and is_affine(way)
        along_x, along_y, diagonal, sign = footprint(a, b, c, d, 1.0, 1.0)
        if upright and (abs(a) > 1.0 or abs(d) > 1.0):
            state[2] = UPRIGHT
        elif along_x > 1.0 or along_y > 1.0 or diagonal > 1.0:
            by_x, by_y = reduction(along_x), reduction(along_y)
            if by_x > 1 or by_y > 1:
                spent_x, spent_y = 2.0 if by_x > 1 else 1.0, 2.0 if by_y > 1 else 1.0
                along_x, along_y, diagonal, sign = footprint(a / by_x, b / by_x, c / by_y, d / by_y, spent_x, spent_y)
            state[2], state[3], state[4] = FILTERED, by_x, by_y
            scale[0], scale[1], scale[2], scale[3] = along_x, along_y, diagonal, sign
    region(way, walked, frame, rows, columns, height, width, state[3], state[4], state)


@kernel
def note_site(state, line):
    """What a site asks of its units."""
    line[WAYS] |= np.int64(1) << state[2]
    line[WHOLE] |= np.int64(1) << state[9]
    if state[1] != 0:
        line[WALKED] = 1
    if state[2] == FILTERED and (state[3] > 1 or state[4] > 1):
        line[REDUCED] = 1


@entry
def survey_all(begin, end, row_layout, there, fit, each, sites, asked):
    """Fill `sites`, a `Sites` of which tops are given, and `asked`, for the rows from begin to end.

    there, fit  a `Substitutes` for these rows alone; no rows of fit: the sources themselves
    each        how many windows a map has room for
    asked       (FORMS, ASKED) int64: what the units must be able to do, see below
    """
    rows, maps, borders = row_layout.rows, row_layout.maps, row_layout.borders
    canvas, fields = row_layout.canvas, row_layout.fields
    tops, windows, frames, which = sites.tops, sites.windows, sites.frames, sites.which
    way, state, scale = sites.way, sites.state, sites.scale
    own = np.empty(4)
    own[0], own[1], own[2], own[3] = ITSELF
    base, w = rows[begin, FIRST_SITE], np.int64(0)
    for r in range(begin, end):
        row, m = rows[r], rows[r, FIRST_MAP]
        line, sizes, size = asked[row[ROW_FORM]], canvas[m + r :], canvas[m + r]
        given, bends = own, Displacements(fields.which[m:], fields.grids, fields.nodes)
        if fit.shape[0] > 0:
            given, size = fit[r - begin], there[r - begin]
        for site in range(row[FIRST_SITE], rows[r + 1, FIRST_SITE]):
            k = site - base
            here, top, windows[k] = state[k], tops[k], w
            cuts, walked, frame = link(maps[m:], sizes, borders[m:], bends, top, frames[w:], which[w:], way[k])
            here[0], here[1] = cuts, 1 if walked else 0
            onto(way[k], given)
            exact = is_whole(way[k])
            for n in range(cuts if walked else 0):
                exact = exact and which[w + n] >= 0 and is_whole(frames[w + n])
            here[9] = 1 if exact else 0
            filtered = site == row[FIRST_SITE] and row[ROW_FILTER] != 0 and row[ROW_READING] != NEAREST
            choose(maps[m : m + top], sizes, top, way[k], frame, size, given, filtered, here, scale[k])
            note_site(here, line)
            for n in range(cuts if walked else 0):
                line[BENT] |= 1 if which[w + n] < 0 else 0
            w += each * top
        line[USED] |= 1 if row[ROW_STAGE] == READ else 0
        for s in range(row[FIRST_STEP], rows[r + 1, FIRST_STEP]):
            line[SORTS] |= np.int64(1) << row_layout.kinds[s, STEP_SORT]
            if row_layout.kinds[s, STEP_SORT] == AFFINE and leans(row_layout.steps[s]):
                line[MEANS] |= 1 if row_layout.kinds[s, STEP_AFTER] > 0 else 2


def survey(
    row_layout: RowLayout, rows: slice, substitutes: Substitutes | None = None
) -> tuple[Sites, NDArray[np.int64]]:
    """The sites of these rows, and what they ask of their units.

    substitutes  what is read in place of the sources, where that is not they themselves
    """
    first = row_layout.rows[:, FIRST_SITE]
    tops = row_layout.tops[first[rows.start] : first[rows.stop]]
    each = 2 if len(row_layout.fields.grids) else 1  # a window for each map, and perhaps a field
    count, most = len(tops), each * sum(tops.tolist())
    sites = Sites(
        tops,
        np.empty(count, np.int64),
        np.empty((most, 3, 3)),
        np.empty(most, np.int64),
        np.empty((count, 3, 3)),
        np.empty((count, STATE), np.int64),
        np.empty((count, 4)),
    )
    asked = np.zeros((FORMS, ASKED), np.int64)
    there = NOTHING if substitutes is None else substitutes
    survey_all(rows.start, rows.stop, row_layout, *there, each, sites, asked)
    return sites, asked
