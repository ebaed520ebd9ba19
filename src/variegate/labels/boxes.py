"""Upright boxes through a map: tight around the warped shape, clipped to what is seen."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from variegate import exact
from variegate.labels.move import move
from variegate.labels.point_map import PointMap
from variegate.labels.visibility import Visibility, areas
from variegate.targets import Boxes
from variegate.targets.leaf import BoxLeaf

Floats = NDArray[np.float64]

POINTS = 64  # of an ellipse: at most 0.12% smaller than its curve, and never where an axis ends
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


@functools.cache
def unit_shape(shape: str) -> Floats:
    """What is seen of a box is the outline of this: "corners" or "ellipse", (n, 2) from 0 to 1 along its sides."""
    if shape == "corners":
        return CORNERS
    sin, cos = exact.sincos(np.arange(POINTS) * (360 / POINTS))
    return np.stack([0.5 + cos / 2, 0.5 + sin / 2], axis=1)


@move.register(Boxes)
def move_boxes(
    target: Boxes, leaf: BoxLeaf, point_map: PointMap, around: Visibility | None = None
) -> tuple[BoxLeaf, Visibility]:
    """The boxes on the result, and what is left of them.

    around  what polygons or masks of the same instances know: a box is then tight around those. Where the map is
            upright and cuts nothing of the box away, the box itself is moved, as it was drawn, unless there are mirror
            images to be held
    """
    seen, whole, share = point_map.outlines(leaf.xyxy, unit_shape(target.shape))
    if around is not None:
        tight = around.known & (around.copied | ~(point_map.upright & (share == 1)))
        outer = tight & ~np.isnan(around.whole[:, 0])
        seen, whole = np.where(tight[:, None], around.seen, seen), np.where(outer[:, None], around.whole, whole)
        share = np.where(around.known, around.share, share)
    visibility = Visibility(np.ones(len(seen), bool), share, areas(seen), seen, whole)
    result = seen if target.clip else whole
    if point_map.identity and np.array_equal(result, leaf.xyxy):
        return leaf, visibility
    return replace(leaf, xyxy=result, given=None), visibility
