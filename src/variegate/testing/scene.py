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


def filled(rings: Sequence[Any], size: tuple[int, int], fine: int = 8) -> Flags:
    """The pixels of which polygons cover half or more, by Pillow on a grid `fine` times as fine."""
    from PIL import Image, ImageDraw

    page = Image.new("L", (size[1] * fine, size[0] * fine))
    draw = ImageDraw.Draw(page)
    for ring in rings:
        if len(ring) > 2:  # Pillow's points are centres of its pixels
            draw.polygon([tuple(point) for point in np.asarray(ring) * fine - 0.5], fill=1)
    parts = np.asarray(page).reshape(size[0], fine, size[1], fine)
    return np.asarray(parts.mean(axis=(1, 3)) >= 0.5)


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
