"""A loader with a cache: the same bytes, whatever the cache has."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate import Compose, HorizontalFlip, RandomResizedCrop, Rotate
from variegate.loader import Arrays, ImageFolder, Loader
from variegate.loader.cache import Cache

COUNT = 23


def photo(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((70 + seed, 50), Image.Resampling.BICUBIC)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    root.mkdir()
    for i in range(COUNT):
        photo(i).save(root / f"{i:02}.{'png' if i % 5 == 2 else 'jpg'}")
    return root


@pytest.fixture(params=["memory", "disk"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "memory" if request.param == "memory" else str(tmp_path / "cache")


def loader(photos: Path, **options: Any) -> Loader:
    ops = [Rotate((-20, 20)), RandomResizedCrop(16), HorizontalFlip(p=0.5)]
    return Loader(ImageFolder(photos), Compose(ops), **{"batch_size": 6, "seed": 5, **options})


def epochs(made: Loader, count: int) -> list[dict[int, bytes]]:
    """id -> bytes, an epoch at a time."""
    return [
        {int(name): image.tobytes() for batch in made for name, image in zip(batch["id"], batch["image"], strict=True)}
        for _ in range(count)
    ]


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_the_bytes_are_those_without_a_cache(photos: Path, where: str, workers: int) -> None:
    made = loader(photos, workers=workers, cache=where)
    assert epochs(made, 3) == epochs(loader(photos, workers=0), 3)
    made.close()
    stats = made.stats()["cache"]
    assert stats["hits"] + stats["misses"] == 3 * COUNT and stats["hits"] >= COUNT


def test_the_second_epoch_decodes_nothing(photos: Path, where: str) -> None:
    made = loader(photos, workers=2, cache=where)
    epochs(made, 1)
    before = made.stats()["bytes_read"]
    epochs(made, 2)
    assert made.stats()["bytes_read"] == before
    assert made.stats()["cache"]["misses"] == COUNT


def test_a_later_run_begins_with_a_full_cache_a_pickled_loader_too(photos: Path, tmp_path: Path) -> None:
    want = epochs(loader(photos, workers=0), 1)
    made = loader(photos, workers=2, cache=tmp_path / "cache")
    assert epochs(made, 1) == want
    copy = pickle.loads(pickle.dumps(made))
    copy.next_epoch = 0
    for later in (loader(photos, workers=2, cache=tmp_path / "cache"), copy):
        assert epochs(later, 1) == want
        assert later.stats()["cache"]["misses"] == 0


def test_a_small_cache_changes_no_byte(photos: Path, where: str) -> None:
    made = loader(photos, workers=2, cache=Cache(where, 60_000))
    assert epochs(made, 3) == epochs(loader(photos, workers=0), 3)
    stats = made.stats()["cache"]
    assert 0 < stats["hits"] < 2 * COUNT and stats["bytes"] <= 60_000


def test_a_file_that_changes_between_epochs_is_read_anew(photos: Path, where: str) -> None:
    made = loader(photos, workers=2, cache=where)
    epochs(made, 1)
    photo(99).save(photos / "03.jpg", quality=80)
    os.utime(photos / "03.jpg", ns=(0, 10**18))
    plain = loader(photos, workers=0)
    plain.next_epoch = 1
    assert epochs(made, 2) == epochs(plain, 2)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_damaged_folder_changes_no_byte(photos: Path, tmp_path: Path) -> None:
    epochs(loader(photos, workers=2, cache=tmp_path / "cache"), 1)
    for path in (tmp_path / "cache").rglob("*.arrow"):
        data = bytearray(path.read_bytes())
        data[20_000:20_040] = b"damage" * 7
        path.write_bytes(data)
    made = loader(photos, workers=2, cache=tmp_path / "cache")
    assert epochs(made, 2) == epochs(loader(photos, workers=0), 2)
    assert made.stats()["cache"]["damaged"] > 0


@pytest.mark.parametrize("workers", [0, 2])
def test_with_a_side_no_byte_hangs_on_what_the_cache_has(photos: Path, where: str, workers: int) -> None:
    empty = loader(photos, workers=workers, cache=Cache(where, max_bytes=0, max_side=40))
    full = loader(photos, workers=workers, cache=Cache(where, max_side=40))
    want = epochs(empty, 2)
    assert epochs(full, 2) == want != epochs(loader(photos, workers=workers), 2)
    full.next_epoch = 0
    assert epochs(full, 2) == want
    assert full.stats()["cache"]["misses"] == COUNT


def test_arrays_are_in_memory_already_and_are_not_kept_again() -> None:
    made = Loader(Arrays(np.zeros((9, 8, 8, 3), np.uint8)), batch_size=3, workers=0, cache="memory")
    for _ in range(2):
        list(made)
    assert made.stats()["cache"]["bytes"] == 0


def test_the_collector_may_end_another_epoch_in_a_thread_that_writes(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which would wait for itself, if it waited for what is being written."""
    import gc
    import threading

    from variegate.loader.cache.shard import ShardRow

    made = loader(photos, batch_size=2, workers=2, cache=tmp_path / "kept")
    circle: dict[str, Any] = {"batches": made.epoch(1)}
    circle["self"] = circle
    next(circle["batches"])
    gc.disable()
    del circle
    plain, collected = ShardRow.of.__func__, []  # type: ignore[attr-defined]

    def of(*args: Any) -> ShardRow:
        if not collected and threading.current_thread().name.startswith("variegate"):
            collected.append(gc.collect())
        return plain(*args)

    monkeypatch.setattr(ShardRow, "of", classmethod(of))
    try:
        assert sum(len(batch["index"]) for batch in made.epoch(0)) == COUNT
    finally:
        gc.enable()
    assert collected
