"""Hidden: what is left of the instances of a result when another picture lies on a box of it."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.labels.keypoints import visibility_of_points
from variegate.labels.polygons import Rings, check_shapely, geometry, is_real, rings_of, visibility_of_rings
from variegate.labels.region import common, rectangle, shoelace
from variegate.labels.stack import in_pixels, pixel_bounds, pixel_counts
from variegate.labels.visibility import Visibility, areas, bounds
from variegate.targets import Boxes, Keypoints, Mask, OrientedBoxes, Polygons, Target
from variegate.targets.leaf import BoxLeaf, Leaf, MaskLeaf, OrientedLeaf, PointLeaf, RingLeaf

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]  # left, top, right and bottom edge, in pixels of the result
Size = tuple[int, int]


@functools.singledispatch
def hidden(
    target: Target, leaf: Any, box: Box, size: Size, around: Visibility | None = None
) -> tuple[Leaf, Visibility | None]:
    """A leaf on a result of this size without what a box hides, and what is left of each instance; as `move`."""
    return leaf, None


@hidden.register(Boxes)
def _boxes(
    target: Boxes, leaf: BoxLeaf, box: Box, size: Size, around: Visibility | None = None
) -> tuple[BoxLeaf, Visibility]:
    edges = leaf.xyxy
    seen = np.array([_rest(each, box) for each in edges.tolist()], np.float64).reshape(-1, 4)
    over = areas(np.concatenate([np.maximum(edges[:, :2], box[:2]), np.minimum(edges[:, 2:], box[2:])], axis=1))
    met = (np.minimum(edges[:, 2:], box[2:]) > np.maximum(edges[:, :2], box[:2])).all(axis=1)
    own = areas(edges)
    share = np.where(met, 1 - over / np.where(own > 0, own, 1.0), 1.0)
    if around is not None:
        cut = around.known & (around.share < 1)
        seen, share = np.where(cut[:, None], around.seen, seen), np.where(around.known, around.share, share)
    visibility = Visibility(np.ones(len(edges), bool), share, areas(seen), seen, edges)
    if not target.clip or np.array_equal(seen, edges):
        return leaf, visibility
    return replace(leaf, xyxy=seen, given=None), visibility


def _rest(edges: list[float], box: Box) -> list[float]:
    """The box around what another box leaves of one: it is smaller only where that reaches from side to side."""
    x0, y0, x1, y1 = edges
    left, top, right, bottom = box
    across, down = left <= x0 and right >= x1, top <= y0 and bottom >= y1
    if across and down:
        return [0.0, 0.0, 0.0, 0.0]
    if across and bottom > y0 and top < y1:
        return [x0, bottom if top <= y0 else y0, x1, top if bottom >= y1 else y1]
    if down and right > x0 and left < x1:
        return [right if left <= x0 else x0, y0, left if right >= x1 else x1, y1]
    return edges


@hidden.register(OrientedBoxes)
def _oriented(
    target: OrientedBoxes, leaf: OrientedLeaf, box: Box, size: Size, _: Visibility | None = None
) -> tuple[OrientedLeaf, Visibility]:
    """Turned boxes are never clipped."""
    left, top, right, bottom = box
    cover, whole = rectangle((int(bottom - top), int(right - left))) + np.array([left, top]), leaf.corners
    own = np.array([abs(shoelace(ring)) for ring in whole])
    over = np.array([abs(shoelace(part)) if len(part := common(ring, cover)) else 0.0 for ring in whole])
    share = 1 - over / np.where(own > 0, own, 1.0)
    seen = np.array([bounds(ring) for ring in whole]).reshape(-1, 4)
    return leaf, Visibility(np.ones(len(whole), bool), share, own * share, seen, seen)


@hidden.register(Keypoints)
def _points(
    target: Keypoints, leaf: PointLeaf, box: Box, size: Size, _: Visibility | None = None
) -> tuple[PointLeaf, Visibility]:
    """Points keep their places; v of those that are hidden becomes 0."""
    within = ~((leaf.xy >= box[:2]) & (leaf.xy < box[2:])).all(axis=2)
    within &= ((leaf.xy >= 0) & (leaf.xy <= size[::-1])).all(axis=2)
    labelled = ~leaf.unlabelled
    visibility = visibility_of_points(labelled, within & labelled, leaf.xy)
    if leaf.visible is None or (within | (leaf.visible == 0)).all():
        return leaf, visibility
    return replace(leaf, visible=np.where(within, leaf.visible, 0), given=None), visibility


@hidden.register(Polygons)
def _polygons(
    target: Polygons, leaf: RingLeaf, box: Box, size: Size, _: Visibility | None = None
) -> tuple[RingLeaf, Visibility]:
    import shapely

    return polygons_without(target, leaf, shapely.box(*box))


def polygons_without(target: Polygons, leaf: RingLeaf, area: Any) -> tuple[RingLeaf, Visibility]:
    """Polygons without what lies in an area, as shapely has it, and what is left of them."""
    if target.closed:
        check_shapely()
    everything = []
    for rings in leaf.rings:
        left, share = _without(rings, area, target)
        around = bounds(np.concatenate(rings)) if rings else np.zeros(4)
        everything.append((left, share, around, is_real(rings, target)))
    visibility = visibility_of_rings(target, everything)
    if all(left is rings for (left, *_), rings in zip(everything, leaf.rings, strict=True)):
        return leaf, visibility
    return replace(leaf, rings=tuple(rings for rings, *_ in everything), given=None), visibility


def _without(rings: Rings, area: Any, target: Polygons) -> tuple[Rings, float]:
    """The part of an instance outside of an area, and its share of the whole; the very rings where that is all."""
    import shapely

    if not rings:
        return rings, 1.0
    found: list[Floats] = []
    every = part = 0.0
    for group in [rings] if target.holes and target.closed else [(ring,) for ring in rings]:
        whole = geometry(group) if target.closed else shapely.LineString(group[0]) if len(group[0]) > 1 else None
        extent = 0.0 if whole is None else whole.area if target.closed else whole.length
        every += extent
        if whole is None or not whole.intersects(area):
            found, part = [*found, *group], part + extent
            continue
        rest = shapely.difference(whole, area)
        rest = _opened(rest) if target.closed and not target.holes else rest
        kept = rings_of(rest, target.holes) if target.closed else _lines_of(rest)
        part += (rest.area if target.closed else rest.length) if kept else 0.0
        found += kept
    if len(found) == len(rings) and all(a is b for a, b in zip(found, rings, strict=True)):
        return rings, 1.0
    return tuple(found), min(part / every, 1.0) if every > 0 else 0.0


def _opened(rest: Any) -> Any:
    """An area in parts without holes: a part with one is cut through its middle, from above to below."""
    import shapely

    done, open_yet = list[Any](), list(shapely.get_parts(shapely.get_parts(rest)))
    while open_yet:
        part = open_yet.pop()
        if part.geom_type != "Polygon" or not part.interiors:
            done.append(part)
            continue
        x0, y0, x1, y1 = part.bounds
        left, _, right, _ = part.interiors[0].bounds
        middle = (left + right) / 2
        sides = shapely.box(x0, y0, middle, y1), shapely.box(middle, y0, x1, y1)
        open_yet += [each for side in sides for each in shapely.get_parts(shapely.intersection(part, side))]
    return shapely.GeometryCollection(done[::-1])


def _lines_of(geometry: Any) -> list[Floats]:
    """The polylines of what is left."""
    import shapely

    return [np.array(part.coords) for part in shapely.get_parts(geometry) if part.geom_type == "LineString"]


@hidden.register(Mask)
def _mask(
    target: Mask, leaf: MaskLeaf, box: Box, size: Size, _: Visibility | None = None
) -> tuple[MaskLeaf, Visibility | None]:
    """A stack; what else a mask is, is blended as the picture is."""
    if not target.stack:
        return leaf, None
    left, top, right, bottom = mask_box(box, size, target.sides(size))
    before, pixels = pixel_counts(leaf.pixels != 0), leaf.pixels.copy()
    pixels[:, top:bottom, left:right] = 0
    after, seen = pixel_counts(pixels != 0), pixel_bounds(pixels != 0)
    share = after / np.maximum(before, 1)
    visibility = Visibility(before > 0, share, after, seen, np.full(seen.shape, np.nan))
    sides = target.sides(size)
    return MaskLeaf(pixels), in_pixels(visibility, np.array([size[1] / sides[1], size[0] / sides[0]]))


def mask_box(box: Box, size: Size, sides: Size) -> tuple[int, int, int, int]:
    """A box in pixels of a mask of (height, width) `sides`, of a picture of `size`: those whose centre it covers."""
    unit = sides[1] / size[1], sides[0] / size[0]
    left, top, right, bottom = (round(edge * unit[k % 2]) for k, edge in enumerate(box))
    return left, top, right, bottom
