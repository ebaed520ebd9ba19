"""The truth of adaptive equalization, tile by tile in plain NumPy; see `reference.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]


def equalized(values: Floats, clip: float, tiles: tuple[int, int], rounded: bool) -> Floats:
    """Values (H, W) in units of white, equalized in so many rows and columns of tiles; rounded: to 256 levels."""
    tall, wide = tile_sides(values, tiles)
    levels = 255 * np.clip(np.nan_to_num(values, nan=0), 0, 1)
    levels = np.rint(levels) if rounded else levels
    tables = np.empty((*tiles, 256))
    for (i, j), tile in tiled(np.rint(levels).astype(int), tiles):
        counts = limited(np.bincount(tile.ravel(), minlength=256), clip)
        table = np.cumsum(counts).astype(np.float32) * (np.float32(255) / np.float32(tall * wide))
        tables[i, j] = np.rint(table) if rounded else table
    (above, below, down), (left, right, across) = (
        between(side, length, count) for side, length, count in zip(values.shape, (tall, wide), tiles, strict=True)
    )
    low = np.minimum(levels.astype(int), 254)
    part = levels - low

    def looked_up(rows: Whole, columns: Whole) -> Floats:
        """Every pixel by the table of one tile."""
        own = tables[rows[:, None], columns[None]]
        first, second = (np.take_along_axis(own, (low + k)[..., None], 2)[..., 0] for k in (0, 1))
        return np.asarray((1 - part) * first + part * second)

    upper = (1 - across) * looked_up(above, left) + across * looked_up(above, right)
    lower = (1 - across) * looked_up(below, left) + across * looked_up(below, right)
    return np.asarray((1 - down[:, None]) * upper + down[:, None] * lower) / 255


def doubtful(pixels: Flags, tiles: tuple[int, int]) -> Flags:
    """(H, W): the pixels of which a table hangs on one of these pixels (H, W)."""
    tall, wide = tile_sides(pixels, tiles)
    marked = np.zeros(tiles, np.bool_)
    for at, tile in tiled(pixels, tiles):
        marked[at] = tile.any()
    (above, below, _), (left, right, _) = (
        between(side, length, count) for side, length, count in zip(pixels.shape, (tall, wide), tiles, strict=True)
    )
    either = marked[above] | marked[below]
    return np.asarray(either[:, left] | either[:, right])


def tile_sides(values: NDArray[Any], tiles: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the tiles of values (H, W), continued where they do not divide it."""
    rest = [side % count for side, count in zip(values.shape, tiles, strict=True)]
    tall, wide = (
        (side + (count - left if any(rest) else 0)) // count
        for side, count, left in zip(values.shape, tiles, rest, strict=True)
    )
    return tall, wide


def tiled(values: NDArray[Any], tiles: tuple[int, int]) -> Iterator[tuple[tuple[int, int], NDArray[Any]]]:
    """Each tile of values (H, W) by its row and column; they are continued by their mirror image."""
    tall, wide = tile_sides(values, tiles)
    more = [(0, length * count - side) for length, count, side in zip((tall, wide), tiles, values.shape, strict=True)]
    padded = np.pad(values, more, mode="reflect")
    for i, j in np.ndindex(*tiles):
        yield (i, j), padded[i * tall : (i + 1) * tall, j * wide : (j + 1) * wide]


def between(side: int, length: int, count: int) -> tuple[Whole, Whole, Floats]:
    """For each pixel of a side: the two tiles between whose middles it lies, and how far it is from the first."""
    at = np.arange(side) / length - 0.5
    first = np.floor(at).astype(np.int64)
    return np.maximum(first, 0), np.minimum(first + 1, count - 1), at - first


def limited(counts: NDArray[np.int64], clip: float) -> NDArray[np.int64]:
    """The counts of 256 levels, each at most `clip` times their mean, and what is cut dealt out among all."""
    if clip == 0:
        return counts
    limit = max(int(clip * counts.sum() / 256), 1)
    cut = int(np.maximum(counts - limit, 0).sum())
    each, rest = divmod(cut, 256)
    out = np.minimum(counts, limit) + each
    if rest:
        out[np.arange(rest) * (256 // rest)] += 1
    return np.asarray(out)
