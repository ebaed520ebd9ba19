"""Carry: all labels of one sample through its map, and the filters, by which an instance stays or goes as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.labels import boxes, keypoints, masks, oriented, polygons  # noqa: F401  each registers its move
from variegate.labels.move import move
from variegate.labels.point_map import PointMap
from variegate.labels.visibility import Visibility
from variegate.targets import Targets
from variegate.targets.base import Filters
from variegate.targets.leaf import Leaf, Leaves


class MovedLabels(NamedTuple):
    """A sample's labels on the result.

    leaves   by field
    dropped  how many instances went, by the field and the filter that asked for it, as "boxes.min_area"
    """

    leaves: dict[str, Leaf]
    dropped: Counter[str]


def carry(targets: Targets, leaves: Leaves, point_map: PointMap, filters: bool = True) -> MovedLabels:
    """Every field of a sample through its map.

    filters  False: every instance stays, also one of which nothing is seen
    """
    moved: dict[str, Leaf] = {}
    visibilities: dict[str, Visibility] = {}
    around: dict[str | None, Visibility] = {}  # of each group, what shapes with outlines tell
    given = [field for field in targets.fields if field[0] in leaves]
    for name, target in sorted(given, key=lambda field: -field[1].exactness):  # boxes lie tight around polygons, masks
        group = target.rows_of
        moved[name], visibility = move(target, leaves[name], point_map, around.get(group))
        if visibility is None:
            continue
        visibilities[name] = visibility
        if target.outlines:
            around[group] = _first(around[group], visibility) if group in around else visibility
    moved = {name: moved[name] for name in leaves}
    return filtered(targets, leaves, moved, visibilities if filters else {})


def filtered(
    targets: Targets, leaves: Leaves, moved: dict[str, Leaf], visibilities: Mapping[str, Visibility]
) -> MovedLabels:
    """Moved leaves without the instances that what is left of them drops.

    leaves  as they were before
    """
    dropped: Counter[str] = Counter()
    for group in dict.fromkeys(targets[name].rows_of for name in visibilities):
        if group is not None:
            _filter(group, targets, leaves, moved, visibilities, dropped)
    return MovedLabels(moved, dropped)


def _first(one: Visibility, other: Visibility) -> Visibility:
    """Of each instance what the first knows, else what the other does, or where it alone tells of mirror images."""
    first = one.known & ~(other.copied & ~one.copied)

    def pick(a: Any, b: Any) -> NDArray[Any]:
        return np.asarray(np.where(first.reshape(-1, *(1,) * (max(a.ndim, b.ndim) - 1)), a, b))

    return Visibility(*(pick(a, b) for a, b in zip(one, other, strict=True)))


def _filter(
    group: str,
    targets: Targets,
    leaves: Leaves,
    moved: dict[str, Leaf],
    visibilities: Mapping[str, Visibility],
    dropped: Counter[str],
) -> None:
    """Drop what no target of the group shows any more, and what a filter refuses, from every field of the group."""
    members = [name for name in moved if targets[name].rows_of == group]
    telling = [name for name in visibilities if name in members]  # who knows best first
    count = len(visibilities[telling[0]].share)
    stay = np.ones(count, bool)

    def refuse(reason: str, flags: NDArray[np.bool_]) -> None:
        if flags.any():
            if (gone := int(np.count_nonzero(flags & stay))) > 0:
                dropped[reason] += gone
            stay[flags] = False

    best = visibilities[telling[0]]
    for name in telling[1:]:
        best = _first(best, visibilities[name])
    for name in telling:
        empty = targets[name].empty(leaves[name])
        if empty is not None:
            refuse(f"{name}.empty", empty)
    if not any(targets[name].keeps_outside for name in telling):
        refuse(f"{telling[0]}.outside", best.known & (best.share <= 0))
    for name in telling:
        _limits(name, targets[name].filters, visibilities[name], best, refuse)
    if not stay.all():
        index = np.flatnonzero(stay)
        for name in members:
            moved[name] = moved[name].take(index)  # type: ignore[union-attr]


def _limits(name: str, filters: Filters, visibility: Visibility, best: Visibility, refuse: Any) -> None:
    """The filters that a target declares; of the share it is the best known shape that counts."""
    if filters.min_visible > 0:
        refuse(f"{name}.min_visible", best.known & (best.share < filters.min_visible))
    if filters.min_area > 0:
        refuse(f"{name}.min_area", visibility.known & (visibility.area < filters.min_area))
    if filters.min_side > 0:
        refuse(f"{name}.min_side", visibility.known & (visibility.side < filters.min_side))
