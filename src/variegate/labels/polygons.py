"""Polygons and polylines through a map: corner by corner, and clipped as polygons to what is seen."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.labels.move import move
from variegate.labels.point_map import PointMap
from variegate.labels.projective import ProjectiveMap
from variegate.labels.region import SLACK, fan, finer, inside, length, line_within, parts_of, rectangle, shoelace
from variegate.labels.visibility import Visibility, bounds
from variegate.labels.warped import WarpedMap
from variegate.targets import Polygons
from variegate.targets.leaf import RingLeaf

Floats = NDArray[np.float64]
Rings = tuple[Floats, ...]

SLIVER = 1e-6  # square pixels: less is rounding
THIN = 0.03  # pixels
GRID = 1e-9  # pixels: lines nearer to each other than this are one


@move.register(Polygons)
def move_polygons(
    target: Polygons, leaf: RingLeaf, point_map: PointMap, _: Visibility | None = None
) -> tuple[RingLeaf, Visibility]:
    """The polygons on the result, and what is left of them."""
    if target.closed:
        check_shapely()  # for every sample, not for the first that a window cuts
    lengths = [[len(ring) for ring in rings] for rings in leaf.rings]
    flat = [ring for rings in leaf.rings for ring in rings]
    points = np.concatenate(flat) if flat else np.empty((0, 2))
    image, within = (
        (point_map.image(points), point_map.inside(points)) if isinstance(point_map, ProjectiveMap) else (points, None)
    )
    everything, begin = [], 0
    for ring_lengths in lengths:
        end = begin + sum(ring_lengths)
        source, result = _split(points[begin:end], ring_lengths), _split(image[begin:end], ring_lengths)
        if isinstance(point_map, ProjectiveMap):
            assert within is not None
            rings, share = _straight(source, result, within[begin:end], point_map, target)
            around = bounds(image[begin:end])
        else:
            assert isinstance(point_map, WarpedMap)
            rings, share, around = _bent(source, point_map, target)
        everything.append((rings, share, around, is_real(source, target)))
        begin = end
    visibility = visibility_of_rings(target, everything)
    if point_map.identity and (within is None or within.all()):
        return leaf, visibility
    return replace(leaf, rings=tuple(rings for rings, *_ in everything), given=None), visibility


def _straight(
    source: Rings, result: Rings, within: NDArray[np.bool_], point_map: ProjectiveMap, target: Polygons
) -> tuple[Rings, float]:
    """An instance through matrices, from its rings on the picture and on the result: (what is seen, its share)."""
    if within.all():
        return result, 1.0
    if point_map.affine:  # clipped on the result, where windows are upright and their sides met exactly
        rings, share = clipped(result, point_map.region, target)
    else:
        rings, share = clipped(source, point_map.source, target)
        rings = tuple(point_map.image(ring) for ring in rings)
    return tuple(within_sides(ring, point_map.size) for ring in rings), share


def _bent(source: Rings, point_map: WarpedMap, target: Polygons) -> tuple[Rings, float, Floats]:
    """An instance through fields: (what is seen, its share, the box around all of it).

    Lines get the points that they need to be bent, and lose those that they do not: what is left out lies within
    THIN pixels of a line. The corners of a polygon that nothing cuts stay.
    """
    whole = [point_map.move(point_map.fine(ring, target.closed)) for ring in source]
    around = bounds(np.concatenate([moved.points for moved in whole])) if whole else np.zeros(4)
    if all(moved.there.all() for moved in whole):
        if not target.closed:
            return tuple(moved.points for moved in whole), 1.0, around
        rings = tuple(
            _edge_by_edge(moved.points, parts_of(ring, point_map.step))
            for moved, ring in zip(whole, source, strict=True)
        )
        return rings, 1.0, around
    rings, every = source, _extent(source, target)
    for leg, step in point_map.steps():
        rings = _within(rings, leg.source, target)
        if np.isfinite(step):
            rings = tuple(finer(ring, step, target.closed) for ring in rings)
        rings = _within(tuple(leg.move(ring).points for ring in rings), rectangle(leg.size), target)
    back = point_map.back()
    part = _extent(tuple(back.image(back.fine(ring, target.closed)) for ring in rings), target)
    rings = tuple(within_sides(_thinned(ring, target), point_map.size) for ring in rings)
    return rings, min(part / every, 1.0) if every > 0 and rings else 0.0, around


def _within(rings: Rings, region: Floats, target: Polygons) -> Rings:
    """The part of rings in a convex region."""
    if all(inside(ring, region).all() for ring in rings):
        return rings
    return clipped(rings, region, target)[0]


def _extent(rings: Rings, target: Polygons) -> float:
    """The area of an instance, of a polyline its length."""
    if not target.closed:
        return float(sum(map(length, rings)))
    return float(sum(geometry(group).area for group in ([rings] if target.holes else [(ring,) for ring in rings])))


def _edge_by_edge(ring: Floats, parts: NDArray[np.int64]) -> Floats:
    """A closed ring of so many parts an edge, each edge without the points that lie on the lines between others."""
    import shapely

    if len(parts) < 3:
        return ring
    begin, count = np.cumsum(parts) - parts, parts + 1  # an edge ends where the next begins
    edges = np.repeat(np.arange(len(parts)), count)
    places = np.arange(len(edges)) - np.repeat(np.cumsum(count) - count, count) + begin[edges]
    lines = shapely.linestrings(ring[places % max(len(ring), 1)], indices=edges)
    left, which = shapely.get_coordinates(shapely.simplify(lines, THIN), return_index=True)
    return np.asarray(left[np.append(which[1:] == which[:-1], False)])


def _thinned(ring: Floats, target: Polygons) -> Floats:
    """A ring, or a line, without the points that lie on the lines between others."""
    if len(ring) < 4 or not target.closed:
        return ring
    import shapely

    left = shapely.get_coordinates(shapely.simplify(shapely.Polygon(ring), THIN))[:-1]
    return left if len(left) > 2 else ring


@functools.cache
def check_shapely() -> None:
    """Refuse polygons where what clips them is not installed."""
    if importlib.util.find_spec("shapely") is None:
        raise ImportError('polygons are clipped by shapely: pip install "variegate[labels]"')


def within_sides(points: Floats, size: tuple[int, int]) -> Floats:
    """Clipped points, those that rounding left a hair beside a side of the result put upon it."""
    most = np.array(size[::-1], np.float64)
    out = np.where(points < SLACK, 0.0, points)
    return np.where(out > most - SLACK, most, out)


def _split(points: Floats, lengths: Sequence[int]) -> Rings:
    return tuple(np.split(points, np.cumsum(lengths)[:-1])) if lengths else ()


def is_real(rings: Rings, target: Polygons) -> bool:
    """Whether rings enclose anything to begin with (polylines: lead anywhere); else they tell nothing."""
    return any(fan(ring) > SLIVER if target.closed else length(ring) > 0 for ring in rings)


def visibility_of_rings(target: Polygons, everything: list[tuple[Rings, float, Floats, bool]]) -> Visibility:
    """What is left of instances: of each its rings, their share of it, the box around all of it, and if it is real."""
    seen = [bounds(np.concatenate(rings)) if rings else np.zeros(4) for rings, *_ in everything]
    extent = [measure(rings, target) if rings else 0.0 for rings, *_ in everything]
    return Visibility(
        np.array([known for *_, known in everything], bool),
        np.array([share for _, share, *_ in everything], np.float64),
        np.array(extent, np.float64),
        np.array(seen, np.float64).reshape(-1, 4),
        np.array([whole for _, _, whole, _ in everything], np.float64).reshape(-1, 4),
    )


def measure(rings: Rings, target: Polygons) -> float:
    """The area of rings: of parts the sum, with holes even-odd; of polylines there is none.

    Without min_area nobody asks: then rings that cross themselves are not looked for.
    """
    if not target.closed:
        return 0.0
    if target.holes and len(rings) > 1:
        return float(geometry(rings).area)
    return sum(float(geometry((ring,)).area) if target.min_area else abs(shoelace(ring)) for ring in rings)


def clipped(rings: Rings, region: Floats, target: Polygons) -> tuple[Rings, float]:
    """The part of an instance in a convex region, and its share of the whole's area (of a polyline: length)."""
    if len(region) < 3:
        return (), 0.0
    if not target.closed:
        kept = [line for ring in rings for line in line_within(ring, region)]
        every = sum(map(length, rings))
        return tuple(kept), min(sum(map(length, kept)) / every, 1.0) if every > 0 else 0.0
    import shapely

    window = shapely.Polygon(region)
    found: list[Floats] = []
    every = part = 0.0
    for group in [rings] if target.holes else [(ring,) for ring in rings]:
        whole = geometry(group)
        every += whole.area
        if not target.holes and inside(group[0], region).all():  # as it is, from its first point on
            found.append(group[0])
            part += whole.area
            continue
        common = shapely.intersection(whole, window)
        kept = rings_of(common, target.holes)
        part += common.area if kept else 0.0  # of slivers nothing is left, so nothing is seen
        found += kept
    return tuple(found), min(part / every, 1.0) if every > 0 else 0.0


