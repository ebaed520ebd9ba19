"""Mask map: a point map for the pixels of a mask, which may be larger or smaller than those of its picture."""

from __future__ import annotations

from variegate.labels.point_map import PointMap
from variegate.targets import Mask
from variegate.targets.leaf import MaskLeaf


def mask_map(target: Mask, leaf: MaskLeaf, point_map: PointMap) -> PointMap:
    """The map of a mask: from its own pixels to those of the result's mask, by its own borders.

    Of another resolution than the picture, it is the picture's map between two scalings: windows cut, and borders fold,
    where they do in the picture. A stack has nothing beyond a window, unless it is to have mirror images.
    """
    if target.stack and not target.copies:
        point_map = point_map.cut_off()
    return point_map if target.stride == 1 else point_map.scaled(sides_of(target, leaf), target.sides(point_map.size))


def sides_of(target: Mask, leaf: MaskLeaf) -> tuple[int, int]:
    """(height, width) of a mask."""
    height, width = leaf.pixels.shape[1:] if target.stack else leaf.pixels.shape[:2]
    return height, width
