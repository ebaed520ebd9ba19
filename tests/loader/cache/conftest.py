"""Sources of pictures for the cache's tests, and what it should then hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from variegate.loader import Arrays
from variegate.loader.cache import Cache, Store, open_store


def picture(name: int, dtype: Any = np.uint8) -> np.ndarray:
    """The picture of an id: of a size and with contents of its own."""
    rng = np.random.default_rng(name)
    shape = (*rng.integers(1, 40, 2), 3)
    if np.dtype(dtype).kind == "u":
        return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)
    return rng.random(shape, np.float32)


class Stamped(Arrays):
    """Pictures whose files say when they change."""

    def __init__(self, count: int = 30, dtype: Any = np.uint8) -> None:
        super().__init__([picture(i, dtype) for i in range(count)])
        self.stamps = [7] * count

    def stamp(self, i: int) -> int:
        return self.stamps[i]


def fill(store: Store, source: Arrays, positions: Iterable[int] | None = None) -> None:
    """What a loader does in an epoch."""
    for i in range(len(source)) if positions is None else positions:
        if store.get(i) is None:
            store.put(i, source.images[i], source.images[i].shape[:2])
    store.flush()


def held(store: Store, source: Arrays) -> list[int]:
    """The positions that are kept, after each has been compared byte by byte."""
    found = []
    for i in range(len(source)):
        pixels = store.get(i)
        if pixels is not None:
            np.testing.assert_array_equal(pixels, source.images[i], strict=True)
            assert store.size(i) == source.images[i].shape[:2]
            found.append(i)
    return found


@pytest.fixture
def source() -> Stamped:
    return Stamped()


@pytest.fixture(params=["memory", "disk"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Store]:
    """A store of either kind; of the disk's, always the same folder."""
    where = "memory" if request.param == "memory" else tmp_path / "cache"
    return lambda source, **options: open_store(Cache(where, **options), source)
