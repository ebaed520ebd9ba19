"""From the maps of a run to one map: which windows cut, the way back to the source, and how much the picture shrinks.

A *frame* is a plane in which coordinates are known: first the output's, then, after each window whose border folds,
that window's canvas, and after each field the canvas that it leads to. A window that cuts nothing (the whole frame lies
inside it) is left out.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import kernel
from variegate.kernels.chain import UNBENT
from variegate.kernels.codes import (
    CONSTANT,
    EDGE,
    LATTICE_COLUMNS,
    LATTICE_FIRST,
    LATTICE_ROWS,
    REFLECT,
    WRAP,
)

BEYOND = 1e18  # pixels: a field may have moved points anywhere


@kernel
def product(a, b, out):
    """out = a @ b for 3x3 matrices, in a fixed order of additions; out may be b."""
    for j in range(3):
        b0, b1, b2 = b[0, j], b[1, j], b[2, j]
        for i in range(3):
            out[i, j] = (a[i, 0] * b0 + a[i, 1] * b1) + a[i, 2] * b2


@kernel
def reset(m):
    """m = the identity."""
    for i in range(3):
        for j in range(3):
            m[i, j] = 1.0 if i == j else 0.0


@kernel
def copy(m, out):
    """out = m, entry by entry (a slice assignment costs seconds of compile time for its error message)."""
    for i in range(3):
        for j in range(3):
            out[i, j] = m[i, j]


@kernel
def apply(m, x, y):
    """(u, v, w) of a point: the map is (u / w, v / w), and means nothing where w <= 0."""
    return (
        m[0, 0] * x + (m[0, 1] * y + m[0, 2]),
        m[1, 0] * x + (m[1, 1] * y + m[1, 2]),
        m[2, 0] * x + (m[2, 1] * y + m[2, 2]),
    )


@kernel
def is_affine(m):
    """Whether the last row is exactly (0, 0, 1)."""
    return m[2, 0] == 0.0 and m[2, 1] == 0.0 and m[2, 2] == 1.0


@kernel
def is_whole(m):
    """Whether it is a flip, a quarter turn or a shift by whole pixels, or some of these: no pixel lies between two."""
    turned = abs(m[0, 0]) + abs(m[0, 1]) == 1.0 and abs(m[1, 0]) + abs(m[1, 1]) == 1.0
    apart = m[0, 0] * m[1, 0] == 0.0 and m[0, 1] * m[1, 1] == 0.0 and m[0, 0] * m[0, 1] == 0.0
    shifted = np.floor(m[0, 2]) == m[0, 2] and np.floor(m[1, 2]) == m[1, 2]
    return is_affine(m) and turned and apart and shifted


SLACK = 1e-9  # pixels: a window is closed, and rounding must not push out what lies exactly on its edge


@kernel
def within(u, size):
    """Whether a coordinate lies in [0, size], by a hair."""
    return u >= -SLACK and u <= size + SLACK


@kernel
def inside(m, x, y, height, width):
    """Whether the image of a point lies in the window, edges included."""
    u, v, w = apply(m, x, y)
    if is_affine(m):
        return within(u, width) and within(v, height)
    return w > 0.0 and within(u / w, width) and within(v / w, height)


@kernel
def field_of(which, k):
    """The lattice that bends map k, or UNBENT; see `kernels.chain.Displacements`."""
    return which[k] if which.size > 0 else UNBENT


@kernel
def reach(fields, k):
    """(left, right, up, down): the least and the most by which the field of map k displaces, x and y."""
    grid = fields.grids[fields.which[k]]
    begin, count = grid[LATTICE_FIRST], grid[LATTICE_ROWS] * grid[LATTICE_COLUMNS]
    left, right, up, down = BEYOND, -BEYOND, BEYOND, -BEYOND
    for n in range(begin, begin + 2 * count, 2):  # a spline stays within its control values
        dx, dy = fields.nodes[n], fields.nodes[n + 1]
        left, right, up, down = min(left, dx), max(right, dx), min(up, dy), max(down, dy)
    return left, right, up, down


@kernel
def around(m, left, right, up, down):
    """The upright box around the image of one by an affine map."""
    u, v, _ = apply(m, left, up)
    low_u, high_u, low_v, high_v = u, u, v, v
    for corner in range(1, 4):
        u, v, _ = apply(m, right if corner % 2 == 1 else left, down if corner > 1 else up)
        low_u, high_u, low_v, high_v = min(low_u, u), max(high_u, u), min(low_v, v), max(high_v, v)
    return low_u, high_u, low_v, high_v


@kernel
def bent_box(maps, canvas, fields, k, way, left, right, up, down):
    """The box around what a frame becomes by the field of map k, as far as it is seen; way: to the field's canvas."""
    left, right, up, down = around(way, left, right, up, down)
    left, right = max(left, 0.0), min(right, float(canvas[k + 1, 1]))
    up, down = max(up, 0.0), min(down, float(canvas[k + 1, 0]))
    left, right, up, down = around(maps[k], left, max(left, right), up, max(up, down))
    a, b, c, d = reach(fields, k)
    return left + a, right + b, up + c, down + d


