"""Carry: all labels of one sample through its map, and the filters, by which an instance stays or goes as a whole."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.labels.boxes import move_boxes
from variegate.labels.grid import own_way
from variegate.labels.keypoints import move_keypoints
from variegate.labels.masks import carry_mask
from variegate.labels.oriented import move_oriented
from variegate.labels.polygons import move_polygons
from variegate.labels.projective import per_pixel
from variegate.labels.shown import Shown
from variegate.labels.stack import in_pixels, shown_of
from variegate.labels.way import Way
from variegate.targets import Boxes, Keypoints, Mask, OrientedBoxes, Polygons, Target, Targets
from variegate.targets.base import Shaped
from variegate.targets.leaf import Leaf, Leaves

SHAPES = (Polygons, Mask, OrientedBoxes, Boxes, Keypoints)  # who knows best what is left of an instance, first


class Moved(NamedTuple):
    """A sample's labels on the result.

    leaves   by field
    dropped  how many instances went, by the field and the filter that asked for it, as "boxes.min_area"
    """

    leaves: dict[str, Leaf]
    dropped: Counter[str]


def carry(targets: Targets, leaves: Leaves, way: Way, filters: bool = True) -> Moved:
    """Every field of a sample through its map.

    filters  False: every instance stays, also one of which nothing is seen
    """
    moved: dict[str, Leaf] = {}
    shown: dict[str, Shown] = {}
    given = [field for field in targets.fields if field[0] in leaves]
    for name, target in sorted(given, key=lambda field: _rank(type(field[1]))):  # type: ignore[arg-type]
        moved[name], told = _move(target, leaves[name], way, _around(targets, target, shown))
        if told is not None:
            shown[name] = told
    moved = {name: moved[name] for name in leaves}
    dropped: Counter[str] = Counter()
    for group in dict.fromkeys(targets[name].rows_of for name in shown):
        if group is not None and filters:
            _filter(group, targets, leaves, moved, shown, dropped)
    return Moved(moved, dropped)


@functools.cache
def _rank(kind: type[Target]) -> int:
    """Polygons and masks are moved first, since boxes lie tight around them."""
    return next((n for n, shape in enumerate(SHAPES) if issubclass(kind, shape)), len(SHAPES))


def _move(target: Target, leaf: Any, way: Way, around: Shown | None) -> tuple[Leaf, Shown | None]:
    if isinstance(target, Polygons):
        return move_polygons(target, leaf, way)
    if isinstance(target, Mask):
        own = own_way(target, leaf, way)
        moved = carry_mask(target, leaf, own)
        if not target.stack:
            return moved, None
        return moved, in_pixels(shown_of(leaf, moved, own, target.copies), per_pixel(own.size, np.array(way.size)))
    if isinstance(target, OrientedBoxes):
        return move_oriented(target, leaf, way)
    if isinstance(target, Boxes):
        return move_boxes(target, leaf, way, around)
    if isinstance(target, Keypoints):
        return move_keypoints(target, leaf, way)
    return leaf, None


def _around(targets: Targets, target: Target, shown: Mapping[str, Shown]) -> Shown | None:
    """What polygons or masks of a box's group know, the first that knows something deciding for each instance."""
    if not isinstance(target, Boxes):
        return None
    best: Shown | None = None
    for name, told in shown.items():
        other = targets[name]
        if isinstance(other, (Polygons, Mask)) and other.rows_of == target.group and _has_area(other):
            best = told if best is None else _first(best, told)
    return best


def _has_area(target: Polygons | Mask) -> bool:
    return isinstance(target, Mask) or target.closed


def _first(one: Shown, other: Shown) -> Shown:
    """Of each instance what the first knows, else what the other does, or where it alone tells of mirror images."""
    first = one.known & ~(other.copied & ~one.copied)

    def pick(a: Any, b: Any) -> NDArray[Any]:
        return np.asarray(np.where(first.reshape(-1, *(1,) * (max(a.ndim, b.ndim) - 1)), a, b))

    return Shown(*(pick(a, b) for a, b in zip(one, other, strict=True)))


def _filter(
    group: str,
    targets: Targets,
    leaves: Leaves,
    moved: dict[str, Leaf],
    shown: Mapping[str, Shown],
    dropped: Counter[str],
) -> None:
    """Drop what no target of the group shows any more, and what a filter refuses, from every field of the group."""
    members = [name for name in moved if targets[name].rows_of == group]
    telling = [name for name in shown if name in members]  # who knows best first
    count = len(shown[telling[0]].share)
    stay = np.ones(count, bool)

    def refuse(reason: str, flags: NDArray[np.bool_]) -> None:
        if flags.any():
            if (gone := int(np.count_nonzero(flags & stay))) > 0:
                dropped[reason] += gone
            stay[flags] = False

    best = shown[telling[0]]
    for name in telling[1:]:
        best = _first(best, shown[name])
    for name in telling:
        if isinstance(targets[name], (Boxes, OrientedBoxes)):
            refuse(f"{name}.empty", _empty(leaves[name]))
    if all(getattr(targets[name], "clip", True) for name in telling):  # boxes that are not clipped may lie outside
        refuse(f"{telling[0]}.outside", best.known & (best.share <= 0))
    for name in telling:
        _limits(name, targets[name], shown[name], best, refuse)
    if not stay.all():
        index = np.flatnonzero(stay)
        for name in members:
            moved[name] = moved[name].take(index)  # type: ignore[union-attr]


def _empty(leaf: Any) -> NDArray[np.bool_]:
    """Boxes that had no area to begin with."""
    if hasattr(leaf, "xyxy"):
        return np.asarray((leaf.xyxy[:, 2] <= leaf.xyxy[:, 0]) | (leaf.xyxy[:, 3] <= leaf.xyxy[:, 1]))
    return np.asarray((leaf.rows[:, 2:4] <= 0).any(axis=1))


def _limits(name: str, target: Any, told: Shown, best: Shown, refuse: Any) -> None:
    """The filters that a target declares; of the share it is the best known shape that counts."""
    if not isinstance(target, Shaped):
        return
    if target.min_visible > 0:
        refuse(f"{name}.min_visible", best.known & (best.share < target.min_visible))
    if target.min_area > 0:
        refuse(f"{name}.min_area", told.known & (told.area < target.min_area))
    if target.min_side > 0:
        refuse(f"{name}.min_side", told.known & (told.side < target.min_side))
