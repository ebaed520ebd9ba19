"""A table gives the very batches of the folder of its files, whatever it is written in; what is wrong is named."""

from __future__ import annotations

import csv
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from variegate.errors import DecodeError, InputError, SourceError
from variegate.loader import ImageFolder, Loader
from variegate.loader.source.folder import path_id
from variegate.loader.source.manifest import Manifest
from variegate.ops.flip import HorizontalFlip
from variegate.pipeline import Compose
from variegate.targets import Boxes, Mask, PerSample, Targets
from variegate.targets import Image as View

Epoch = Callable[..., dict[int, tuple[bytes, dict[str, Any]]]]
Rows = list[dict[str, Any]]


def rows_of(files: ImageFolder) -> Rows:
    """A manifest's rows, in an order of its own."""
    kinds = [files.classes[label] for label in files.labels]  # type: ignore[union-attr]
    rows = [{"path": path, "kind": kind, "n": n} for n, (path, kind) in enumerate(zip(files.paths, kinds, strict=True))]
    return rows[::-1]


def write(path: Path, rows: Rows) -> Path:
    """A table's file, of the kind that its name says."""
    if path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path, row_group_size=10)
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows))
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        with open(path, "w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, rows[0], delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    return path


def table_of(kind: str, folder: Path, rows: Rows) -> Any:
    if kind == "list":
        return rows
    if kind == "pandas":
        return pd.DataFrame(rows)
    if kind == "polars":
        return pl.DataFrame(rows)
    if kind == "pyarrow":
        return pa.Table.from_pylist(rows)
    return write(folder / f"table.{kind}", rows)


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet", "jsonl", "json", "list", "pandas", "polars", "pyarrow"])
def test_every_table_gives_the_batches_of_the_folder(folder: Path, tmp_path: Path, epoch: Epoch, kind: str) -> None:
    files = ImageFolder(folder)
    table = table_of(kind, tmp_path, rows_of(files))
    source = Manifest(table, label="kind", root=folder, fields=["n"], targets={"n": PerSample()})
    assert source.classes == ["ash", "birch", "cedar"] and source.ids.tolist() == files.ids.tolist()[::-1]
    found, expected = epoch(source), epoch(files)
    assert {id: (image, fields["label"]) for id, (image, fields) in found.items()} == {
        id: (image, fields["label"]) for id, (image, fields) in expected.items()
    }
    assert all(files.ids[fields["n"]] == id for id, (_, fields) in found.items())
    for copy in (pickle.loads(pickle.dumps(source)), source.split(0.5)[1]):
        assert {id: found[id] for id in epoch(copy)} == epoch(copy)


def test_the_root_is_the_folder_of_the_table(folder: Path, tmp_path: Path) -> None:
    name = ImageFolder(folder).paths[0]
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x.jpg").write_bytes((folder / name).read_bytes())
    rows: Rows = [{"path": "deep/x.jpg"}, {"path": str(folder / name)}]
    source = Manifest(write(tmp_path / "t.csv", rows))
    assert source.read(0) == source.read(1) and source.labels is None
    assert [source.where(0), source.where(1)] == [f"{tmp_path}/deep/x.jpg", f"{folder}/{name}"]
    assert source.ids.tolist() == [path_id("deep/x.jpg"), path_id(f"{folder}/{name}")]
    assert repr(source) == f"Manifest('{tmp_path}/t.csv', 2 pictures)"


def test_urls_are_read_by_fsspec(folder: Path, tmp_path: Path, epoch: Epoch) -> None:
    files, memory = ImageFolder(folder), fsspec.filesystem("memory")
    for path in files.paths:
        memory.pipe(f"/bucket/{path}", (folder / path).read_bytes())
    text = write(tmp_path / "t.csv", rows_of(files)).read_bytes()
    memory.pipe("/bucket/t.csv", text)
    source = Manifest("memory://bucket/t.csv", label="kind")
    assert source.where(0) == f"memory://bucket/{files.paths[-1]}" and source.stamp(0) is None
    expected = epoch(files)
    assert epoch(source) == expected and epoch(Manifest(tmp_path / "t.csv", label="kind", root=folder)) == expected
    memory.rm("/bucket/" + files.paths[0])
    with pytest.raises(DecodeError, match=r"memory://bucket/ash/00[.]jpg: cannot be decoded: it cannot be read"):
        source.read(len(files) - 1)
    whole = Manifest([{"path": f"file://{folder}/{path}"} for path in files.paths])
    assert whole.read(3) == files.read(3)
    for url in ("nowhere://a.jpg", "s4://bucket/a.jpg"):
        root = url.partition("/")[0] + "//"
        with pytest.raises(SourceError, match=f"table: {root} cannot be read: Protocol not known"):
            Manifest([{"path": url}], root=root)


def test_a_table_does_not_say_where_on_the_network_to_read(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    for name in ("mine/a.jpg", "mine/deep/b.jpg", "other/a.jpg"):
        memory.pipe(f"/{name}", name.encode())
    here, there = "memory://mine/deep/b.jpg", "memory://other/a.jpg"
    for rows in ([{"path": "x.jpg"}, {"path": here}], [{"path": "x.jpg"}, {"path": "http://localhost:1/a.jpg"}]):
        table, scheme = write(tmp_path / "t.csv", rows), rows[1]["path"].partition("/")[0]
        with pytest.raises(
            SourceError, match=rf"{table}, line 3, column 'path': '{rows[1]['path']}' is read over the "
        ):
            Manifest(table)
        with pytest.raises(
            SourceError, match=rf"table\[1\].*root='{scheme}//[a-z0-9:]+' allows it, root='{scheme}//' all"
        ):
            Manifest(rows)
    for root, paths in (("memory://mine/x", [here]), ("memory://", [here, there])):
        source = Manifest([{"path": path} for path in paths], root=root)
        assert [source.read(i).decode() for i in range(len(paths))] == [path.partition("//")[2] for path in paths]
    with pytest.raises(
        SourceError, match=r"table\[0\], column 'path': 'memory://other/a.jpg' is read over the network"
    ):
        Manifest([{"path": there}], root="memory://mine")
    chain = "zip://a.jpg::memory://mine/a.zip"
    for url, root in (
        (chain, "memory://"),
        (chain, "zip://"),
        ("deep/x::http://localhost:1/a", "memory://mine"),
        (chain, None),
    ):
        with pytest.raises(SourceError, match=r"table\[0\], column 'path': '.*' is a chain of protocols"):
            Manifest([{"path": url}], root=root)
    memory.pipe("/mine/t.csv", b"path\na.jpg\nmemory://mine/deep/b.jpg\n")
    assert Manifest("memory://mine/t.csv").read(1) == b"mine/deep/b.jpg"
    memory.pipe("/mine/t.csv", b"path\na.jpg\nmemory://other/a.jpg\n")
    with pytest.raises(
        SourceError, match=r"memory://mine/t.csv, line 3, column 'path': 'memory://other/a.jpg' is read"
    ):
        Manifest("memory://mine/t.csv")


def test_a_field_does_not_either(tmp_path: Path, photo: Callable[..., Path]) -> None:
    Image.fromarray(np.full((12, 20), 3, np.uint8)).save(tmp_path / "m.png")
    photo(tmp_path / "a.png")
    memory = fsspec.filesystem("memory")
    memory.pipe("/masks/m.png", (tmp_path / "m.png").read_bytes())
    absolute, up = str(tmp_path / "m.png"), f"../{tmp_path.name}/m.png"
    rows: Rows = [{"path": "a.png", "seg": each} for each in (absolute, up, "memory://masks/m.png")]
    rows = [{**row, "id": i} for i, row in enumerate(rows)]
    source = Manifest(write(tmp_path / "t.csv", rows), id="id", fields={"mask": "seg"}, targets={"mask": Mask()})
    assert all((source.fields(i)["mask"] == 3).all() for i in range(2))
    with pytest.raises(
        InputError, match=rf"{tmp_path}/t.csv, line 4, field 'mask': 'memory://masks/m.png' is read over"
    ):
        source.fields(2)


def test_labels_are_numbers_or_classes_of_the_whole_table(tmp_path: Path) -> None:
    rows: Rows = [
        {"path": "1", "kind": "owl", "n": 3, "x": 0.5, "code": "01", "split": "train"},
        {"path": "2", "kind": "cat", "n": 7, "x": 1, "code": "02", "split": "val"},
        {"path": "3", "kind": "ant", "n": 3, "x": -2e3, "code": "01", "split": "train"},
    ]
    table = write(tmp_path / "t.csv", rows)
    assert Manifest(table, label="n").labels.tolist() == [3, 7, 3] and Manifest(table, label="n").classes == []  # type: ignore[union-attr]
    assert Manifest(table, label="n").labels.dtype == np.int64  # type: ignore[union-attr]
    assert Manifest(table, label="x").labels.tolist() == [0.5, 1, -2000]  # type: ignore[union-attr]
    codes = Manifest(table, label="code")
    assert codes.classes == ["01", "02"] and codes.labels.tolist() == [0, 1, 0]  # type: ignore[union-attr]
    train, val = (Manifest(table, label="kind", where={"split": part}) for part in ("train", "val"))
    assert train.classes == val.classes == ["ant", "cat", "owl"]
    assert train.labels.tolist() == [2, 0] and val.labels.tolist() == [1]  # type: ignore[union-attr]
    assert [*train.ids, *val.ids] == [path_id("1"), path_id("3"), path_id("2")]
    assert val.fields(0) == {}
    for file in (table, write(tmp_path / "t.parquet", rows), pd.DataFrame(rows)):
        part = Manifest(file, id="path", label="kind", fields=["x"], where={"split": "train"})
        assert [part.fields(i) for i in range(2)] == [{"x": 0.5}, {"x": -2000}] and len(part) == 2
        assert part.ids.tolist() == ([1, 3] if file is table else [path_id("1"), path_id("3")])
    both = Manifest(table, where={"split": ["train", "val"], "n": 3})
    assert both.paths == ["1", "3"]
    own = Manifest(table, label="kind", classes=["owl", "ant", "cat", "dog"])
    assert own.labels.tolist() == [0, 2, 1] and own.classes == ["owl", "ant", "cat", "dog"]  # type: ignore[union-attr]


@pytest.mark.parametrize("use", ["label", "id", "field"])
def test_a_column_of_numbers_and_texts_is_an_error(tmp_path: Path, use: str) -> None:
    table = tmp_path / "t.csv"

    def made(values: list[str]) -> Manifest:
        table.write_text("path,v\n" + "".join(f"{n}.jpg,{value}\n" for n, value in enumerate(values)))
        return Manifest(table, **({"fields": ["v"]} if use == "field" else {use: "v"}))  # type: ignore[arg-type]

    said = rf"{table}, line 3, column 'v': 'NA' is no plain number, and '10' in {table}, line 2 is one.*\.jsonl"
    with pytest.raises(SourceError, match=said):
        made(["10", "NA", "9", "", "200"])
    with pytest.raises(
        SourceError, match=rf"line 4, column 'v': '7.5' is a number, and 'x' in {table}, line 2 is none"
    ):
        made(["x", "yy", "7.5", "zz"])
    for mixture in (["1", "  "], ["1", "02"], ["1", "nan"] if use != "field" else ["1", "N/A"], ["+1", "2"]):
        with pytest.raises(SourceError, match="numbers or texts cannot be told"):
            made(mixture)
    if use != "id":  # of which those of one width are texts
        with pytest.raises(SourceError, match="line 3, column 'v': 'NA' is no plain number"):
            made(["10", "NA"])
    for texts in (["1a", "2b"], ["01", "10"], ["NA", "inf"]):
        found = made(texts)
        assert found.classes == (sorted(texts) if use == "label" else [])
        assert found.fields(0) == ({"v": texts[0]} if use == "field" else {})


def test_a_mixture_is_names_where_the_classes_are_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,v\na,10\nb,NA\nc,9\n")
    source = Manifest(tmp_path / "t.csv", label="v", classes=["9", "10", "NA"])
    assert source.labels.tolist() == [1, 2, 0]  # type: ignore[union-attr]
    with pytest.raises(SourceError, match="line 3, column 'v': the label is 'NA', which is none of the classes 9, 10"):
        Manifest(tmp_path / "t.csv", label="v", classes=["9", "10"])


@pytest.mark.parametrize("cells", [["1", "2", "NA"], ["1", "2", "3"], ["3", "3", "1"]])
def test_names_that_could_be_numbers_are_names_whatever_the_cells_are(tmp_path: Path, cells: list[str]) -> None:
    """So that two files of one data set number their classes alike."""
    table = tmp_path / "t.csv"
    table.write_text("path,v\n" + "".join(f"{n}.jpg,{cell}\n" for n, cell in enumerate(cells)))
    classes = ["1", "2", "3", "NA"]
    source = Manifest(table, label="v", classes=classes)
    assert source.labels.tolist() == [classes.index(cell) for cell in cells]  # type: ignore[union-attr]
    assert Manifest(table, label="v", classes=["01", *classes]).labels.tolist() == [  # type: ignore[union-attr]
        classes.index(cell) + 1 for cell in cells
    ]
    with pytest.raises(SourceError, match=f"the label is '{cells[0]}', which is none of the classes 01, 7"):
        Manifest(table, label="v", classes=["01", "7"])


def test_numbers_are_those_of_classes_whose_names_are_none(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,v\na,0\nb,1\nc,1\n")
    source = Manifest(tmp_path / "t.csv", label="v", classes=["cat", "NA"])
    assert source.labels.tolist() == [0, 1, 1] and source.classes == ["cat", "NA"]  # type: ignore[union-attr]
    with pytest.raises(SourceError, match="line 3, column 'v': the label is 1; the classes cat are 1"):
        Manifest(tmp_path / "t.csv", label="v", classes=["cat"])


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_rows_that_are_left_out_spoil_no_labels(tmp_path: Path, suffix: str) -> None:
    rows: Rows = [{"path": "a", "v": 10, "n": 1, "part": "train"}, {"path": "b", "v": 9, "n": 2, "part": "train"}]
    table = write(tmp_path / f"t{suffix}", [*rows, {"path": "c", "v": "NA", "n": "x7", "part": "test"}])
    source = Manifest(table, label="v", id="n", where={"part": "train"})
    assert source.labels.tolist() == [10, 9] and source.classes == []  # type: ignore[union-attr]
    assert source.ids.tolist() == [1, 2]
    if suffix == ".csv":  # names here, and numbers there, would be two meanings of one column
        with pytest.raises(SourceError, match="line 4, column 'v': 'NA' is no plain number"):
            Manifest(table, label="v", where={"part": "test"})
    with pytest.raises(SourceError, match="column 'v'"):
        Manifest(table, label="v")


def test_a_list_is_not_asked_of_rows_that_are_left_out(tmp_path: Path) -> None:
    with open(tmp_path / "t.csv", "w", newline="") as file:
        csv.writer(file).writerows([["path", "v", "s"], ["a", '["sea"]', 1], ["b", "NA", 2], ["c", '["air"]', 2]])
    source = Manifest(tmp_path / "t.csv", label="v", where={"s": 1})
    assert source.labels[:].tolist() == [[0, 1]] and source.classes == ["air", "sea"]  # type: ignore[index,union-attr]
    with pytest.raises(SourceError, match="line 3, column 'v', a list of labels"):
        Manifest(tmp_path / "t.csv", label="v")


def test_a_field_keeps_its_texts_where_it_is_told_what_it_is(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("path,cap,x,n,boxes\na,hello,1.5,1,[]\nb,42,nan,inf,5\nc,,-Inf,,[[1]]\n")
    source = Manifest(table, fields=["cap", "x", "n"], targets={"cap": PerSample(), "x": PerSample(), "n": PerSample()})
    assert [source.fields(i)["cap"] for i in range(3)] == ["hello", "42", ""]
    assert np.array_equal([source.fields(i)["x"] for i in range(3)], [1.5, np.nan, -np.inf], equal_nan=True)
    assert [source.fields(i)["n"] for i in range(3)] == [1.0, np.inf, None]
    assert Manifest(table, fields=["boxes"], targets={"boxes": Boxes()}).fields(2) == {"boxes": [[1]]}
    with pytest.raises(SourceError, match=r"line 2, column 'cap': 'hello' is no plain.*PerSample\(\) in the targets="):
        Manifest(table, fields=["cap"])


def test_ids_of_one_width_are_texts(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,v\na,deadbeef\nb,12345678\nc,1234567e\n")
    ids = Manifest(tmp_path / "t.csv", id="v").ids.tolist()
    assert ids == [path_id("deadbeef"), path_id("12345678"), path_id("1234567e")]


def test_where_reads_each_cell_by_itself(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,fold\na,0\nb,1\nc,test\nd,1.0\n")
    for wanted, paths in ((1, ["b", "d"]), ("1", ["b"]), ([0, "test"], ["a", "c"]), ("test", ["c"])):
        assert Manifest(tmp_path / "t.csv", where={"fold": wanted}).paths == paths


def test_where_takes_cells_that_are_no_plain_values(tmp_path: Path) -> None:
    rows: Rows = [{"path": "a", "s": [1]}, {"path": "b", "s": 1}, {"path": "c", "s": None}]
    assert Manifest(rows, where={"s": [1]}).paths == ["b"] and Manifest(rows, where={"s": None}).paths == ["c"]
    with pytest.raises(SourceError, match=r"no row has s=\[7\]; the column has \[1\], 1, None$"):
        Manifest(rows, where={"s": [7]})
    frame = pd.DataFrame({"path": ["a", "b", "c"], "s": pd.array([1, None, 2], "Int64"), "x": [1.0, 2.0, 3.0]})
    assert Manifest(frame, where={"s": 2}).paths == ["c"] and Manifest(frame, where={"s": pd.NA}).paths == ["b"]
    assert Manifest(frame, where={"s": [None, 2]}).paths == ["b", "c"]
    assert Manifest(frame.astype({"s": object}), where={"s": [2, float("nan")]}).paths == ["b", "c"]
    assert Manifest(frame, where={"x": np.array([1.0, 3.0])}).paths == ["a", "c"]
    with pytest.raises(SourceError, match=r"no row has s=7; the column has 1, None, 2$"):
        Manifest(frame, where={"s": 7})


def test_columns_of_a_data_frame_may_be_called_by_numbers() -> None:
    source = Manifest(pd.DataFrame([["a", 5], ["b", 6]]), image="0", label="1")
    assert source.paths == ["a", "b"] and source.labels.tolist() == [5, 6]  # type: ignore[union-attr]


def test_a_name_that_several_columns_have_is_refused() -> None:
    arrow = pa.Table.from_arrays([pa.array(["a"]), pa.array([1]), pa.array([2])], ["path", "v", "v"])
    for table in (pd.DataFrame([["a", 1, 2]], columns=["path", "v", "v"]), arrow):
        assert Manifest(table).paths == ["a"]
        with pytest.raises(SourceError, match="table: there are 2 columns 'v'; rename"):
            Manifest(table, label="v")


@pytest.mark.parametrize("cell", ["1e400", "-1e999"])
def test_a_label_is_finite(tmp_path: Path, cell: str) -> None:
    (tmp_path / "t.csv").write_text(f"path,v\na,1\nb,{cell}\n")
    with pytest.raises(SourceError, match=r"line 3, column 'v': the label is -?inf; a label is a finite number"):
        Manifest(tmp_path / "t.csv", label="v")
    for rows in ([{"path": "a", "v": 1}, {"path": "b", "v": float(cell)}], [{"path": "b", "v": [0.5, float(cell)]}]):
        with pytest.raises(SourceError, match=r"table\[.\], column 'v': the label is -?inf"):
            Manifest(rows, label="v")
    passed = Manifest(tmp_path / "t.csv", label="v", targets={"label": PerSample()})
    assert passed.labels.tolist() == [1, float(cell)]  # type: ignore[union-attr]


def test_lists_and_other_labels_do_not_mix(tmp_path: Path) -> None:
    for cell in ("sea", "5", '"sea"'):
        with open(tmp_path / "t.csv", "w", newline="") as file:
            csv.writer(file).writerows([["path", "v"], ["a", '["sea", "sun"]'], ["b", cell]])
        with pytest.raises(SourceError, match=r"line 3, column 'v'(, a list .*: it is no JSON|: others are lists)"):
            Manifest(tmp_path / "t.csv", label="v")


def test_numbers_of_thousands_of_digits(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"path,v\na,1\nb,{'9' * 5000}\n")
    with pytest.raises(SourceError, match="line 3, column 'v'"):
        Manifest(tmp_path / "t.csv", label="v")


def test_ids_are_of_a_column_or_of_the_path(tmp_path: Path) -> None:
    rows: Rows = [{"path": "a.jpg", "key": "x1", "n": 5}, {"path": "a.jpg", "key": "x2", "n": 2**64 - 1}]
    table = write(tmp_path / "t.csv", rows)
    assert Manifest(table, id="n").ids.tolist() == [5, 2**64 - 1]
    assert Manifest(table, id="key").ids.tolist() == [path_id("x1"), path_id("x2")]
    place = (
        rf"{table}, line 3, column 'path': 'a.jpg' is also in {table}, line 2, column 'path'.*say in which column: id="
    )
    with pytest.raises(SourceError, match=place):
        Manifest(table)
    assert Manifest(table, where={"n": 5}).ids.tolist() == [path_id("a.jpg")]


def test_fields_follow_their_targets(tmp_path: Path, epoch: Epoch, photo: Callable[..., Path]) -> None:
    photo(tmp_path / "a.png", 8, 10)
    numbers = np.arange(80, dtype=np.uint8).reshape(8, 10)
    Image.fromarray(numbers).save(tmp_path / "m.png")
    rows: Rows = [
        {"path": "a.png", "boxes": "[[1, 1, 5, 6], [2, 2, 4, 4]]", "seg": "m.png", "view": "a.png"}
        | {"text": "[1]", "w": "3"}
    ]
    targets = Targets(boxes=Boxes(), mask=Mask(), view=View(), text=PerSample(), w=PerSample())
    fields = {"boxes": "boxes", "mask": "seg", "view": "view", "text": "text", "w": "w"}
    texts = Manifest(write(tmp_path / "t.csv", rows), fields=fields, targets=targets)
    lists: Rows = [{**rows[0], "boxes": [[1, 1, 5, 6], [2, 2, 4, 4]], "w": 3}]
    for source in (
        texts,
        Manifest(write(tmp_path / "t.parquet", lists), fields=fields, targets=targets),
        pickle.loads(pickle.dumps(Manifest(lists, root=tmp_path, fields=fields, targets=targets))),
    ):
        (found,) = epoch(source, Compose([HorizontalFlip()])).values()
        assert found[1]["boxes"].tolist() == [[5, 1, 9, 6], [6, 2, 8, 4]] and np.array_equal(
            found[1]["mask"], numbers[:, ::-1]
        )
        assert found[1]["view"].tobytes() == found[0] and (found[1]["text"], found[1]["w"]) == ("[1]", 3)
    rows[0] |= {"boxes": "1 2 3 4", "seg": "none.png"}
    bad = write(tmp_path / "bad.csv", rows)
    with pytest.raises(
        InputError,
        match=rf"{bad}, line 2, field 'boxes': it is no JSON: .* Of Boxes\(.*\) the text is JSON; got '1 2 3 4'",
    ):
        next(iter(Loader(Manifest(bad, fields=["boxes"], targets=Targets(boxes=Boxes())), workers=2)))
    with pytest.raises(DecodeError, match=r"none\.png: cannot be decoded"):
        Manifest(bad, fields={"mask": "seg"}).fields(0)


def test_quotes_blank_lines_and_broken_lines_count_as_an_editor_counts(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes('\ufeffpath,note\r\n"a,1.jpg","two\r\nlines"\r\n\r\nb.jpg,"say ""hi"""\r\n'.encode())
    source = Manifest(table, fields=["note"])
    assert source.paths == ["a,1.jpg", "b.jpg"] and source.fields(0) == {"note": "two\r\nlines"}
    assert source.fields(1) == {"note": 'say "hi"'}
    for text, said in [
        ('path,x\na,"1\n2"\nb\n', "line 4: it has 1 cells, the header 2"),
        ('path,x\na,1\nb,"2\n', "line 3: unexpected end of data"),
        ("path,x\na,1\n,2\n", "line 3: 'path' is the path of a picture, got ''"),
        ("path,path\na,1\n", "a header, of different names"),
        ("path,x\n", "a header, of different names, and rows; got 1 lines"),
        ("", "a header, of different names, and rows; got 0 lines"),
        ("path,label\na,x\nb,\n", "line 3, column 'label': there is no label"),
    ]:
        table.write_text(text)
        with pytest.raises(SourceError, match=f"{table}.*{said}"):
            Manifest(table, label="label" if "label" in text else None)


def test_what_is_no_table(tmp_path: Path) -> None:
    good: Rows = [{"path": "a.jpg", "label": "x", "n": 1.5}, {"path": "b.jpg", "label": "y", "n": 2}]
    table = write(tmp_path / "t.csv", good)
    for arguments, said in [
        ({"image": "file"}, rf"{table}: there is no column 'file' for image; it has the columns 'path', 'label', 'n'"),
        ({"label": "kind"}, "no column 'kind' for label"),
        ({"id": "key"}, "no column 'key' for id"),
        ({"fields": ["boxes"]}, "no column 'boxes' for a field"),
        ({"id": "n"}, "line 2, column 'n': an id is an integer"),
        ({"where": {"split": "train"}}, "no column 'split' for where"),
        ({"where": {"label": "z"}}, "no row has label='z'; the column has 'x', 'y'"),
        (
            {"label": "label", "classes": ["x"]},
            "line 3, column 'label': the label is 'y', which is none of the classes x",
        ),
        ({"label": "label", "classes": ["x", "x"]}, "Manifest.classes has 'x' twice"),
        (
            {"fields": ["label"], "label": "n"},
            r"Manifest: the name 'label' is taken: .* as by fields=\{\"my_label\": 'label'\}",
        ),
        ({"fields": ["n"], "targets": {"m": PerSample()}}, "the field 'n' of Manifest has no target"),
        ({"mode": "CMYK"}, "mode of Manifest"),
    ]:
        with pytest.raises(SourceError, match=said):
            Manifest(table, **arguments)
    for wrong, said in [
        ([], "got an empty list"),
        (7, r"takes the path of a \.csv.*got int"),
        ([{"path": "a"}, 3], "got list"),
        (tmp_path / "t.txt", "t.txt: a manifest is a .csv"),
        (tmp_path / "none.csv", "none.csv: it cannot be read"),
        (tmp_path / "none.parquet", r"^\S+none.parquet: it cannot be read \(No such file or directory\)$"),
        ([{"path": "a"}, {"file": "b"}], r"table\[1\]: 'path' is the path of a picture, got None"),
        ([{"path": "a"}, {"path": 7}], r"table\[1\]: 'path' is the path of a picture, got 7"),
        (pl.LazyFrame({"path": ["a"]}), "a data frame in memory; got LazyFrame"),
        (pd.DataFrame({"path": []}), "the table has no rows"),
    ]:
        with pytest.raises(SourceError, match=said):
            Manifest(wrong)


def test_a_flipped_bit_in_parquet_is_told_by_the_sum_of_its_page(tmp_path: Path) -> None:
    path, rows = tmp_path / "t.parquet", pa.table({"path": [f"{i}.jpg" for i in range(50)], "n": range(50)})
    parquet.write_table(rows, path, write_page_checksum=True, compression="none", use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[data.index((27).to_bytes(8, "little"))] = 28
    path.write_bytes(data)
    assert Manifest(path).paths[3] == "3.jpg"
    with pytest.raises(SourceError, match=f"{path}: its column 'n' cannot be read .*CRC"):
        Manifest(path, label="n")


def test_what_is_no_json(tmp_path: Path) -> None:
    for name, text, said in [
        ("t.jsonl", '{"path": "a"}\n\n{"path": b}\n', "t.jsonl, line 3: it is no JSON"),
        ("t.jsonl", '{"path": "a"}\n[1]\n', "line 2: a line is an object"),
        ("t.jsonl", "\n", "the table is empty"),
        ("t.json", '{"path": ["a"]}', "a list of objects"),
        ("t.json", "[", "it is no JSON"),
        ("t.parquet", "PAR1", "t.parquet: it cannot be read"),
        ("t.csv", b"path\n\xff\n", "it is no UTF-8"),
    ]:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(SourceError, match=said):
            Manifest(tmp_path / name)
    (tmp_path / "t.jsonl").write_text('{"path": "a"}\n\n{"path": null}\n')
    with pytest.raises(SourceError, match=r"t.jsonl, line 3: 'path' is the path of a picture, got None"):
        Manifest(tmp_path / "t.jsonl")


def test_gaps_in_labels_of_data_frames_are_named() -> None:
    frame = pd.DataFrame({"path": ["a", "b", "c"], "label": ["x", None, "y"], "n": [1, np.nan, 2]})
    for label in ("label", "n"):
        with pytest.raises(SourceError, match=rf"table\[1\], column '{label}': there is no label"):
            Manifest(frame, label=label)
    assert Manifest(frame[frame.n > 0], label="label").labels.tolist() == [0, 1]  # type: ignore[union-attr]


NUMBERED = {"path": ["a", "b", "c"], "x": [0.5, None, 1.5]}
WHOLE = [2**62 + 1, None, 2**62 + 3]


@pytest.mark.parametrize(
    "frame", [pl.DataFrame(NUMBERED | {"n": WHOLE}), pd.DataFrame(NUMBERED | {"n": pd.array(WHOLE, "Int64")})]
)
def test_integers_with_gaps_stay_integers(frame: Any) -> None:
    source = Manifest(frame, label="n", id="n", where={"path": ["a", "c"]})
    assert source.ids.tolist() == [2**62 + 1, 2**62 + 3]
    assert source.labels.dtype == np.int64 and source.labels[1] == 2**62 + 3  # type: ignore[union-attr,index]
    assert Manifest(frame, where={"n": None}).paths == ["b"]
    assert [Manifest(frame, fields=["x"]).fields(i)["x"] for i in (0, 2)] == [0.5, 1.5]
    assert np.isnan(Manifest(frame, fields=["x"]).fields(1)["x"])
    with pytest.raises(SourceError, match=r"table\[1\], column 'n': there is no label"):
        Manifest(frame, label="n")


@pytest.mark.parametrize(("bad", "said"), [("a\0.png", "no NUL in it"), ("\ud800.png", "no halves of letters in it")])
def test_a_path_that_no_file_can_have_is_named(folder: Path, tmp_path: Path, bad: str, said: str) -> None:
    (tmp_path / "t.jsonl").write_text(json.dumps({"path": "a.png"}) + "\n" + json.dumps({"path": bad}))
    with pytest.raises(SourceError, match=rf"^{tmp_path}/t\.jsonl, line 2: a path has {said}, got .* for 'path'"):
        Manifest(tmp_path / "t.jsonl")
    if "\0" in bad:
        (tmp_path / "t.csv").write_text(f"path\na.png\n{bad}\n")
        with pytest.raises(SourceError, match=rf"^{tmp_path}/t\.csv, line 3: (a path has {said}|line contains NUL)"):
            Manifest(tmp_path / "t.csv")
    rows = [{"path": "a.png", "mask": bad}]
    source = Manifest(rows, fields=["mask"], targets={"mask": Mask()})
    with pytest.raises(InputError, match=rf"row 0, field 'mask': a path has {said}"):
        source.fields(0)
    assert len(Manifest([{"path": "a.png", "id": bad}], id="id").ids) == 1  # a text that is no path may be any
