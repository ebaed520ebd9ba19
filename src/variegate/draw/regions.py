"""Where a label lies: its topmost place, the middle of a region, what of a mask is inside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.coords import HALF, Floats, pixel_centre
from variegate.targets import BoxLeaf, Leaf, MaskLeaf, OrientedLeaf, PointLeaf, RingLeaf, Target

Bools = NDArray[np.bool_]
COARSE = 64  # a side of the grid on which the middle of a region is sought


def within(pixels: NDArray[Any]) -> Bools:
    """What of a mask is inside: not zero; of floats, a half and more."""
    return np.asarray(pixels >= HALF if pixels.dtype.kind == "f" else pixels != 0)


def on_picture(leaf: Leaf, target: Target, size: tuple[int, int]) -> Leaf:
    """A mask of another resolution in that of its picture of (width, height), by nearest; any other leaf as it is."""
    if not isinstance(leaf, MaskLeaf):
        return leaf
    first = 1 if target.per == "instance" else 0
    if leaf.pixels.shape[first : first + 2] == size[::-1]:
        return leaf
    sides = zip(size[::-1], leaf.pixels.shape[first : first + 2], strict=True)
    rows, columns = ((pixel_centre(np.arange(many)) * few / many).astype(np.int64) for many, few in sides)
    return MaskLeaf(leaf.pixels.take(rows, first).take(columns, first + 1))


def levels(pixels: NDArray[Any]) -> Floats:
    """(h, w) from 0 to 1 of a map of floats: as they are where all are so, else from their least to their greatest.

    Of several channels the highest; what is not finite is 0.
    """
    highest = pixels.astype(np.float64)
    highest = np.where(np.isfinite(highest), highest, -np.inf)
    highest = highest.max(axis=2) if highest.ndim == 3 else highest
    known = highest[np.isfinite(highest)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if low < 0 or high > 1:
        highest = (highest - low) / (high - low or 1)
    return np.where(np.isfinite(highest), highest, 0)


def hatch(shape: tuple[int, ...], period: float) -> Bools:
    """Slanting stripes, (H, W), each half a period wide."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((rows + columns) % period < period / 2)


def deepest(region: Bools) -> Floats:
    """(x, y) of a place as far as can be from the edges of a region, (h, w), that has a pixel."""
    step = max(1, -(-max(region.shape) // COARSE))
    small = region[step // 2 :: step, step // 2 :: step]
    if not small.any():
        small, step = region, 1
    left = small
    while left.any():
        small, ring = left, np.pad(left, 1)
        left = ring[1:-1, 1:-1] & ring[:-2, 1:-1] & ring[2:, 1:-1] & ring[1:-1, :-2] & ring[1:-1, 2:]
    places = np.argwhere(small)
    nearest = places[np.argmin(((places - places.mean(axis=0)) ** 2).sum(axis=1))]
    return pixel_centre(nearest[::-1] * step + step // 2)


def shape_of(leaf: Leaf, n: int) -> Floats:
    """(P, 2) points of the picture that tell where instance n lies; none where it lies nowhere."""
    found: list[Floats] = []
    match leaf:
        case BoxLeaf():
            found = [leaf.xyxy[n].reshape(2, 2)]
        case OrientedLeaf():
            found = [leaf.corners[n]]
        case RingLeaf():
            found = list(leaf.rings[n])
        case PointLeaf():
            found = [leaf.xy[n][~leaf.unlabelled[n]]]
        case MaskLeaf():
            found = [_ends(within(leaf.pixels[n]))]
    return np.concatenate([np.zeros((0, 2)), *found])


def _ends(region: Bools) -> Floats:
    """(2, 2): the middle of a region's first row, and its last pixel's far corner; (0, 2) of none."""
    rows, columns = np.nonzero(region)
    if not len(rows):
        return np.zeros((0, 2))
    top = columns[rows == rows[0]]
    return np.array([(pixel_centre(top[len(top) // 2]), rows[0]), (columns[-1] + 1, rows[-1] + 1)], np.float64)


def corner(points: Floats, size: tuple[int, int]) -> Floats | None:
    """The upper left corner of the box around points, as far as it is in a picture of (width, height); else None."""
    if not len(points) or (points.max(axis=0) < 0).any() or (points.min(axis=0) > size).any():
        return None
    return np.asarray(np.maximum(points.min(axis=0), 0))


def topmost(points: Floats, size: tuple[int, int]) -> Floats | None:
    """The highest of the points in a picture of (width, height); None where there is none."""
    seen = points[((points >= 0) & (points <= size)).all(axis=1)]
    return np.asarray(seen[np.argmin(seen[:, 1])]) if len(seen) else None
