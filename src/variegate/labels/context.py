"""What an op that looks at labels is shown of one sample: boxes, a mask, or instances, on the canvas at that point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from variegate.labels.carry import carry
from variegate.labels.mask_map import mask_map, sides_of
from variegate.labels.masks import carry_mask
from variegate.labels.point_map import PointMap
from variegate.labels.projective import ProjectiveMap, per_pixel
from variegate.ops.base import VisibleInstances, VisibleMask
from variegate.targets import Mask, Targets
from variegate.targets.leaf import BoxLeaf, Leaf, MaskLeaf

Floats = NDArray[np.float64]


def boxes_at(targets: Targets, leaves: Mapping[str, Leaf], point_map: PointMap) -> Floats | None:
    """The boxes (N, 4) of all fields of boxes, those that filters drop left out; None if there is no such field."""
    fields = [name for name in targets if isinstance(leaves.get(name), BoxLeaf)]
    if not fields:
        return None
    # Masks are not read for this: that is a pass over pixels. Where they alone would make a box tight, it is looser.
    shapes = {name: leaf for name, leaf in leaves.items() if not isinstance(leaf, MaskLeaf)}
    carried = carry(targets, shapes, point_map).leaves
    found = [leaf.xyxy for name in fields if isinstance(leaf := carried[name], BoxLeaf)]
    return np.concatenate(found)


def masks_at(targets: Targets, leaves: Mapping[str, Leaf], point_map: PointMap) -> VisibleMask | None:
    """The first mask of classes, and its map to the canvas; None if there is none."""
    for name, target in targets.fields:
        leaf = leaves.get(name)
        if (
            isinstance(target, Mask)
            and not target.stack
            and isinstance(leaf, MaskLeaf)
            and leaf.pixels.dtype.kind in "biu"
        ):
            shown, into = (
                mask_map(target, leaf, point_map).covered(),
                per_pixel(sides_of(target, leaf), np.array(point_map.before)),
            )
            part = None if shown.all() else shown
            if isinstance(point_map, ProjectiveMap):
                return VisibleMask(leaf.pixels, point_map.forward * np.concatenate([into, np.ones(1)]), part)
            return VisibleMask(leaf.pixels, None, part, partial(_bent, point_map, into))
    return None


def instances_at(targets: Targets, leaves: Mapping[str, Leaf], point_map: PointMap) -> VisibleInstances | None:
    """The first stack of masks, in pixels of the canvas whatever its stride; None if there is none."""
    for name, target in targets.fields:
        leaf = leaves.get(name)
        if isinstance(target, Mask) and target.stack and isinstance(leaf, MaskLeaf):
            own = point_map if target.copies else point_map.cut_off()
            if target.stride != 1:
                own = own.scaled(sides_of(target, leaf), point_map.size)
            there = MaskLeaf(leaf.pixels != 0)
            if target.stride != 1 or not own.identity:
                there = carry_mask(replace(target, shrink="nearest", keep=()), there, own)
            return VisibleInstances(there.pixels, target.group)
    return None


def _bent(point_map: PointMap, into: Floats, points: Floats) -> Floats:
    """Points of a mask on the canvas; into: how many pixels of the picture one of its own is wide and high."""
    return point_map.image(points * into)
