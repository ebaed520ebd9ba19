"""Paths, folders and patterns give the files that they mean, in order; a part of a file is read as it lies there."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from variegate.errors import DecodeError, SourceError
from variegate.loader.source.shards.shard import braces, find_shards, shard_names


def room(size: int) -> memoryview:
    return memoryview(bytearray(size))


def fill(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def found(paths: object) -> list[str]:
    return [shard.name for shard in find_shards(paths, (".tar",), "Tars")]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("a.tar", ["a.tar"]),
        ("t-{9..11}", ["t-9", "t-10", "t-11"]),
        ("t-{009..011}", ["t-009", "t-010", "t-011"]),
        ("{a,b}{0..1}", ["a0", "a1", "b0", "b1"]),
        ("{a}{}", ["{a}{}"]),  # nothing to choose from: names may have braces
        ("t-{3..2}", []),
    ],
)
def test_braces(text: str, want: list[str]) -> None:
    assert braces(text) == want


def test_every_way_to_name_files(tmp_path: Path) -> None:
    fill(tmp_path, "b-1.tar", "b-0.tar", "b-0.tar.variegate", ".b-2.tar", "notes.txt", "deep/c.tar")
    assert found(tmp_path) == found(str(tmp_path) + "/") == ["b-0.tar", "b-1.tar"]
    assert found(f"{tmp_path}/b-*") == found(f"{tmp_path}/b-{{0..1}}.tar") == ["b-0.tar", "b-1.tar"]
    assert found([tmp_path / "b-1.tar", f"{tmp_path}/**/c.tar"]) == ["b-1.tar", "c.tar"]
    assert found(fill(tmp_path / "wild", "[1].tar") / "[1].tar") == ["[1].tar"]  # as it is called


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    fill(tmp_path, "a.tar", "empty/x.txt")
    for paths, said in (
        (f"{tmp_path}/b.tar", "b.tar: No such file"),
        (f"{tmp_path}/a-{{0..1}}.tar", "a-0.tar: No such file"),
        (f"{tmp_path}/*.tgz", r"\*.tgz: no file matches for Tars; looked for \*.tar\*"),
        (tmp_path / "empty", "the folder has no files for Tars"),
        ([], "Tars got no paths"),
        ([tmp_path / "a.tar", tmp_path], "a.tar: Tars got this file 2 times; an epoch has each sample once"),
        ("nosuch://x/a.tar", "nosuch://x/a.tar: .*; or download the file"),
    ):
        with pytest.raises(SourceError, match=said):
            find_shards(paths, (".tar",), "Tars")  # type: ignore[arg-type]


def test_a_part_is_read_and_a_changed_file_refused(tmp_path: Path) -> None:
    path = fill(tmp_path, "a.tar") / "a.tar"
    path.write_bytes(bytes(range(100)))
    (shard,) = find_shards(path, (".tar",), "Tars")
    for each in (shard, pickle.loads(pickle.dumps(shard))):
        assert bytes(each.read(10, 5, room)) == bytes(range(10, 15))
        assert bytes(each.read(98, 5, room)) == bytes([98, 99])
    os.utime(path, ns=(1, 1))
    with pytest.raises(DecodeError, match=r"a.tar.*has changed since the source was made"):
        shard.read(0, 1, room)
    path.unlink()
    with pytest.raises(DecodeError, match=r"a.tar.*No such file"):
        shard.read(0, 1, room)


def test_names_hang_on_no_folder_above_all(tmp_path: Path) -> None:
    fill(tmp_path / "x", "a/0.tar", "b/0.tar", "b/1.tar")
    assert shard_names(find_shards(tmp_path / "x/b", (".tar",), "Tars")) == ["0.tar", "1.tar"]
    assert shard_names(find_shards(f"{tmp_path}/x/*/*.tar", (".tar",), "Tars")) == ["a/0.tar", "b/0.tar", "b/1.tar"]


def test_a_url() -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.pipe("/shards/b.tar", bytes(range(100)))
    memory.pipe("/shards/a.tar", b"")
    one, two = find_shards("memory://shards/*.tar", (".tar",), "Tars")
    assert (one.name, two.name, two.size) == ("a.tar", "b.tar", 100)
    for each in (two, pickle.loads(pickle.dumps(two)), *find_shards("memory://shards/b.tar", (".tar",), "Tars")):
        assert each.read(10, 5, room) == bytes(range(10, 15))
        with each.open() as file:
            assert file.read() == bytes(range(100))
    memory.rm("/shards/b.tar")
    with pytest.raises(DecodeError, match=r"memory://.*b.tar: .*cannot be read"):
        two.read(0, 1, room)
    with pytest.raises(SourceError, match=r"memory://shards/b.tar: it cannot be read"):
        find_shards("memory://shards/b.tar", (".tar",), "Tars")
