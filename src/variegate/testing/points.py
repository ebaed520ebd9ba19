"""Points move as pixels do: a spot drawn at a keypoint is found at the moved keypoint."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from variegate.key import Key
from variegate.ops.base import Op
from variegate.pipeline import Compose
from variegate.targets import Keypoints
from variegate.testing.scene import blob, centroid, pipeline_of

POINTS = {"points": Keypoints("xyv", group=None)}


def assert_points_move_as_pixels(
    subject: Compose | Op | Sequence[Op],
    size: tuple[int, int] = (96, 128),
    tries: int = 16,
    radius: float = 3.0,
    tolerance: float = 0.1,
) -> None:
    """The keypoint at the middle of a round spot comes to lie at the middle of the moved spot, in pixels.

    radius     of the spot; colour must keep its brightness in order, and nothing else may shine
    tolerance  how far, on average over the tries, the two may be apart; one by one four times as much

    Spots that come to lie within three radii of an edge are passed over: part of them is cut away.

    >>> from variegate import Affine
    >>> assert_points_move_as_pixels(Affine(rotate=(-40, 40), scale=(0.8, 1.3), shear_x=(-10, 10)))
    """
    augment, apart = pipeline_of(subject, POINTS), []
    for n in range(tries):
        rng = np.random.default_rng(n)
        x, y = rng.uniform(0.3, 0.7, 2) * size[::-1]
        moved = augment(image=blob(size, x, y, radius), points=[[x, y, 2]], key=Key(seed=5, id=n))
        u, v, visible = moved["points"][0]
        height, width = moved["image"].shape[:2]
        reach = 3 * radius * max(height / size[0], width / size[1])
        if not (visible and reach < u < width - reach and reach < v < height - reach):
            continue
        there = centroid(moved["image"])
        apart.append(float(np.hypot(u - there[0], v - there[1])))
        if apart[-1] > 4 * tolerance:
            raise AssertionError(
                f"key {n}: the spot at ({x:.2f}, {y:.2f}) moved to ({there[0]:.2f}, {there[1]:.2f}), its keypoint to "
                f"({u:.2f}, {v:.2f}): {apart[-1]:.3f} pixels apart. Draws: {augment.params(Key(seed=5, id=n))}"
            )
    if not apart:
        raise AssertionError(f"in {tries} tries no spot stayed within the picture, so nothing was tried")
    if np.mean(apart) > tolerance:
        raise AssertionError(
            f"points and pixels are {np.mean(apart):.3f} pixels apart on average over {len(apart)} tries"
        )
