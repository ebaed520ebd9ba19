"""Drawn shapes: discs, boxes and polygons as rings of points, and as rasters by a rasteriser that is not ours."""

from __future__ import annotations

import numpy as np
from skimage.draw import polygon

Array = np.ndarray
FINE = 4  # samples a side of a pixel, for its coverage


def disc(rng: np.random.Generator, across: float) -> Array:
    """A ring (V, 2) about the origin: a circle of 64 corners, which is 0.2% smaller than the disc."""
    turn = np.arange(64) * (2 * np.pi / 64)
    return across / 2 * np.stack([np.cos(turn), np.sin(turn)], axis=1)


def box(rng: np.random.Generator, across: float) -> Array:
    """An upright box whose shorter side is `across`, up to twice as long."""
    sides = np.array([across, across * rng.uniform(1, 2)])[rng.permutation(2)] / 2
    return sides * np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])


def many(rng: np.random.Generator, across: float) -> Array:
    """A star-shaped polygon of 5 to 11 corners, as large as a disc that is `across`."""
    count = int(rng.integers(5, 12))
    turn = (np.arange(count) + rng.uniform(-0.3, 0.3, count)) * (2 * np.pi / count)
    ring = rng.uniform(0.7, 1, count)[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return ring * (across / diameter([ring]))


KINDS = {"disc": disc, "box": box, "polygon": many}


def area(rings: list[Array]) -> float:
    """Of all rings together."""
    total = 0.0
    for ring in rings:
        x, y = (ring - ring.mean(0)).T
        total += abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())) / 2
    return total


def diameter(rings: list[Array]) -> float:
    """Of a disc of the same area."""
    return 2 * float(np.sqrt(area(rings) / np.pi))


def raster(rings: list[Array], size: tuple[int, int]) -> Array:
    """(height, width) bool: the pixels whose centre lies in a ring. scikit-image puts centres at whole numbers."""
    out = np.zeros(size, bool)
    for ring in rings:
        out[polygon(ring[:, 1] - 0.5, ring[:, 0] - 0.5, size)] = True
    return out


def coverage(ring: Array, size: tuple[int, int]) -> Array:
    """(height, width) 0 to 1: how much of each pixel lies in a ring, which lies in the picture."""
    (left, top), (right, bottom) = np.floor(ring.min(0)).astype(int), np.ceil(ring.max(0)).astype(int)
    height, width = bottom - top, right - left
    fine = raster([(ring - (left, top)) * FINE], (height * FINE, width * FINE))
    out = np.zeros(size)
    out[top:bottom, left:right] = fine.reshape(height, FINE, width, FINE).mean(axis=(1, 3))
    return out


def iou(one: Array, other: Array) -> float:
    """Of two rasters."""
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else 1.0


def check() -> None:
    """The rasteriser has our convention: a rectangle covers the pixels whose centres lie in it, and no other."""
    rng, (y, x) = np.random.default_rng(0), np.mgrid[:40, :50] + 0.5
    for _ in range(100):
        (x0, x1), (y0, y1) = np.sort(rng.uniform(0, 50, 2)), np.sort(rng.uniform(0, 40, 2))
        ring = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        assert (raster([ring], (40, 50)) == ((x > x0) & (x < x1) & (y > y0) & (y < y1))).all()
