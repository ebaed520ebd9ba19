"""A folder: what later runs and other processes find there, and what they do not."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from variegate import parts
from variegate.errors import SourceError
from variegate.loader import Arrays
from variegate.loader.cache import Cache, Store, buffer, disk, fingerprint, folder, open_store, shard
from variegate.loader.cache.disk import Disk

from .conftest import Stamped, fill, held

EVERY = list(range(30))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "cache"


@pytest.fixture
def store(place: Path) -> Callable[..., Store]:
    return lambda source, **options: open_store(Cache(place, **options), source)


def shards(place: Path) -> list[Path]:
    return sorted(place.rglob("*.arrow"))


def test_a_later_run_finds_all(store: Callable[..., Store], source: Stamped) -> None:
    fill(store(source), source)
    assert held(store(source), source) == EVERY


def test_close_publishes(store: Callable[..., Store], source: Stamped) -> None:
    first = store(source)
    for i, image in enumerate(source.images):
        first.get(i)
        first.put(i, image, image.shape[:2])
    assert held(store(source), source) == []
    first.close()
    assert held(store(source), source) == EVERY


def test_the_files_are_arrows(store: Callable[..., Store], source: Stamped, place: Path) -> None:
    fill(store(source, max_side=30), source)
    (path,) = shards(place)
    with pa.memory_map(str(path)) as file:
        reader = pa.ipc.open_file(file)
        table = reader.read_all()
    table.validate(full=True)
    assert table.column_names == [
        *("id", "stamp", "height", "width", "original_height", "original_width", "channels", "dtype", "checksum"),
        "pixels",
    ]
    assert sorted(table["id"].to_pylist()) == EVERY
    told = json.loads(reader.schema.metadata[b"variegate"])
    assert told.items() < json.loads((path.parent / "about.json").read_text()).items()
    assert told["side"] == 30 and told["mode"] == "RGB" and told["format"] == fingerprint.FORMAT


def test_the_estimate_of_a_files_size_is_no_less_than_it(
    store: Callable[..., Store], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buffer, "BLOCK", 3000)
    source = Arrays([np.full((1, 1, 1), i % 256, np.uint8) for i in range(2000)])
    first = store(source)
    for _ in range(3):
        fill(first, source)
    assert len(shards(place)) > 40
    for path in shards(place):
        with pa.memory_map(str(path)) as file:
            rows = pa.ipc.open_file(file).get_batch(0).num_rows
        assert path.stat().st_size <= shard.FILE_BYTES + rows * (shard.ROW_BYTES + buffer.room(1))
    assert first.stats()["bytes"] == sum(path.stat().st_size for path in shards(place))


def test_more_shards_than_files_may_be_open(
    store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(buffer, "BLOCK", 64)
    source = Arrays([np.full((2, 2, 3), i % 256, np.uint8) for i in range(120)])
    first = store(source)
    for _ in range(3):
        fill(first, source)
    assert len(shards(place)) == 120
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 30, limits[1]))
    try:
        assert len(held(store(source), source)) == 120
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_pictures_larger_than_a_block(store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer, "BLOCK", 1500)
    source = Stamped()
    assert sum(image.nbytes > 1500 for image in source.images) > 5
    first = store(source)
    for _ in range(20):
        fill(first, source)
    assert held(first, source) == EVERY
    assert held(store(source), source) == EVERY


def test_what_another_process_publishes_is_seen_at_the_next_flush(store: Callable[..., Store], source: Stamped) -> None:
    first, second = store(source), store(source)
    fill(first, source, range(15))
    assert held(second, source) == []
    fill(second, source, range(15, 30))
    assert held(second, source) == EVERY
    first.flush()
    assert held(first, source) == EVERY


def rows(place: Path) -> list[int]:
    """The ids in each shard, the oldest first."""
    return [pa.ipc.open_file(path).get_batch(0).column("id").to_pylist() for path in shards(place)]


def put(store: Store, source: Stamped) -> None:
    """Put all pictures while none of them is there."""
    for i, image in enumerate(source.images):
        assert store.get(i) is None
        store.put(i, image, image.shape[:2])


def test_what_another_has_published_meanwhile_is_not_written_again(
    store: Callable[..., Store], source: Stamped, place: Path
) -> None:
    first, second = store(source), store(source)
    put(second, source)
    fill(first, source, range(10, 20))
    second.flush()
    assert rows(place) == [EVERY[10:20], EVERY[:10] + EVERY[20:]]
    third = store(source)
    source.stamps[10:12] = [8, 8]
    put_two = [third.put(i, source.images[i], source.images[i].shape[:2]) for i in (10, 11) if third.get(i) is None]
    third.flush()
    assert len(put_two) == 2 and rows(place)[2:] == [[10, 11]]  # other files by now
    for each in (third, store(source)):
        assert held(each, source) == EVERY


def test_without_locks_the_same_written_twice_does_no_harm(
    store: Callable[..., Store], source: Stamped, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "lock", lambda file: None)
    first, second = store(source), store(source)
    monkeypatch.setattr(Disk, "_missing", lambda self, rows, pixels: (rows, pixels))  # both look at the same moment
    put(second, source)
    fill(first, source)
    second.flush()
    assert rows(place) == [EVERY, EVERY]
    for each in (first, second, store(source)):
        assert held(each, source) == EVERY


@pytest.mark.skipif(sys.platform == "win32", reason="no locks")
def test_who_cannot_write_because_another_hangs_goes_on(
    store: Callable[..., Store], source: Stamped, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "PATIENCE", 0.05)
    ours = store(source)
    with open(next(place.glob("v*")) / folder.LOCK, "ab") as file:
        assert parts.lock(file)
        fill(ours, source)
        assert held(ours, source) == [] and not shards(place)
    fill(ours, source)
    assert held(ours, source) == EVERY and ours.stats()["failed"] == 0


def test_two_stores_keep_within_the_bytes_of_both(store: Callable[..., Store], place: Path) -> None:
    source = Stamped(60)
    first, second = store(source, max_bytes=60_000), store(source, max_bytes=60_000)
    fill(first, source, range(20))
    fill(second, source, range(59, 20, -1))
    for each in (first, second):
        fill(each, source)
        assert each.stats()["bytes"] <= 60_000
    assert sum(path.stat().st_size for path in shards(place)) <= 60_000


def test_the_latest_of_a_changed_file_is_found(store: Callable[..., Store], source: Stamped) -> None:
    for stamp in (7, 8, 9):
        source.stamps[3] = stamp
        source.images[3] = np.full((4, 5, 3), stamp, np.uint8)
        fill(store(source), source)
    first = store(source)
    assert held(first, source) == EVERY
    assert first.stats()["misses"] == 0


def test_samples_that_the_source_no_longer_has_and_has_now(store: Callable[..., Store]) -> None:
    fill(store(Stamped(20)), Stamped(20))
    assert held(store(Stamped(30)), Stamped(30)) == list(range(20))
    assert held(store(Stamped(5)), Stamped(5)) == list(range(5))


def test_files_of_one_name_size_and_date_in_two_places(store: Callable[..., Store], source: Stamped) -> None:
    class Elsewhere(Stamped):
        def where(self, i: int) -> str:
            return f"elsewhere/{i}"

    fill(store(source), source)
    assert held(store(Elsewhere()), Elsewhere()) == []


@pytest.mark.parametrize("change", ["mode", "dtype", "side", "simplejpeg", "pillow", "format"])
def test_other_facts_are_another_folder_and_the_old_one_stays(
    store: Callable[..., Store], source: Stamped, monkeypatch: pytest.MonkeyPatch, place: Path, change: str
) -> None:
    fill(store(source), source)
    with monkeypatch.context() as patch:
        if change in ("mode", "dtype"):
            setattr(source, change, {"mode": "L", "dtype": "uint16"}[change])
        elif change == "format":
            patch.setattr(fingerprint, "FORMAT", fingerprint.FORMAT + 1)
        elif change != "side":
            patch.setattr(fingerprint, "version", lambda name: "99" if name == change else "1")
        other = store(source, max_side=99 if change == "side" else None)
        assert held(other, source) == []
        fill(other, source)
        assert held(other, source) == EVERY
    source.mode, source.dtype = "RGB", "uint8"
    assert len(list(place.iterdir())) == 2
    assert store(source).get(0) is not None


def test_a_shard_of_other_facts_is_not_taken_wherever_it_lies(
    store: Callable[..., Store], source: Stamped, place: Path
) -> None:
    fill(store(source, max_side=9), source)
    fill(store(source), source)
    (small,) = [path for path in shards(place) if b'"side": 9' in path.read_bytes()]
    (whole,) = [path for path in shards(place) if path != small]
    os.replace(small, whole)
    with pytest.warns(RuntimeWarning, match="of another cache"):
        found = store(source)
    assert held(found, source) == [] and found.stats()["damaged"] == 1


def test_sources_that_cannot_say_whether_they_change_are_told_apart_by_contents(store: Callable[..., Store]) -> None:
    one = Arrays([np.full((4, 4, 3), i, np.uint8) for i in range(9)])
    other = Arrays([np.full((4, 4, 3), 9 - i, np.uint8) for i in range(9)])
    fill(store(one), one)
    assert len(held(store(one), one)) == 9
    assert held(store(other), other) == []
    fill(store(other), other)
    assert len(held(store(one), one)) == len(held(store(other), other)) == 9


def test_no_bytes_reads_and_never_writes(store: Callable[..., Store], source: Stamped, place: Path) -> None:
    assert held(store(source, max_bytes=0), source) == []
    assert not place.exists()
    fill(store(source), source, range(10))
    before = sorted(place.rglob("*"))
    reader = store(source, max_bytes=0)
    fill(reader, source)
    assert held(reader, source) == list(range(10))
    assert sorted(place.rglob("*")) == before


def test_a_file_where_the_folder_should_be(tmp_path: Path, source: Stamped) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(SourceError) as error:
        open_store(Cache(tmp_path / "cache"), source)
    assert str(error.value) == (
        f"{tmp_path}/cache: the cache cannot be written to (Not a directory); give another folder in "
        'Loader(cache=...), make room or set its rights, or use cache="memory"'
    )


def test_a_full_disk_at_opening(tmp_path: Path, source: Stamped, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parts.os, "fsync", full)
    with pytest.raises(SourceError, match=r"cannot be written to \(No space left on device\).*say max_bytes=0"):
        open_store(Cache(tmp_path), source)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


FULL = """
import resource, sys, warnings
sys.path.insert(0, {tests!r})
from conftest import Stamped, fill, held
from variegate.loader.cache import Cache, buffer, open_store
buffer.BLOCK = 20_000
source = Stamped(200)
store = open_store(Cache({place!r}), source)
fill(store, source, range(60))
resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, resource.RLIM_INFINITY))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for _ in range(3):
        fill(store, source)
