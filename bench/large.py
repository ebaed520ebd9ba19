"""Photographs of 12 megapixels, as a camera's, made of those of `photos`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import photos

SIZE = 3000, 4000
QUALITY, CHROMA = 90, 2  # 4:2:0
# How the photographs are made: tiles along a side, each an enlarged crop of an original, and the deviation of a grain.
# A camera's 12 megapixels at this quality are 2 to 5 MB; "soft" is what enlarging alone gives.
KINDS = {"textured": (3, 3.0), "soft": (1, 0.0)}
COUNT = 8


def photograph(seed: int, tiles: int, grain: float) -> np.ndarray:
    """A mosaic of tiles x tiles crops, float64 HWC, with grain."""
    rng = np.random.default_rng([seed, tiles])
    height, width = -(-SIZE[0] // tiles), -(-SIZE[1] // tiles)
    rows = [np.concatenate([photos.picture(rng, (width, height)) for _ in range(tiles)], axis=1) for _ in range(tiles)]
    return np.concatenate(rows)[: SIZE[0], : SIZE[1]] + grain * rng.normal(size=(*SIZE, 1))


def folder(kind: str, count: int) -> Path:
    """The cached folder of a kind."""
    target = photos.DATA / f"large-{kind}"
    target.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        path = target / f"{i:02d}.jpg"
        if not path.exists():
            path.with_suffix(".part").write_bytes(photos.encode(photograph(i, *KINDS[kind]), QUALITY, CHROMA))
            path.with_suffix(".part").rename(path)
    return target
