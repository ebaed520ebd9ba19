"""Loaders give the same bytes whoever decodes their JPEGs, also where they change from one to the other."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import variegate as vg
from variegate.errors import FieldError
from variegate.loader import ImageFolder, Loader
from variegate.loader.decode.by_index import IndexedReader
from variegate.loader.decode.compilation import COMPILATION

AUGMENT = vg.Compose([vg.RandomResizedCrop(16), vg.HorizontalFlip(p=0.5), vg.Contrast((0.5, 1.5), p=0.5)])


@pytest.fixture(autouse=True)
def compiled() -> None:
    COMPILATION.compile()


def loader(folder: Path, decoder: Any = "auto", **options: Any) -> Loader:
    return Loader(ImageFolder(folder), AUGMENT, **{"batch_size": 5, "workers": 2, "jpeg_decoder": decoder, **options})


def told(batches: Iterable[dict[str, Any]]) -> list[tuple[bytes, ...]]:
    return [
        tuple(np.ascontiguousarray(batch[name]).tobytes() for name in ("image", "id", "label")) for batch in batches
    ]


def read_by_window(one: Loader) -> int:
    """How many files have an index."""
    reader = one._context.reader
    assert isinstance(reader, IndexedReader)
    return len(reader.indexes)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_epochs_are_the_same(folder: Path, workers: int) -> None:
    auto, turbo = loader(folder, workers=workers), loader(folder, "turbo")
    for k in range(4):
        assert told(auto.epoch(k)) == told(turbo.epoch(k))
    assert read_by_window(auto) == 33  # of 37, four are PNGs
    assert auto.stats()["bytes_decoded"] < turbo.stats()["bytes_decoded"]


def test_a_run_that_changes_on_its_way_is_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    auto, turbo = loader(folder), loader(folder, "turbo")
    monkeypatch.setattr(COMPILATION, "there", False)
    monkeypatch.setattr(COMPILATION, "_next", 1e18)
    batches = zip(auto.stream(), turbo.stream(), strict=False)
    for n, (a, b) in enumerate(islice(batches, 30)):
        assert told([a]) == told([b])
        if n == 5:
            assert read_by_window(auto) == 0 and COMPILATION.wanted
            monkeypatch.setattr(COMPILATION, "there", True)
    assert read_by_window(auto) == 33


def test_a_run_goes_on_where_the_other_one_stood(folder: Path) -> None:
    whole = told(islice(loader(folder, "turbo").stream(), 20))
    for first, second in (("auto", "turbo"), ("turbo", "auto")):
        begun, rest = loader(folder, first), loader(folder, second)
        made = told(islice(begun.stream(), 7))
        rest.resume(begun.state())
        assert made + told(islice(rest.stream(), 13)) == whole


def test_repeats_ranks_and_caches(folder: Path, tmp_path: Path) -> None:
    for options in (
        {"repeats": 5},
        {"rank": 1, "world_size": 2},
        {"cache": "memory"},
        {"cache": tmp_path},
        {"memory": "64MB"},
    ):
        auto, turbo = loader(folder, **options), loader(folder, "turbo", **options)
        for k in range(2):
            assert told(auto.epoch(k)) == told(turbo.epoch(k))


def test_in_a_process_of_its_own(folder: Path) -> None:
    with_child, turbo = loader(folder, isolate=True), loader(folder, "turbo")
    for k in range(2):
        assert told(with_child.epoch(k)) == told(turbo.epoch(k))
    with_child.close()


def test_what_is_said_stays(folder: Path) -> None:
    assert pickle.loads(pickle.dumps(loader(folder, "turbo"))).jpeg_decoder == "turbo"
    assert loader(folder, "turbo")._context.reader is None
    assert loader(folder, decode="scaled")._context.reader is None
    assert loader(folder).state() == loader(folder, "turbo").state()
    with pytest.raises(FieldError, match=r"Loader\.jpeg_decoder is 'auto' or 'turbo', got 'fast'"):
        loader(folder, "fast")
