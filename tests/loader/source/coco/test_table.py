"""Columns of a JSON file's objects, and errors that lead to the object."""

from __future__ import annotations

import json
import sys
from array import array
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from variegate.errors import SourceError
from variegate.loader.source.coco.table import AnnotationTable, read_coco


def table(*rows: dict[str, Any]) -> AnnotationTable:
    return AnnotationTable("x.json", "annotations", list(rows))


def test_numbers_are_one_array() -> None:
    rows = table({"bbox": [1, 2.5, 3, 4]}, {"bbox": [5, 6, 7, 8]}, {})
    assert rows.numbers("bbox", 4, missing=[0] * 4).tolist() == [[1, 2.5, 3, 4], [5, 6, 7, 8], [0] * 4]
    assert table({"area": 1}, {"area": 2.5}).numbers("area", 0).tolist() == [1, 2.5]
    assert table().numbers("bbox", 4).shape == (0, 4) and table().numbers("area", 0).shape == (0,)


def test_wholes_are_integers() -> None:
    found = table({"id": 3}, {"id": 1 << 62}).wholes("id")
    assert found.tolist() == [3, 1 << 62] and found.dtype == np.int64
    assert table({}, {"n": 1}).wholes("n", missing=0).tolist() == [0, 1]
    assert table().wholes("id").tolist() == [] and table().wholes("id").dtype == np.int64
    assert table({"id": 3.0}, {"id": (1 << 62) + 1}, {"id": -0.0}).wholes("id").tolist() == [3, (1 << 62) + 1, 0]


def test_flags_may_be_written_as_booleans() -> None:
    found = table({}, {"iscrowd": 1}, {"iscrowd": True}, {"iscrowd": False}, {"iscrowd": 1.0}).flags("iscrowd")
    assert found.tolist() == [0, 1, 1, 0, 1] and found.dtype == np.int64 and table().flags("iscrowd").shape == (0,)
    for wrong in (None, "1", 0.5, -1, 2, [1]):
        with pytest.raises(SourceError, match=r'annotations\[1\]: "iscrowd" is 0 or 1, got'):
            table({}, {"iscrowd": wrong}).flags("iscrowd")


@pytest.mark.parametrize("wrong", [None, True, "3", "x", [3], {}, float("nan"), float("inf"), 10**400])
def test_a_number_is_a_number_alone_and_in_a_list(wrong: Any) -> None:
    for rows in ([{"area": wrong}], [{"area": 1.5}, {"area": wrong}], [{"area": wrong}, {"area": 2}]):
        with pytest.raises(SourceError, match=r'"area" is a number( of 64 bits)?, got'):
            table(*rows).numbers("area", 0)
    for bbox in ([wrong, 2, 3, 4], [1, 2.5, 3, wrong], [wrong] * 4, wrong):
        for rows in ([{"bbox": bbox}], [{"bbox": [1, 2, 3, 4]}, {"bbox": bbox}]):
            with pytest.raises(SourceError, match=r'"bbox" is a list of 4 numbers( of 64 bits)?, got'):
                table(*rows).numbers("bbox", 4)


def test_ids_are_integers_or_texts() -> None:
    assert table({"id": 3}, {"id": 4}).ids("id") == [3, 4] and table().ids("id") == []
    found = table({"id": 3}, {"id": "3"}, {"id": (1 << 62) + 1}, {"id": 2.0}, {"id": 10**30}).ids("id")
    assert found == [3, "3", (1 << 62) + 1, 2, 10**30] and type(found[3]) is int
    assert table({"id": 1}, {}).ids("id", missing=None) == [1, None]
    for wrong in (1.5, None, True, [1], {}, float("nan"), float("inf")):
        with pytest.raises(SourceError, match=r'annotations\[1\].*: "id" is an integer or a text, got '):
            table({"id": 1}, {"id": wrong}).ids("id")
    with pytest.raises(SourceError, match=r'annotations\[1\]: it has no "id", which is an integer or a text'):
        table({"id": 1}, {}).ids("id")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([1, 2, 3], r'"bbox" is a list of 4 numbers, got \[1, 2, 3\]'),
        ([1, 2, 3, 4, 5], r"got \[1, 2, 3, 4, 5\]"),
        ([1, 2, 3, "x"], r"got \[1, 2, 3, 'x'\]"),
        (None, "got None"),
        ({"x": 1, "y": 2}, "got an object with x, y"),
        ("a" * 100, r"got 'a{56}\.\.\.$"),
    ],
)
def test_the_object_whose_value_does_not_fit_is_named(value: Any, said: str) -> None:
    good = {"id": 7, "bbox": [1, 2, 3, 4]}
    rows = table(good, {"id": 9, "bbox": value}, good)
    rows.keep(rows.rows[1:])
    with pytest.raises(SourceError, match=rf"^x\.json: annotations\[1\] \(id 9\): .*{said}"):
        rows.numbers("bbox", 4)


def test_what_is_missing_or_no_integer_is_named() -> None:
    with pytest.raises(SourceError, match=r'annotations\[0\]: "area" is a number of 64 bits, got 1000'):
        table({"area": 10**400}).numbers("area", 0)
    with pytest.raises(SourceError, match=r'annotations\[1\]: it has no "bbox", which is a list of 4 numbers'):
        table({"bbox": [1, 2, 3, 4]}, {}).numbers("bbox", 4)
    for wrong in (1.5, "1", None, True, [1], 1 << 70):
        with pytest.raises(SourceError, match=r'annotations\[1\]: "n" is an integer( of 64 bits)?, got'):
            table({"n": 1}, {"n": wrong}).wholes("n")
    rows = table({"file_name": 3})
    with pytest.raises(SourceError, match=r'"file_name" is a text, got 3'):
        rows.value(rows.rows[0], "file_name", str, "a text")


