"""Parquet and Arrow files give the very batches of the folder of their pictures, whatever their row groups."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, Features
from datasets import Image as Feature
from pyarrow import ipc, parquet

from variegate.errors import DecodeError, InputError, SourceError
from variegate.loader import ImageFolder, Loader
from variegate.loader.source.folder import path_id
from variegate.loader.source.manifest import Manifest
from variegate.loader.source.parquet.source import Parquet
from variegate.loader.transient import is_transient
from variegate.ops.flip import HorizontalFlip
from variegate.pipeline import Compose
from variegate.targets import Boxes, Mask, PerSample, Targets

Epoch = Callable[..., dict[int, tuple[bytes, dict[str, Any]]]]
STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def table_of(files: ImageFolder, struct: bool = False) -> pa.Table:
    data = [files.read(i) for i in range(len(files))]
    image = pa.array([{"bytes": each, "path": "x"} for each in data], STRUCT) if struct else pa.array(data, pa.binary())
    kinds = [files.classes[label] for label in files.labels]  # type: ignore[union-attr]
    return pa.table({"n": range(len(data)), "path": files.paths, "image": image, "kind": kinds})


def write(table: pa.Table, path: Path, rows: int = 4, **options: Any) -> Path:
    """A file of the kind that its name says."""
    if path.suffix == ".parquet":
        parquet.write_table(table, path, row_group_size=rows, **options)
        return path
    new = ipc.new_stream if path.suffix == ".arrow" else ipc.new_file
    with new(str(path), table.schema, options=ipc.IpcWriteOptions(**options)) as file:
        file.write_table(table, max_chunksize=rows)
    return path


FORMS = {
    "parquet": (".parquet", {}),
    "zstd": (".parquet", {"compression": "zstd", "data_page_size": 1000}),
    "stream": (".arrow", {}),
    "file": (".feather", {}),
    "lz4": (".feather", {"compression": "lz4"}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("struct", [False, True])
def test_every_file_gives_the_batches_of_the_folder(
    folder: Path, tmp_path: Path, epoch: Epoch, form: str, struct: bool
) -> None:
    files, (suffix, options) = ImageFolder(folder), FORMS[form]
    table = table_of(files, struct)
    for n, part in enumerate((table[:11], table[11:12], table[12:])):
        write(part, tmp_path / f"{n}{suffix}", **options)
    expected = epoch(files)
    source = Parquet(tmp_path, "image", "kind", "path", keep=60_000)
    assert len(source) == 37 and source.classes == files.classes and np.array_equal(source.ids, files.ids)
    assert epoch(source) == expected
    assert [source.read(i) for i in range(37)] == [files.read(i) for i in range(37)]
    part = source.split(0.4)[0]
    assert epoch(part) == {id: expected[id] for id in part.ids.tolist()}
    assert epoch(pickle.loads(pickle.dumps(source))) == expected
    assert source._kept.size <= 60_000
    with ThreadPoolExecutor(8) as pool:  # several rows of one unit, and units that push each other out
        orders = [np.random.default_rng(n).permutation(37).tolist() for n in range(8)]
        for order, read in zip(orders, pool.map(lambda order: [source.read(i) for i in order], orders), strict=True):
            assert read == [files.read(i) for i in order]


TURNED = pa.struct([("path", pa.string()), ("bytes", pa.large_binary())])


@pytest.mark.parametrize("kind", [pa.large_binary(), pa.binary_view(), TURNED])
def test_other_kinds_of_bytes(folder: Path, tmp_path: Path, kind: Any) -> None:
    files = ImageFolder(folder)
    cells = [files.read(i) for i in range(5)]
    column = [{"bytes": each, "path": None} for each in cells] if pa.types.is_struct(kind) else cells
    for suffix in (".parquet", ".arrow", ".feather"):
        path = write(pa.table({"image": pa.array(column, kind)}), tmp_path / f"t{suffix}", rows=2)
        assert [Parquet(path).read(i) for i in range(5)] == cells


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather"])
def test_dictionaries_and_lists_of_bytes(folder: Path, tmp_path: Path, suffix: str) -> None:
    files = ImageFolder(folder)
    cells = [files.read(i % 3) for i in range(7)]
    struct = pa.array([{"bytes": each, "path": "x"} for each in cells], STRUCT)
    columns = {
        "dictionary": pa.array(cells, pa.binary()).dictionary_encode(),
        "large": pa.array(cells, pa.large_binary()).dictionary_encode(),
        "list": pa.array([[each] for each in cells], pa.list_(pa.binary())),
        "fixed": pa.array([[each] for each in cells], pa.list_(pa.large_binary(), 1)),
        "structs": pa.array([[each] for each in struct.to_pylist()], pa.large_list(STRUCT)),
    }
    path = write(pa.table({**columns, "pair": [[each, each] for each in cells]}), tmp_path / f"t{suffix}", rows=3)
    for name in columns:
        assert [Parquet(path, name).read(i) for i in range(7)] == cells
    with pytest.raises(InputError, match=rf"{path}, row 2, column 'pair': there is no picture.* got \[b'\S{{1,90}}$"):
        Parquet(path, "pair").read(2)
    assert bytes(Parquet(path, "list", fields=["pair"]).fields(4)["pair"][1]) == cells[4]


def test_a_list_of_masks(folder: Path, tmp_path: Path) -> None:
    import io

    from PIL import Image

    def png(value: int) -> bytes:
        file = io.BytesIO()
        Image.fromarray(np.full((4, 5), value, np.uint8)).save(file, "PNG")
        return file.getvalue()

    table = pa.table({"image": [png(1)] * 2, "masks": pa.array([[png(2), png(3)], []], pa.list_(pa.binary()))})
    path = write(table, tmp_path / "t.parquet")
    source = Parquet(path, fields=["masks"], targets={"masks": Mask(stack=True)})
    assert [mask.max() for mask in source.fields(0)["masks"]] == [2, 3] and source.fields(1)["masks"] == []


@pytest.mark.parametrize("form", ["bytes", "struct", "list"])
def test_few_pictures_in_many_rows_take_no_more_than_is_kept(tmp_path: Path, form: str) -> None:
    """A row group of ten pictures in 320 rows is a megabyte; with every row written out it would be thirty-two."""
    blobs = [np.random.default_rng(i).bytes(100_000) for i in range(10)]
    cells: Any = [blobs[i % 10] for i in range(640)]
    column = {
        "bytes": lambda: pa.array(cells, pa.binary()),
        "struct": lambda: pa.array([{"bytes": each, "path": None} for each in cells], STRUCT),
        "list": lambda: pa.array([[each] for each in cells], pa.list_(pa.binary())),
    }[form]()
    path = write(pa.table({"image": column}), tmp_path / "t.parquet", rows=320)
    del column
    source, pool = Parquet(path, keep="3MB"), pa.proxy_memory_pool(pa.system_memory_pool())
    before = pa.default_memory_pool()
    pa.set_memory_pool(pool)
    try:
        for i in (0, 7, 639, 319):
            assert source.read(i) == cells[i]
        assert pool.bytes_allocated() <= 3_000_000 and pool.max_memory() <= 6_000_000
        assert pool.bytes_allocated() <= source._kept.size + 500_000
    finally:
        source._begin()
        pa.set_memory_pool(before)


def test_pictures_that_come_again_before_many_others_are_kept_once(tmp_path: Path) -> None:
    """The writer gives its dictionary up halfway; what lies before would take 15 megabytes."""
    blobs = [np.random.default_rng(i).bytes(100_000) for i in range(25)]
    cells = [blobs[i % 2] for i in range(150)] + blobs
    path = write(
        pa.table({"image": pa.array(cells, pa.binary())}), tmp_path / "t.parquet", rows=200, write_batch_size=10
    )
    source = Parquet(path, keep="5MB")
    assert [source.read(i) for i in (0, 149, 150, 174)] == [cells[i] for i in (0, 149, 150, 174)]
    assert source._kept.size <= 5_000_000
    assert [Parquet(path, keep="50MB").read(i) for i in range(175)] == cells


def test_numbers_that_are_a_few_bytes_in_the_file_count_as_numbers(tmp_path: Path) -> None:
    table = pa.table({"image": pa.array([b"x"] * 100_000), "n": pa.array([7] * 100_000)})
    path = write(table, tmp_path / "t.parquet", rows=100_000)
    with pytest.raises(SourceError, match=r"a row group of 100000 rows takes \d{7} bytes"):
        Parquet(path, fields=["n"], keep="1MB")
    assert Parquet(path, fields=["n"], keep="2MB").fields(99_999) == {"n": 7}


def test_a_flipped_bit_is_told_by_the_sum_of_its_page(folder: Path, tmp_path: Path) -> None:
    files = ImageFolder(folder)
    path = write(table_of(files), tmp_path / "t.parquet", rows=40, write_page_checksum=True, compression="none")
    data = bytearray(path.read_bytes())
    data[data.index(files.read(20)) + len(files.read(20)) // 2] ^= 4
    path.write_bytes(data)
    with pytest.raises(DecodeError, match=f"{path}: cannot be decoded: it cannot be read .*CRC"):
        Parquet(path).read(0)


def test_ids_are_the_file_and_the_row(folder: Path, tmp_path: Path) -> None:
    table = table_of(ImageFolder(folder))[:5]
    for name in ("a", "b"):
        write(table, tmp_path / f"{name}.parquet", rows=2)
    source = Parquet(f"{tmp_path}/*.parquet")
    assert source.ids.tolist() == [path_id(f"{name}.parquet:{row}") for name in "ab" for row in range(5)]
    assert source.labels is None and source.where(6) == f"{tmp_path}/b.parquet, row 1"
    assert source.ids.tolist() == Parquet([tmp_path / "a.parquet", f"{tmp_path}/b.parquet"]).ids.tolist()
    assert Parquet(tmp_path / "b.parquet").ids.tolist() == source.ids[5:].tolist()
    assert Parquet(tmp_path / "a.parquet", id="n").ids.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(SourceError, match=rf"{tmp_path}/b.parquet, row 0: 0 is also in {tmp_path}/a.parquet, row 0"):
        Parquet(tmp_path, id="n")


def test_fields_come_with_the_picture(folder: Path, tmp_path: Path, epoch: Epoch) -> None:
    files = ImageFolder(folder)
    boxes = [[[1.0, 1.0, 5.0, 6.0]] * (n % 3) for n in range(37)]
    from variegate.loader.decode import open_image

    def png(i: int) -> bytes:
        import io

        from PIL import Image

        height, width = open_image(files.where(i)).size
        buffer = io.BytesIO()
        Image.fromarray(np.full((height, width), i, np.uint8)).save(buffer, "PNG")
        return buffer.getvalue()

    masks = pa.array([{"bytes": png(i), "path": None} for i in range(37)], STRUCT)
    table = table_of(files).append_column("boxes", pa.array(boxes)).append_column("seg", masks)
    targets = Targets(boxes=Boxes(), mask=Mask(), n=PerSample())
    for suffix in (".parquet", ".arrow"):
        path = write(table, tmp_path / f"t{suffix}", rows=5)
        source = Parquet(path, id="path", fields={"boxes": "boxes", "mask": "seg", "n": "n"}, targets=targets)
        for id, (_, fields) in epoch(source, Compose([HorizontalFlip()])).items():
            assert id == files.ids[fields["n"]] and (fields["mask"] == fields["n"]).all()
            assert len(fields["boxes"]) == fields["n"] % 3
        assert source.fields(4)["n"] == 4 and source.sample(4, lambda size: memoryview(bytearray(size)))[1]["n"] == 4


def test_files_of_hugging_face_know_their_classes(folder: Path, tmp_path: Path, epoch: Epoch) -> None:
    files = ImageFolder(folder)
    features = Features(image=Feature(), label=ClassLabel(names=["ash", "birch", "cedar"]))
    rows = {"image": [files.where(i) for i in range(37)], "label": files.labels}
    dataset = Dataset.from_dict(rows, features=features)
    dataset.to_parquet(str(tmp_path / "t.parquet"))
    dataset.save_to_disk(str(tmp_path / "saved"))
    expected = [image for image, _ in epoch(files).values()]
    for paths in (tmp_path / "t.parquet", tmp_path / "saved"):
        source = Parquet(paths, label="label", root=folder)
        assert source.classes == ["ash", "birch", "cedar"] and np.array_equal(source.labels, files.labels)  # type: ignore[arg-type]
        assert source.read(7) == files.read(7)  # of saved, the file at the path that the struct has
        source.ids = files.ids
        assert sorted(image for image, _ in epoch(source).values()) == sorted(expected)


def test_columns_are_of_one_kind_in_all_files(folder: Path, tmp_path: Path) -> None:
    table = table_of(ImageFolder(folder))[:2]
    big = 2**53 + 1

    def source(*columns: Any, **options: Any) -> Parquet:
        paths = [write(table.append_column("v", column), tmp_path / f"{n}.parquet") for n, column in enumerate(columns)]
        return Parquet(paths, **options)

    signed, unsigned = pa.array([1, big], pa.int64()), pa.array([3, 4], pa.uint64())
    assert source(signed, unsigned, label="v").labels.tolist() == [1, big, 3, 4]  # type: ignore[union-attr]
    assert source(signed, unsigned, id="v").ids.tolist() == [1, big, 3, 4]
    most = pa.array([3, 2**64 - 1], pa.uint64())
    assert source(signed, most, id="v").ids.tolist() == [1, big, 3, 2**64 - 1]
    with pytest.raises(
        SourceError, match=rf"{tmp_path}/1.parquet, row 1, column 'v': the label is 18446744073709551615"
    ):
        source(signed, most, label="v")
    for other in (pa.array([1.0, 2.0]), pa.array(["1", "2"]), pa.array([[1], [2]])):
        with pytest.raises(
            SourceError, match=rf"1.parquet: the column 'v' is \S+.*, and int64 in {tmp_path}/0.parquet"
        ):
            source(signed, other, label="v")


def test_a_row_group_that_does_not_fit_is_refused(folder: Path, tmp_path: Path) -> None:
    path = write(table_of(ImageFolder(folder)), tmp_path / "t.parquet", rows=37)
    told = r"a row group of 37 rows takes \d+ bytes.*row_group_size=10.*or pass keep=\d+"
    with pytest.raises(SourceError, match=told) as caught:
        Parquet(path, keep=10_000)
    assert len(Parquet(path, keep=str(caught.value).rpartition("keep=")[2].split()[0] + "B")) == 37


def test_a_cell_without_a_picture_is_named(tmp_path: Path, folder: Path) -> None:
    good = ImageFolder(folder)
    (tmp_path / "beside.jpg").write_bytes(good.read(3))
    cells: list[Any] = [{"bytes": None, "path": path} for path in (None, "beside.jpg", None, None, None, "none.jpg")]
    cells[0]["bytes"], cells[4]["bytes"], cells[2] = good.read(0), b"text", None
    for suffix in (".parquet", ".arrow"):
        path = write(pa.table({"image": pa.array(cells, STRUCT)}), tmp_path / f"t{suffix}", rows=6)
        source = Parquet(path)
        assert source.read(0) == good.read(0) and source.read(1) == good.read(3)
        for row in (2, 3):
            with pytest.raises(InputError, match=f"{path}, row {row}, column 'image': there is no picture"):
                source.read(row)
        with pytest.raises(DecodeError, match=f"{path}, row 4: cannot be decoded: no picture format begins"):
            Loader(source, shuffle=False, batch_size=1, workers=0).batch(0, 4)
        with pytest.raises(DecodeError, match=f"{tmp_path}/none.jpg: cannot be decoded"):
            source.read(5)


def test_a_batch_that_does_not_fit_is_refused(folder: Path, tmp_path: Path) -> None:
    path = write(table_of(ImageFolder(folder)), tmp_path / "t.feather", rows=37, compression="lz4")
    told = r"t.feather: a record batch of 37 rows takes \d+ bytes.*keep is 10000 bytes.*max_chunksize=10.*keep=\d+"
    with pytest.raises(SourceError, match=told):
        Parquet(path, keep=10_000).read(0)
    assert Parquet(path).read(0) == ImageFolder(folder).read(0)


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_a_cell_does_not_say_where_else_to_read(folder: Path, tmp_path: Path, suffix: str) -> None:
    files, home, memory = ImageFolder(folder), tmp_path / "home", fsspec.filesystem("memory")
    (home / "deep").mkdir(parents=True)
    for place in (home / "deep" / "in.jpg", tmp_path / "out.jpg", tmp_path / "home.jpg"):
        place.write_bytes(files.read(0))
    memory.pipe("/bucket/a.jpg", files.read(0))
    inside = ["deep/in.jpg", "deep/../deep/in.jpg", f"{home}/deep/in.jpg", f"file://{home}/deep/in.jpg"]
    outside = ["../out.jpg", f"{tmp_path}/out.jpg", f"{home}.jpg", f"file://{tmp_path}/out.jpg", "deep/../../out.jpg"]
    network = ["memory://bucket/a.jpg", "http://localhost:1/a.jpg", "zip://a.jpg::memory://bucket/a.zip"]
    cells = [{"bytes": None, "path": path} for path in inside + outside + network]
    path = write(pa.table({"image": pa.array(cells, STRUCT)}), home / f"t{suffix}", rows=5)
    source, everywhere = Parquet(path), Parquet(path, root="/")
    assert [source.read(i) for i in range(4)] == [files.read(0)] * 4
    for i in range(4, 9):
        with pytest.raises(InputError, match=f"{path}, row {i}, column 'image': the path .* leads out of the folder"):
            source.read(i)
        if outside[i - 4].startswith(("/", "file")):
            assert everywhere.read(i) == files.read(0)
    assert Parquet(path, root=home).read(0) == Parquet(path, root=tmp_path).read(5) == files.read(0)
    for i in (9, 10):
        for each in (source, everywhere):
            with pytest.raises(InputError, match=f"{path}, row {i}, column 'image': .* is read over the network"):
                each.read(i)
    with pytest.raises(InputError, match=f"{path}, row 11, column 'image': .* is a chain of protocols"):
        Parquet(path, root="zip://").read(11)
    assert Parquet(path, root="memory://").read(9) == Parquet(path, root="memory://bucket").read(9) == files.read(0)
    with pytest.raises(InputError, match="leads out of the folder"):
        Parquet(path, root="memory://").read(5)
    with pytest.raises(SourceError, match=r"Parquet.root: nowhere://a cannot be read: Protocol not known"):
        Parquet(path, root="nowhere://a")


def test_what_are_no_rows_of_pictures(tmp_path: Path) -> None:
    table = pa.table({"image": pa.array([b"x"]), "path": ["a"], "n": [-1], "many": pa.array([[7]])})
    good = write(table, tmp_path / "t.parquet")
    write(table[:0], tmp_path / "empty.parquet")
    write(pa.table({"other": [1]}), tmp_path / "other.feather")
    write(table, tmp_path / "packed.arrow", compression="zstd")
    (tmp_path / "cut.parquet").write_bytes(good.read_bytes()[:40])
    (tmp_path / "cut.feather").write_bytes((tmp_path / "other.feather").read_bytes()[:60])
    (tmp_path / "text.parquet").write_bytes(b"path,label")
    for path, said in [
        (tmp_path / "none.parquet", "none.parquet: No such file"),
        (tmp_path / "empty.parquet", "empty.parquet: the files have no rows"),
        (tmp_path / "other.feather", r"there is no column 'image'; it has the columns 'other' \(int64\)"),
        (tmp_path / "packed.arrow", "packed.arrow: rows of an Arrow stream.*its columns are compressed"),
        (tmp_path / "cut.parquet", "cut.parquet: it cannot be read"),
        (tmp_path / "cut.feather", "cut.feather: it cannot be read"),
        (tmp_path / "text.parquet", "neither a Parquet nor an Arrow file; it begins with b'path,l'"),
        ([], "Parquet got no paths"),
    ]:
        with pytest.raises(SourceError, match=said):
            Parquet(path)
    for arguments, said in [
        ({"image": "path"}, "'path' has encoded pictures.*it is string; paths are for Manifest"),
        ({"image": "n"}, "it is int64"),
        ({"image": "many"}, "it is list<"),
        ({"label": "kind"}, "there is no column 'kind'"),
        ({"id": "n"}, "row 0: an id is an integer of 0"),
        ({"fields": ["boxes"]}, "there is no column 'boxes'"),
        ({"mode": "x"}, "mode of Parquet"),
    ]:
        with pytest.raises(SourceError, match=said):
            Parquet(good, **arguments)


def test_urls_are_read_by_fsspec(folder: Path, tmp_path: Path, epoch: Epoch) -> None:
    files, memory = ImageFolder(folder), fsspec.filesystem("memory")
    for suffix in (".parquet", ".arrow"):
        memory.pipe(f"/shards/t{suffix}", write(table_of(files), tmp_path / f"t{suffix}").read_bytes())
    source = Parquet("memory://shards/*.parquet", label="kind", id="path")
    assert epoch(source) == epoch(files) and source.where(3) == "memory:///shards/t.parquet, row 3"
    with pytest.raises(SourceError, match=r"t.arrow: an Arrow file is mapped into memory, so it lies on this machine"):
        Parquet("memory://shards/t.arrow")


REWRITTEN = """
import os, sys
from variegate.errors import DecodeError
from variegate.loader.source.manifest import Manifest
from variegate.loader.source.parquet.source import Parquet

