"""Points move as pixels do: a spot drawn at a keypoint is found at the moved keypoint."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from variegate.key import Key
from variegate.pipeline import Compose
from variegate.targets import Keypoints
from variegate.testing.scene import blob
from variegate.testing.trial import Subject, attempt, carried_out, keys_of, labels_for, pipeline_of, told

Floats = NDArray[np.float64]

POINTS = {"points": Keypoints("xyv", group=None)}
REACH = 4.4  # radii: of an octagon that holds a circle of four, where next to nothing is left of a spot
RING = 3.5  # radii: from here on a spot is as good as its ground
OCTAGON = np.array([[1, 0], [7, 7], [0, 1], [-7, 7], [-1, 0], [-7, -7], [0, -1], [7, -7]]) * REACH
OCTAGON[1::2] /= np.sqrt(98)
FEWEST = 8  # pixels of the ring by which the ground is told


def assert_points_move_as_pixels(
    subject: Subject,
    size: tuple[int, int] = (96, 128),
    channels: int = 3,
    tries: int = 16,
    radius: float = 3.0,
    tolerance: float = 0.1,
) -> None:
    """The keypoint at the middle of a round spot comes to lie at the middle of the moved spot, in pixels.

    size       (height, width) of the picture
    channels   how many it has
    tries      how many spots and keys
    radius     of the spot, in pixels
    tolerance  how far, on average over the tries, the two may be apart; one by one four times as much

    What an op does to colour is no matter, as long as the spot differs from its ground. Passed over are spots of which
    a window cuts away a part, those that get too small to be measured, and pictures that lose all contrast.

    >>> from variegate import Affine, Opaque
    >>> assert_points_move_as_pixels(Affine(rotate=(-40, 40), scale=(0.8, 1.3), shear_x=(-10, 10)))
    >>> assert_points_move_as_pixels(Opaque(lambda image: np.roll(image, 2, axis=1), moves=False))
    Traceback (most recent call last):
        ...
    AssertionError: Opaque: the spot at (65.42, 36.84) moved to (67.42, 36.84), its keypoint to (65.42, 36.84): 2.000
    pixels apart; key ...

    Raises  AssertionError that names the op and the key, and says where the two came to lie; also if nothing could be
    tried.
    """
    attempt(partial(_check, size=size, channels=channels, tries=tries, radius=radius, most=tolerance), pipeline_of(subject, POINTS))


def _check(pipeline: Compose, size: tuple[int, int], channels: int, tries: int, radius: float, most: float) -> None:
    apart = []
    for n, key in enumerate(keys_of(tries)):
        x, y = np.random.default_rng(n).uniform(0.3, 0.7, 2) * size[::-1]
        off = _apart(pipeline, blob(size, channels, x, y, radius), x, y, radius, key, 4 * most)
        apart += [] if off is None else [off]
    if not apart:
        raise AssertionError(
            f"in {tries} tries no spot stayed whole and visible, so nothing was tried; give more tries=, or another size="
        )
    if np.mean(apart) > most:
        raise AssertionError(
            f"points and pixels are {np.mean(apart):.3f} pixels apart on average over {len(apart)} tries, more than "
            f"{most}"
        )


def _apart(
    pipeline: Compose, image: NDArray[np.float32], x: float, y: float, radius: float, key: Key, most: float
) -> float | None:
    """How far the moved spot lies from its keypoint; None where that cannot be told."""
    points = np.concatenate([[[0.0, 0.0]], OCTAGON * radius]) + (x, y)
    box = [*points.min(axis=0), *points.max(axis=0)]
    size = image.shape[0], image.shape[1]
    labels = {"points": np.column_stack([points, np.full(len(points), 2)]), **labels_for(pipeline, size, box)}
    done = carried_out(pipeline, image, key, labels)
    moved, visible = done.fields["points"][:, :2], done.fields["points"][:, 2]
    if not visible.all():
        return None
    near, ground = _surroundings(moved, done.image.shape[:2])
    if ground.sum() < FEWEST:
        return None
    shine = np.abs(done.image - np.median(done.image[ground], axis=0)).sum(axis=2)
    u, v = moved[0]
    told_of = f"the spot at ({x:.2f}, {y:.2f})"
    if shine[near].max() < 0.1 * shine.max():
        row, column = np.unravel_index(int(shine.argmax()), shine.shape)
        raise AssertionError(
            f"{told_of} is not seen where its keypoint came to lie, about ({u:.2f}, {v:.2f}); what differs most from "
            f"the ground there is at ({column + 0.5:.1f}, {row + 0.5:.1f}); {told(pipeline, key)}"
        )
    if shine.max() < 1e-3 * max(1.0, np.abs(done.image).max()):
        return None
    there = _centroid(np.where(near, shine, 0))
    off = float(np.hypot(u - there[0], v - there[1]))
    if off > most:
        raise AssertionError(
            f"{told_of} moved to ({there[0]:.2f}, {there[1]:.2f}), its keypoint to ({u:.2f}, {v:.2f}): {off:.3f} "
            f"pixels apart; {told(pipeline, key)}"
        )
    return off
