"""Targets stay in step: picture, masks, polygon, boxes and points of one object agree wherever it goes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.pipeline import Compose
from variegate.targets import Boxes, Keypoints, Mask, OrientedBoxes, PerInstance, Polygons
from variegate.targets.leaf import OrientedLeaf
from variegate.testing.scene import Flags, Floats, filled, inner, outline, star
from variegate.testing.trial import Done, Subject, attempt, carried_out, keys_of, params_text, pipeline_of

TARGETS = {
    "mask": Mask(),
    "masks": Mask(stack=True),
    "polygons": Polygons(dtype="float64"),
    "boxes": Boxes(dtype="float64"),
    "oriented": OrientedBoxes(dtype="float64"),
    "points": Keypoints("xyv", dtype="float64"),
    "names": PerInstance(),
    "shown": Mask(group="picture"),  # 1 where the picture is seen, 0 where something else is
}
INSTANCES = ("masks", "polygons", "boxes", "oriented", "points", "names")
GROUND, OBJECT = 64, 191  # grey
FEWEST = 30  # pixels by which a colour is told
HAIR = 1e-6  # pixels
BENT = 0.1  # pixels: as near to a bent outline are the lines that stand for it


def assert_targets_stay_in_step(
    subject: Subject,
    size: tuple[int, int] = (192, 256),
    channels: int = 3,
    tries: int = 8,
    iou: float = 0.96,
    picture: bool = True,
) -> None:
    """Two drawn objects and all their labels move together, and one that leaves takes all of its labels along.

    size      (height, width) of the picture
    channels  how many it has
    tries     how many keys
    iou       how much an instance's moved mask and its moved polygon, filled, must have in common
    picture   whether the moved picture must show an object wherever the moved mask has one, up to a pixel's breadth
              along its outline; False: for ops that hide parts of it. A picture that loses all contrast is passed over

    Labels: a mask of classes, a stack of masks, polygons, boxes, oriented boxes, the polygons' corners as keypoints,
    and names. A shift of a pixel or less is for `assert_points_move_as_pixels` to find.

    >>> from variegate import HorizontalFlip, Opaque, Rotate
    >>> assert_targets_stay_in_step([Rotate((-30, 30)), HorizontalFlip(p=0.5)])
    >>> assert_targets_stay_in_step([Rotate((-30, 30)), Opaque(lambda image: image[:, ::-1], moves_pixels=False)])
    Traceback (most recent call last):
        ...
    AssertionError: [Rotate, Opaque]: the picture does not show the objects where the mask has them: ... Of the chain's
    ops Opaque fails alone too

    Raises  AssertionError that names the op, the key and the labels that differ.
    """
    check = partial(_check, size=size, channels=channels, tries=tries, iou=iou, picture=picture)
    attempt(check, pipeline_of(subject, TARGETS))


def _check(pipeline: Compose, size: tuple[int, int], channels: int, tries: int, iou: float, picture: bool) -> None:
    image, labels = _scene(size, channels)
    for key in keys_of(tries):
        done = carried_out(pipeline, image, key, labels)
        try:
            _together(done.fields, iou)
            if picture:
                _picture(done)
        except AssertionError as error:
            raise AssertionError(f"{error}; {params_text(pipeline, key)}") from None


def _scene(size: tuple[int, int], channels: int) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """A grey picture of two stars, and their labels."""
    (height, width), far = size, 0.3 * min(size)
    stars = [star(0.32 * width, 0.4 * height, far, seed=1), star(0.8 * width, 0.7 * height, far / 2, seed=2)]
    masks = np.stack([filled([each], size) for each in stars])
    grey = np.where(masks.any(axis=0), OBJECT, GROUND).astype(np.uint8)
    boxes = np.array([[*each.min(axis=0), *each.max(axis=0)] for each in stars])
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.repeat(grey[:, :, None], channels, axis=2), {
        "mask": (masks[0] + 2 * masks[1]).astype(np.uint8),
        "masks": masks,
        "polygons": [[each] for each in stars],
        "boxes": boxes,
        "oriented": np.column_stack([boxes[:, :2] + sides / 2, sides, np.zeros(2)]),
        "points": np.stack([np.column_stack([each, np.full(len(each), 2)]) for each in stars]),
        "names": [1, 2],  # the class that the mask has
        "shown": np.ones(size, np.uint8),
    }


def _together(fields: dict[str, Any], iou: float) -> None:
    """The labels of each instance that is left."""
    counts = {name: len(fields[name]) for name in INSTANCES}
    if len(set(counts.values())) > 1:
        raise AssertionError(f"fields of one group have other numbers of instances: {counts}")
    for row, name in enumerate(fields["names"]):
        mask, rings = fields["masks"][row], fields["polygons"][row]
        drawn = filled(rings, mask.shape)
        _alike(name, mask, drawn, iou)
        if not np.array_equal(fields["mask"] == name, mask):
            raise AssertionError(f"the mask of classes and the mask of instance {name} differ")
        _around(name, fields["boxes"][row], drawn)
        _corners(name, fields["points"][row], fields["oriented"][row], rings)


def _alike(name: int, mask: Flags, drawn: Flags, iou: float) -> None:
    common, either = int((mask & drawn).sum()), int((mask | drawn).sum())
    # A shape loses and wins pixels along its outline, so a sliver may have little in common with itself.
    if either and common / either < iou and either - common > (outline(mask) + outline(drawn)) / 2:
        raise AssertionError(f"mask and polygon of instance {name} have an IoU of {common / either:.3f}, below {iou}")


def _around(name: int, box: Floats, drawn: Flags) -> None:
    rows, columns = np.nonzero(drawn)
    if not len(rows):
        return
    tight = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    off = np.abs(tight - box).max()
    if off > 2:
        raise AssertionError(
            f"the box {_told(box)} of instance {name} is {off:.1f} pixels off what its polygon covers, {_told(tight)}"
        )


def _corners(name: int, points: Floats, oriented: Floats, rings: list[Floats]) -> None:
    """A polygon of which nothing was cut has its corners at the keypoints, and all keypoints lie in the turned box.

    One that is bent has more, between them, and lines between these that keep to it to a tenth of a pixel.
    """
    whole = len(rings) == 1 and bool((points[:, 2] > 0).all())
    if whole and not _among(points[:, :2], rings[0]):
        raise AssertionError(f"the polygon's corners and the keypoints of instance {name} differ")
    top_left, right, _, left = OrientedLeaf(oriented[None]).corners[0]
    for side in (right - top_left, left - top_left):
        length = float(np.hypot(*side))
        along = (points[:, :2] - top_left) @ side / max(length, HAIR)
        if along.min() < -BENT or along.max() > length + BENT:
            raise AssertionError(f"keypoints of instance {name} lie outside of its oriented box {_told(oriented)}")


def _among(points: Floats, ring: Floats) -> bool:
    """Whether all points are corners of a ring, in the same order and beginning with the first."""
    apart = np.abs(ring[None] - points[:, None]).max(axis=2)
    places = apart.argmin(axis=1)
    return bool((apart.min(axis=1) <= HAIR).all() and places[0] == 0 and (np.diff(places) > 0).all())


def _picture(done: Done) -> None:
    """The picture has another colour where the mask has an object than where it has none."""
    shown, objects = done.fields["shown"] == 1, done.fields["mask"] > 0
    inside, outside = inner(shown & objects), inner(shown & ~objects)
    if inside.sum() < FEWEST or outside.sum() < FEWEST:
        return
    seen = done.image[shown]
    contrast = np.ptp(seen, axis=0).max()
    if contrast < 0.02 * max(1.0, float(np.abs(seen).max())):
        return
    ours, theirs = np.median(done.image[inside], axis=0), np.median(done.image[outside], axis=0)
    far = [((done.image - colour) ** 2).sum(axis=2) for colour in (ours, theirs)]
    wrong = int((inside & (far[0] >= far[1])).sum() + (outside & (far[0] < far[1])).sum())
    if wrong > max(outline(objects) / 4, 4):
        raise AssertionError(
            f"the picture does not show the objects where the mask has them: {wrong} pixels off their outline are of "
            "the other kind"
        )


def _told(box: Floats) -> str:
    return f"({', '.join(f'{number:.1f}' for number in box)})"