found = held(store, source)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
fill(store, source)
assert held(store, source) == found
assert 30 < len(found) < 200, found
assert [str(each.message) for each in said] == [
    "{place}: the cache grows no more (File too large); what it has stays in use, and the rest is decoded as ever"
], said
assert store.stats()["failed"] == 1, store.stats()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size")
def test_a_disk_that_takes_no_more_in_the_middle(place: Path, source: Stamped) -> None:
    code = FULL.format(tests=str(Path(__file__).parent), place=str(place))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not list(place.rglob("*.part"))
    big = Stamped(200)
    assert len(held(open_store(Cache(place), big), big)) > 30


NO_HANDLES = """
import os, resource, sys
sys.path.insert(0, {tests!r})
from conftest import Stamped, fill, held
from variegate.loader.cache import Cache, open_store
source = Stamped(40)
store = open_store(Cache({place!r}), source)
fill(store, source, range(20))
kept = len(held(store, source))
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1, hard))
fill(store, source)
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
assert store.stats()["failed"] == 0, store.stats()
fill(store, source)
assert len(held(store, source)) == 40 > kept
"""


@pytest.mark.skipif(sys.platform != "linux", reason="handles are counted in this way on Linux")
def test_a_want_of_handles_passes(place: Path) -> None:
    """What could not be written for it comes again; nothing is raised at an epoch's end."""
    code = NO_HANDLES.format(tests=str(Path(__file__).parent), place=str(place))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_shard_that_could_not_be_opened_for_want_of_handles_is_looked_at_again(
    store: Callable[..., Store], source: Stamped, monkeypatch: pytest.MonkeyPatch
) -> None:
    def want(*_: Any) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    late, other = store(source), store(source)
    fill(other, source)
    other.flush()
    with monkeypatch.context() as lacking:
        lacking.setattr(disk, "CacheShard", want)
        late.flush()
    assert not held(late, source) and late.stats()["damaged"] == 0
    late.flush()
    assert held(late, source) == held(other, source)


