"""Regions: convex polygons that say which part of a picture is seen."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SLACK = 1e-9  # pixels: a region is closed by a hair, as windows are


def inside(points: Floats, region: Floats) -> Flags:
    """Which of the points (n, 2) lie in a convex polygon (m, 2), its edge included; none do if it has no corners.

    >>> inside(np.array([[1.0, 1.0], [3.0, 1.0]]), np.array([[0.0, 0], [2, 0], [2, 2], [0, 2]]))
    array([ True, False])
    """
    if len(region) < 3:
        return np.zeros(len(points), bool)
    edges = np.roll(region, -1, axis=0) - region
    lengths = np.sqrt(edges[:, 0] * edges[:, 0] + edges[:, 1] * edges[:, 1])
    away = points[:, None] - region
    side = edges[:, 0] * away[..., 1] - edges[:, 1] * away[..., 0]  # times the edge's length, the distance from it
    if shoelace(region) >= 0:
        return np.asarray((side >= -SLACK * lengths).all(axis=1))
    return np.asarray((side <= SLACK * lengths).all(axis=1))


def cover(region: Floats, size: tuple[int, int]) -> Flags:
    """(height, width): the pixels whose centre lies in a convex polygon, row by row an interval."""
    height, width = size
    if len(region) < 3:
        return np.zeros(size, bool)
    lines = np.arange(height) + 0.5
    first, last = np.full(height, np.inf), np.full(height, -np.inf)
    for (x0, y0), (x1, y1) in zip(region, np.roll(region, -1, axis=0), strict=True):
        crossed = (lines >= min(y0, y1) - SLACK) & (lines <= max(y0, y1) + SLACK)
        if y0 == y1 or not crossed.any():
            continue
        x = x0 + (lines[crossed] - y0) * ((x1 - x0) / (y1 - y0))
        x = np.minimum(np.maximum(x, min(x0, x1)), max(x0, x1))  # an edge that is nearly level reaches no further
        first[crossed], last[crossed] = np.minimum(first[crossed], x), np.maximum(last[crossed], x)
    columns = np.arange(width) + 0.5
    return np.asarray((columns >= first[:, None] - SLACK) & (columns <= last[:, None] + SLACK))


def common(polygon: Floats, region: Floats) -> Floats:
    """The part (k, 2) of one convex polygon in another, by Sutherland and Hodgman (1974); (0, 2) if there is none."""
    if len(region) < 3:
        return np.empty((0, 2))
    turn = 1.0 if shoelace(region) >= 0 else -1.0
    for (x, y), (u, v) in zip(region, np.roll(region, -1, axis=0), strict=True):
        after = np.roll(polygon, -1, axis=0)
        here, there = (turn * ((u - x) * (p[:, 1] - y) - (v - y) * (p[:, 0] - x)) for p in (polygon, after))
        kept: list[Floats] = []
        for n in range(len(polygon)):
            if here[n] >= 0:
                kept.append(polygon[n])
            if (here[n] < 0) != (there[n] < 0):
                kept.append(polygon[n] + here[n] / (here[n] - there[n]) * (after[n] - polygon[n]))
        polygon = np.array(kept).reshape(-1, 2)
    return polygon


def shoelace(ring: Floats) -> float:
    """The signed area of a ring of points (n, 2), positive if clockwise on the screen, where y points down."""
    if not len(ring):
        return 0.0
    x, y = (ring - ring[0]).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2


def fan(ring: Floats) -> float:
    """What the triangles of a ring about its first point measure together: no less than its area, and 0 on one line."""
    if not len(ring):
        return 0.0
    x, y = (ring - ring[0]).T
    return float(np.abs(x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2


def length(line: Floats) -> float:
    """The length of a polyline of points (n, 2)."""
    steps = line[1:] - line[:-1]
    return float(np.sqrt(steps[:, 0] * steps[:, 0] + steps[:, 1] * steps[:, 1]).sum())


def line_within(line: Floats, region: Floats) -> list[Floats]:
    """The pieces of a polyline in a convex polygon, segment by segment (Cyrus and Beck, 1978), joined again."""
    pieces: list[list[Floats]] = []
    for one, other in itertools.pairwise(line):
        first, last = _interval(one, other, region)
        if first >= last:
            continue
        begin = one if first == 0 else one + first * (other - one)
        end = other if last == 1 else one + last * (other - one)
        if first == 0 and pieces and np.array_equal(pieces[-1][-1], one):
            pieces[-1].append(end)
        else:
            pieces.append([begin, end])
    return [np.array(piece) for piece in pieces]


def _interval(one: Floats, other: Floats, region: Floats) -> tuple[float, float]:
    """From which to which fraction of its length a segment lies in a convex polygon; (0, 0) if nowhere."""
    turn = 1.0 if shoelace(region) >= 0 else -1.0
    first, last = 0.0, 1.0
    for (x, y), (u, v) in zip(region, np.roll(region, -1, axis=0), strict=True):
        here, there = (turn * ((u - x) * (p[1] - y) - (v - y) * (p[0] - x)) for p in (one, other))
        hair = -SLACK * np.sqrt((u - x) * (u - x) + (v - y) * (v - y))  # as in `inside`
        if here < hair and there < hair:
            return 0.0, 0.0
        if here < hair:
            first = max(first, here / (here - there))
        elif there < hair:
            last = min(last, here / (here - there))
    return first, last
