"""Boxes through a map, as the outlines of convex shapes: mapped, clipped to the region that is seen, and bounded.

A polygon is the first `count` rows of an array (n, 2) of x and y.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import entry, kernel
from variegate.kernels.link import SLACK, apply, is_affine
from variegate.kernels.points import AFFINE, PLAIN, area, cut_by

SLIVER = 1e-3  # pixels


@kernel
def clip(points, count, region, corners, room):
    """The part of a polygon in a convex region, in place; returns how many corners it has."""
    if corners < 3:
        return 0
    turn = 1.0 if area(region, corners) > 0.0 else -1.0
    for n in range(corners):
        if count == 0:
            return 0
        m = n + 1 if n + 1 < corners else 0
        x, y = region[n, 0], region[n, 1]
        a, b = (y - region[m, 1]) * turn, (region[m, 0] - x) * turn
        count, _ = cut_by(points, count, a, b, -(a * x + b * y), room)
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
        if seen[j] - whole[j] < SLACK and whole[2 + j] - seen[2 + j] < SLACK:  # a hair is not cut away
            whole[j], whole[2 + j] = seen[j], seen[2 + j]


@kernel
def drop_sliver(seen, whole):
    """Make nothing of what a window leaves of a box, if that is thinner than float32 can tell."""
    for j in range(2):
        left = seen[2 + j] - seen[j]
        if left < 0.0 or (left < SLIVER and left < whole[2 + j] - whole[j]):
            for k in range(4):
                seen[k] = 0.0


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
            drop_sliver(seen[n], whole[n])
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
        drop_sliver(seen[n], whole[n])
        if every > 0.0 and seen[n, 2] > seen[n, 0]:
            share[n] = min(part / every, 1.0)
