"""Labels through the same maps as the pixels: the way there and back, the region that is seen, and outlines in it.

A polygon is the first `count` rows of an array (n, 2) of x and y. A half-plane is (a, b, c): a x + b y + c >= 0.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import entry, kernel
from variegate.kernels.link import SLACK, apply, copy, is_affine, product, reset

MOST_CORNERS = 4  # of a rectangle; every half-plane that cuts a convex polygon adds one at most
AFFINE, UPRIGHT, PLAIN, MIRRORED, IDENTITY, FLAGS = range(6)


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
    kept = 0
    x, y = points[count - 1, 0], points[count - 1, 1]
    here = a * x + b * y + c
    for n in range(count):
        u, v = points[n, 0], points[n, 1]
        there = a * u + b * v + c
        if (here < 0.0) != (there < 0.0):
            t = here / (here - there)
            out[kept, 0], out[kept, 1] = x + t * (u - x), y + t * (v - y)
            kept += 1
        if there >= 0.0:
            out[kept, 0], out[kept, 1] = u, v
            kept += 1
        x, y, here = u, v, there
    return kept


@kernel
def cut_by(region, count, a, b, c, room):
    """Cut the region in place, unless it lies in the half-plane by a hair; returns how many corners it has."""
    length, worst = np.sqrt(a * a + b * b), 0.0
    for n in range(count):
        worst = min(worst, a * region[n, 0] + b * region[n, 1] + c)
    if count == 0 or worst >= -SLACK * max(length, 1.0):
        return count
    kept = cut(region, count, a, b, c, room)
    for n in range(kept):
        region[n, 0], region[n, 1] = room[n, 0], room[n, 1]
    return kept


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
        before = count
        for axis in range(2):
            size = float(canvas[k, 1 - axis])
            a, b, c = way[axis, 0], way[axis, 1], way[axis, 2]
            count = cut_by(region, count, a, b, c, room)
            p, q, r = size * way[2, 0] - a, size * way[2, 1] - b, size * way[2, 2] - c
            count = cut_by(region, count, p, q, r, room)
        plain = plain and (count == before or is_upright(way))
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
def follow(maps, canvas, backward, forward, region, source, counts, flags):
    """For each sample of maps (B, G, 3, 3) and canvas (B, G + 1, 2), where labels go; fills the other arrays.

    backward, forward  (B, 3, 3): from the output to the source, and from the source to the output
    region, source     (B, n, 2): the part that is seen, as a convex polygon of the output, and of the source
    counts             (B,): their corners
    flags              (B, FLAGS): AFFINE and UPRIGHT maps; PLAIN: the region is a rectangle; MIRRORED; IDENTITY
    """
    top = maps.shape[1]
    room = np.empty((region.shape[1], 2))
    for i in range(maps.shape[0]):
        way, here = backward[i], flags[i]
        count, plain = seen_region(maps[i], canvas[i], way, region[i], room)
        determinant = invert(way, forward[i])
        for n in range(count):
            u, v, w = apply(way, region[i, n, 0], region[i, n, 1])
            source[i, n, 0], source[i, n, 1] = (u, v) if is_affine(way) else (u / w, v / w)
        counts[i] = count
        here[AFFINE], here[UPRIGHT] = is_affine(way), is_upright(way)
        here[PLAIN], here[MIRRORED] = plain and is_upright(way), determinant < 0.0
        here[IDENTITY] = plain and is_identity(way, canvas[i], top) and full(region[i], count, canvas[i, top])


@kernel
def full(region, count, size):
    """Whether the region is the whole canvas."""
    return count == 4 and abs(area(region, count)) >= float(size[0]) * float(size[1])


@kernel
def clip(points, count, region, corners, room):
    """The part of a polygon in a convex region, in place; returns how many corners it has."""
    turn = 1.0 if area(region, corners) > 0.0 else -1.0
    for n in range(corners):
        if count == 0:
            return 0
        m = n + 1 if n + 1 < corners else 0
        x, y = region[n, 0], region[n, 1]
        a, b = (y - region[m, 1]) * turn, (region[m, 0] - x) * turn
        count = cut_by(points, count, a, b, -(a * x + b * y), room)
    return count


@kernel
def through(m, points, count):
    """A polygon through a map, in place; returns whether all of it is before the horizon."""
    before = True
    for n in range(count):
        u, v, w = apply(m, points[n, 0], points[n, 1])
        before = before and w > 0.0
        points[n, 0], points[n, 1] = (u, v) if is_affine(m) else (u / w, v / w)
    return before


@kernel
def bound(points, count, box):
    """The upright box around a polygon, into box; of no corners it is all 0."""
    for j in range(4):
        box[j] = points[0, j % 2] if count > 0 else 0.0
    for n in range(1, count):
        for j in range(2):
            box[j], box[2 + j] = min(box[j], points[n, j]), max(box[2 + j], points[n, j])


@kernel
def shape_of(box, unit, points):
    """The corners of a shape that is given in fractions of a box."""
    for n in range(unit.shape[0]):
        for j in range(2):
            t = unit[n, j]
            points[n, j] = box[j] * (1.0 - t) + box[2 + j] * t


@kernel
def plain_box(box, forward, limit, whole, seen):
    """A box through an upright map, without a polygon: exact where the map and the numbers are."""
    for j in range(2):
        k = j if forward[j, j] != 0.0 else 1 - j
        first, last = forward[j, k] * box[k] + forward[j, 2], forward[j, k] * box[2 + k] + forward[j, 2]
        whole[j], whole[2 + j] = min(first, last), max(first, last)
        seen[j], seen[2 + j] = max(whole[j], limit[j]), min(whole[2 + j], limit[2 + j])
    if seen[0] > seen[2] or seen[1] > seen[3]:
        for j in range(4):
            seen[j] = 0.0


@entry
def outline(boxes, unit, flags, forward, region, source, size, seen, whole, share):
    """Boxes (N, 4) of x0, y0, x1, y1 through one sample's map; fills the last three arrays.

    unit    (n, 2): the convex shape whose outline a box stands for, in fractions of the box
    region, source  (m, 2) as `follow` gives them; size: (height, width) of the output
    seen    (N, 4): the box around what is seen of the shape; all 0 where nothing is
    whole   (N, 4): the box around all of it, also what lies outside
    share   (N,): the part of its area that is seen: 0 to 1
    """
    corners = region.shape[0]
    most = unit.shape[0] + corners
    points, mapped, room, limit = np.empty((most, 2)), np.empty((most, 2)), np.empty((most, 2)), np.empty(4)
    bound(region, corners, limit)
    for n in range(boxes.shape[0]):
        box = boxes[n]
        share[n] = 0.0
        if flags[PLAIN]:
            plain_box(box, forward, limit, whole[n], seen[n])
            every = (whole[n, 2] - whole[n, 0]) * (whole[n, 3] - whole[n, 1])
            if every > 0.0:
                share[n] = (seen[n, 2] - seen[n, 0]) * (seen[n, 3] - seen[n, 1]) / every
            continue
        shape_of(box, unit, points)
        count = unit.shape[0]
        if flags[AFFINE]:  # clipped where the window is upright, so that its sides are met exactly
            through(forward, points, count)
            bound(points, count, whole[n])
            every = abs(area(points, count))
            count = clip(points, count, region, corners, room)
            part = abs(area(points, count))
        else:  # clipped before the map, where there is no horizon
            every = abs(area(points, count))
            shape_of(box, unit, mapped)
            before = through(forward, mapped, count)
            bound(mapped, count, whole[n])
            count = clip(points, count, source, corners, room)
            part = abs(area(points, count))
            through(forward, points, count)
        bound(points, count, seen[n])
        for j in range(4):  # what a side of the result cuts ends on it
            most = float(size[1 - j % 2])
            seen[n, j] = 0.0 if seen[n, j] < SLACK else most if seen[n, j] > most - SLACK else seen[n, j]
        if not flags[AFFINE] and not before:  # a shape beyond the horizon has no box around all of it
            for j in range(4):
                whole[n, j] = seen[n, j]
        if every > 0.0:
            share[n] = min(part / every, 1.0)


__all__ = ["AFFINE", "FLAGS", "IDENTITY", "MIRRORED", "MOST_CORNERS", "PLAIN", "UPRIGHT", "copy", "follow", "outline"]