def geometry(rings: Rings) -> Any:
    """Rings as a valid shapely geometry, even-odd where they cross each other or themselves."""
    import shapely

    parts = [_part(ring) for ring in rings if len(ring) > 2] or [shapely.Polygon()]
    while len(parts) > 1:  # by twos: one after the other, a thousand rings took 5 s
        even = len(parts) // 2 * 2
        parts = [*shapely.symmetric_difference(parts[:even:2], parts[1:even:2]), *parts[even:]]
    return parts[0]


def _part(ring: Floats) -> Any:
    import shapely

    part = shapely.Polygon(ring)
    return part if part.is_valid else _even_odd(ring)


def _even_odd(ring: Floats) -> Any:
    """A ring that crosses itself, as it is filled: the faces between its lines that an odd number of turns goes around.

    shapely.make_valid does the same, but may double an area whose edges lie on one line but for rounding.
    """
    import shapely

    lines = shapely.union_all([shapely.LinearRing(ring)], grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    return shapely.union_all(faces[_odd(points, ring)])


def _odd(points: Floats, ring: Floats) -> NDArray[np.bool_]:
    """Which of the points (n, 2) have an odd number of the ring's edges to their right."""
    x, y = points[:, :1], points[:, 1:]
    (u, v), (p, q) = ring.T, np.roll(ring, -1, axis=0).T
    spans = (v > y) != (q > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        right = x < u + (y - v) * ((p - u) / (q - v))
    return np.asarray((spans & right).sum(axis=1) % 2 == 1)


def rings_of(geometry: Any, holes: bool) -> list[Floats]:
    """The outlines of what is left, then its holes; points, lines and slivers are no part of it."""
    import shapely

    found: list[Floats] = []
    for part in shapely.get_parts(shapely.get_parts(geometry)):
        if part.geom_type == "Polygon" and part.area > SLIVER:
            outlines = [part.exterior, *(part.interiors if holes else ())]
            found += [np.array(outline.coords)[:-1] for outline in outlines]
    return found
