"""The picture of docs/guide/evidence.md: sixes that became nines, beside nines, and sixes that were taken for nines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import variegate as vg
from learning import recipes, sets

COUNT, ZOOM, GAP, BETWEEN = 12, 2, 4, 12


def row(images: Sequence[sets.Array]) -> sets.Array:
    """Pictures side by side, on nothing: grey and opacity."""
    height, width = images[0].shape[:2]
    made = np.zeros((height, COUNT * (width + GAP) - GAP, 2), np.uint8)
    for i, image in enumerate(images[:COUNT]):
        at = i * (width + GAP)
        made[:, at : at + width] = np.concatenate([image, np.full_like(image, 255)], axis=2)
    return made


def draw(data: sets.Set, misread: Sequence[int], path: Path) -> None:
    """Write three rows: sixes of the pool turned by the recipe, nines of the pool, misread sixes of the test."""
    turn = vg.Compose(recipes.ops("half turn", 28))
    six, nine = (data.pool.images[data.pool.labels == digit] for digit in (6, 9))
    keyed = [(image, vg.Key(id=i)) for i, image in enumerate(six)]
    over = [turn(image, key=key) for image, key in keyed if turn.params(key)["Rotate"]["angle"]]
    rows = [row(over), row(list(nine)), row([data.test.images[i] for i in misread])]
    space = np.zeros((BETWEEN, rows[0].shape[1], 2), np.uint8)
    whole = np.concatenate([rows[0], space, rows[1], space, rows[2]])
    Image.fromarray(whole.repeat(ZOOM, 0).repeat(ZOOM, 1), "LA").save(path, optimize=True)
