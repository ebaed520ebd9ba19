"""Keypoints through a map: places, visibility, scale and direction; left and right exchanged in a mirror."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate import exact
from variegate.labels.move import move
from variegate.labels.point_map import PointMap
from variegate.labels.visibility import Visibility
from variegate.targets import Keypoints
from variegate.targets.leaf import PointLeaf

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@move.register(Keypoints)
def move_keypoints(
    target: Keypoints, leaf: PointLeaf, point_map: PointMap, _: Visibility | None = None
) -> tuple[PointLeaf, Visibility]:
    """The points on the result, and what is left of each instance: the share of its labelled points."""
    labelled, shape = ~leaf.unlabelled, leaf.xy.shape
    within = point_map.inside(leaf.xy.reshape(-1, 2)).reshape(shape[:2])
    image = point_map.image(leaf.xy.reshape(-1, 2)).reshape(shape)
    image = np.where(labelled[:, :, None], image, leaf.xy)
    visibility = visibility_of_points(labelled, within & labelled, image)
    if point_map.identity and (leaf.visible is None or (within | (leaf.visible == 0)).all()):
        return leaf, visibility
    changed: dict[str, Any] = {"xy": image}
    if leaf.visible is not None:
        changed["visible"] = np.where(within, leaf.visible, 0)
    if leaf.scale is not None or leaf.angle is not None:
        changed |= _local(leaf, point_map, labelled)
    if point_map.mirrored and target.swap:
        order = target.mirrored(shape[1])
        changed = {name: column[:, order] for name, column in changed.items()}
    return replace(leaf, **changed, given=None), visibility


def visibility_of_points(labelled: Flags, within: Flags, image: Floats) -> Visibility:
    """What is left of instances by their points, (N, K): which are labelled, which of these are seen, and where."""
    count, known = len(image), np.asarray(labelled.any(axis=1))
    share = within.sum(axis=1) / np.maximum(labelled.sum(axis=1), 1)

    def around(flags: Flags) -> Floats:
        some = np.reshape(flags.any(axis=1), (count, 1))
        low, high = np.where(flags[:, :, None], image, np.inf), np.where(flags[:, :, None], image, -np.inf)
        if not image.size:
            return np.zeros((count, 4))
        return np.where(some, np.concatenate([low.min(axis=1), high.max(axis=1)], axis=1), 0.0)

    return Visibility(known, share, np.zeros(count), around(within), around(labelled))


def _local(leaf: PointLeaf, point_map: PointMap, labelled: Flags) -> dict[str, Floats]:
    """Scale and direction, by the map's derivative at each point: a direction goes where a small arrow would."""
    a, b, c, d = point_map.derivative(leaf.xy)
    changed = {}
    if leaf.scale is not None:
        changed["scale"] = np.where(labelled, leaf.scale * np.sqrt(np.abs(a * d - b * c)), leaf.scale)
    if leaf.angle is not None:
        changed["angle"] = np.where(labelled, turned(leaf.angle, a, b, c, d), leaf.angle)
    return changed


def turned(angle: Floats, a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Directions, degrees counter-clockwise on the screen, through a derivative; exact for flips and quarter turns.

    A map that keeps shapes turns all directions alike, and a mirror turns them the other way round.
    """
    quarter = exact.atan2(-c, a)  # where the arrow to the right goes; y points down
    alike = np.where(a * d - b * c < 0, quarter - angle, quarter + angle)
    sin, cos = exact.sincos(angle)
    bent = exact.atan2(-(c * cos - d * sin), a * cos - b * sin)
    turn = np.where(keeps_shapes(a, b, c, d), alike, bent)
    return np.asarray(turn - 360 * np.rint(turn / 360))


def keeps_shapes(a: Floats, b: Floats, c: Floats, d: Floats) -> Flags:
    """Whether a derivative turns, mirrors and scales, and does nothing else."""
    small = 1e-12 * np.abs(a * d - b * c)
    return np.asarray((np.abs(a * b + c * d) <= small) & (np.abs((a * a + c * c) - (b * b + d * d)) <= small))
