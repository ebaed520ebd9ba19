"""What the asserters are tried on: a pipeline made of what the user gave, and drawn samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.ops.base import Op
from variegate.pipeline import Compose
from variegate.targets import Target, Targets

Floats = NDArray[np.float64]


def pipeline_of(subject: Compose | Op | Sequence[Op], targets: Mapping[str, Target] | None = None) -> Compose:
    """The pipeline that a user means, with these targets in place of its own."""
    if not isinstance(subject, Compose):
        return Compose([subject] if isinstance(subject, Op) else list(subject), targets=targets)
    return subject if targets is None else replace(subject, targets=Targets.of(targets))


def noise(size: tuple[int, int], channels: int, seed: int = 0) -> NDArray[np.uint8]:
    """A uint8 picture in which no two places look alike, and neighbours are related."""
    rng = np.random.default_rng(seed)
    rough = rng.integers(0, 256, (*size, channels)).astype(np.float64)
    smooth = sum(np.roll(rough, (i, j), (0, 1)) for i in range(3) for j in range(3)) / 9
    return np.rint(smooth).astype(np.uint8)


def blob(size: tuple[int, int], x: float, y: float, radius: float) -> NDArray[np.float32]:
    """A float32 picture of one round spot about (x, y), as bright as 1 in its middle."""
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    return np.asarray(np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius**2)), np.float32)


def centroid(image: NDArray[Any]) -> tuple[float, float]:
    """The centre (x, y) of what is bright."""
    weights = image.astype(np.float64)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    total = weights.sum()
    return float((columns * weights).sum() / total), float((rows * weights).sum() / total)


def star(x: float, y: float, radius: float, points: int = 9, seed: int = 0) -> Floats:
    """A polygon (points, 2) about (x, y) that bends inwards and is like none of its mirror images."""
    rng = np.random.default_rng(seed)
    turns = (np.arange(points) + rng.uniform(-0.3, 0.3, points)) * (2 * np.pi / points)
    far = radius * rng.uniform(0.5, 1, points)
    return np.stack([x + far * np.cos(turns), y + far * np.sin(turns)], axis=1)


def filled(rings: Sequence[Floats], size: tuple[int, int], fine: int = 8) -> NDArray[np.bool_]:
    """The pixels of which polygons cover half or more, by Pillow on a grid `fine` times as fine."""
    from PIL import Image, ImageDraw

    page = Image.new("L", (size[1] * fine, size[0] * fine))
    draw = ImageDraw.Draw(page)
    for ring in rings:
        if len(ring) > 2:  # Pillow's points are centres of its pixels
            draw.polygon([tuple(point) for point in np.asarray(ring) * fine - 0.5], fill=1)
    parts = np.asarray(page).reshape(size[0], fine, size[1], fine)
    return np.asarray(parts.mean(axis=(1, 3)) >= 0.5)
