"""Members lie where the index says, in every form of tar; one that is not whole is an error with its place."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from variegate.errors import SourceError
from variegate.loader.source.shards import IndexColumns, NameTable, find_shards
from variegate.loader.source.webdataset.label import LabelPart
from variegate.loader.source.webdataset.tar import sample_of, scan_tar

CLS = LabelPart("cls")


def write(path: Path, members: list[tuple[str, bytes]], form: int = tarfile.PAX_FORMAT) -> Path:
    with tarfile.open(path, "w", format=form) as tar:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def scan(path: Path, label: LabelPart = CLS) -> IndexColumns:
    (shard,) = find_shards(path, (".tar",), "WebDataset")
    return scan_tar(shard, label)


def contents(path: Path) -> dict[str, bytes]:
    """Every member by its path, as the index leads to it."""
    columns, data = scan(path), path.read_bytes()
    names, suffixes = NameTable(columns["names"], columns["ends"]), NameTable(columns["suffixes"], columns["stops"])
    rows = columns["members"].tolist()
    return {f"{names[n]}.{suffixes[k]}": data[start : start + size] for n, k, start, size in rows}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_form(tmp_path: Path, form: int) -> None:
    rng = np.random.default_rng(form)
    names = ["a.jpg", "a.cls", "n/0.1/b.x.png", "n/0.1/b.cls", "z" * 80 + "/" + "y" * 90 + ".jpg"]
    if form != tarfile.USTAR_FORMAT:
        names += ["w" * 300 + ".txt", "Grüße/" + "ü" * 120 + ".txt"]
    members = [(name, b"7" if name.endswith("cls") else rng.bytes(rng.integers(0, 2000))) for name in names]
    assert contents(write(tmp_path / "a.tar", members, form)) == dict(members)


def test_a_tar_of_gnu_tar(tmp_path: Path) -> None:
    for name in ("x/1.jpg", "x/1.cls", "x/y/2.jpg", "x/y/2.cls"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"3" if name.endswith("cls") else name.encode() * 100)
    subprocess.run(["tar", "cf", "a.tar", "./x"], cwd=tmp_path, check=True)
    found = contents(tmp_path / "a.tar")
    assert found["./x/y/2.jpg"] == b"x/y/2.jpg" * 100 and len(found) == 4


@pytest.mark.parametrize(
    ("path", "want"),
    [
        ("1.jpg", ("1", "jpg")),
        ("a.b/1.JPG", ("a.b/1", "jpg")),
        ("a/1.seg.png", ("a/1", "seg.png")),
        ("a/1", None),
        ("a/.1.jpg", None),
        ("1.", ("1", "")),
    ],
)
def test_samples(path: str, want: tuple[str, str] | None) -> None:
    assert sample_of(path) == want


def test_labels_are_a_column_where_all_are_integers(tmp_path: Path) -> None:
    members = [
        ("0.cls", b"4"),
        ("0.json", b'{"a": 1, "b": "x"}'),
        ("1.json", b'{"a": -5, "b": "y"}'),
        ("1.cls", b" 12\n"),
    ]
    path = write(tmp_path / "a.tar", members)
    for label, want in (
        (CLS, [4, 12]),
        (LabelPart("json", "a"), [1, -5]),
        (LabelPart("json", "b"), []),
        (LabelPart("txt"), []),
    ):
        found = scan(path, label)[label.column]
        assert found.dtype == np.int64 and found.tolist() == want


def test_labels_that_are_none(tmp_path: Path) -> None:
    for name, data, label, said in (
        ("0.cls", b"cat", CLS, "a.tar/0.cls: it is b'cat', from which an integer cannot be read"),
        ("0.cls", b"1_0", CLS, r"a.tar/0.cls: it is b'1_0', from which an integer cannot be read \(.*no underscore"),
        ("0.cls", "\N{FULLWIDTH DIGIT ONE}".encode(), CLS, "from which an integer cannot be read"),
        ("0.cls", b"\xff", CLS, "from which an integer cannot be read"),
        ("0.json", b"{", LabelPart("json", "a"), "a.tar/0.json: it is no JSON"),
        ("0.json", b'{"b": 1}', LabelPart("json", "a"), "a.tar/0.json: it has no 'a'"),
        ("0.json", b"5", LabelPart("json", "a"), "a.tar/0.json: .*not subscriptable"),
        ("0.json", b"[" * 100_000, LabelPart("json", "a"), "a.tar/0.json: .*nested too deeply"),
        ("0.cls", b" " * 2000 + b"1", CLS, "a.tar/0.cls: it has 2001 bytes, and a .cls of more than 1024 is not read"),
        ("0.cls", b"%d" % 2**63, CLS, r"a.tar/0.cls: the label is 9223372036854775808; a label is an integer of -2"),
    ):
        with pytest.raises(SourceError, match=said):
            scan(write(tmp_path / "a.tar", [(name, data)]), label)


@pytest.mark.parametrize("other", ["x", None])
def test_labels_of_two_kinds(tmp_path: Path, other: Any) -> None:
    members = [(f"{i}.json", json.dumps({"a": value}).encode()) for i, value in enumerate([3, 4.5, other])]
    with pytest.raises(
        SourceError,
        match=r"a.tar/2.json: labels are of one kind.* a.tar/0.json is a number".replace(
            " a.tar", f" {tmp_path}/a.tar"
        ),
    ):
        scan(write(tmp_path / "a.tar", members), LabelPart("json", "a"))


def test_a_huge_number_is_not_read(tmp_path: Path) -> None:
    """A member of a gigabyte, of which not a block is on disk."""
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        member = tarfile.TarInfo("0.cls")
        member.size = 1 << 30
        header = member.tobuf()
        tar.fileobj.write(header)  # type: ignore[union-attr]
        tar.fileobj.truncate(512 + (1 << 30) + 1024)  # type: ignore[union-attr]
        tar.closed = True
    with pytest.raises(SourceError, match=r"0.cls: it has 1073741824 bytes"):
        scan(tmp_path / "a.tar")


def test_notes_are_no_samples(tmp_path: Path) -> None:
    notes = ["__meta__.json", "./__x__/a.json", "dataset.json", "a/metadata.csv", "README.md", "LICENSE.txt"]
    members = [("0.jpg", b"p"), ("0.cls", b"4"), *[(name, b"{}") for name in notes]]
    members += [("__y__.jpg", b"q"), ("__y__.cls", b"7"), ("dataset.cls", b"5"), ("dataset.png", b"r")]
    path = write(tmp_path / "a.tar", members)
    found = scan(path)
    assert list(NameTable(found["names"], found["ends"])) == ["0", "dataset", "__y__"]
    assert found[CLS.column].tolist() == [4, 5, 7]
    assert set(contents(path)) == {
        "0.jpg",
        "0.cls",
        "__y__.jpg",
        "__y__.cls",
        "dataset.cls",
        "dataset.png",
        "dataset.json",
    }
    path = write(tmp_path / "b.tar", [("__meta__.json", b"no JSON"), ("0.json", b'{"a": 1}'), ("0.jpg", b"p")])
    assert scan(path, LabelPart("json", "a"))[LabelPart("json", "a").column].tolist() == [1]


def test_a_second_tar_behind_the_first_is_an_error(tmp_path: Path) -> None:
    first, second = (write(tmp_path / f"{n}.tar", [(f"{n}.jpg", b"x")]).read_bytes() for n in range(2))
    path, end = tmp_path / "both.tar", 1024
    for more, at in ((second, len(first)), (bytes(3 << 20) + second, len(first) + (3 << 20)), (b"x", len(first))):
        path.write_bytes(first + more)
        with pytest.raises(SourceError, match=f"both.tar: there is more behind the end mark.*at byte {at} of"):
            scan(path)
    path.write_bytes(first[:end] + bytes(512) + second)  # one block of zeros is an end mark too
    with pytest.raises(SourceError, match="--concatenate"):
        scan(path)
    path.write_bytes(first + bytes(3 << 20))
    assert contents(path) == {"0.jpg": b"x"}
    path.write_bytes(first)
    subprocess.run(["tar", "--concatenate", "--file=both.tar", "1.tar"], cwd=tmp_path, check=True)
    assert contents(path) == {"0.jpg": b"x", "1.jpg": b"x"}


def test_a_member_that_comes_twice(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", [("0.jpg", b"1"), ("1.jpg", b"1"), ("0.JPG", b"2")])
    with pytest.raises(SourceError, match=r"a.tar: 0.jpg comes twice"):
        scan(path)


@pytest.mark.parametrize(("pack", "ending"), [(gzip, ".gz"), (bz2, ".bz2"), (lzma, ".xz")])
def test_a_compressed_tar_is_refused_and_the_error_unpacks_it(tmp_path: Path, pack: Any, ending: str) -> None:
    data = write(tmp_path / "a.tar", [("0.jpg", b"1")]).read_bytes()
    (tmp_path / "a.tar").unlink()
    for name, made in ((f"a b.tar{ending}", "a b.tar"), ("c.tar", "c-unpacked.tar"), ("d.tgz", "d.tar")):
        (tmp_path / name).write_bytes(pack.compress(data))
        with pytest.raises(
            SourceError, match=rf"{name}: the file is compressed \((gzip|bzip2|xz)\).*unpacks it"
        ) as told:
            scan(tmp_path / name)
        subprocess.run(str(told.value).split("`")[1], shell=True, check=True)
        assert contents(tmp_path / made) == {"0.jpg": b"1"}


def test_links_are_refused(tmp_path: Path) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        with tarfile.open(tmp_path / "a.tar", "w") as tar:
            member = tarfile.TarInfo("0.jpg")
            member.type, member.linkname = kind, "1.jpg"
            tar.addfile(member)
        with pytest.raises(SourceError, match=r"a.tar: '0.jpg' is a link.*--hard-dereference"):
            scan(tmp_path / "a.tar")


def test_a_tar_cut_anywhere_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", [(f"{i}.jpg", b"x" * 700) for i in range(4)])
    data, end = path.read_bytes(), 4 * (512 + 1024)
    assert len(contents(path)) == 4
    for length in [*range(0, end, 256), *range(end - 3, end + 512, 51)]:
        path.write_bytes(data[:length])
        with pytest.raises(SourceError, match=rf"a.tar: not a whole tar: after .*, at byte \d+ of {length}: ") as told:
            scan(path)
        assert ("truncate -s +1024" in str(told.value)) == (length in range(1536, end + 1, 1536)), length
    path.write_bytes(data[:end] + bytes(1024))
    assert len(contents(path)) == 4


def test_a_damaged_header_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", [(f"{i}.jpg", b"x" * 700) for i in range(4)])
    data = bytearray(path.read_bytes())
    for at in (0, 1536, 3072):
        damaged = bytearray(data)
        damaged[at + 20] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(SourceError, match=rf"a.tar: not a whole tar: after .*, at byte {at} of"):
            scan(path)


def test_a_header_of_nonsense_is_an_error(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("0.jpg")
        sparse = {"major": "1", "minor": "0", "name": "0.jpg", "realsize": "many"}
        member.pax_headers = {f"GNU.sparse.{key}": value for key, value in sparse.items()}
        tar.addfile(member)
    with pytest.raises(SourceError, match=r"a.tar: not a whole tar"):
        scan(tmp_path / "a.tar")


def test_noise_never_does_worse_than_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", [(f"{'w' * 120}{i}.jpg", b"x" * 700) for i in range(3)])
    data, rng = path.read_bytes(), random.Random(0)
    for _ in range(300):
        damaged = bytearray(data)
        block = 512 * rng.randrange(len(data) // 512)
        for _ in range(rng.randint(1, 20)):
            damaged[block + rng.randrange(512)] = rng.randrange(256)
        header = damaged[block : block + 512]  # with a checksum that holds, so that the fields are read
        header[148:156] = b" " * 8
        damaged[block + 148 : block + 156] = b"%06o\0 " % sum(header)
        path.write_bytes(damaged)
        try:
            scan(path)
        except SourceError as error:
            assert "a.tar" in str(error)