path, when, how = sys.argv[1:]
source = Parquet(path, fields=["n"])
if when == "begun":
    source.fields(0), source.read(0)
found, size = os.stat(path), os.path.getsize(path)
if how == "cut":
    os.truncate(path, 100)
elif how == "stamped":  # so that the date does not tell
    os.truncate(path, 100)
    os.truncate(path, size)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
else:
    open(path, "wb").write(b"other")
for i in range(len(source)):
    for read in (source.read, source.fields):
        try:
            read(i)
        except DecodeError:
            print("DecodeError")
"""


@pytest.mark.parametrize("suffix", [".arrow", ".feather"])
@pytest.mark.parametrize("when", ["begun", "before"])
@pytest.mark.parametrize("how", ["cut", "written", "stamped"])
def test_an_arrow_file_that_is_written_again_ends_no_process(
    folder: Path, tmp_path: Path, suffix: str, when: str, how: str
) -> None:
    path = write(table_of(ImageFolder(folder))[:6], tmp_path / f"t{suffix}")
    told = subprocess.run([sys.executable, "-c", REWRITTEN, str(path), when, how], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert told.stdout.split() == ([] if how == "stamped" else ["DecodeError"] * 12)


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather"])
def test_a_file_that_changed_is_refused(folder: Path, tmp_path: Path, suffix: str) -> None:
    table = table_of(ImageFolder(folder))
    path = write(table, tmp_path / f"t{suffix}")
    source = Parquet(path)
    before = source.stamp(0)
    os.utime(path, ns=(1, 1))
    with pytest.raises(DecodeError, match="the file has changed since the source was made"):
        source.read(0)
    assert Parquet(path).stamp(0) != before


def test_files_are_not_held_in_memory(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = pa.array([rng.bytes(100_000) for _ in range(100)])
    for name in ("t.parquet", "t.feather", "t.arrow"):
        source = Parquet(write(pa.table({"image": pictures}), tmp_path / name, rows=5), keep="2MB")
        pa.default_memory_pool().release_unused()
        before = pa.total_allocated_bytes()
        read = [source.read_into(i, lambda size: memoryview(bytearray(size))) for i in rng.permutation(100).tolist()]
        assert len(read[0]) == 100_000  # though all are held, their row groups are not
        assert pa.total_allocated_bytes() - before < 3_000_000
        assert source._kept.size <= 2_000_000


def lying(path: Path, kind: Any, old: Any, new: Any, **options: Any) -> Path:
    """An Arrow file of pictures, and of a column `v` of "ab", "c" and "d", of which a buffer is another."""
    write(pa.table({"image": [b"x"] * 3, "v": pa.array(["ab", "c", "d"], kind)}), path, **options)
    was, now = (each if isinstance(each, bytes) else np.array(each, "<i4").tobytes() for each in (old, new))
    assert path.read_bytes().count(was) == 1  # so little is not made smaller
    path.write_bytes(path.read_bytes().replace(was, now))
    return path


BEYOND = [0, 2, 3, 4], [0, 2, 3, 5]  # the last cell claims a byte more than there is
NO_TEXT = b"abcd", b"ab\xffd"


@pytest.mark.parametrize("packed", [{"compression": "lz4"}, {"compression": "zstd"}, {}])
def test_cells_never_reach_beyond_their_buffer(tmp_path: Path, packed: dict[str, Any]) -> None:
    """And those of other rows are not lost."""
    source = Parquet(lying(tmp_path / "t.feather", pa.binary(), *BEYOND, **packed), "v")
    assert [source.read(0), source.read(1)] == [b"ab", b"c"]
    with pytest.raises(DecodeError, match=r"t.feather, row 2: cannot be decoded: the file is damaged there"):
        source.read(2)
    source = Parquet(lying(tmp_path / "t.feather", pa.string(), *NO_TEXT, **packed), fields=["v"])
    assert [source.fields(0), source.fields(2)] == [{"v": "ab"}, {"v": "d"}]
    with pytest.raises(DecodeError, match=r"t.feather, row 1: cannot be decoded: the file is damaged there"):
        source.fields(1)


def test_more_memory_than_there_can_be_is_the_files_fault(tmp_path: Path) -> None:
    """Of the packed letters of a batch the file says that they are 2**60 bytes."""
    path = tmp_path / "t.feather"
    write(pa.table({"image": [b"x"] * 2, "v": ["", "abcd"]}), path, rows=1, compression="lz4")
    was, now = (np.int64(size).tobytes() + b"\x04\x22\x4d\x18" for size in (4, 1 << 60))
    assert path.read_bytes().count(was) == 1
    path.write_bytes(path.read_bytes().replace(was, now))
    source = Parquet(path, fields=["v"])
    assert source.fields(0) == {"v": ""}
    with pytest.raises(DecodeError, match=rf"t.feather: .*takes {1 << 60} bytes; keep is 268435456") as told:
        source.fields(1)
    assert not is_transient(told.value)
    with pytest.raises(SourceError, match=rf"t.feather: .*takes {1 << 60} bytes; keep is 268435456"):
        Parquet(path, label="v")
    with pytest.raises(MemoryError):
        Parquet(path, fields=["v"], keep=1 << 62).fields(1)


@pytest.mark.parametrize("form", FORMS)
def test_a_name_of_a_column_that_is_no_text(tmp_path: Path, form: str) -> None:
    suffix, options = FORMS[form]
    path = write(pa.table({"image": [b"x"], "surname": [1]}), tmp_path / f"t{suffix}", **options)
    path.write_bytes(path.read_bytes().replace(b"surname", b"surn\xffme"))
    for made in (Parquet, partial(Manifest, image="surname")) if suffix == ".parquet" else (Parquet,):
        with pytest.raises(SourceError, match=rf"t{suffix}: it cannot be read \('utf-8'"):
            made(path)


@pytest.mark.parametrize("form", FORMS)
def test_a_cell_that_python_has_no_value_for_is_the_files_fault(tmp_path: Path, form: str) -> None:
    suffix, options = FORMS[form]
    table = pa.table({"image": [b"x"] * 2, "v": pa.array([0, 1 << 62], pa.int64()).cast(pa.timestamp("ms"))})
    source = Parquet(write(table, tmp_path / f"t{suffix}", **options), fields=["v"])
    assert source.fields(0)["v"].year == 1970
    with pytest.raises(DecodeError, match=rf"t{suffix}, row 1: cannot be decoded: the file is damaged there"):
        source.fields(1)
    with pytest.raises(SourceError, match=rf"t{suffix}, column 'v': one of its cells cannot be read"):
        Parquet(tmp_path / f"t{suffix}", label="v")


@pytest.mark.parametrize("packed", [{"compression": "lz4"}, {}])
@pytest.mark.parametrize("what", ["label", "id"])
def test_labels_and_ids_never_reach_beyond_their_buffer(tmp_path: Path, packed: dict[str, Any], what: str) -> None:
    for damage in (BEYOND, NO_TEXT):
        path = lying(tmp_path / "t.feather", pa.string(), *damage, **packed)
        with pytest.raises(SourceError, match=r"t.feather, column 'v': it is damaged"):
            Parquet(path, **{what: "v"})  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"image": "v"}, {"label": "n"}, {"id": "n"}, {"fields": ["n"]}])
def test_a_column_is_of_as_many_rows_as_its_file(tmp_path: Path, options: dict[str, Any]) -> None:
    """Of the second row group the footer says that a column takes no bytes; the next file's labels would move up."""
    name = options.get("image", "n")
    table = pa.table({"image": [b"x"] * 1000, name: [b"x"] * 1000 if name == "v" else range(1000)})
    plain = {"use_dictionary": False, "write_statistics": False, "compression": "none"}
    path = write(table, tmp_path / "a.parquet", rows=500, **plain)
    write(table, tmp_path / "b.parquet", rows=500)
    size = 2 * parquet.read_metadata(path).row_group(1).column(1).total_compressed_size
    told = bytes([0x16, size & 127 | 128, size >> 7])
    start, end = path.read_bytes().rsplit(told + told, 1)  # as it is, and unpacked
    path.write_bytes(start + told + b"\x16\x80\x00" + end)
    with pytest.raises((SourceError, DecodeError), match=r"a.parquet.*(has|length) (0|500)"):
        Parquet(tmp_path, **options).sample(700, bytearray)  # type: ignore[arg-type]


