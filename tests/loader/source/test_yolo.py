"""YOLO's text files give the boxes and polygons of their pictures; a wrong line is named."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from variegate.errors import SourceError
from variegate.loader import ImageFolder, YoloFolder
from variegate.loader.source import data_yaml
from variegate.ops.flip import HorizontalFlip
from variegate.pipeline import Compose
from variegate.targets import Boxes, PerInstance, Polygons, Targets

LABELS = {
    "b": "1 0.5 0.5 0.2 0.4\n\n0 0.25 0.125 0.5 0.25\n",
    "deep/c": "",
    "a": "2.0 0.1 0.2 0.1 0.2\r\n",
}


@pytest.fixture
def root(tmp_path: Path, photo: Callable[..., Path]) -> Path:
    for name in ("a.jpg", "b.png", "deep/c.jpg", "deep/d.jpg"):
        photo(tmp_path / "images" / name)
    for name, text in LABELS.items():
        write(tmp_path, name, text)
    return tmp_path


def write(root: Path, name: str, text: str) -> Path:
    path = root / "labels" / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def test_a_line_is_a_box(root: Path, read_leaves: Callable[..., Any]) -> None:
    source = YoloFolder(root / "images", root / "labels", ["cat", "dog", "owl"])
    assert source.paths == ["a.jpg", "b.png", "deep/c.jpg", "deep/d.jpg"] and source.classes == ["cat", "dog", "owl"]
    assert source.targets == Targets(boxes=Boxes("yolo"), labels=PerInstance())
    fields = source.fields(1)
    assert list(fields) == ["boxes", "labels"] and fields["labels"].tolist() == [1, 0]
    assert fields["boxes"].tolist() == [[0.5, 0.5, 0.2, 0.4], [0.25, 0.125, 0.5, 0.25]]
    assert fields["boxes"].dtype == np.float64 and fields["labels"].dtype == np.int64
    assert read_leaves(source, 1, (12, 20))["boxes"].xyxy[1].tolist() == [0, 0, 10, 3]
    assert source.fields(0)["labels"].tolist() == [2]
    assert repr(source) == f"YoloFolder('{root}/images', 4 pictures, 3 objects)"


def test_no_file_and_an_empty_file_are_no_objects(root: Path, read_leaves: Callable[..., Any]) -> None:
    write(root, "classes", "cat\ndog")  # of no picture, so not read
    source = YoloFolder(root / "images", root / "labels")
    for i in (2, 3):
        fields = source.fields(i)
        assert fields["boxes"].shape == (0, 4) and fields["labels"].shape == (0,)
        assert read_leaves(source, i, (12, 20))["boxes"].count == 0
    assert source.unlabelled == 1 and source.orphans == ["classes.txt"]


def test_ids_are_those_of_the_folder_of_pictures(root: Path) -> None:
    source = YoloFolder(root / "images", root / "labels", mode="L")
    assert source.ids.tolist() == ImageFolder(root / "images", labelled=False).ids.tolist() and source.mode == "L"


def test_a_line_is_a_polygon(root: Path, read_leaves: Callable[..., Any]) -> None:
    write(root, "a", "1 0.25 0.5 0.75 0.5 0.5 0.875\n0 0 0 1 0 1 1 0 1")
    write(root, "b", "")
    source = YoloFolder(root / "images", root / "labels", segments=True)
    assert source.targets == Targets(
        boxes=Boxes("yolo"), labels=PerInstance(), polygons=Polygons(normalised=True, flat=True)
    )
    fields = source.fields(0)
    assert list(fields) == ["boxes", "labels", "polygons"] and fields["labels"].tolist() == [1, 0]
    assert [[ring.tolist() for ring in rings] for rings in fields["polygons"]] == [
        [[0.25, 0.5, 0.75, 0.5, 0.5, 0.875]],
        [[0, 0, 1, 0, 1, 1, 0, 1]],
    ]
    assert fields["boxes"].tolist() == [[0.5, 0.6875, 0.5, 0.375], [0.5, 0.5, 1, 1]]
    leaves = read_leaves(source, 0, (12, 20))
    for ring, box in zip(leaves["polygons"].rings, leaves["boxes"].xyxy, strict=True):
        assert np.allclose([*ring[0].min(axis=0), *ring[0].max(axis=0)], box)
    assert source.fields(1)["polygons"] == [] and source.fields(3)["boxes"].shape == (0, 4)


@pytest.mark.parametrize(
    ("line", "segments", "said"),
    [
        ("0 0.1 0.2 0.3", False, r"`class cx cy w h`, got 3 numbers after the class$"),
        ("0 0.1 0.2 0.3 0.4 0.9", False, "got 5 numbers after the class$"),
        ("0 0.1 0.2 0.3 0.4 0.5 0.6", False, r"got 6 numbers after the class; segments=True takes `class x y"),
        ("0 0.1 0.2 0.3 0.4", True, r"got 4 numbers after the class; segments=False takes `class cx cy w h`"),
        ("0 0.1 0.2 0.3 0.4 0.5 0.6 0.7", True, "three points or more`, got 7 numbers after the class$"),
        ("0", True, "got 0 numbers after the class$"),
        ("cat 0.1 0.2 0.3 0.4", False, "numbers apart, got 'cat 0.1"),
        ("0, 0.1, 0.2, 0.3, 0.4", False, "numbers apart"),
        ("1_0 0.1 0.2 0.3 0.4", False, "numbers apart, got '1_0 0.1"),
        ("0 0.1 0.2 0_0.3 0.4", False, "numbers apart"),
        ("\N{ARABIC-INDIC DIGIT ONE} 0.1 0.2 0.3 0.4", False, "numbers apart"),
        ("0 0 0 0.4 0 0_0.4 0.3", True, "numbers apart"),
        ("2 0.1 0.2 0.3 0.4", False, "the class is 0 to 1, got 2"),
        ("-1 0.1 0.2 0.3 0.4", False, "the class is 0 to 1, got -1"),
        ("0.5 0.1 0.2 0.3 0.4", False, r"the class is 0 to 1, got 0\.5"),
        ("nan 0.1 0.2 0.3 0.4", False, "got nan"),
        ("0 0.1 nan 0.3 0.4", False, "a fraction of the picture is a finite number, got nan$"),
        ("0 320 240 100 50", False, "are fractions of the picture's width and height, 0 to 1, got 320, 240, 100, 50;"),
        ("0 1.02 0.2 0.3 0.4", False, r"are fractions .* got 1\.02"),
        ("0 0.1 0.2 0.3 1.011", False, r"are fractions .* 1\.011"),
        ("0 -0.02 0.2 0.3 0.4", False, r"are fractions .* got -0\.02"),
        ("0 0.1 0.2 -0.005 0.4", False, r"are fractions .* -0\.005"),
        ("0 0 0 40 0 40 30", True, "of the box around it are fractions .* got 20, 15, 40, 30; of pixels"),
        ("0 0 0 nan 0 1 1", True, "is a finite number, got nan$"),
        (f"{'9' * 10**5} 0.1 0.2 0.3 0.4", False, "the class is 0 to 1, got 9{60}$"),
        (f"0 {'9' * 10**5} 0.2 0.3 0.4", False, "is a finite number, got inf$"),
    ],
)
def test_a_wrong_line_is_named(root: Path, line: str, segments: bool, said: str) -> None:
    good = "0 0.1 0.1 0.2 0.2 0.3 0.3" if segments else "0 0.5 0.5 0.1 0.1"
    write(root, "b", "")
    path = write(root, "a", f"{good}\n\n{line}\n{good}")
    with pytest.raises(SourceError, match=said) as caught:
        YoloFolder(root / "images", root / "labels", ["cat", "dog"], segments=segments)
    assert str(caught.value).startswith(f"{path}, line 3: ")


def test_boxes_that_reach_outside_are_cut_and_counted(root: Path, epoch: Callable[..., Any]) -> None:
    inside = ["0 0.5 0.5 1 1", "0 0.5 0.5 1.000001 1", "0 0.5 0.9 0.2 0.2"]
    reach = ["0 0.95 0.5 0.2 0.2", "0.0 0.005 0.5 1.005 0.2", "0 -0.01 0.5 0.1 0.2"]
    gone = ["0 1.01 0.5 0.01 0.1", "0 -0.005 0.5 0 0"]
    write(root, "a", "\n".join([*inside, *reach, *gone]))
    source = YoloFolder(root / "images", root / "labels")
    assert (source.clipped, source.outside) == (3, 2)
    boxes = source.fields(0)["boxes"]
    assert boxes[:3].tolist() == [[0.5, 0.5, 1, 1], [0.5, 0.5, 1.000001, 1], [0.5, 0.9, 0.2, 0.2]]
    want = [[0.925, 0.5, 0.15, 0.2], [0.25375, 0.5, 0.5075, 0.2], [0.02, 0.5, 0.04, 0.2]]
    assert np.allclose(boxes[3:], want, rtol=0, atol=1e-12) and len(source.fields(0)["labels"]) == 6
    assert repr(source).endswith("4 pictures, 8 objects, 3 clipped, 2 outside)")
    found = epoch(source, Compose([HorizontalFlip(p=1)]))
    assert len(found[int(source.ids[0])][1]["boxes"]) == 6
    free = YoloFolder(root / "images", root / "labels", clip=False)
    assert len(free.fields(0)["boxes"]) == 8 and free.fields(0)["boxes"][3].tolist() == [0.95, 0.5, 0.2, 0.2]
    assert free.clipped == free.outside == 0


def test_polygons_that_reach_outside_are_cut_by_the_pipeline(root: Path, epoch: Callable[..., Any]) -> None:
    write(root, "a", "1 0.5 0.5 1.02 0.5 1.02 1\n0 1.005 0.5 1.01 0.5 1.01 0.6")
    write(root, "b", "0 0 0 0.5 0 0.5 0.5")
    source = YoloFolder(root / "images", root / "labels", segments=True)
    assert (source.clipped, source.outside) == (1, 1) and len(source.fields(1)["boxes"]) == 1
    fields = source.fields(0)
    assert np.allclose(fields["boxes"], [[0.75, 0.75, 0.5, 0.5]], rtol=0, atol=1e-12)
    assert fields["labels"].tolist() == [1] and fields["polygons"][0][0].tolist() == [0.5, 0.5, 1.02, 0.5, 1.02, 1]
    seen = epoch(source, Compose([HorizontalFlip(p=1)]))[int(source.ids[0])][1]
    assert seen["polygons"][0][0].min() == 0 and seen["polygons"][0][0].max() <= 1


def test_without_names_a_class_is_any_integer(root: Path) -> None:
    write(root, "a", "79 0.1 0.2 0.3 0.4")
    assert YoloFolder(root / "images", root / "labels").fields(0)["labels"].tolist() == [79]
    write(root, "a", "1e20 0.1 0.2 0.3 0.4")
    with pytest.raises(SourceError, match="the class is an integer from 0, got 1e20"):
        YoloFolder(root / "images", root / "labels")


def test_names_of_a_data_yaml(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = root / "data.yaml"
    for text in ("names: [cat, dog, owl]", "train: x\nnames:\n  0: cat\n  1: dog\n  2: owl\n"):
        path.write_text(text)
        assert YoloFolder(root / "images", root / "labels", path).classes == ["cat", "dog", "owl"]
        assert YoloFolder(root / "images", root / "labels", str(path)).classes == ["cat", "dog", "owl"]
    for text, said in [
        ("nc: 3", "`names` is a list of names, .* got None"),
        ("names: {1: cat, 2: dog}", "got a mapping of 1, 2$"),
        ("names: [a\0]", "unacceptable character #x0000"),
        ("names: " + "[" * 3000 + "]" * 3000, "its lists and mappings are nested too deeply to be read$"),
        (f"names: {'1' * 5000}", r"it cannot be read \(Exceeds the limit"),
        ("names: 2024-99-99", r"it cannot be read \(month must be"),
        ("names: !!float ''", "it cannot be read"),
        ("names: !!timestamp 'x'", "it cannot be read"),
        (f"names: 0x{'f' * 5000}", r"got what is too long to be shown \(of type int\)"),
        ("names: &a [*a]", r"got \[\[\[\["),
        ("names: {0.5: a, b: c}", "got a mapping of 0.5, 'b'$"),
        ("names: [1, 2]", r"got \[1, 2\]"),
        ("cat\ndog\n", "it is a text, .* as classes.txt and obj.names, pass the names: classes=Path"),
        ("names: [", r"data\.yaml: it cannot be read"),
    ]:
        path.write_text(text)
        with pytest.raises(SourceError, match=said):
            YoloFolder(root / "images", root / "labels", path)
    with pytest.raises(SourceError, match=r"absent\.yaml: it cannot be read \(No such file"):
        YoloFolder(root / "images", root / "labels", root / "absent.yaml")
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(SourceError, match=r'YAML needs PyYAML: pip install "variegate\[cli\]"; or pass the names'):
        YoloFolder(root / "images", root / "labels", path)


def test_what_is_no_data_set(root: Path) -> None:
    with pytest.raises(SourceError, match="absent: there is no such folder"):
        YoloFolder(root / "images", root / "absent")
    with pytest.raises(SourceError, match=r"is a file; YoloFolder takes the folder that holds the labels"):
        YoloFolder(root / "images", root / "labels" / "a.txt")
    with pytest.raises(SourceError, match=r"images: no labels; looked for \*\.txt"):
        YoloFolder(root / "images", root / "images")
    for name in LABELS:
        (root / "labels" / f"{name}.txt").unlink()
    write(root, "z", "")
    with pytest.raises(SourceError, match=r"none of its 1 text files belongs to a picture .* a\.jpg looks for a\.txt"):
        YoloFolder(root / "images", root / "labels")
    write(root, "a", "").write_bytes(b"\xff\xfe")
    with pytest.raises(SourceError, match=r"a\.txt: it cannot be read \('utf-8' codec"):
        YoloFolder(root / "images", root / "labels")


def test_a_pickled_source_is_the_same(root: Path, equal: Callable[..., bool]) -> None:
    source = YoloFolder(root / "images", root / "labels", ["cat", "dog", "owl"])
    assert equal(pickle.loads(pickle.dumps(source)), source)
    assert equal(YoloFolder(str(root / "images"), str(root / "labels"), ("cat", "dog", "owl")), source)


@pytest.mark.parametrize(
    ("path", "train"),
    [("", "images"), (".", "images"), ("images", "."), ("", "../images"), ("", ["images"]), ("absent/..", "./images/")],
)
def test_a_data_yaml_alone_is_enough(root: Path, path: str, train: Any) -> None:
    write(root, "a", "2 0.1 0.2 0.3 0.4")
    file = root / "data.yaml"
    file.write_text(json.dumps({"path": path, "train": train, "names": ["cat", "dog", "owl"]}))
    found = YoloFolder(file)
    plain = YoloFolder(root / "images", root / "labels", ["cat", "dog", "owl"])
    assert found.classes == plain.classes and found.root == plain.root and found.label_root == plain.label_root
    assert found.fields(0)["labels"].tolist() == [2] and np.array_equal(found.ids, plain.ids)
    assert YoloFolder(file, classes=["x", "y", "z"]).classes == ["x", "y", "z"]


def test_labels_lie_beside_the_pictures(root: Path) -> None:
    write(root, "a", "2 0.1 0.2 0.3 0.4")
    assert YoloFolder(root / "images").label_root == YoloFolder(root / "images", root / "labels").label_root
    (root / "images").rename(root / "pictures")
    with pytest.raises(SourceError, match=r"pictures: no folder of this path is called images"):
        YoloFolder(root / "pictures")
    assert data_yaml.labels_beside("/images/a/images") == "/images/a/labels"


def test_a_data_yaml_leads_nowhere_else(root: Path, tmp_path: Path) -> None:
    write(root, "a", "2 0.1 0.2 0.3 0.4")
    home = tmp_path / "elsewhere"
    home.mkdir()
    file = home / "data.yaml"

    def said(**content: Any) -> str:
        file.write_text(json.dumps({"names": ["cat", "dog", "owl"], **content}))
        with pytest.raises(SourceError) as problem:
            YoloFolder(file)
        return str(problem.value)

    assert said(path=str(root), train="images").endswith(
        f"its `path` is {root}, outside of its own folder; if that is meant, pass root={str(root)!r}"
    )
    assert len(YoloFolder(file, root=root)) == len(YoloFolder(root / "images", root / "labels"))
    assert f"`train` leads out of {home}, to " in said(train=str(root / "images"))
    assert f"`train` leads out of {home}, to " in said(train="../images")
    assert "`train` is the folder of pictures, got None; give folders one by one" in said(val="images")
    assert "`train` is the folder of pictures, got ['a', 'b']" in said(train=["a", "b"])
    assert "`train` is the folder of pictures, got 'train.txt'" in said(train="train.txt")
    file.write_text(json.dumps({"names": [], "train": "images"}))
    with pytest.raises(SourceError, match=r"^a data\.yaml has the parts train, val, test, got part='valid'$"):
        YoloFolder(file, part="valid")
