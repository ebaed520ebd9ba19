"""An index is read while it holds, made again whenever it does not, and never stands in the way."""

from __future__ import annotations

import io
import os
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from variegate import parts
from variegate.loader.source.shards.index import IndexColumns, NameTable, read_indexes
from variegate.loader.source.shards.shard import INDEX, Shard, find_shards


class Scan:
    """Columns of a file's bytes; counts how often it looked."""

    def __init__(self, column: str = "bytes") -> None:
        self.column, self.times = column, 0

    def __call__(self, shard: Shard) -> IndexColumns:
        self.times += 1
        with shard.open() as file:
            return {self.column: np.frombuffer(file.read(), np.uint8), "length": np.array([shard.size])}


def read(path: Path, scan: Scan, folder: Path | None = None) -> list[bytes]:
    shards = find_shards(path, (".dat",), "Dats")
    found = read_indexes(shards, scan, {scan.column}, folder, lambda shard, columns: True)
    return [each[scan.column].tobytes() for each in found]


@pytest.fixture
def dats(tmp_path: Path) -> Path:
    for i in range(3):
        (tmp_path / f"{i}.dat").write_bytes(bytes([i]) * 1000)
    return tmp_path


def test_a_shard_is_looked_through_once(dats: Path) -> None:
    first, second = Scan(), Scan()
    assert read(dats, first) == read(dats, second) == [bytes([i]) * 1000 for i in range(3)]
    assert (first.times, second.times) == (3, 0)
    assert sorted(path.name for path in dats.iterdir()) == sorted(
        f"{i}.dat{end}" for i in range(3) for end in ("", INDEX)
    )


def test_a_changed_shard_is_looked_through_again(dats: Path) -> None:
    read(dats, Scan())
    (dats / "1.dat").write_bytes(b"new")  # another size
    found = (dats / "2.dat").stat()
    (dats / "2.dat").write_bytes(b"n" * 1000)  # the same size
    os.utime(dats / "2.dat", ns=(found.st_atime_ns, found.st_mtime_ns + 1))
    scan = Scan()
    assert read(dats, scan) == [bytes(1000), b"new", b"n" * 1000] and scan.times == 2
    (dats / "0.dat").rename(dats / "9.dat")
    (dats / f"0.dat{INDEX}").rename(dats / f"9.dat{INDEX}")
    read(dats, scan)
    assert scan.times == 3  # ids may hang on the name


def test_what_else_was_saved_stays(dats: Path) -> None:
    one, two = Scan("one"), Scan("two")
    for scan in (one, two, one, two):
        read(dats, scan)
    assert (one.times, two.times) == (3, 3)


def test_parts_that_dead_writers_left_are_no_shards_and_are_removed(dats: Path) -> None:
    mine, young, others = (dats / name for name in (f"0.dat{INDEX}-0a.part", f"1.dat{INDEX}-0b.part", "2.dat-0c.part"))
    for path in (mine, young, others):
        path.write_bytes(b"PK")
        os.utime(path, (0, time.time() - (0 if path == young else parts.LEFT + 60)))
    assert [shard.path for shard in find_shards(f"{dats}/[01]*", (".dat",), "Dats")] == [
        f"{dats}/0.dat",
        f"{dats}/1.dat",
    ]
    others.rename(dats / "download.part")  # of somebody else
    read(dats, Scan())
    assert sorted(path.name for path in dats.glob("*.part")) == [young.name, "download.part"]


@pytest.mark.parametrize("part", [0, 1, 10, 100, 0.3, 0.9, 0.999])
def test_a_torn_or_damaged_index_is_made_again(dats: Path, part: float) -> None:
    whole = read(dats, Scan())
    saved = dats / f"1.dat{INDEX}"
    data = saved.read_bytes()
    saved.write_bytes(data[: part if isinstance(part, int) else int(part * len(data))])
    scan = Scan()
    assert read(dats, scan) == whole and scan.times == 1
    flipped = bytearray(data)
    flipped[len(data) // 3] ^= 255
    saved.write_bytes(flipped)
    assert read(dats, Scan()) == whole
    saved.write_bytes(os.urandom(500))
    assert read(dats, Scan()) == whole and saved.read_bytes() == data


def test_a_pickle_in_an_index_is_never_loaded(dats: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(dats / "harm"),)

    whole = read(dats, Scan())
    with open(dats / f"0.dat{INDEX}", "wb") as file:
        np.savez(file, stamp=np.array([Harm()], object), bytes=np.array([Harm()], object))
    assert read(dats, Scan()) == whole and not (dats / "harm").exists()


def test_an_index_that_claims_more_than_it_has_is_made_again(dats: Path) -> None:
    """An array of 10**12 numbers, of which not one is there; and a compressed one, which unpacks to as many zeros."""
    whole, saved = read(dats, Scan()), dats / f"0.dat{INDEX}"
    with np.load(saved) as columns:
        stamp = columns["stamp"]
    claim = io.BytesIO()
    np.lib.format.write_array_header_1_0(claim, {"descr": "|u1", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(saved, "w") as file:
        for name, data in (("stamp", npy(stamp)), ("bytes", claim.getvalue())):
            file.writestr(f"{name}.npy", data)
    assert read(dats, Scan()) == whole
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in (("stamp", npy(stamp)), ("bytes", npy(np.zeros(10**7, np.uint8)))):
            file.writestr(f"{name}.npy", data)
    assert read(dats, Scan()) == whole


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_where_it_cannot_be_written_it_is_not(dats: Path) -> None:
    (dats / f"0.dat{INDEX}").mkdir()  # stands where the file would
    (dats / f"0.dat{INDEX}" / "x").touch()
    scan = Scan()
    assert read(dats, scan) == read(dats, scan) and scan.times == 3 + 1
    assert not list(dats.glob("*.part*"))
    assert len(read(dats, Scan(), folder=dats / "1.dat" / "below a file")) == 3


def test_a_folder_of_its_own(dats: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("indexes") / "deep"
    other = tmp_path_factory.mktemp("other")
    (other / "0.dat").write_bytes(b"of another folder")
    for _ in range(2):
        assert read(dats, Scan(), folder)[0] == bytes(1000)
        assert read(other, Scan(), folder) == [b"of another folder"]
    assert len(list(folder.iterdir())) == 4 and len(list(dats.iterdir())) == 3
    scan = Scan()
    read(dats, scan, folder)
    assert scan.times == 0


def test_threads_at_once(dats: Path) -> None:
    want = [bytes([i]) * 1000 for i in range(3)]
    for _ in range(10):
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda _: read(dats, Scan()), range(16))) == [want] * 16
        assert len(list(dats.iterdir())) == 6
        for saved in dats.glob(f"*{INDEX}"):
            saved.unlink()


def test_names() -> None:
    texts = ["c", "", "a/b", "Grüße", "\udcff", ""]
    names = NameTable.joined([NameTable.of(texts), NameTable.of([]), NameTable.of(texts[1:])])
    assert list(names) == texts + texts[1:] and len(names) == 11
