"""Regions: polygons that say which part of a picture is seen; by matrices alone they are convex."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from variegate.coords import between

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SLACK = 1e-9  # pixels: a region is closed by a hair, as windows are
MOST_PARTS = 1 << 16  # of an edge


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
    for (x, y), (u, v) in itertools.pairwise([*region.tolist(), region[0].tolist()]):
        here = turn * ((u - x) * (polygon[:, 1] - y) - (v - y) * (polygon[:, 0] - x))
        kept = here >= 0
        if kept.all():
            continue
        after, there = following(polygon), following(here)
        crossed = (here < 0) != (there < 0)
        part = here / np.where(crossed, here - there, 1.0)
        both, chosen = np.empty((len(polygon), 2, 2)), np.empty((len(polygon), 2), np.bool_)
        both[:, 0], both[:, 1] = polygon, polygon + part[:, None] * (after - polygon)
        chosen[:, 0], chosen[:, 1] = kept, crossed
        polygon = both[chosen]  # each corner, and then where its edge leaves or enters
    return polygon


def following(points: Floats) -> Floats:
    """The next point, or number, of each of a ring."""
    return np.concatenate([points[1:], points[:1]])


def rectangle(size: tuple[int, int]) -> Floats:
    """(4, 2): the canvas of a (height, width)."""
    height, width = size
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)


def finer(points: Floats, step: float, closed: bool = True) -> Floats:
    """A ring, or an open line, with points between its own, evenly, no further apart than a step."""
    if len(points) < 2:
        return points
    edges, parts = following(points) - points, parts_of(points, step, closed)
    begin = np.cumsum(parts) - parts
    t = (np.arange(parts.sum()) - np.repeat(begin, parts)) / np.repeat(parts, parts)
    return np.asarray(np.repeat(points, parts, axis=0) + t[:, None] * np.repeat(edges, parts, axis=0))


def parts_of(points: Floats, step: float, closed: bool = True) -> NDArray[np.int64]:
    """(n,): into how many parts `finer` cuts the line from each point to the next."""
    edges = following(points) - points
    lengths = np.sqrt(edges[:, 0] * edges[:, 0] + edges[:, 1] * edges[:, 1])
    parts = np.maximum(np.ceil(np.minimum(lengths / step, MOST_PARTS)), 1).astype(np.int64)
    if not closed:
        parts[-1:] = 1
    return parts


def filled(ring: Floats, size: tuple[int, int]) -> Flags:
    """(height, width): the pixels whose centre lies in a ring of any form, counted even-odd."""
    height, width = size
    turns = np.zeros((height, width + 1), np.int64)
    if len(ring) < 3:
        return np.zeros(size, np.bool_)
    (x, y), (u, v) = ring.T, following(ring).T
    first = between(np.ceil(np.minimum(y, v) - 0.5), 0, height).astype(np.int64)  # the first row below its upper end
    many = np.maximum(between(np.ceil(np.maximum(y, v) - 0.5), 0, height).astype(np.int64) - first, 0)
    edge = np.repeat(np.arange(len(ring)), many)
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(many) - many, many) + first[edge]
    at = x[edge] + (rows + 0.5 - y[edge]) * ((u - x)[edge] / (v - y)[edge])
    columns = between(np.ceil(at - 0.5), 0, width).astype(np.int64)  # the first column to the right of it
    np.add.at(turns, (rows, columns), 1)
    return np.asarray(np.cumsum(turns, axis=1)[:, :width] % 2 == 1)


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
