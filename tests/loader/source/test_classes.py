"""Labels of a source: numbers, names, several of them; what may lie on a picture, and what int64 does not hold."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from datasets import Image as Feature
from pyarrow import parquet

from variegate.errors import FieldError, InputError, SourceError
from variegate.loader import Arrays, HuggingFace, Items, Loader, Manifest, Parquet
from variegate.loader.source.classes import classed, label_column, names_in
from variegate.pipeline import Compose
from variegate.targets import Boxes, PerSample, Targets

TAGS = [["sea", "sun"], ["sun"], [], ["rock", "sea"]]
HOT = [[0, 1, 1], [0, 0, 1], [0, 0, 0], [1, 1, 0]]
GREY = np.zeros((4, 3, 3), np.uint8)
PHOTO = {"bytes": b"...", "path": None}


def table(kind: str, tags: list[Any], folder: Path, **options: Any) -> Any:
    """A source of every kind that reads tables, with these labels."""
    paths = [f"{n}.jpg" for n in range(len(tags))]
    if kind == "dicts":
        return Manifest([{"path": p, "tags": t} for p, t in zip(paths, tags, strict=True)], label="tags", **options)
    if kind == "frame":
        return Manifest(pd.DataFrame({"path": paths, "tags": tags}), label="tags", **options)
    if kind == "csv":
        cells = ["" if t is None else '"' + json.dumps(t).replace('"', '""') + '"' for t in tags]
        (folder / "t.csv").write_text("path,tags\n" + "".join(f"{p},{c}\n" for p, c in zip(paths, cells, strict=True)))
        return Manifest(folder / "t.csv", label="tags", **options)
    if kind == "arrow":
        return Manifest(pa.table({"path": paths, "tags": tags}), label="tags", **options)
    if kind == "parquet":
        parquet.write_table(pa.table({"image": [b"..."] * len(tags), "tags": tags}), folder / "t.parquet")
        return Parquet(folder / "t.parquet", label="tags", **options)
    if kind == "arrays":
        return Arrays(np.zeros((len(tags), 3, 3), np.uint8), tags, **options)
    return HuggingFace(Dataset.from_dict({"photo": [PHOTO] * len(tags), "tags": tags}).cast_column("photo", Feature()),
                       label="tags", **options)  # fmt: skip


KINDS = ["dicts", "frame", "csv", "arrow", "parquet"]


@pytest.mark.parametrize("kind", [*KINDS, "hugging face"])
def test_lists_of_names_are_rows_of_the_names_there_are(kind: str, tmp_path: Path) -> None:
    source = table(kind, TAGS, tmp_path)
    assert source.classes == ["rock", "sea", "sun"] and source.labels[:].tolist() == HOT
    assert source.label(3).tolist() == HOT[3] and source.split(0.5)[0].labels.shape == (2, 3)


@pytest.mark.parametrize("kind", [*KINDS, "arrays"])
def test_classes_number_names_and_numbers_in_lists(kind: str, tmp_path: Path) -> None:
    names = ["sun", "moon", "sea", "rock"]
    want = [[1, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1]]
    for tags in (TAGS, [[0, 2], [0], [], [3, 2]]):
        source = table(kind, tags, tmp_path, classes=names)
        assert source.classes == names and source.labels[:].tolist() == want
    rows = [[int(one) for one in row] for row in want]
    assert np.asarray(table(kind, rows, tmp_path, classes=names).labels[:]).tolist() == want


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("dicts", "table[3], column 'tags'"),
        ("csv", "line 5, column 'tags'"),
        ("parquet", "row 3, column 'tags'"),
        ("arrays", "labels[3]"),
    ],
)
def test_what_is_none_of_the_classes_is_refused_with_row_and_column(kind: str, place: str, tmp_path: Path) -> None:
    said = f"{place}: the labels are ['rock', 'sea'], and 'rock' is none of the classes sea, sun"
    with pytest.raises(SourceError, match=re.escape(said)):
        table(kind, TAGS, tmp_path, classes=["sea", "sun"])
    for tags, found in (([[0], [1], [0, 1], [2, 0]], "2"), ([[0], [1], [0, 1], [-1]], "-1")):
        with pytest.raises(SourceError, match=re.escape(f"{place}: the labels are") + f".*and {found} is none of"):
            table(kind, tags, tmp_path, classes=["sea", "sun"])
    with pytest.raises(SourceError, match=re.escape(place) + ": there is no label"):
        table(kind, [*TAGS[:3], None], tmp_path, classes=["rock", "sea", "sun"])


def test_a_sequence_of_class_labels() -> None:
    features = Features(photo=Feature(), tags=List(ClassLabel(names=["a", "b"])), kind=List(Value("int64")))
    rows = {"photo": [PHOTO] * 3, "tags": [[0, 1], [1, 0], [1, 1]], "kind": [[3, 7], [], [1]]}
    data = Dataset.from_dict(rows, features=features)
    source = HuggingFace(data, label="tags")
    assert source.classes == ["a", "b"] and source.labels[:].tolist() == [[1, 1], [1, 1], [0, 1]]
    with pytest.raises(
        SourceError, match=r"row 0, column 'kind': the label is a list \[3, 7\], and what it is was not"
    ):
        HuggingFace(data, label="kind")
    assert HuggingFace(data, label="kind", targets={"label": PerSample()}).labels == rows["kind"]


def test_names_of_one_class_each_are_numbered_by_the_classes_of_arrays() -> None:
    source = Arrays(GREY, ["owl", "cat", "cat", "owl"], ["cat", "owl"])
    assert source.labels.tolist() == [1, 0, 0, 1] and source.labels.dtype == np.int64
    with pytest.raises(SourceError, match=r"labels\[1\]: the label is 'cat', which is none of the classes owl"):
        Arrays(GREY, ["owl", "cat", "cat", "owl"], ["owl"])
    assert names_in(["b", ["a", "c"], None, 3, ""]) == ["a", "b", "c"] and names_in(np.arange(3)) is None
    assert classed(np.eye(2), str, ["a", "b"], "x").labels.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_have_rows(workers: int) -> None:
    source = Arrays(GREY, TAGS, ["rock", "sea", "sun"])
    batches = list(Loader(source, batch_size=3, workers=workers, shuffle=False, one_hot=True))
    got = np.concatenate([batch["label"] for batch in batches])
    assert got.dtype == np.float32 and got.tolist() == HOT
    with pytest.raises(FieldError, match="balanced"):
        Loader(source, weights="balanced")


@pytest.mark.parametrize("labels", [[0, 1, 2, 7], np.array([0, 1, 2, 7], np.uint8), [0, 1, 2, -2]])
def test_a_number_of_none_of_the_classes_is_refused(labels: Any) -> None:
    said = rf"^labels\[3\]: the label is {labels[3]}; the classes a, b, c are 3$"
    with pytest.raises(SourceError, match=said):
        Arrays(GREY, labels, ["a", "b", "c"])
    assert Arrays(GREY, [0, 1, 2, -1], ["a", "b", "c"]).labels.tolist() == [0, 1, 2, -1]
    assert Arrays(GREY, labels).labels.tolist() == list(labels)  # without names any number may be one


# What int64 does not hold

BIG = 2**63


@pytest.mark.parametrize(
    "labels",
    [np.array([1, BIG], np.uint64), [1, BIG], [-1, BIG], [1, 2 * BIG], [0.5, BIG], [1, -BIG - 1], [[1], [0, BIG]]],
)
def test_a_label_beyond_64_bits_is_refused(labels: Any) -> None:
    found = labels[1] if not isinstance(labels[1], list) else BIG
    said = rf"\[1\](, column 'n')?: the label is {found}; a label is an integer of -2\*\*63 to 2\*\*63 - 1"
    with pytest.raises(SourceError, match=said):
        Arrays(GREY[:2], labels)
    with pytest.raises(SourceError, match=said):
        Items(list(GREY[:2]), labels=labels)
    with pytest.raises(SourceError, match=said):
        Manifest([{"path": str(n), "n": one} for n, one in enumerate(labels)], label="n")


def test_a_label_beyond_64_bits_that_comes_with_its_sample_is_refused() -> None:
    assert label_column([BIG - 1, -BIG], 2).tolist() == [BIG - 1, -BIG]  # type: ignore[union-attr]
    with pytest.raises((SourceError, InputError), match=r"sample 1, list\[1\]: .*label is"):
        Loader(Items([(GREY[0], 3), (GREY[0], BIG)]), workers=0, shuffle=False).batch(0, 0)
    with pytest.raises(SourceError, match=r"sample 0, list\[0\],?: the label is 9223372036854775808"):
        Loader(Items([(GREY[0], BIG), (GREY[0], BIG)]), workers=0, shuffle=False).batch(0, 0)


# What may lie on the picture

LYING = [
    np.arange(16.0).reshape(4, 4),
    np.arange(2, 10).reshape(4, 2),
    np.zeros((4, 3, 3), np.uint8),
    np.zeros((4, 3, 3), bool),
    [[10, 20, 30, 40]] * 4,
    [[[0, 0, 1, 1]], [], [], []],
    [[{"bbox": [1, 2, 3, 4]}]] * 4,
    [{"x": 3, "y": 4}] * 4,
]


@pytest.mark.parametrize("labels", LYING)
def test_labels_that_may_lie_on_the_pictures_are_refused_unless_somebody_says_so(labels: Any) -> None:
    for make in (lambda **told: Arrays(GREY, labels, **told), lambda **told: Items(list(GREY), labels=labels, **told)):
        with pytest.raises(
            SourceError, match=r"labels\[\d\]: the label is a .*, and what it is was not said: as a label"
        ):
            make()
        source = make(targets={"label": PerSample()})
        assert np.array_equal(source.label(0), labels[0])
        (batch,) = Loader(source, Compose([]), shuffle=False, workers=0)
        assert np.array_equal(batch["label"][0], labels[0])
    samples = [(picture, one) for picture, one in zip(GREY, labels, strict=True)]
    with pytest.raises(InputError, match=r"a sample has a .* beside its picture, .* pass names="):
        Items([(picture, [one]) for picture, one in samples]).fields(0)
    dicts = [{"image": picture, "label": one} for picture, one in samples]
    with pytest.raises(InputError, match=r"a sample has a .* beside its picture.*'label', and so would never move"):
        Loader(Items(dicts), workers=0, shuffle=False).batch(0, 0)
    kept = Loader(Items(dicts), Compose([], targets={"label": PerSample()}), workers=0, shuffle=False).batch(0, 0)
    assert np.array_equal(kept["label"][0], labels[0])


@pytest.mark.parametrize(
    "labels", [np.arange(4).reshape(4, 1), np.eye(4), np.eye(4, dtype=bool), [[0, 1]] * 4, TAGS, ["a"] * 4, [None] * 4]
)
def test_vectors_of_classes_texts_and_numbers_are_labels(labels: Any) -> None:
    source = Arrays(GREY, labels)
    assert all(np.array_equal(a, b) for a, b in zip(source.labels, labels, strict=True))


def test_a_label_that_a_pipeline_would_move_is_a_field() -> None:
    with pytest.raises(
        FieldError, match=r"label is Boxes\(\) in the pipeline, and Arrays.* which never moves: make it"
    ):
        Loader(Arrays(GREY, [0, 1, 2, 3]), Compose([], targets={"label": Boxes()}))
    with pytest.raises(FieldError, match=r"label is Boxes\(\) in the source"):
        Loader(Arrays(GREY, [0, 1, 2, 3], targets=Targets(label=Boxes())))
