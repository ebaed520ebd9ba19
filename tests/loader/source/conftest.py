"""What the tests of sources with labels make files with, and compare them by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.loader import Loader, Source
from variegate.ops.flip import HorizontalFlip
from variegate.ops.resized_crop import RandomResizedCrop
from variegate.pipeline import Compose


@pytest.fixture
def photo() -> Callable[..., Path]:
    """A picture file of a height and a width as stored, with an EXIF orientation; its folder is made."""

    def make(path: Path, height: int = 12, width: int = 20, orientation: int = 1) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        exif[274] = orientation
        options = {"exif": exif} if orientation > 1 else {}
        Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(path, **options)
        return path

    return make


def same(a: Any, b: Any) -> bool:
    """Whether two fields' values are equal: arrays of one dtype and shape, also in lists."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


@pytest.fixture
def equal() -> Callable[[Source, Source], bool]:
    """Whether two sources have the same ids, classes, targets, pictures and fields."""

    def compare(one: Source, other: Source) -> bool:
        same_face = (list(one.classes), one.mode, one.targets) == (list(other.classes), other.mode, other.targets)
        if not same_face or one.ids.tolist() != other.ids.tolist():
            return False
        for i in range(len(one)):
            a, b = one.fields(i), other.fields(i)
            if list(a) != list(b) or not all(same(a[name], b[name]) for name in a) or one.read(i) != other.read(i):
                return False
        return True

    return compare


@pytest.fixture
def read_leaves() -> Callable[[Source, int, tuple[int, int]], dict[str, Any]]:
    """What a source's targets read of its fields; the two belong together if they do."""

    def read(source: Source, i: int, size: tuple[int, int]) -> dict[str, Any]:
        assert source.targets is not None
        return dict(source.targets.read(source.fields(i), size))

    return read


@pytest.fixture
def epoch() -> Callable[..., dict[int, tuple[bytes, dict[str, Any]]]]:
    """What a real loader of two threads makes of a source: id -> the picture's bytes, and the fields of its batch."""

    def run(source: Any, augment: Any = None, **options: Any) -> dict[int, tuple[bytes, dict[str, Any]]]:
        augment = augment or Compose([RandomResizedCrop(16), HorizontalFlip(p=0.5)])
        found = {}
        for batch in Loader(source, augment, **{"batch_size": 8, "workers": 2, "seed": 3, **options}):
            rest = [name for name in batch if name not in ("image", "index", "id")]
            for n, sample in enumerate(batch["id"].tolist()):
                assert sample not in found
                found[sample] = batch["image"][n].tobytes(), {name: batch[name][n] for name in rest}
        return found

    return run
