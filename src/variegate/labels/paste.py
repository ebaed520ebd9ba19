"""Paste: objects of a partner's result on another, and the labels of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.labels.blend import beneath, plain_shared, rows_joined
from variegate.labels.blend_row import PasteRow
from variegate.labels.carry import MovedLabels
from variegate.labels.hidden import polygons_without
from variegate.labels.keypoints import visibility_of_points
from variegate.labels.polygons import geometry
from variegate.labels.region import filled
from variegate.labels.stack import in_pixels, pixel_bounds, pixel_counts
from variegate.labels.visibility import Visibility, areas, bounds
from variegate.targets import Boxes, Keypoints, Mask, OrientedBoxes, Polygons, Target, Targets
from variegate.targets.leaf import BoxLeaf, Leaf, Leaves, MaskLeaf, OrientedLeaf, PointLeaf, RingLeaf

Flags = NDArray[np.bool_]
Size = tuple[int, int]


class Pasted(NamedTuple):
    """What of a partner's result is put on another.

    chosen  which of its instances
    group   whose instances they are
    cover   (height, width): the pixels that they have
    shapes  their outlines, as shapely has them; None: polygons are not among the fields
    """

    chosen: NDArray[np.int64]
    group: str
    cover: Flags
    shapes: Any

    @property
    def share(self) -> float:
        """Of all pixels those that they have."""
        return float(np.count_nonzero(self.cover)) / self.cover.size


def chosen(targets: Targets, leaves: Leaves, row: PasteRow) -> Pasted:
    """The objects that are drawn.

    Raises  InputError if there are no masks or polygons of instances.
    """
    name, masks = _masks(targets, leaves, row)
    there = np.flatnonzero([mask.any() for mask in masks])
    order = np.array(row.order(len(masks)))[there] if len(there) else np.zeros(0)
    index = np.sort(there[np.argsort(order, kind="stable")[: row.objects]])
    cover: Flags = np.logical_or.reduce(masks[index], axis=0) if len(index) else np.zeros(row.size, np.bool_)
    group = targets[name].rows_of
    assert group is not None
    shapes = None
    for other, target in targets.fields:
        leaf = leaves.get(other)
        if isinstance(target, Polygons) and isinstance(leaf, RingLeaf) and target.rows_of == group and target.closed:
            import shapely

            shapes = shapely.union_all([geometry(leaf.rings[n]) for n in index.tolist()])
    return Pasted(index, group, cover, shapes)


def _masks(targets: Targets, leaves: Leaves, row: PasteRow) -> tuple[str, Flags]:
    """The first field that tells the pixels of instances, and these, (N, height, width)."""
    for name, target in targets.fields:
        leaf = leaves.get(name)
        if isinstance(target, Mask) and target.stack and isinstance(leaf, MaskLeaf):
            return name, _at_size(leaf.pixels != 0, row.size)
    for name, target in targets.fields:
        leaf = leaves.get(name)
        if isinstance(target, Polygons) and target.closed and isinstance(leaf, RingLeaf):
            found = np.zeros((leaf.count, *row.size), np.bool_)
            for mask, rings in zip(found, leaf.rings, strict=True):
                for ring in rings:
                    mask ^= filled(ring, row.size)
            return name, found
    raise InputError(
        f"{row.path} takes objects by their masks or polygons, and the sample has none declared: give targets="
        "{'masks': Mask(stack=True)} or {'polygons': Polygons()} to Compose, and the field to the call"
    )


def _at_size(masks: Flags, size: Size) -> Flags:
    """Masks (N, h, w) at another size, by nearest."""
    if masks.shape[1:] == size:
        return masks
    rows, columns = (
        ((np.arange(n) + 0.5) * m / n).astype(np.int64) for n, m in zip(size, masks.shape[1:], strict=True)
    )
    return masks[:, rows[:, None], columns]


def pasted(
    targets: Targets, own: MovedLabels, other: MovedLabels, row: PasteRow, what: Pasted, views: Mapping[str, Leaf]
) -> MovedLabels:
    """The labels of a result with objects of another on it; views: those of both, made already.

    Raises  InputError if the two have other fields, or a field cannot be joined.
    """
    if own.leaves.keys() != other.leaves.keys():
        raise InputError(
            f"{row.path}: the picture has the fields {sorted(own.leaves)}, its partner {sorted(other.leaves)}"
        )
    left = beneath(targets, own.leaves, lambda target, leaf, around: _covered(target, leaf, row.size, what, around))
    leaves = dict[str, Leaf]()
    for name, leaf in own.leaves.items():
        target, partner = targets[name], other.leaves[name]
        if target.rows_of == what.group:
            leaves[name] = rows_joined([left.leaves[name], partner.take(what.chosen)], f"{row.path}: {name}")  # type: ignore[union-attr]
        elif target.rows_of is not None:
            leaves[name] = left.leaves[name]
        elif isinstance(leaf, MaskLeaf) and isinstance(partner, MaskLeaf):
            leaves[name] = _plane(leaf, partner, what, f"{row.path}: {name}")
        else:
            leaves[name] = views.get(name) or plain_shared(target, leaf, partner, 1 - what.share, row.path, name)
    return MovedLabels(leaves, own.dropped + left.dropped)


def _plane(own: MaskLeaf, other: MaskLeaf, what: Pasted, name: str) -> MaskLeaf:
    """A mask of classes or a map of numbers, pixel by pixel."""
    if own.pixels.shape != other.pixels.shape or own.pixels.dtype != other.pixels.dtype:
        got = f"{other.pixels.dtype} {other.pixels.shape}"
        raise InputError(f"{name} is {own.pixels.dtype} {own.pixels.shape}, and that of the partner {got}")
    cover, pixels = _at_size(what.cover[None], own.pixels.shape[:2])[0], own.pixels.copy()
    pixels[cover] = other.pixels[cover]
    return MaskLeaf(pixels)


def _covered(
    target: Target, leaf: Any, size: Size, what: Pasted, around: Visibility | None
) -> tuple[Leaf, Visibility | None]:
    """A leaf without what the objects hide, and what is left of each instance; as `move`."""
    if isinstance(target, Boxes):
        return _boxes(target, leaf, what.cover, around)
    if isinstance(target, OrientedBoxes):
        return leaf, _oriented(leaf, what.cover, around)
    if isinstance(target, Keypoints):
        return _points(leaf, what.cover)
    if isinstance(target, Polygons):
        return (leaf, None) if what.shapes is None else polygons_without(target, leaf, what.shapes)
    if isinstance(target, Mask) and target.stack:
        return _stack(target, leaf, size, what.cover)
    return leaf, None


def _boxes(target: Boxes, leaf: BoxLeaf, cover: Flags, around: Visibility | None) -> tuple[BoxLeaf, Visibility]:
    """Boxes tight around what masks or polygons tell is left; else around the pixels that are."""
    seen, share = leaf.xyxy.copy(), np.ones(leaf.count)
    for n, (x0, y0, x1, y1) in enumerate(leaf.xyxy.tolist()):
        part = cover[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))]
        if part.size and part.any():
            share[n] = 1 - np.count_nonzero(part) / part.size
            rows, columns = np.flatnonzero(~part.all(axis=1)), np.flatnonzero(~part.all(axis=0))
            inner = (int(x0) + columns[[0, -1]], int(y0) + rows[[0, -1]]) if len(rows) else None
            seen[n] = (
                0.0
                if inner is None
                else (max(x0, inner[0][0]), max(y0, inner[1][0]), min(x1, inner[0][1] + 1), min(y1, inner[1][1] + 1))
            )
    if around is not None:
        cut = around.known & (around.share < 1)
        seen, share = np.where(cut[:, None], around.seen, seen), np.where(around.known, around.share, share)
        seen = np.where((around.known & (around.share == 1))[:, None], leaf.xyxy, seen)
    visibility = Visibility(np.ones(leaf.count, bool), share, areas(seen), seen, leaf.xyxy)
    if not target.clip or np.array_equal(seen, leaf.xyxy):
        return leaf, visibility
    return replace(leaf, xyxy=seen, given=None), visibility


def _oriented(leaf: OrientedLeaf, cover: Flags, around: Visibility | None) -> Visibility:
    """Turned boxes stay."""
    seen = np.array([bounds(ring) for ring in leaf.corners]).reshape(-1, 4)
    masks = [filled(ring, cover.shape) for ring in leaf.corners]
    every = np.array([np.count_nonzero(mask) for mask in masks], np.float64)
    rest = np.array([np.count_nonzero(mask & ~cover) for mask in masks], np.float64)
    share = np.where(every > 0, rest / np.maximum(every, 1), 1.0)
    share = share if around is None else np.where(around.known, around.share, share)
    return Visibility(np.ones(leaf.count, bool), share, rest, seen, seen)


def _points(leaf: PointLeaf, cover: Flags) -> tuple[PointLeaf, Visibility]:
    height, width = cover.shape
    column, row = (np.floor(leaf.xy[..., axis]) for axis in (0, 1))
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    at = np.where(inside, row, 0).astype(np.int64), np.where(inside, column, 0).astype(np.int64)
    within, labelled = inside & ~cover[at], ~leaf.unlabelled
    visibility = visibility_of_points(labelled, within & labelled, leaf.xy)
    if leaf.visible is None or (within | (leaf.visible == 0)).all():
        return leaf, visibility
    return replace(leaf, visible=np.where(within, leaf.visible, 0), given=None), visibility


def _stack(target: Mask, leaf: MaskLeaf, size: Size, cover: Flags) -> tuple[MaskLeaf, Visibility]:
    sides = target.sides(size)
    before, pixels = pixel_counts(leaf.pixels != 0), leaf.pixels.copy()
    pixels[:, _at_size(cover[None], sides)[0]] = 0
    after, seen = pixel_counts(pixels != 0), pixel_bounds(pixels != 0)
    visibility = Visibility(before > 0, after / np.maximum(before, 1), after, seen, np.full(seen.shape, np.nan))
    unit = np.array([size[1] / sides[1], size[0] / sides[0]])
    return (leaf if (before == after).all() else MaskLeaf(pixels)), in_pixels(visibility, unit)