def test_there_are_no_fewer_rows_than_none(tmp_path: Path) -> None:
    table = pa.table({"image": [b"x"] * 1000})
    path = write(table, tmp_path / "t.parquet", rows=1000, compression="none", use_dictionary=False)
    name, rest = b"\x19\x18\x05image", b"\x16\xd0\x0f"  # of a chunk in the footer; 1000
    head, tail = path.read_bytes().rsplit(name, 1)
    path.write_bytes(head.replace(rest, b"\x16\xcf\x0f") + name + tail.replace(rest, b"\x16\xcf\x0f"))  # -1000
    for made in (Parquet, partial(Manifest, image="image")):
        with pytest.raises(SourceError, match=r"t.parquet: .*damaged.* -1000 rows|t.parquet: it cannot be read"):
            made(path)


@pytest.mark.parametrize("form", FORMS)
def test_a_name_that_several_columns_have_is_refused(tmp_path: Path, form: str) -> None:
    suffix, options = FORMS[form]
    table = pa.Table.from_arrays([pa.array([b"x"]), pa.array([1]), pa.array([2])], ["image", "v", "v"])
    path = write(table, tmp_path / f"t{suffix}", **options)
    assert Parquet(path).read(0) == b"x"
    for use in ({"label": "v"}, {"id": "v"}, {"fields": ["v"]}):
        with pytest.raises(SourceError, match=rf"t{suffix}: there are 2 columns 'v'"):
            Parquet(path, **use)  # type: ignore[arg-type]
