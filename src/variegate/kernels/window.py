"""The window of a row: the part of the picture it reads on which what it makes hangs, so that no other need be there.

`survey` says which region is read; here it is cut to what the canvases between show, and widened by what is looked at
around each coordinate: the pixels that are mixed, and the radii of the prefilters.

A point on a canvas lies within it: what a window cuts off is border, and what a border folds comes to lie inside. So
all that is read lies in what each canvas becomes in the plane of the source, as long as no map between them folds,
bends or tilts; a crop bounds whatever comes after it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, kernel
from variegate.kernels.chain import UNBENT
from variegate.kernels.codes import BICUBIC, CONSTANT, FIRST_MAP, FIRST_SITE, NEAREST, READ, ROW_READING, ROW_STAGE
from variegate.kernels.footprint import cubic_taps, tent_taps
from variegate.kernels.link import around, field_of, inside, is_affine, product, reset
from variegate.kernels.prefilter import RADIUS
from variegate.kernels.row_layout import RowLayout
from variegate.kernels.survey import FILTERED, UPRIGHT, Sites

HAIR = 1e-3  # pixels: two ways to compute a coordinate differ by less


@kernel
def shown(maps, canvas, borders, which, top, seen):
    """A region of the source, (left, right, up, down), cut to what each canvas up to `top` shows of it."""
    way, step = np.empty((3, 3)), np.empty((3, 3))
    reset(way)
    left, right, up, down = seen
    for k in range(top):
        if field_of(which, k) != UNBENT:
            break
        edge = 0.5 if k == top - 1 else 0.0  # of the last canvas, pixels' centres are what is asked for
        a, b, c, d = edge, canvas[k + 1, 1] - edge, edge, canvas[k + 1, 0] - edge
        h, w = float(canvas[k, 0]), float(canvas[k, 1])
        m = maps[k]
        if borders[k] != CONSTANT and not (
            inside(m, a, c, h, w) and inside(m, b, c, h, w) and inside(m, a, d, h, w) and inside(m, b, d, h, w)
        ):
            break
        for i in range(3):
            for j in range(3):
                step[i, j] = m[i, j]
        product(way, step, step)
        for i in range(3):
            for j in range(3):
                way[i, j] = step[i, j]
        if not is_affine(way):
            break
        x0, x1, y0, y1 = around(way, a, b, c, d)
        left, right, up, down = max(left, x0), min(right, x1), max(up, y0), min(down, y1)
    return left, right, up, down


@kernel
def weighed(first, last, stretch, cubic, size):
    """The pixels (first, last) that `resize.axis_taps` looks at for centres from first to last."""
    reach = (2.0 if cubic else 1.0) * max(stretch, 1.0)
    most = min(np.ceil(2.0 * reach), float(size))
    low, high = np.floor(first - reach - 0.5) + 1.0, max(np.floor(last - reach - 0.5) + 1.0, 0.0)
    return min(low, size - most), high + most - 1.0


@kernel
def looked_at(first, last, size, by, stretch, radius, how, reading):
    """The pixels begin <= x < end of an axis of the source that are looked at for coordinates from first to last.

    by       the whole factor by which the source is reduced; stretch: of the upright kernel
    radius   of the prefilters; reading: the code of the interpolation
    how      RAW, FILTERED or UPRIGHT
    """
    first, last = min(max(first - HAIR, 0.0), float(size)), min(max(last + HAIR, 0.0), float(size))
    cubic = reading == BICUBIC
    if how == UPRIGHT:
        low, high = weighed(first, last, stretch, cubic, size)
    else:
        low, high = np.floor(first / by), np.floor(last / by)
        if reading != NEAREST:
            more = 1.0 if cubic else 0.0
            low, high = np.floor(first / by - 0.5) - more, np.floor(last / by - 0.5) + 1.0 + more
        low, high = low - radius, high + radius
        if by > 1:
            low, high = weighed((low + 0.5) * by, (high + 0.5) * by, float(by), cubic, size)
    begin = int(min(max(low, 0.0), size - 1.0))
    return begin, int(min(max(high + 1.0, begin + 1.0), float(size)))


@kernel
def site_window(row_layout, r, top, way, state, scale):
    """(top, bottom, left, right) of what is looked at for one site of row r."""
    rows, canvas = row_layout.rows, row_layout.canvas
    m, reading = rows[r, FIRST_MAP], rows[r, ROW_READING]
    height, width = canvas[m + r, 0], canvas[m + r, 1]
    by_x, by_y, taps = state[3], state[4], np.empty(RADIUS)
    seen = float(by_x * state[5]), float(by_x * state[7]), float(by_y * state[6]), float(by_y * state[8])
    which = row_layout.fields.which[m:]
    left, right, up, down = shown(row_layout.maps[m:], canvas[m + r :], row_layout.borders[m:], which, top, seen)
    more_x, more_y = np.int64(0), np.int64(0)
    if state[2] == FILTERED:
        cubic = reading == BICUBIC
        diagonal = cubic_taps(scale[2], taps) if cubic else tent_taps(scale[2], taps)
        more_x = diagonal + (cubic_taps(scale[0], taps) if cubic else tent_taps(scale[0], taps))
        more_y = diagonal + (cubic_taps(scale[1], taps) if cubic else tent_taps(scale[1], taps))
    read = NEAREST if state[9] != 0 else reading
    x0, x1 = looked_at(left, right, width, by_x, abs(way[0, 0]), more_x, state[2], read)
    y0, y1 = looked_at(up, down, height, by_y, abs(way[1, 1]), more_y, state[2], read)
    return y0, y1, x0, x1


@entry
def window_all(row_layout, sites, windows):
    """Fill windows (R, 4) int64: of each row (top, bottom, left, right), the pixels of its picture that it looks at.

    Of a row that is not read, all of it. sites: of these rows, as `survey` left them.
    """
    rows, canvas = row_layout.rows, row_layout.canvas
    for r in range(rows.shape[0] - 1):
        size, own = canvas[rows[r, FIRST_MAP] + r], windows[r]
        own[0], own[1], own[2], own[3] = 0, size[0], 0, size[1]
        if rows[r, ROW_STAGE] != READ:
            continue
        first = rows[r, FIRST_SITE]
        for k in range(first, rows[r + 1, FIRST_SITE]):
            y0, y1, x0, x1 = site_window(row_layout, r, sites.tops[k], sites.way[k], sites.state[k], sites.scale[k])
            if k == first:
                own[0], own[1], own[2], own[3] = y0, y1, x0, x1
            else:
                own[0], own[1], own[2], own[3] = min(own[0], y0), max(own[1], y1), min(own[2], x0), max(own[3], x1)


def windows(row_layout: RowLayout, sites: Sites) -> NDArray[np.int64]:
    """(R, 4): of each row (top, bottom, left, right), the pixels of its picture that it looks at."""
    found = np.empty((len(row_layout.rows) - 1, 4), np.int64)
    window_all(row_layout, sites, found)
    return found
