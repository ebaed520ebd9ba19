"""The walk of a row where a border folds or a map is projective: window by window, all its pixels at a time.

Each pixel goes the way that `link` tells of: at each window that cuts, a point outside is folded back, or shows the
fill. A loop over the row for one window is one that LLVM vectorises; a walk pixel by pixel took eight times as long.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64

from variegate.compiled import kernel, unit
from variegate.kernels.codes import CONSTANT, LATTICE
from variegate.kernels.link import fold, within
from variegate.kernels.memory import input_f64, invoke, load_f64, load_i64, load_u8, store_f64, store_u8


@kernel
def entries(address):
    """The numbers of a map, row by row, and whether it is affine."""
    first = input_f64(address, 0), input_f64(address, 1), input_f64(address, 2)
    second = input_f64(address, 3), input_f64(address, 4), input_f64(address, 5)
    g, h, i = input_f64(address, 6), input_f64(address, 7), input_f64(address, 8)
    return (*first, *second, g, h, i), g == 0.0 and h == 0.0 and i == 1.0


@kernel
def through(m, affine, x, y):
    """(u, v, w) of a point by a map's `entries`, u and v divided by w; nothing is divided where it is affine."""
    a, b, c, d, e, f, g, h, i = m
    u, v = a * x + (b * y + c), d * x + (e * y + f)
    if affine:
        return u, v, 1.0
    w = g * x + (h * y + i)
    return u / w, v / w, w


@unit(*[int64] * 9)
def walk_window(m, border, code, us, vs, codes, count, height, width):
    """A row of points, in place, to the canvas of a window: outside of it they are folded, or have its code.

    m              address of the map from the frame of the points to the canvas of that height and width
    us, vs, codes  addresses of the coordinates and of bytes, 0 for a point that no window has cut yet
    """
    (matrix, affine), h, w = entries(m), float(height), float(width)
    if border == CONSTANT:
        for x in range(count):
            u, v, ahead = through(matrix, affine, load_f64(us, x), load_f64(vs, x))
            old = load_u8(codes, x)
            stays = old != 0 or (ahead > 0.0 and within(u, w) and within(v, h))
            store_u8(codes, x, old if stays else np.uint8(code))
        return
    for x in range(count):
        u, v, ahead = through(matrix, affine, load_f64(us, x), load_f64(vs, x))
        inside = ahead > 0.0 and within(u, w) and within(v, h)
        old = load_u8(codes, x)
        cut = not ahead > 0.0  # nothing beyond the horizon can be folded
        store_u8(codes, x, np.uint8(code) if cut and old == 0 else old)
        store_f64(us, x, u if inside else fold(u, w, border))
        store_f64(vs, x, v if inside else fold(v, h, border))


@unit(int64, *[float64] * 4, *[int64] * 4)
def walk_home(m, scale_x, shift_x, scale_y, shift_y, us, vs, codes, count):
    """A row of points, in place, by the map at address m to the source, and from there to the buffer that is read."""
    matrix, affine = entries(m)
    for x in range(count):
        u, v, _ = through(matrix, affine, load_f64(us, x), load_f64(vs, x))
        shown = load_u8(codes, x) == 0
        store_f64(us, x, (u if shown else 0.0) * scale_x + shift_x)
        store_f64(vs, x, (v if shown else 0.0) * scale_y + shift_y)


@kernel
def walk_row(units, y, count, windows, which, cuts, way, canvas, borders, fields, fit, us, vs, codes):
    """Coordinates and codes (0 inside, k + 1 where the window of canvas k cut) of row y, into scratch.

    units   addresses of `walk_window`, `walk_home` and `kernels.field.walk_field`; all from windows to borders, and
            scratch, are addresses, too
    fields  addresses of the maps and of `kernels.chain.Displacements`: which, grids and nodes
    Returns an interval that holds all pixels that are inside.
    """
    for x in range(count):
        store_f64(us, x, x + 0.5)
        store_f64(vs, x, y + 0.5)
        store_u8(codes, x, np.uint8(0))
    for n in range(cuts):
        k = load_i64(which, n)
        if k < 0:
            maps, bent, grids, nodes = fields
            grid = grids + 8 * LATTICE * load_i64(bent, ~k)
            size = load_i64(canvas, 2 * ~k + 2), load_i64(canvas, 2 * ~k + 3)
            invoke(units[2], (windows + 72 * n, maps + 72 * ~k, grid, nodes, us, vs, count, *size))
            continue
        size = load_i64(canvas, 2 * k), load_i64(canvas, 2 * k + 1)
        invoke(units[0], (windows + 72 * n, load_i64(borders, k), k + 1, us, vs, codes, count, *size))
    invoke(units[1], (way, *fit, us, vs, codes, count))
    lo, hi = 0, count
    while lo < hi and load_u8(codes, lo) != 0:
        lo += 1
    while hi > lo and load_u8(codes, hi - 1) != 0:
        hi -= 1
    return (lo, hi) if lo < hi else (0, 0)
