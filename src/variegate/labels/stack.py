"""What is left of each instance, as a stack of masks tells of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.coords import pixel_centre
from variegate.labels.point_map import PointMap
from variegate.labels.visibility import Visibility
from variegate.targets.leaf import MaskLeaf

Floats = NDArray[np.float64]


def visibility_of(before: MaskLeaf, after: MaskLeaf, point_map: PointMap, copies: bool = False) -> Visibility:
    """Pixels that are not 0, before and after, in units of the mask's own; see `in_pixels`.

    copies  whether the border shows mirror images: pixels outside of the region that is seen, which then count too

    The share that is seen is counted on the picture, where nothing is lost by reading between pixels; but where not one
    of its pixels has its centre in what is seen, as in a strong zoom, by what is left on the result.
    """
    old, new = before.pixels != 0, after.pixels != 0
    every = pixel_counts(old)
    within = point_map.covered()
    part = every if within.all() else pixel_counts(old & within)
    left, seen = pixel_counts(new), pixel_bounds(new)
    share, copied = part / np.maximum(every, 1), np.zeros(len(new), np.bool_)
    if copies:
        copied = pixel_counts(new & ~point_map.showing()) > 0
    for n in np.flatnonzero(copied | ((part == 0) & (left > 0) & (every > 0))):
        share[n] = min(max(share[n], left[n] / _whole(old[n], point_map)), 1.0)
    share = np.where(left > 0, share, 0.0)  # too small to be read: gone as well
    return Visibility(every > 0, share, left, seen, np.full(seen.shape, np.nan), copied)


def in_pixels(visibility: Visibility, unit: Floats) -> Visibility:
    """What is told in pixels of a mask, in pixels of the result: unit, (x, y), wide and high."""
    return visibility._replace(area=visibility.area * unit.prod(), seen=visibility.seen * np.tile(unit, 2))


def _whole(mask: NDArray[np.bool_], point_map: PointMap) -> float:
    """How many pixels all of a mask would have on a result without end, about."""
    rows, columns = np.nonzero(mask)
    a, b, c, d = point_map.derivative(pixel_centre(np.stack([columns, rows], axis=1)))
    return max(float(np.abs(a * d - b * c).sum()), 1.0)


def pixel_counts(masks: NDArray[np.bool_]) -> Floats:
    """(N,): how many pixels each of the masks (N, H, W) has."""
    return np.array([np.count_nonzero(mask) for mask in masks], np.float64)


def pixel_bounds(masks: NDArray[Any]) -> Floats:
    """(N, 4): the boxes around the pixels of masks, edges included; all 0 around none."""
    out = np.zeros((len(masks), 4))
    for box, mask in zip(out, masks, strict=True):
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if len(rows):
            box[:] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return out
