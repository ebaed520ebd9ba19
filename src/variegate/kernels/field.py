"""Displacement fields in the walk of a row; `variegate.ops.effect.Field` says where nodes lie, and how they are read.

Neighbouring pixels of a row mostly lie in one cell of the lattice. So a row is done in runs of pixels that share one:
its nodes are loaded once, and the loop over the run is one that LLVM vectorises. Gathers of nodes pixel by pixel took
three times as long. Where a row of the picture is one of the field, as where no map follows but crops and resizes, the
four rows of nodes are collapsed to one first.
"""

from __future__ import annotations

import numpy as np
from numba import int64

from variegate.compiled import kernel, unit
from variegate.kernels.codes import (
    DENSE,
    LATTICE_COLUMNS,
    LATTICE_FIRST,
    LATTICE_KIND,
    LATTICE_ROWS,
    LINEAR,
)
from variegate.kernels.memory import address_of, hold, load_f64, load_i64, store_f64
from variegate.kernels.walk import entries, through

FAR = 1e300


@kernel
def clamped(s, most):
    """A place on the lattice, in cells, brought to 0 to most; 0 where it is no number."""
    s = s if s > 0.0 else 0.0
    return s if s < most else most


@kernel
def cell(s, cells):
    """The cell of a place on the lattice."""
    return min(int64(clamped(s, float(cells))), cells - 1)


@kernel
def span(i, cells):
    """From where to where places lie in cell i; the outer cells have all beyond."""
    return -FAR if i == 0 else float(i), FAR if i == cells - 1 else float(i + 1)


@kernel
def run_end(us, vs, x, count, across, down, columns, rows):
    """(column, row, stop): the cell of pixel x, of so many, and the first pixel after it that lies in another."""
    i, j = cell(load_f64(us, x) * across, columns), cell(load_f64(vs, x) * down, rows)
    (left, right), (top, bottom) = span(i, columns), span(j, rows)
    stop = x + 1
    while stop < count:
        s, t = load_f64(us, stop) * across, load_f64(vs, stop) * down
        if not (s >= left and s < right and t >= top and t < bottom):
            break
        stop += 1
    return i, j, stop


@kernel
def weights(t):
    """Those of the four nodes around a cell, of a uniform cubic B-spline, at 0 <= t <= 1 of its way."""
    s, q = 1.0 - t, t * t
    return (1 / 6) * s * s * s, (0.5 * t - 1.0) * q + 2 / 3, ((0.5 - 0.5 * t) * t + 0.5) * t + 1 / 6, (1 / 6) * q * t


@kernel
def powers(at):
    """The same spline of four nodes, every second number from an address on, as coefficients of 1, t, t^2 and t^3."""
    a, b, c, d = load_f64(at, 0), load_f64(at, 2), load_f64(at, 4), load_f64(at, 6)
    return (a + 4.0 * b + c) / 6.0, (c - a) * 0.5, (a - 2.0 * b + c) * 0.5, ((d - a) + 3.0 * (b - c)) / 6.0


@kernel
def cubic(p, t):
    """The polynomial of four coefficients."""
    return ((p[3] * t + p[2]) * t + p[1]) * t + p[0]


@kernel
def put(m, us, vs, x, u, v, dx, dy):
    """Pixel x, which is at (u, v), by the map's entries and a displacement."""
    store_f64(us, x, m[0] * u + (m[1] * v + m[2]) + dx)
    store_f64(vs, x, m[3] * u + (m[4] * v + m[5]) + dy)


@kernel
def bend_level(m, nodes, columns, rows, us, vs, count, across, down):
    """A row of points that lie on one row of the field, by a smooth one."""
    wide, pitch = columns - 3, 2 * columns
    j = cell(load_f64(vs, 0) * down, rows - 3)
    a, b, c, d = weights(clamped(load_f64(vs, 0) * down, float(rows - 3)) - j)
    first, line = nodes + 8 * pitch * j, np.empty(pitch)
    for n in range(pitch):
        upper = a * load_f64(first, n) + b * load_f64(first, n + pitch)
        line[n] = upper + (c * load_f64(first, n + 2 * pitch) + d * load_f64(first, n + 3 * pitch))
    start, most = np.int64(0), float(wide)
    while start < count:
        i = cell(load_f64(us, start) * across, wide)
        (left, right), stop = span(i, wide), start + 1
        while stop < count and load_f64(us, stop) * across >= left and load_f64(us, stop) * across < right:
            stop += 1
        p, q = powers(address_of(line) + 16 * i), powers(address_of(line) + 16 * i + 8)
        for x in range(start, stop):
            u, v = load_f64(us, x), load_f64(vs, x)
            t = clamped(u * across, most) - i
            put(m, us, vs, x, u, v, cubic(p, t), cubic(q, t))
        start = stop
    hold(line)