def test_a_folder_that_went_in_the_middle(store: Callable[..., Store], source: Stamped, place: Path) -> None:
    one = store(source)
    fill(one, source, range(3))
    found = held(one, source)
    folder = shards(place)[0].parent
    folder.rename(place / "away")
    folder.write_text("something else")
    with pytest.warns(RuntimeWarning, match="the cache grows no more"):
        fill(one, source)
    assert held(one, source) == found


def old(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def test_what_dead_writers_left_is_removed_and_what_live_ones_write_is_not(
    store: Callable[..., Store], source: Stamped, place: Path
) -> None:
    fill(store(source), source)
    home = shards(place)[0].parent
    new, dead, live = (home / f"{name}.arrow-0.part" for name in ("new", "dead", "live"))
    for path in (new, dead, live):
        path.write_bytes(b"ARROW1")
    for path in (dead, live):
        old(path, parts.LEFT + 60)
    with open(live, "r+b") as file:
        assert parts.lock(file)
        assert held(store(source), source) == EVERY
        assert new.exists() and live.exists() and not dead.exists()
    store(source)
    assert not live.exists()


def test_where_there_are_no_locks_only_time_tells(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "lock", lambda file: None)
    place.mkdir(parents=True)
    for age, left in ((parts.LEFT + 60, False), (parts.LEFT_UNKNOWN + 60, True)):
        path = place / "x.part"
        path.write_bytes(b"")
        assert parts.left(str(path), age) is left
