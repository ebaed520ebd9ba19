"""Turned boxes through a map: exact where it keeps shapes, else the smallest turned box around the warped one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from variegate import exact
from variegate.labels.keypoints import keeps_shapes, turned
from variegate.labels.move import move
from variegate.labels.point_map import PointMap
from variegate.labels.projective import ProjectiveMap
from variegate.labels.region import shoelace
from variegate.labels.visibility import Visibility, bounds
from variegate.targets import OrientedBoxes
from variegate.targets.leaf import OrientedLeaf

Floats = NDArray[np.float64]


@move.register(OrientedBoxes)
def move_oriented(
    target: OrientedBoxes, leaf: OrientedLeaf, point_map: PointMap, _: Visibility | None = None
) -> tuple[OrientedLeaf, Visibility]:
    """The turned boxes on the result, never clipped, and what is left of each of the old ones."""
    moved = leaf if point_map.identity else replace(leaf, rows=fitted(leaf, point_map), given=None)
    return moved, _shown(leaf.corners, moved.corners, point_map)


def fitted(leaf: OrientedLeaf, point_map: PointMap) -> Floats:
    """Turned boxes through a map.

    A map that keeps shapes turns and scales the box itself. Any other makes a quadrilateral of it; the box around that
    with the smallest area has a side along one of its own (Freeman and Shapira, 1975). Where a field bends the sides,
    the boxes tried have a side along one of the quadrilateral of the corners, and lie around all of the outline.
    """
    rows = leaf.rows
    a, b, c, d = point_map.derivative(rows[:, :2])
    scale = np.sqrt(np.abs(a * d - b * c))
    centre = point_map.image(rows[:, :2])
    same = np.column_stack([centre, rows[:, 2:4] * scale[:, None], turned(rows[:, 4], a, b, c, d)])
    if point_map.affine and keeps_shapes(a, b, c, d).all():
        return same
    quads = point_map.image(leaf.corners.reshape(-1, 2)).reshape(-1, 4, 2)
    if isinstance(point_map, ProjectiveMap):
        return _smallest(quads, quads) if len(rows) else same
    lines = [point_map.image(point_map.fine(box)) for box in leaf.corners]
    found = [_smallest(quad[None], line[None]) for quad, line in zip(quads, lines, strict=True)]
    return np.concatenate(found) if found else same


def _smallest(quads: Floats, lines: Floats) -> Floats:
    """(N, 5): the smallest boxes around outlines (N, n, 2) that have a side along one of quadrilaterals (N, 4, 2)."""
    around = [_around(quads, lines, side) for side in range(4)]
    best = np.argmin([box[:, 2] * box[:, 3] for box in around], axis=0)
    return np.asarray(np.stack(around)[best, np.arange(len(quads))])


def _around(quads: Floats, lines: Floats, side: int) -> Floats:
    """(N, 5): the boxes around outlines with a side along one of the quadrilaterals'; top edges stay top edges."""
    edge = quads[:, (side + 1) % 4] - quads[:, side]
    for _ in range(side):  # so that the direction is that of the edge that was on top, about
        edge = np.stack([edge[:, 1], -edge[:, 0]], axis=1)
    length = np.sqrt(edge[:, 0] * edge[:, 0] + edge[:, 1] * edge[:, 1])
    cos, sin = edge[:, 0] / np.where(length > 0, length, 1), edge[:, 1] / np.where(length > 0, length, 1)
    cos = np.where(length > 0, cos, 1.0)
    along = cos[:, None] * lines[..., 0] + sin[:, None] * lines[..., 1]
    down = cos[:, None] * lines[..., 1] - sin[:, None] * lines[..., 0]
    low, high = (
        np.stack([along.min(axis=1), down.min(axis=1)]),
        np.stack([along.max(axis=1), down.max(axis=1)]),
    )
    (u, v), (w, h) = (low + high) / 2, high - low
    return np.column_stack([cos * u - sin * v, sin * u + cos * v, w, h, exact.atan2(-sin, cos)])


def _shown(before: Floats, after: Floats, point_map: PointMap) -> Visibility:
    share, area, seen = np.ones(len(before)), np.zeros(len(before)), np.zeros((len(before), 4))
    whole = np.array([bounds(box) for box in after]).reshape(-1, 4)
    for n, box in enumerate(before):
        ring, image = point_map.part(box)
        every = abs(shoelace(box))
        share[n] = min(abs(shoelace(ring)) / every, 1.0) if len(ring) and every > 0 else 0.0
        seen[n], area[n] = bounds(image), abs(shoelace(image)) if len(image) else 0.0
    return Visibility(np.ones(len(before), bool), share, area, seen, whole)