@kernel
def bend_smooth(m, nodes, columns, rows, us, vs, count, across, down):
    """A row of points by a smooth field."""
    wide, high, pitch = float(columns - 3), float(rows - 3), 16 * columns
    start = np.int64(0)
    while start < count:
        i, j, stop = run_end(us, vs, start, count, across, down, columns - 3, rows - 3)
        at = nodes + pitch * j + 16 * i
        a, b, c, d = powers(at), powers(at + pitch), powers(at + 2 * pitch), powers(at + 3 * pitch)
        at += 8
        e, f, g, h = powers(at), powers(at + pitch), powers(at + 2 * pitch), powers(at + 3 * pitch)
        for x in range(start, stop):
            u, v = load_f64(us, x), load_f64(vs, x)
            t, r = clamped(u * across, wide) - i, clamped(v * down, high) - j
            one, two, three, four = weights(r)
            dx = (one * cubic(a, t) + two * cubic(b, t)) + (three * cubic(c, t) + four * cubic(d, t))
            dy = (one * cubic(e, t) + two * cubic(f, t)) + (three * cubic(g, t) + four * cubic(h, t))
            put(m, us, vs, x, u, v, dx, dy)
        start = stop


@kernel
def bend_linear(m, nodes, columns, rows, us, vs, count, across, down):
    """A row of points by a field that is linear between nodes."""
    wide, high, pitch = float(columns - 1), float(rows - 1), 2 * columns
    start = np.int64(0)
    while start < count:
        i, j, stop = run_end(us, vs, start, count, across, down, columns - 1, rows - 1)
        at = nodes + 8 * pitch * j + 16 * i
        a, b, c, d = load_f64(at, 0), load_f64(at, 2), load_f64(at, pitch), load_f64(at, pitch + 2)
        e, f, g, h = load_f64(at, 1), load_f64(at, 3), load_f64(at, pitch + 1), load_f64(at, pitch + 3)
        for x in range(start, stop):
            u, v = load_f64(us, x), load_f64(vs, x)
            t, r = clamped(u * across, wide) - i, clamped(v * down, high) - j
            s, q = 1.0 - t, 1.0 - r
            dx, dy = q * (s * a + t * b) + r * (s * c + t * d), q * (s * e + t * f) + r * (s * g + t * h)
            put(m, us, vs, x, u, v, dx, dy)
        start = stop


@kernel
def bend_dense(m, nodes, columns, rows, us, vs, count, across, down):
    """A row of points by a field of one node a pixel."""
    for x in range(count):
        u, v = load_f64(us, x), load_f64(vs, x)
        at = 2 * (columns * cell(v * down, rows) + cell(u * across, columns))
        put(m, us, vs, x, u, v, load_f64(nodes, at), load_f64(nodes, at + 1))


@kernel
def placed(m, us, vs, count):
    """A row of points, in place, by the map at an address; returns whether they then lie on one row."""
    matrix, affine = entries(m)
    _, first, _ = through(matrix, affine, load_f64(us, 0), load_f64(vs, 0))
    other = np.int64(0)
    for x in range(count):
        u, v, _ = through(matrix, affine, load_f64(us, x), load_f64(vs, x))
        store_f64(us, x, u)
        store_f64(vs, x, v)
        other |= np.int64(1) if v != first else np.int64(0)
    return other == 0


@unit(*[int64] * 9)
def walk_field(m, scaling, grid, nodes, us, vs, count, height, width):
    """A row of points, in place, to a canvas on which a field lies, and by the field to the canvas before.

    m        address of the map from the frame of the points to the field's canvas, of that height and width
    scaling  address of the field's own affine map; grid: of its row of `Lattices.grids`, nodes: of all nodes
    us, vs   addresses of the coordinates
    """
    level, (own, _) = placed(m, us, vs, count), entries(scaling)
    kind, rows, columns = load_i64(grid, LATTICE_KIND), load_i64(grid, LATTICE_ROWS), load_i64(grid, LATTICE_COLUMNS)
    at = nodes + 8 * load_i64(grid, LATTICE_FIRST)
    fewer = 0 if kind == DENSE else 1 if kind == LINEAR else 3  # cells than nodes
    lattice = at, columns, rows, us, vs, count, (columns - fewer) / float(width), (rows - fewer) / float(height)
    if kind == DENSE:
        bend_dense(own, *lattice)
    elif kind == LINEAR:
        bend_linear(own, *lattice)
    elif level:
        bend_level(own, *lattice)
    else:
        bend_smooth(own, *lattice)
