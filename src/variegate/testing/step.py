"""Targets stay in step: mask, polygon and box of one object agree with each other wherever it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.key import Key
from variegate.ops.base import Op
from variegate.pipeline import Compose
from variegate.targets import Boxes, Mask, PerInstance, Polygons
from variegate.testing.scene import filled, pipeline_of, star

TARGETS = {
    "mask": Mask(),
    "masks": Mask(stack=True),
    "polygons": Polygons(),
    "boxes": Boxes(),
    "names": PerInstance(),
}


def assert_targets_stay_in_step(
    subject: Compose | Op | Sequence[Op],
    size: tuple[int, int] = (192, 256),
    tries: int = 8,
    iou: float = 0.96,
) -> None:
    """A drawn object's mask, instance mask, polygon and box move together, and one that leaves takes all of them along.

    iou  how much the moved mask and the moved polygon, filled, must have in common

    >>> from variegate import HorizontalFlip, Rotate
    >>> assert_targets_stay_in_step([Rotate((-30, 30)), HorizontalFlip(p=0.5)])
    """
    augment = pipeline_of(subject, TARGETS)
    shapes = [star(0.3 * size[1], 0.4 * size[0], 0.3 * size[0], seed=1), star(0.8 * size[1], 0.7 * size[0], 30, seed=2)]
    masks = np.stack([filled([shape], size) for shape in shapes])
    image = np.stack([np.where(masks.any(axis=0), 255, 0).astype(np.uint8)] * 3, axis=2)
    boxes = np.array([[*shape.min(axis=0), *shape.max(axis=0)] for shape in shapes])
    sample = {"image": image, "mask": masks[0].astype(np.uint8), "masks": masks, "boxes": boxes}
    for n in range(tries):
        key = Key(seed=5, id=n)
        moved = augment(**sample, polygons=[[shape] for shape in shapes], names=["a", "b"], key=key)
        told = f"key {n}, draws {augment.params(key)}"
        counts = {name: len(moved[name]) for name in ("masks", "polygons", "boxes", "names")}
        if len(set(counts.values())) > 1:
            raise AssertionError(f"{told}: fields of one group have other numbers of instances: {counts}")
        for row in range(counts["names"]):
            _agree(moved, row, iou, told)


def _agree(moved: dict[str, Any], row: int, iou: float, told: str) -> None:
    """One instance of a sample: its mask, its polygon and its box."""
    mask, name = moved["masks"][row], moved["names"][row]
    drawn = filled(moved["polygons"][row], mask.shape)
    common, either = int((mask & drawn).sum()), int((mask | drawn).sum())
    # A shape loses and wins pixels along its outline, so a sliver may have little in common with itself.
    outline = _outline(mask) + _outline(drawn)
    if either and common / either < iou and either - common > outline / 2:
        raise AssertionError(f"{told}: mask and polygon of {name!r} have an IoU of {common / either:.3f}, below {iou}")
    if name == "a" and not np.array_equal(moved["mask"] == 1, mask):
        raise AssertionError(f"{told}: the mask of classes and the mask of the instance differ")
    rows, columns = np.nonzero(drawn)
    if not len(rows):
        return
    tight = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    off = np.abs(tight - moved["boxes"][row]).max()
    if off > 2:
        raise AssertionError(f"{told}: the box {moved['boxes'][row]} of {name!r} lies {off:.1f} pixels off {tight}")


def _outline(mask: NDArray[np.bool_]) -> int:
    """How many pixels of a mask have a neighbour that is none of it."""
    inner = mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    return int(mask.sum() - inner.sum())
