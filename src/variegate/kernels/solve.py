"""Points through one displacement field, both ways, and its derivative there: what labels ask of a field.

From the new canvas to the old one a point goes by the formula, p' = m p + d(p). The other way it is sought: by Newton's
steps, each cut to half until it leads nearer, from where the point would go without the field. Where the field does not
fold, so that there is one answer, it is found; a point that is not found (the field folds there) is told.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import entry, kernel
from variegate.kernels.codes import LATTICE_COLUMNS, LATTICE_FIRST, LATTICE_KIND, LATTICE_ROWS, LINEAR
from variegate.kernels.field import cell, clamped, weights

FOUND = 1e-7  # pixels of the old canvas: a point that leads so near is the answer
ENOUGH = 1e-12  # of a coordinate: nearer than this, rounding decides
STEPS, HALVINGS, CROSSINGS = 60, 12, 12


@kernel
def slopes(t):
    """The derivatives of `kernels.field.weights`."""
    s = 1.0 - t
    return -0.5 * s * s, (1.5 * t - 2.0) * t, (1.0 - 1.5 * t) * t + 0.5, 0.5 * t * t


@kernel
def axis(p, side, count, linear, taps):
    """Which nodes along an axis displace a coordinate, the first and how many; their weights and slopes into taps."""
    fewer = 1 if linear else 3
    cells = count - fewer
    s = p * (cells / side)
    i = cell(s, cells)
    t = clamped(s, float(cells)) - i
    moves = cells / side if s >= 0.0 and s <= cells else 0.0  # beyond the canvas nothing changes
    if linear:
        taps[0, 0], taps[0, 1], taps[1, 0], taps[1, 1] = 1.0 - t, t, -moves, moves
        return i, 2
    there, rises = weights(t), slopes(t)
    for k in range(4):
        taps[0, k], taps[1, k] = there[k], moves * rises[k]
    return i, 4


@kernel
def through(m, grid, nodes, size, x, y, across, down):
    """(u, v, du/dx, du/dy, dv/dx, dv/dy) of a point by a field; across, down: scratch (2, 4)."""
    columns, linear = grid[LATTICE_COLUMNS], grid[LATTICE_KIND] == LINEAR
    i, count = axis(x, float(size[1]), columns, linear, across)
    j, _ = axis(y, float(size[0]), grid[LATTICE_ROWS], linear, down)
    u, v = m[0, 0] * x + (m[0, 1] * y + m[0, 2]), m[1, 0] * x + (m[1, 1] * y + m[1, 2])
    a, b, c, d = m[0, 0], m[0, 1], m[1, 0], m[1, 1]
    for n in range(count):
        at = grid[LATTICE_FIRST] + 2 * ((j + n) * columns + i)
        p, q, r, s = 0.0, 0.0, 0.0, 0.0
        for k in range(count):
            dx, dy = nodes[at + 2 * k], nodes[at + 2 * k + 1]
            p, q = p + across[0, k] * dx, q + across[0, k] * dy
            r, s = r + across[1, k] * dx, s + across[1, k] * dy
        u, v = u + down[0, n] * p, v + down[0, n] * q
        a, c = a + down[0, n] * r, c + down[0, n] * s
        b, d = b + down[1, n] * p, d + down[1, n] * q
    return u, v, a, b, c, d


@kernel
def undone(m, u, v):
    """The point that the affine map takes to (u, v)."""
    u, v = u - m[0, 2], v - m[1, 2]
    area = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
    return (m[1, 1] * u - m[0, 1] * v) / area, (m[0, 0] * v - m[1, 0] * u) / area


@kernel
def sought(m, grid, nodes, size, u, v, across, down):
    """(x, y, how far it leads beside): the point of the new canvas that a field takes to (u, v)."""
    x, y = undone(m, u, v)
    p, q, a, b, c, d = through(m, grid, nodes, size, x, y, across, down)
    p, q = p - u, q - v
    best, enough, crossings = max(abs(p), abs(q)), ENOUGH * (1.0 + max(abs(u), abs(v))), 0
    for _ in range(STEPS):
        area = a * d - b * c
        if not best > enough or area == 0.0:
            break
        right, below, part = (d * p - b * q) / area, (a * q - c * p) / area, 1.0
        for _ in range(HALVINGS):
            there = through(m, grid, nodes, size, x - part * right, y - part * below, across, down)
            off = max(abs(there[0] - u), abs(there[1] - v))
            if off < best:
                break
            part *= 0.5
        if not off < best:
            # Just ahead lies a border of two cells, where the slopes change. Where nothing folds, Newton's step by the
            # slopes beyond it goes on the same way and does lead nearer: so take the shortest part, and go on.
            crossings += 1
            if best <= FOUND or crossings > CROSSINGS:
                break
            part *= 2.0
        x, y, best = x - part * right, y - part * below, off
        p, q, a, b, c, d = there[0] - u, there[1] - v, there[2], there[3], there[4], there[5]
    return x, y, best


@entry
def pull(points, m, grid, nodes, size, out, derivative):
    """Points (n, 2) of a field's canvas, of size (height, width), to the canvas before.

    m, grid, nodes  of the field, see `kernels.chain`
    derivative      (n, 4): du/dx, du/dy, dv/dx, dv/dy
    """
    across, down = np.empty((2, 4)), np.empty((2, 4))
    for n in range(points.shape[0]):
        made = through(m, grid, nodes, size, points[n, 0], points[n, 1], across, down)
        out[n, 0], out[n, 1] = made[0], made[1]
        for k in range(4):
            derivative[n, k] = made[2 + k]


@entry
def push(points, m, grid, nodes, size, out, derivative, found):
    """Points (n, 2) of the canvas before to a field's canvas; found: (n,) bool, which of them; else as `pull`."""
    across, down = np.empty((2, 4)), np.empty((2, 4))
    for n in range(points.shape[0]):
        x, y, off = sought(m, grid, nodes, size, points[n, 0], points[n, 1], across, down)
        _, _, a, b, c, d = through(m, grid, nodes, size, x, y, across, down)
        out[n, 0], out[n, 1], area = x, y, a * d - b * c
        found[n] = off <= FOUND and area > 0.0
        area = area if area != 0.0 else 1.0
        derivative[n, 0], derivative[n, 1], derivative[n, 2], derivative[n, 3] = (
            d / area,
            -b / area,
            -c / area,
            a / area,
        )
