"""What the asserters are tried on: pictures and shapes, drawn by rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def noise(size: tuple[int, int], channels: int, seed: int = 0) -> NDArray[np.uint8]:
    """A uint8 picture in which no two places look alike, and neighbours are related."""
    rng = np.random.default_rng(seed)
    rough = rng.integers(0, 256, (*size, channels)).astype(np.float64)
    smooth = sum(np.roll(rough, (i, j), (0, 1)) for i in range(3) for j in range(3)) / 9
    return np.rint(smooth).astype(np.uint8)


def blob(size: tuple[int, int], channels: int, place: Floats, radius: float) -> NDArray[np.float32]:
    """A float32 picture of one round grey spot about a place (x, y): 0.2 far off, 0.8 in its middle."""
    x, y = place
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    bright = 0.2 + 0.6 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius**2))
    return np.repeat(bright[:, :, None].astype(np.float32), channels, axis=2)


def star(x: float, y: float, radius: float, points: int = 9, seed: int = 0) -> Floats:
    """A polygon (points, 2) about (x, y) that bends inwards and is like none of its mirror images."""
    rng = np.random.default_rng(seed)
    turns = (np.arange(points) + rng.uniform(-0.3, 0.3, points)) * (2 * np.pi / points)
    far = radius * rng.uniform(0.5, 1, points)
    return np.stack([x + far * np.cos(turns), y + far * np.sin(turns)], axis=1)


def filled(rings: Sequence[Any], size: tuple[int, int], fine: int = 4) -> Flags:
    """The pixels of which polygons cover half or more, as the centres of a grid `fine` times as fine tell."""
    height, width = size[0] * fine, size[1] * fine
    lines, out = (np.arange(height) + 0.5) / fine, np.zeros((height, width), bool)
    for ring in rings:
        flips = np.zeros((height, width + 1), bool)  # where, from left to right, inside becomes outside or back
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            rows = np.flatnonzero((lines >= min(y0, y1)) & (lines < max(y0, y1)))
            if len(rows):
                x = x0 + (lines[rows] - y0) * ((x1 - x0) / (y1 - y0))
                flips[rows, np.clip(np.ceil(x * fine - 0.5), 0, width).astype(np.int64)] ^= True
        out |= np.logical_xor.accumulate(flips, axis=1)[:, :-1]
    return np.asarray(out.reshape(size[0], fine, size[1], fine).mean(axis=(1, 3)) >= 0.5)


def inner(mask: Flags) -> Flags:
    """The pixels of a mask whose eight neighbours are of it too; none of those at the picture's edge."""
    padded = np.pad(mask, 1)
    out = mask.copy()
    for i in range(3):
        for j in range(3):
            out &= padded[i : i + mask.shape[0], j : j + mask.shape[1]]
    return out


def outline(mask: Flags) -> int:
    """How many pixels of a mask have a neighbour that is none of it."""
    return int(mask.sum() - inner(mask).sum())
