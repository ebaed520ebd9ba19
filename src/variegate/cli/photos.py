"""Photographs that packages ship, as JPEG files: what the demo and the rate run on when no data are given."""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from variegate.errors import SourceError

# Only files inside the wheels; nothing is downloaded, and neither package is imported.
SHIPPED = {
    "skimage": ("data", ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png")),
    "sklearn": ("datasets/images", ("china.jpg", "flower.jpg")),
}
LONGER_SIDE = 500


def originals() -> list[Path]:
    """The photographs as their packages hold them.

    Raises  SourceError, saying what to install, if no package that ships any is here.
    """
    found: list[Path] = []
    for package, (folder, names) in SHIPPED.items():
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            found += [Path(spec.origin).parent / folder / name for name in names]
    found = [path for path in found if path.exists()]
    if not found:
        raise SourceError('no photographs here: pip install "variegate[demo]", or give a folder of your own')
    return found


def write(folder: Path) -> list[Path]:
    """Each photograph once, at most 500 pixels long, as folder/NAME.jpg."""
    paths = []
    for path in originals():
        picture = Image.open(path).convert("RGB")
        picture.thumbnail((LONGER_SIDE, LONGER_SIDE), Image.Resampling.LANCZOS)
        paths.append(folder / f"{path.stem}.jpg")
        picture.save(paths[-1], quality=95)
    return paths


def write_crops(folder: Path, count: int) -> Iterator[Path]:
    """`count` different crops of the photographs, 500 x 375 pixels each: a data set for a rate."""
    pictures = [Image.open(path).convert("RGB") for path in originals()]
    chance = random.Random(0)
    for i in range(count):
        picture = pictures[i % len(pictures)]
        width = min(picture.width, picture.height * 4 / 3) * chance.uniform(0.6, 1)
        left, top = chance.uniform(0, picture.width - width), chance.uniform(0, picture.height - width * 3 / 4)
        box = (left, top, left + width, top + width * 3 / 4)
        path = folder / f"{i:04d}.jpg"
        picture.resize((500, 375), Image.Resampling.BICUBIC, box).save(path, quality=95)
        yield path