def test_a_value_that_comes_twice_is_named() -> None:
    rows = table({"id": 4}, {"id": 5}, {"id": 4})
    rows.once("id", [1, 2, 3])
    with pytest.raises(
        SourceError, match=r'annotations\[2\] \(id 4\): "id" is 4, as of annotations\[0\]; each has its'
    ):
        rows.once("id", [4, 5, 4])


def test_lists_hold_objects() -> None:
    with pytest.raises(SourceError, match=r'x\.json: "annotations" is a list of objects, got 3'):
        AnnotationTable("x.json", "annotations", 3)
    with pytest.raises(SourceError, match=r"annotations\[1\] is an object, got 'b'"):
        AnnotationTable("x.json", "annotations", [{}, "b"])


@pytest.fixture(params=["msgspec", "json"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which library reads the files."""
    if request.param == "json":
        monkeypatch.setitem(sys.modules, "msgspec", None)
    return str(request.param)


def test_outlines_are_packed_as_they_are_read(tmp_path: Path, reader: str) -> None:
    path = tmp_path / "x.json"
    rle = {"counts": [1, 3], "size": [2, 2]}
    outlines = [[[1, 2.5, 3]], rle, [], [1, 2], [["a"]], [[True, 2]], [{}], [[None]], [[10**400]]]
    content = {"images": [], "annotations": [{"segmentation": outline} for outline in outlines], "categories": []}
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(content).encode())  # with a mark of UTF-8, as some editors write
    rows = read_coco(str(path), outlines=True)["annotations"].rows
    assert [row["segmentation"] for row in rows] == [[array("d", [1, 2.5, 3])], *outlines[1:]]
    assert not any("segmentation" in row for row in read_coco(str(path), outlines=False)["annotations"].rows)


def test_a_usual_file_is_read_by_msgspec_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"images": [{"id": 1}], "annotations": [], "info": {"year": 2017}}))
    monkeypatch.setattr("variegate.loader.source.coco.table.parsed", None)
    assert read_coco(str(tmp_path / "x.json"), outlines=True)["images"].rows == [{"id": 1}]


NUMBERS = (
    *("0", "-0", "-0.0", "1e3", "0.1", "1e400", "-1e400", "4.9e-324", "1.7976931348623157e308", "0.30000000000000004"),
    *("9007199254740993.0", "123456789.123456789123456789", "1e22", "2.5E-3", "NaN", "Infinity", "-Infinity"),
    *("9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775809", "1" + "0" * 400),
)
TEXTS = ('"é"', '"\\u00e9"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\/\\n\\u0000"', "null", "true", '{"b": [1, {"b": 2}]}')


@pytest.mark.parametrize("value", [*NUMBERS, *TEXTS])
def test_a_value_is_what_python_reads(tmp_path: Path, value: str, reader: str) -> None:
    text = f'{{"info": {value}, "annotations": 3, "images": [], "annotations": [{{"a": 0, "a": {value}}}]}}'
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    (row,) = read_coco(str(tmp_path / "x.json"), outlines=False)["annotations"].rows
    assert repr(row) == repr(json.loads(text)["annotations"][0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"images": [],\n "x" 3}', r"x\.json, line 2: it is no JSON: Expecting ':' delimiter, at character 6"),
        (b"", "x.json: it is no JSON: Expecting value, at character 1"),
        (b'{"a": "\xff"}', "it is no JSON: byte 7 is no UTF-8"),
        (b'{"info": "\xff", "images": [], "annotations": []}', "it is no JSON: byte 10 is no UTF-8"),
        (
            b'{"images": [],\n "annotations": [{"id": 1,\n "a": x}]}',
            "x.json, line 3: it is no JSON: Expecting value, at",
        ),
        (b'{"images": [], "annotations": [], "info": 01}', "it is no JSON: Expecting ',' delimiter, at character 44"),
        (b'{"images": [], "annotations": []} {}', "it is no JSON: Extra data, at character 35"),
        (b'{"images": [], "annotations": [' + b"[" * 100_000, "its lists and objects are nested too deeply to be read"),
        (b'{"images": [], "annotations": [{"id": ' + b"1" * 5000 + b"}]}", "an integer of more than 4300 digits"),
        (b'{"images": [], "annotations": [{}, 3]}', r"x\.json: annotations\[1\] is an object, got 3"),
        (b"[1, 2]", r"with images, annotations and categories; this one is \[1, 2\]"),
        (b'{"images": [], "categories": []}', "this one has no annotations"),
        (b'{"images": [], "annotations": [], "categories": 3}', '"categories" is a list of objects, got 3'),
        (b'{"images": [], "annotations": {}, "categories": []}', '"annotations" is a list of objects, got an object'),
    ],
)
def test_what_is_no_coco_file(tmp_path: Path, text: bytes, said: str, reader: str) -> None:
    (tmp_path / "x.json").write_bytes(text)
    with pytest.raises(SourceError, match=said):
        read_coco(str(tmp_path / "x.json"), outlines=True)
    with pytest.raises(SourceError, match=r"y\.json: it cannot be read \(No such file"):
        read_coco(str(tmp_path / "y.json"), outlines=True)
