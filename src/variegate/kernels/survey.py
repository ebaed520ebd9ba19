"""A batch's geometry, once a batch: for each sample, how its canvas is to be read.

The result is a `Sites`: for each level (level 0 the output, further ones canvases of which only a mean is wanted) and
each sample, which windows cut, the way back to the source, and what has to be done to the source before it is read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, kernel
from variegate.kernels.footprint import footprint, reduction
from variegate.kernels.link import apply, is_affine, is_whole, jacobian, link
from variegate.plan.ir import NEAREST

RAW, FILTERED, UPRIGHT = range(3)
STATE = 10  # numbers of a site
ITSELF = 1.0, 0.0, 1.0, 0.0  # the fit of a picture that is the source


class Given(NamedTuple):
    """Pictures that are there in place of the sources of a batch.

    size  (B, 2) int64: their heights and widths
    fit   (B, 4) float64: scale x, shift x, scale y, shift y, from the plane of the source to theirs
    """

    size: NDArray[np.int64]
    fit: NDArray[np.float64]


class Sites(NamedTuple):
    """L levels, B samples, G maps.

    top      (L,) int64: which canvas the level is
    windows  (L, B, G, 3, 3) float64, which (L, B, G) int64, way (L, B, 3, 3): see `link`
    state    (L, B, STATE) int64: windows that cut, walked, RAW | FILTERED | UPRIGHT, whole factors of reduction (x, y),
             region that is read (left, top, right, bottom) in the reduced source, and whether every pixel is one of the
             source's: a flip, a quarter turn, a shift by whole pixels, which is read by nearest, to the bit
    scale    (L, B, 4) float64: prefilter scales along x, y, the diagonal, and the diagonal's sign
    """

    top: NDArray[np.int64]
    windows: NDArray[np.float64]
    which: NDArray[np.int64]
    way: NDArray[np.float64]
    state: NDArray[np.int64]
    scale: NDArray[np.float64]


@kernel
def region(way, walked, rows, columns, height, width, by_x, by_y, state):
    """The part of the (reduced) source that the output's pixels and their taps can touch, into state[5:9]."""
    width, height = (width + by_x - 1) // by_x, (height + by_y - 1) // by_y
    left, right, up, down = 1e18, -1e18, 1e18, -1e18
    for corner in range(4):
        u, v, _ = apply(way, float(columns) * (corner % 2), float(rows) * (corner // 2))
        left, right, up, down = min(left, u / by_x), max(right, u / by_x), min(up, v / by_y), max(down, v / by_y)
    if walked:
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
def choose(maps, canvas, top, way, there, fit, antialias, state, scale):
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
    region(way, walked, rows, columns, height, width, state[3], state[4], state)


@entry
def survey_all(maps, canvas, borders, there, fit, antialias, top, windows, which, way, state, scale):
    """Fill the arrays of a `Sites` (except `top`) for maps (B, G, 3, 3) and canvas (B, G + 1, 2); see `Given`."""
    for level in range(top.size):
        for i in range(maps.shape[0]):
            here = state[level, i]
            cuts, walked = link(
                maps[i], canvas[i], borders, top[level], windows[level, i], which[level, i], way[level, i]
            )
            here[0], here[1] = cuts, 1 if walked else 0
            onto(way[level, i], fit[i])
            exact = is_whole(way[level, i])
            for n in range(cuts if walked else 0):
                exact = exact and is_whole(windows[level, i, n])
            here[9] = 1 if exact else 0
            filtered = antialias and level == 0
            choose(maps[i], canvas[i], top[level], way[level, i], there[i], fit[i], filtered, here, scale[level, i])


def survey(
    maps: NDArray[np.float64],
    canvas: NDArray[np.int64],
    borders: NDArray[np.int64],
    interpolation: int,
    antialias: bool,
    levels: list[int],
    given: Given | None = None,
) -> Sites:
    """The sites of a batch: level 0 is the output, `levels` are earlier canvases to be measured.

    given  what is read in place of the sources, where that is not they themselves
    """
    count, maps_count = maps.shape[:2]
    if given is None:
        given = Given(np.ascontiguousarray(canvas[:, 0]), np.empty((count, 4)))
        given.fit[:] = ITSELF
    top = np.array([maps_count, *levels], np.int64)
    shape = (top.size, count)
    sites = Sites(
        top,
        np.empty((*shape, maps_count, 3, 3)),
        np.empty((*shape, maps_count), np.int64),
        np.empty((*shape, 3, 3)),
        np.empty((*shape, STATE), np.int64),
        np.empty((*shape, 4)),
    )
    survey_all(maps, canvas, borders, *given, bool(antialias) and interpolation != NEAREST, *sites)
    return sites
