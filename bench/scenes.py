"""Pictures with labels: made photographs of COCO's sizes, boxes, masks of classes, polygons. Deterministic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import photos
from PIL import Image

Array = np.ndarray

SIZES = ((640, 480), (640, 427), (480, 640), (640, 480))  # (width, height), the usual ones of COCO
CLASSES = 21
IGNORED = 255


def pictures(count: int, data: Path | None = None) -> list[Array]:
    """uint8 HWC: the user's, as they are, or made ones."""
    if data is not None:
        return photos.decoded(count, data)
    made = []
    for i in range(count):
        pixels = photos.picture(np.random.default_rng(i), SIZES[i % len(SIZES)])
        made.append(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
    return made


def boxes(size: tuple[int, int], seed: int) -> tuple[Array, Array]:
    """2 to 14 boxes, 8 on average, as COCO's x, y, w, h in pixels with two decimals; and their classes."""
    height, width = size
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 15))
    sides = np.exp(rng.uniform(np.log(16), np.log((0.6 * width, 0.6 * height)), (count, 2)))
    sides = np.floor(sides * 100) / 100
    corner = np.floor(rng.uniform(0, 1, (count, 2)) * ((width, height) - sides) * 100) / 100
    return np.concatenate([corner, sides], axis=1), rng.integers(0, 80, count)


def mask(size: tuple[int, int], seed: int) -> Array:
    """uint8 (H, W): patches of classes, with an ignored line about some of them."""
    height, width = size
    rng = np.random.default_rng(seed)
    coarse = rng.normal(size=(2, 8, 8)).astype(np.float32)
    first, second = (
        np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC)) for plane in coarse
    )
    classes = np.clip((first * 4 + 10).astype(np.int64), 0, CLASSES - 1)
    return np.where(np.abs(second) < 0.02, IGNORED, classes).astype(np.uint8)


def stars(count: int, seed: int, least: float = 30, most: float = 300) -> list[Array]:
    """Polygons (V, 2) about the origin: star-shaped, of 12 to 60 corners, with lobes, drawn long by up to 3."""
    rng, made = np.random.default_rng(seed), []
    for _ in range(count):
        corners = int(rng.integers(12, 61))
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
        waves = np.arange(1, 6)
        size, phase = rng.normal(size=5) / (1 + waves), rng.uniform(0, 2 * np.pi, 5)
        radius = np.exp((size[:, None] * np.cos(waves[:, None] * angle + phase[:, None])).sum(0))
        turn, stretch = rng.uniform(0, 2 * np.pi), np.exp(rng.uniform(0, np.log(3)))
        x, y = radius * np.cos(angle) * stretch, radius * np.sin(angle)
        ring = np.stack([np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y], axis=1)
        side = np.exp(rng.uniform(np.log(least), np.log(most)))
        made.append((ring - ring.mean(0)) * (side / np.ptp(ring, axis=0).max()))
    return made


def polygons(data: Path | None = None) -> tuple[list[Array], str]:
    """Polygons (V, 2) in pixels, and what they are: the user's from DATA/polygons, or made ones.

    The user's are YOLO's text files beside pictures of the same name: a class and normalised points a line.
    """
    if data is None or not (data / "polygons").is_dir():
        return stars(2000, 0), "made polygons, star-shaped"
    sizes = {path.stem: Image.open(path).size for path in photos.files(data)}
    found = []
    for path in sorted((data / "polygons").glob("*.txt")):
        for line in path.read_text().splitlines():
            numbers = np.array(line.split()[1:], np.float64)
            if path.stem in sizes and len(numbers) >= 6:
                found.append(numbers.reshape(-1, 2) * sizes[path.stem])
    return found, "polygons from --data, of YOLO's form"
