"""Indexes come back from a folder as they were; what is damaged or of other files is not taken, and costs time."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate import parts
from variegate.errors import FieldError, SourceError
from variegate.loader import ImageFolder, Loader
from variegate.loader.decode.compilation import COMPILATION
from variegate.loader.decode.index_file import HEAD, MAGIC, IndexFile, Written
from variegate.loader.decode.indexes import ENTRY, Origin
from variegate.ops import RandomResizedCrop
from variegate.pipeline import Compose

COUNT = 33  # of the 37 files, four are PNGs
AUGMENT = Compose([RandomResizedCrop(16)])


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    COMPILATION.compile()


def held(records: dict[Origin, bytes]) -> dict[Origin, Written | None]:
    return {origin: (lambda data=data: data) for origin, data in records.items()}  # type: ignore[misc]


def found(file: IndexFile) -> dict[Origin, bytes]:
    return {origin: data.tobytes() for origin, data in file.records()}


def images(batches: Iterable[dict[str, Any]]) -> list[bytes]:
    return [np.ascontiguousarray(batch["image"]).tobytes() for batch in batches]


def loader(folder: Path, kept: Path | None, **options: Any) -> Loader:
    decoder = {"jpeg_decoder": "turbo"} if kept is None else {"jpeg_indexes": kept}
    return Loader(ImageFolder(folder), AUGMENT, **{"batch_size": 5, "workers": 2, **decoder, **options})


RECORDS = st.dictionaries(st.builds(Origin, st.integers(0, 9), st.integers(-(1 << 63), (1 << 63) - 1)), st.binary())


@given(RECORDS)
def test_what_is_saved_is_found(tmp_path_factory: pytest.TempPathFactory, records: dict[Origin, bytes]) -> None:
    file = IndexFile(str(tmp_path_factory.mktemp("kept")), "source")
    assert found(file) == {}
    assert file.save(held(records)) and found(file) == records


def test_what_others_know_stays_and_what_is_known_to_be_wrong_goes(tmp_path: Path) -> None:
    file = IndexFile(str(tmp_path), "source")
    file.save(held({Origin(0, 1): b"a", Origin(1, 1): b"b", Origin(2, 1): b"c"}))
    file.save({**held({Origin(1, 2): b"new"}), Origin(2, 2): None})
    assert found(file) == {Origin(0, 1): b"a", Origin(1, 2): b"new"}
    assert found(IndexFile(str(tmp_path), "other")) == {}


def test_stamps_that_are_no_64_bits_are_left_out(tmp_path: Path) -> None:
    file = IndexFile(str(tmp_path), "source")
    assert file.save(held({Origin(0, None): b"a", Origin(1, 1 << 64): b"b", Origin(2, 3): b"c"}))
    assert found(file) == {Origin(2, 3): b"c"}


def test_every_byte_that_is_damaged_is_noticed(tmp_path: Path) -> None:
    file, records = IndexFile(str(tmp_path), "source"), {Origin(n, n - 2): bytes([n]) * 9 * n for n in range(5)}
    file.save(held(records))
    whole, path = Path(file.path).read_bytes(), Path(file.path)
    for place in range(len(whole)):
        for damaged in (whole[:place], whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :]):
            path.write_bytes(damaged)
            assert found(file).items() <= records.items() and found(file) != records
    path.write_bytes(MAGIC + HEAD.pack(0, 0, (1 << 32) - 1) + bytes(99))  # and a length is not trusted
    assert found(file) == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs")
def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    file = IndexFile(str(tmp_path), "source")
    os.mkfifo(file.path)
    assert found(file) == {}


def test_while_another_process_writes_it_is_put_off(tmp_path: Path) -> None:
    file = IndexFile(str(tmp_path), "source")
    with open(f"{file.path}.lock", "ab") as lock:
        if parts.lock(lock) is None:
            pytest.skip("there are no locks")
        assert not file.save(held({Origin(0, 0): b"a"})) and found(file) == {}
    assert file.save(held({Origin(0, 0): b"a"})) and len(found(file)) == 1


def test_a_folder_that_refuses_is_said_once(tmp_path: Path) -> None:
    file = IndexFile(str(tmp_path / "kept"), "source")
    (tmp_path / "kept").rmdir()
    with pytest.warns(RuntimeWarning, match="indexes of JPEGs are not kept"):
        assert not file.save({})
    assert not file.save({})
    (tmp_path / "plain").touch()
    with pytest.raises(SourceError, match="jpeg_indexes"):
        IndexFile(str(tmp_path / "plain" / "kept"), "source")


def test_a_later_run_begins_at_the_indexes(folder: Path, tmp_path: Path) -> None:
    truth = loader(folder, None)
    one = loader(folder, tmp_path)
    assert images(one.epoch(0)) == images(truth.epoch(0))
    counts = one.stats()["windows"]
    assert (counts["first"], counts["by_index"], counts["indexes"]) == (COUNT, 0, COUNT)
    assert counts["index_bytes"] == one._context.reader.indexes.nbytes > COUNT * ENTRY  # type: ignore[union-attr]
    other = loader(folder, tmp_path, workers=0)
    for k in range(2):
        assert images(other.epoch(k)) == images(truth.epoch(k))
    assert other.stats()["windows"] == {**counts, "first": 0, "by_index": 2 * COUNT}
    assert "windows" not in truth.stats()


def test_a_file_that_has_changed_is_walked_through_again(folder: Path, tmp_path: Path) -> None:
    list(loader(folder, tmp_path).epoch(0))
    paths = sorted(folder.rglob("*.jpg"))
    one, other = paths[0].read_bytes(), paths[1].read_bytes()
    paths[0].write_bytes(other)
    paths[1].write_bytes(one)
    again = loader(folder, tmp_path)
    assert images(again.epoch(0)) == images(loader(folder, None).epoch(0))
    assert (again.stats()["windows"]["first"], again.stats()["windows"]["by_index"]) == (2, COUNT - 2)
    last = loader(folder, tmp_path)
    list(last.epoch(0))
    assert last.stats()["windows"]["first"] == 0


def test_wrong_indexes_cost_time_alone(folder: Path, tmp_path: Path) -> None:
    """Places and numbers that were changed together with the checksum, and those of other files."""
    truth, rng = images(loader(folder, None).epoch(0)), np.random.default_rng(0)
    list(loader(folder, tmp_path).epoch(0))
    (path,) = (each for each in tmp_path.iterdir() if each.suffix == ".indexes")
    file = loader(folder, tmp_path)._context.reader._file  # type: ignore[union-attr]
    records = found(file)
    for n in range(12):
        changed = {}
        for origin, data in records.items():
            bad = bytearray(data)
            for place in rng.integers(0 if n % 2 else 16, len(bad), 1 + n):
                bad[place] = rng.integers(256)
            changed[origin] = bytes(bad)
        if n == 0:
            changed = dict(zip(records, [*list(records.values())[1:], b""], strict=True))
        path.unlink()
        assert file.save(held(changed))
        assert images(loader(folder, tmp_path).epoch(0)) == truth


def test_a_small_memory_keeps_what_fits(folder: Path, tmp_path: Path) -> None:
    list(loader(folder, tmp_path).epoch(0))
    small = loader(folder, tmp_path, memory="2MB", batch_size=2)
    assert images(small.epoch(0)) == images(loader(folder, None, batch_size=2).epoch(0))
    assert small.stats()["windows"]["index_bytes"] <= 250_000
    last = loader(folder, tmp_path)  # of what did not fit nothing was lost
    list(last.epoch(0))
    assert last.stats()["windows"]["by_index"] == COUNT


def test_in_a_process_of_its_own(folder: Path, tmp_path: Path) -> None:
    with_child = loader(folder, tmp_path, isolate=True)
    list(with_child.epoch(0))
    with_child.close()
    again = loader(folder, tmp_path)
    assert images(again.epoch(0)) == images(loader(folder, None).epoch(0))


def test_it_is_asked_for_where_it_is_of_use(folder: Path, tmp_path: Path) -> None:
    for options in ({"jpeg_decoder": "turbo"}, {"decode": "scaled"}):
        with pytest.raises(FieldError, match="jpeg_indexes is for"):
            loader(folder, tmp_path, **options)
    with pytest.raises(FieldError, match="path of a folder or None, got 3"):
        loader(folder, 3)  # type: ignore[arg-type]
