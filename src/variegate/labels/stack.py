"""What is left of each instance, as a stack of masks tells of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.labels.region import cover
from variegate.labels.shown import Shown
from variegate.labels.track import Way
from variegate.targets.leaf import MaskLeaf

Floats = NDArray[np.float64]


def shown_of(before: MaskLeaf, after: MaskLeaf, way: Way) -> Shown:
    """Pixels that are not 0, before and after; the share that is seen is counted on the picture, where nothing is lost
    by reading between pixels."""
    old, new = before.pixels != 0, after.pixels != 0
    every = _pixels(old)
    height, width = way.canvas[0].tolist()
    within = cover(way.source, (height, width))
    part = every if within.all() else _pixels(old & within)
    left, seen = _pixels(new), _bounds(new)
    share = np.where(left > 0, part / np.maximum(every, 1), 0.0)  # too small to be read: gone as well
    return Shown(every > 0, share, left, seen, np.full(seen.shape, np.nan))


def _pixels(masks: NDArray[np.bool_]) -> Floats:
    """(N,): how many pixels each of the masks (N, H, W) has."""
    return np.array([np.count_nonzero(mask) for mask in masks], np.float64)


def _bounds(masks: NDArray[Any]) -> Floats:
    """(N, 4): the boxes around the pixels of masks, edges included; all 0 around none."""
    out = np.zeros((len(masks), 4))
    for box, mask in zip(out, masks, strict=True):
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if len(rows):
            box[:] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return out
