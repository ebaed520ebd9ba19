"""The pictures: 500 JPEGs with the size and entropy of ImageNet's, made from photographs that packages ship.

Of a sample of 160 of ImageNet's files: 0.19 megapixels and 106 KB each on average, three quarters landscape, most of
them 4:4:4 at quality 96, and between 1.3 and 8.7 bits a pixel. Crops of ten photographs are rescaled and jittered to
such sizes; the quality, and grain where that does not suffice, are chosen to hit a number of bytes drawn from about
that range. Deterministic.
"""

from __future__ import annotations

import hashlib
import io
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

DATA = Path(__file__).resolve().parent / ".data"
COUNT = 500
# (width, height) and how many in a hundred.
SIZES = {
    (500, 375): 43, (500, 333): 20, (375, 500): 14, (333, 500): 6, (500, 500): 3, (300, 225): 5, (640, 480): 9,
}  # fmt: skip
SHIPPED = {
    "skimage": "astronaut.png coffee.png chelsea.png rocket.jpg hubble_deep_field.jpg ihc.png "
    "motorcycle_left.png motorcycle_right.png",
    "sklearn": "china.jpg flower.jpg",
}
FOLDERS = {"skimage": "data", "sklearn": "datasets/images"}


@cache
def originals() -> tuple[Image.Image, ...]:
    """The photographs that scikit-image and scikit-learn ship, read from their folders without importing them."""
    pictures = []
    for package, names in SHIPPED.items():
        spec = find_spec(package)
        assert spec is not None and spec.origin is not None, f"{package} is not installed: run bench/setup.py"
        folder = Path(spec.origin).parent / FOLDERS[package]
        pictures += [Image.open(folder / name).convert("RGB") for name in names.split()]
    return tuple(pictures)


def picture(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """A jittered crop of one original, float64 HWC, of the given (width, height)."""
    source = originals()[rng.integers(len(originals()))]
    width = min(source.width, source.height * size[0] / size[1]) * np.sqrt(rng.uniform(0.4, 1.0))
    height = width * size[1] / size[0]
    left, top = rng.uniform(0, source.width - width), rng.uniform(0, source.height - height)
    part = source.resize(size, Image.Resampling.LANCZOS, box=(left, top, left + width, top + height))
    pixels = np.asarray(part, np.float64)[:, :: rng.choice([-1, 1])]
    return pixels * rng.uniform(0.85, 1.15, 3) + rng.uniform(-10, 10)


def encode(pixels: np.ndarray, quality: int, subsampling: int) -> bytes:
    """JPEG bytes of a float picture."""
    out = io.BytesIO()
    rounded = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    Image.fromarray(rounded).save(out, "JPEG", quality=quality, subsampling=subsampling)
    return out.getvalue()


def jpeg(seed: int) -> bytes:
    """One picture of the set; the same bytes for the same seed and versions of Pillow and NumPy."""
    rng = np.random.default_rng(seed)
    size = list(SIZES)[rng.choice(len(SIZES), p=np.array(list(SIZES.values())) / sum(SIZES.values()))]
    pixels, grain = picture(rng, size), rng.normal(size=(size[1], size[0], 1))
    subsampling = int(rng.choice([0, 2], p=[0.78, 0.22]))
    wanted = size[0] * size[1] / 8 * rng.uniform(1.2, 7.1)
    low, high = 30, 96
    while low < high:  # the lowest quality of enough bytes
        middle = (low + high) // 2
        low, high = (low, middle) if len(encode(pixels, middle, subsampling)) >= wanted else (middle + 1, high)
    data, sigma = encode(pixels, low, subsampling), 0.0
    while len(data) < wanted and sigma < 40:
        sigma += 1.5
        data = encode(pixels + sigma * grain, low, subsampling)
    return data


def folder(data: Path | None = None) -> Path:
    """The user's folder, or the cached folder of made pictures."""
    if data is not None:
        return data.resolve()
    target = DATA / "photos"
    target.mkdir(parents=True, exist_ok=True)
    for i in range(COUNT):
        path = target / f"{i:03d}.jpg"
        if not path.exists():
            path.with_suffix(".part").write_bytes(jpeg(i))
            path.with_suffix(".part").rename(path)
    return target


def files(data: Path | None = None) -> list[Path]:
    """The JPEGs of `folder`, sorted."""
    found = sorted(p for p in folder(data).rglob("*") if p.suffix.lower() in {".jpg", ".jpeg"})
    assert found, f"no JPEG under {folder(data)}"
    return found


def stream(count: int, data: Path | None = None) -> Path:
    """A flat folder of `count` links to the pictures, so that one epoch is long enough to time without its edges."""
    sources = files(data)
    name = hashlib.sha256(repr((count, [str(p) for p in sources])).encode()).hexdigest()[:12]
    target = DATA / f"stream-{name}"
    if not target.exists():
        part = target.with_suffix(".part")
        part.mkdir(parents=True, exist_ok=True)
        for i in range(count):
            link = part / f"{i:05d}.jpg"
            link.unlink(missing_ok=True)
            os.symlink(sources[i % len(sources)], link)
        part.rename(target)
    return target


def decoded(count: int, data: Path | None = None) -> list[np.ndarray]:
    """The first `count` pictures as uint8 HWC RGB arrays (repeated where there are fewer)."""
    sources = files(data)
    unique = [np.asarray(Image.open(p).convert("RGB")).copy() for p in sources[:count]]
    return [unique[i % len(unique)] for i in range(count)]