@kernel
def link(maps, canvas, borders, fields, top, windows, which, way):
    """Walk back from canvas `top` to the source, canvas 0.

    fields   what bends these maps: `kernels.chain.Displacements`
    windows  (n, 3, 3) out: from the frame at hand to the canvas of each window that cuts, outermost first; and to the
             canvas on which a field lies, which comes before that field's own window. n: top and one for each field
    which    (n,) out: the canvas of each such window; of the field of map k, ~k
    way      (3, 3) out: from the last frame to the source
    Returns  how many windows cut, fields included; whether coordinates must be walked pixel by pixel (a border folds, a
             field bends, or the map is no affine one) rather than row by row; and if none but fields is the reason, the
             box (left, right, up, down) around what is seen of the last frame, else one without end.
    """
    cuts, walked, known = 0, False, True
    left, up = 0.5, 0.5
    right, down = canvas[top, 1] - 0.5, canvas[top, 0] - 0.5
    reset(way)
    for k in range(top - 1, -1, -1):
        if field_of(fields.which, k) != UNBENT:
            copy(way, windows[cuts])
            which[cuts] = ~k
            cuts, walked, known = cuts + 1, True, known and is_affine(way)
            if known:
                left, right, up, down = bent_box(maps, canvas, fields, k, way, left, right, up, down)
            else:
                left, right, up, down = -BEYOND, BEYOND, -BEYOND, BEYOND
            reset(way)
        else:
            product(maps[k], way, way)
        h, w = float(canvas[k, 0]), float(canvas[k, 1])
        walked = walked or not is_affine(way)
        if (
            inside(way, left, up, h, w)
            and inside(way, right, up, h, w)
            and inside(way, left, down, h, w)
            and inside(way, right, down, h, w)
        ):
            continue
        copy(way, windows[cuts])
        which[cuts] = k
        cuts += 1
        if borders[k] != CONSTANT:
            walked, known = True, False
            left, up, right, down = 0.0, 0.0, w, h
            reset(way)
    if not known or not is_affine(way):
        left, right, up, down = -BEYOND, BEYOND, -BEYOND, BEYOND
    return cuts, walked, (left, right, up, down)


@kernel
def jacobian(maps, canvas, top):
    """How far the source moves, in pixels, for a step right and a step down at the middle of the output.

    It is that of the matrices alone. Fields are near the identity, and stretch here what they shrink there: by how much
    a picture is filtered is one number for all of it.
    """
    m = np.empty((3, 3))
    reset(m)
    for k in range(top - 1, -1, -1):
        product(maps[k], m, m)
    x, y = canvas[top, 1] * 0.5, canvas[top, 0] * 0.5
    u, v, w = apply(m, x, y)
    u, v = u / w, v / w
    return (
        (m[0, 0] - u * m[2, 0]) / w,
        (m[0, 1] - u * m[2, 1]) / w,
        (m[1, 0] - v * m[2, 0]) / w,
        (m[1, 1] - v * m[2, 1]) / w,
    )


@kernel
def span(a, b, count, size):
    """The pixels lo <= x < hi of a row with a * (x + 0.5) + b in [0, size]; (0, 0) if there are none."""
    if a == 0.0:
        return (0, count) if within(b, size) else (0, 0)
    first, last = (-SLACK - b) / a, (size + SLACK - b) / a
    if a < 0.0:
        first, last = last, first
    # The division only guesses; the pixel's own test decides, so that every kernel and the reference agree.
    lo = int(min(max(np.ceil(first - 0.5) - 1.0, 0.0), float(count)))
    hi = int(min(max(np.floor(last - 0.5) + 2.0, 0.0), float(count)))
    while lo < hi and not within(a * (lo + 0.5) + b, size):
        lo += 1
    while hi > lo and not within(a * (hi - 0.5) + b, size):
        hi -= 1
    return (lo, hi) if lo < hi else (0, 0)


@kernel
def fold(position, size, border):
    """A coordinate brought into [0, size] by the border's rule, with numpy.pad's meaning; one inside stays."""
    if within(position, size):
        return min(max(position, 0.0), size)
    if border == EDGE or (border == REFLECT and size <= 1.0):
        return min(max(position, 0.5), size - 0.5)  # the outer pixels' centres: their very values, however it is read
    if border == WRAP:
        return min(max(position - np.floor(position / size) * size, 0.0), size)
    start = 0.5 if border == REFLECT else 0.0
    period = size - 2.0 * start
    t = position - start
    t -= np.floor(t / (2.0 * period)) * (2.0 * period)
    t = 2.0 * period - t if t > period else t
    return min(max(t + start, 0.0), size)
