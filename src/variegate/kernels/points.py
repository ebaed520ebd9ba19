"""Where labels go: the way from the picture to the result and back, and the region of both that is seen.

A polygon is the first `count` rows of an array (n, 2) of x and y. A half-plane is (a, b, c): a x + b y + c >= 0.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import entry, kernel
from variegate.kernels.codes import FIRST_MAP
from variegate.kernels.link import SLACK, apply, is_affine, product, reset

MOST_CORNERS = 4  # of a rectangle; every half-plane that cuts a convex polygon adds one at most
AFFINE, PLAIN, MIRRORED, IDENTITY, FLAGS = range(5)


@kernel
def invert(m, out):
    """out = the inverse of m; an affine map stays exactly affine, and whole numbers stay whole for a flip or a turn."""
    a, b, c = m[0, 0], m[0, 1], m[0, 2]
    d, e, f = m[1, 0], m[1, 1], m[1, 2]
    g, h, i = m[2, 0], m[2, 1], m[2, 2]
    p, q, r = e * i - f * h, f * g - d * i, d * h - e * g
    determinant = a * p + (b * q + c * r)
    out[0, 0], out[0, 1], out[0, 2] = p / determinant, (c * h - b * i) / determinant, (b * f - c * e) / determinant
    out[1, 0], out[1, 1], out[1, 2] = q / determinant, (a * i - c * g) / determinant, (c * d - a * f) / determinant
    out[2, 0], out[2, 1], out[2, 2] = r / determinant, (b * g - a * h) / determinant, (a * e - b * d) / determinant
    return determinant


@kernel
def is_upright(m):
    """Whether the map takes horizontal and vertical lines to such lines."""
    return is_affine(m) and ((m[0, 1] == 0.0 and m[1, 0] == 0.0) or (m[0, 0] == 0.0 and m[1, 1] == 0.0))


@kernel
def cut(points, count, a, b, c, out):
    """The part of a polygon in a half-plane (Sutherland and Hodgman, 1974); returns how many corners it has."""
    kept, room = 0, out.shape[0]  # rounding could make a sliver cross a line more than twice
    x, y = points[count - 1, 0], points[count - 1, 1]
    here = a * x + b * y + c
    for n in range(count):
        u, v = points[n, 0], points[n, 1]
        there = a * u + b * v + c
        if (here < 0.0) != (there < 0.0) and kept < room:
            t = here / (here - there)
            out[kept, 0], out[kept, 1] = x + t * (u - x), y + t * (v - y)
            kept += 1
        if there >= 0.0 and kept < room:
            out[kept, 0], out[kept, 1] = u, v
            kept += 1
        x, y, here = u, v, there
    return kept


@kernel
def cut_by(region, count, a, b, c, room):
    """Cut the region in place, unless it lies in the half-plane by a hair: (its corners, whether it was cut)."""
    length, worst = np.sqrt(a * a + b * b), 0.0
    for n in range(count):
        worst = min(worst, a * region[n, 0] + b * region[n, 1] + c)
    if count == 0 or worst >= -SLACK * max(length, 1.0):
        return count, False
    kept = cut(region, count, a, b, c, room)
    for n in range(kept):
        region[n, 0], region[n, 1] = room[n, 0], room[n, 1]
    return kept, True


@kernel
def area(points, count):
    """The signed area of a polygon, positive where it runs clockwise on the screen; about its first corner."""
    total = 0.0
    for n in range(1, count - 1):
        ax, ay = points[n, 0] - points[0, 0], points[n, 1] - points[0, 1]
        bx, by = points[n + 1, 0] - points[0, 0], points[n + 1, 1] - points[0, 1]
        total += ax * by - ay * bx
    return total * 0.5


@kernel
def seen_region(maps, canvas, way, region, room):
    """The part of the output that shows the source, into region, and the way from the output to the source.

    Every window is a rectangle of its own canvas; in homogeneous coordinates its four sides are half-planes of the
    output, whatever the map. Returns how many corners, and whether all that cut were upright.
    """
    top, count, plain = maps.shape[0], 4, True
    h, w = float(canvas[top, 0]), float(canvas[top, 1])
    for n in range(4):
        region[n, 0] = w if n == 1 or n == 2 else 0.0
        region[n, 1] = h if n > 1 else 0.0
    reset(way)
    for k in range(top - 1, -1, -1):
        product(maps[k], way, way)
        for axis in range(2):
            size = float(canvas[k, 1 - axis])
            a, b, c = way[axis, 0], way[axis, 1], way[axis, 2]
            count, one = cut_by(region, count, a, b, c, room)
            p, q, r = size * way[2, 0] - a, size * way[2, 1] - b, size * way[2, 2] - c
            count, other = cut_by(region, count, p, q, r, room)
            plain = plain and (not (one or other) or is_upright(way))
    if abs(area(region, count)) <= SLACK * (h + w):  # the windows touch, and have nothing in common
        count = 0
    return count, plain


@kernel
def is_identity(m, canvas, top):
    """Whether a map changes nothing, the size included."""
    if canvas[0, 0] != canvas[top, 0] or canvas[0, 1] != canvas[top, 1]:
        return False
    for i in range(3):
        for j in range(3):
            if m[i, j] != (1.0 if i == j else 0.0):
                return False
    return True


@entry
def follow(rows, maps, canvas, backward, forward, region, source, counts, flags):
    """For each sample, which is a row of `kernels.row_layout.RowLayout`, where labels go; fills the other arrays.

    backward, forward  (B, 3, 3): from the output to the source, and from the source to the output
    region, source     (B, n, 2): the part that is seen, as a convex polygon of the output, and of the source
    counts             (B,): their corners
    flags              (B, FLAGS): AFFINE; PLAIN: boxes stay boxes, and the region is one; MIRRORED; IDENTITY
    """
    room = np.empty((region.shape[1], 2))
    for i in range(counts.size):
        way, here, begin, end = backward[i], flags[i], rows[i, FIRST_MAP], rows[i + 1, FIRST_MAP]
        top, sizes = end - begin, canvas[begin + i : end + i + 1]
        count, plain = seen_region(maps[begin:end], sizes, way, region[i], room)
        determinant = invert(way, forward[i])
        for n in range(count):
            u, v, w = apply(way, region[i, n, 0], region[i, n, 1])
            source[i, n, 0], source[i, n, 1] = (u, v) if is_affine(way) else (u / w, v / w)
        counts[i] = count
        here[AFFINE] = is_affine(way)
        here[PLAIN], here[MIRRORED] = plain and is_upright(way), determinant < 0.0
        here[IDENTITY] = plain and is_identity(way, sizes, top) and full(region[i], count, sizes[top])


@kernel
def full(region, count, size):
    """Whether the region is the whole canvas."""
    return count == 4 and abs(area(region, count)) >= float(size[0]) * float(size[1])
