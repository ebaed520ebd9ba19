"""Points move as pixels do: a spot drawn at a keypoint is found at the moved keypoint."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from variegate.key import Key
from variegate.pipeline import Compose
from variegate.targets import Keypoints
from variegate.testing.scene import Floats, blob
from variegate.testing.trial import Subject, attempt, carried_out, keys_of, labels_for, params_text, pipeline_of

POINTS = {"points": Keypoints("xyv", group=None)}
OCTAGON = np.array(
    [(1, 0), (0.7071, 0.7071), (0, 1), (-0.7071, 0.7071), (-1, 0), (-0.7071, -0.7071), (0, -1), (0.7071, -0.7071)]
)
REACH = 4.4  # radii, of an octagon about a spot; a circle of four, where next to nothing is left of it, is within
RING = 3.5  # radii: from here on a spot is as good as its ground
STEPS = 20
FEWEST = 8  # pixels of the ring, by which the ground is told
FAINT = 0.02  # of what differs most from the ground: what differs less is no spot


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
    >>> assert_points_move_as_pixels(Opaque(lambda image: np.roll(image, 2, axis=1), moves_pixels=False))
    Traceback (most recent call last):
        ...
    AssertionError: Opaque: the spot at (71.01, 39.16) moved to (73.01, 39.16), its keypoint to (71.01, 39.16): 2.000
    pixels apart; key Key(seed=5, id=0), which draws Opaque()

    Raises  AssertionError that names the op and the key, and says where the two came to lie; also if nothing could be
    tried.
    """
    check = partial(_check, size=size, channels=channels, tries=tries, radius=radius, tolerance=tolerance)
    attempt(check, pipeline_of(subject, POINTS))


def _check(
    pipeline: Compose, size: tuple[int, int], channels: int, tries: int, radius: float, tolerance: float
) -> None:
    apart = []
    for n, key in enumerate(keys_of(tries)):
        place = np.random.default_rng(n).uniform(0.3, 0.7, 2) * size[::-1]
        ends = _ends(pipeline, blob(size, channels, place, radius), place, radius, key)
        if ends is None:
            continue
        spot, point = ends
        apart.append(float(np.hypot(*(spot - point))))
        if apart[-1] > 4 * tolerance:
            raise AssertionError(
                f"the spot at {_at(place)} moved to {_at(spot)}, its keypoint to {_at(point)}: {apart[-1]:.3f} pixels "
                f"apart; {params_text(pipeline, key)}"
            )
    if not apart:
        raise AssertionError(
            f"in {tries} tries no spot stayed whole and visible, so nothing was tried; give more tries=, or another "
            "size="
        )
    if np.mean(apart) > tolerance:
        raise AssertionError(
            f"points and pixels are {np.mean(apart):.3f} pixels apart on average over {len(apart)} tries, which is "
            f"more than {tolerance}"
        )


def _ends(
    pipeline: Compose, image: NDArray[np.float32], place: Floats, radius: float, key: Key
) -> tuple[Floats, Floats] | None:
    """Where the spot and its keypoint came to lie; None where that cannot be told."""
    points = np.concatenate([[(0.0, 0.0)], OCTAGON * REACH * radius]) + place
    box = [*(place - 2 * REACH * radius), *(place + 2 * REACH * radius)]
    size = image.shape[0], image.shape[1]
    labels = {"points": np.column_stack([points, np.full(len(points), 2)]), **labels_for(pipeline, size, box)}
    done = carried_out(pipeline, image, key, labels)
    moved, visible = done.fields["points"][:, :2], done.fields["points"][:, 2]
    if not visible.all():
        return None
    away = _radii(moved, done.image.shape, moved[0])
    ground = (away >= RING) & (away <= REACH)
    if ground.sum() < FEWEST:
        return None
    shine = np.abs(done.image - np.median(done.image[ground], axis=0)).sum(axis=2)
    if shine.max() < 1e-3 * max(1.0, float(np.abs(done.image).max())):
        return None  # a picture without contrast shows nothing
    if shine[away <= REACH].max() < FAINT * shine.max():
        row, column = np.unravel_index(int(shine.argmax()), shine.shape)
        raise AssertionError(
            f"the spot at {_at(place)} is not to be seen where its keypoint came to lie, {_at(moved[0])}; what differs "
            f"most from the ground there is at ({column + 0.5:.2f}, {row + 0.5:.2f}); {params_text(pipeline, key)}"
        )
    return _middle(shine, moved), moved[0]


def _radii(moved: Floats, shape: tuple[int, ...], place: Floats) -> Floats:
    """How far from a place each pixel was before it moved, in radii, as the octagon about the spot tells."""
    right, down, left, up = moved[1::2]
    (a, c), (b, d) = (right - left) / (2 * REACH), (down - up) / (2 * REACH)
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5 - place[::-1, None, None]
    area = a * d - b * c
    return np.asarray(np.hypot(d * x - b * y, a * y - c * x) / max(abs(area), 1e-12))


def _middle(shine: Floats, moved: Floats) -> Floats:
    """The centre (x, y) of the spot: of what shines near its keypoint, then near what that gave, until it stays."""
    y, x = np.mgrid[: shine.shape[0], : shine.shape[1]] + 0.5
    place: Floats = moved[0]
    for _ in range(STEPS):
        weights = np.where(_radii(moved, shine.shape, place) <= REACH, shine, 0)
        before, place = place, np.array([(x * weights).sum(), (y * weights).sum()], np.float64) / weights.sum()
        if np.abs(place - before).max() < 1e-3 or not shine[_radii(moved, shine.shape, place) <= REACH].any():
            break
    return place


def _at(point: Floats) -> str:
    return f"({point[0]:.2f}, {point[1]:.2f})"
