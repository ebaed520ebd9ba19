"""A COCO file gives each picture its own annotations, in the fields asked for; what is wrong in it is named."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from variegate.errors import InputError, SourceError
from variegate.loader import CocoJson, ImageFolder, Subset
from variegate.ops.flip import HorizontalFlip
from variegate.pipeline import Compose
from variegate.targets import Boxes, Keypoints, Mask, PerInstance, PerSample, Polygons, Targets

ALL = ("boxes", "labels", "polygons", "masks", "keypoints", "iscrowd", "area", "ids", "image_id")
SQUARE = [2, 1, 6, 1, 6, 4, 2, 4]

ROOM = lambda size: memoryview(bytearray(size))  # noqa: E731


def annotation(id: int, image: int, kind: int, crowd: int = 0, **more: Any) -> dict[str, Any]:
    bbox = [id / 10, 1, 4, 3]
    return {"id": id, "image_id": image, "category_id": kind, "iscrowd": crowd, "bbox": bbox, "area": 12, **more}


CONTENT: dict[str, Any] = {
    "images": [
        {"id": 7, "file_name": "b.jpg", "height": 12, "width": 20},
        {"id": 3, "file_name": "deep/a.png", "height": 12, "width": 20},
        {"id": 5, "file_name": "c.jpg"},
    ],
    "categories": [
        {"id": 90, "name": "owl"},
        {"id": 1, "name": "person", "keypoints": ["nose", "left_eye", "right_eye"], "skeleton": [[1, 2]]},
        {"id": 4, "name": "cat"},
    ],
    "annotations": [
        annotation(20, 3, 90, segmentation=[SQUARE, [8.25, 8, 9, 8, 9, 9]]),
        annotation(21, 7, 4, segmentation=[SQUARE]),
        annotation(22, 3, 1, segmentation=[SQUARE], keypoints=[4, 5, 2, 6, 7, 1, 0, 0, 0], num_keypoints=2),
        annotation(23, 3, 1, crowd=1, segmentation={"size": [12, 20], "counts": [12, 24, 204]}),
        annotation(24, 7, 90, segmentation={"size": [12, 20], "counts": [0, 12, 228]}),
        annotation(19, 3, 4, segmentation=[SQUARE]),
    ],
}


@pytest.fixture
def content() -> dict[str, Any]:
    return copy.deepcopy(CONTENT)


@pytest.fixture
def root(tmp_path: Path, photo: Callable[..., Path]) -> Path:
    for name in ("b.jpg", "deep/a.png", "c.jpg"):
        photo(tmp_path / "images" / name)
    return tmp_path


def source(root: Path, content: Any, *rest: Any, **options: Any) -> CocoJson:
    (root / "x.json").write_text(json.dumps(content))
    return CocoJson(root / "images", root / "x.json", *rest, **options)


def sized(content: dict[str, Any]) -> dict[str, Any]:
    content["images"][2] |= {"height": 12, "width": 20}
    return content


def lists(rings: Any) -> Any:
    return [[ring.tolist() for ring in each] for each in rings]


def test_each_picture_has_its_annotations_in_the_order_of_the_file(
    root: Path, content: Any, read_leaves: Callable[..., Any]
) -> None:
    coco = source(root, content)
    assert coco.paths == ["b.jpg", "deep/a.png", "c.jpg"] and coco.image_ids.tolist() == [7, 3, 5]
    assert coco.classes == ["person", "cat", "owl"] and coco.labels is None
    assert coco.targets == Targets(boxes=Boxes("coco"), labels=PerInstance(), polygons=Polygons(flat=True))
    first, second, third = (coco.fields(i) for i in range(3))
    assert list(second) == ["boxes", "labels", "polygons"]
    assert second["boxes"].tolist() == [[2, 1, 4, 3], [2.2, 1, 4, 3], [1.9, 1, 4, 3]]
    assert second["labels"].tolist() == [2, 0, 1] and second["labels"].dtype == np.int64
    assert lists(second["polygons"]) == [[SQUARE, [8.25, 8, 9, 8, 9, 9]], [SQUARE], [SQUARE]]
    assert first["labels"].tolist() == [1, 2] and lists(first["polygons"]) == [[SQUARE], []]  # an RLE has no rings
    assert third["boxes"].shape == (0, 4) and third["labels"].shape == (0,) and third["polygons"] == []
    for i in range(3):
        assert read_leaves(coco, i, (12, 20))["boxes"].count == len(coco.fields(i)["labels"])
    assert repr(coco) == f"CocoJson('{root}/x.json', 3 pictures, 5 objects)"


def test_crowds_come_where_they_are_wanted(root: Path, content: Any) -> None:
    without, with_them = source(root, content, ALL[4:]), source(root, content, ALL[4:], crowd=True)
    assert without.left_out == 1 and with_them.left_out == 0
    assert without.fields(1)["ids"].tolist() == [20, 22, 19] and without.fields(1)["iscrowd"].tolist() == [0, 0, 0]
    assert with_them.fields(1)["ids"].tolist() == [20, 22, 23, 19]
    assert with_them.fields(1)["iscrowd"].tolist() == [0, 0, 1, 0]


def test_every_field(root: Path, content: Any, read_leaves: Callable[..., Any]) -> None:
    coco = source(root, sized(content), ALL, crowd=True)
    assert coco.targets == Targets(
        boxes=Boxes("coco"),
        labels=PerInstance(),
        polygons=Polygons(flat=True),
        masks=Mask(stack=True),
        keypoints=Keypoints("xyv", swap=((1, 2),)),
        iscrowd=PerInstance(),
        area=PerInstance(),
        ids=PerInstance(),
        image_id=PerSample(),
    )
    fields = coco.fields(1)
    assert set(fields) == set(ALL) and fields["area"].tolist() == [12.0] * 4 and fields["image_id"] == 3
    want = np.zeros((4, 12, 20), np.uint8)
    want[:, 1:4, 2:6] = 1
    want[2], want[2, :, 1:3] = 0, 1
    want[0, 8, 8] = fields["masks"][0, 8, 8]  # a triangle
    assert np.array_equal(fields["masks"], want)
    zeros = [[0, 0, 0]] * 3
    assert fields["keypoints"].tolist() == [zeros, [[4.5, 5.5, 2], [6.5, 7.5, 1], [0, 0, 0]], zeros, zeros]
    leaves = read_leaves(coco, 1, (12, 20))
    assert {leaves[name].count for name in ALL if name != "image_id"} == {4}
    empty = coco.fields(2)
    assert empty["masks"].shape == (0, 12, 20) and empty["keypoints"].shape == (0, 3, 3)
    assert read_leaves(coco, 2, (12, 20))["masks"].count == 0


def test_masks_have_the_size_of_their_picture(root: Path, content: Any) -> None:
    sized(content)["images"][0] |= {"height": 6, "width": 4}
    content["annotations"][4]["segmentation"] = {"size": [6, 4], "counts": [0, 6, 18]}
    coco = source(root, content, ["masks"], crowd=True)
    assert [coco.fields(i)["masks"].shape for i in range(3)] == [(2, 6, 4), (4, 12, 20), (0, 12, 20)]
    assert coco.fields(0)["masks"][1].tolist() == [[1, 0, 0, 0]] * 6


def test_fields_are_those_asked_for(root: Path, content: Any) -> None:
    for name in ALL:
        if name != "masks":
            coco = source(root, content, [name])
            assert list(coco.fields(1)) == [name] and coco.targets is not None and name in coco.targets
            assert len(coco.targets) == len(Targets(**{name: coco.targets[name]}))
    for row in content["annotations"]:
        del row["segmentation"], row["area"]
    assert len(source(root, content, ["boxes", "labels"]).fields(1)["boxes"]) == 3
    with pytest.raises(SourceError, match=r'annotations\[1\] \(id 21\): it has no "segmentation".* leave masks out'):
        source(root, sized(content), ["masks"])
    with pytest.raises(SourceError, match='it has no "area", which is a number'):
        source(root, content, ["area"])
    with pytest.raises(SourceError, match=r"CocoJson\.fields are some of boxes, labels, .*; got 'bbox'"):
        source(root, content, ["bbox"])


def test_classes_are_numbered_as_asked(root: Path, content: Any) -> None:
    coco = source(root, content, ["labels", "ids"], ["owl", "cat"])
    assert coco.classes == ["owl", "cat"] and coco.left_out == 2
    assert coco.fields(1)["ids"].tolist() == [20, 19] and coco.fields(1)["labels"].tolist() == [0, 1]
    with pytest.raises(SourceError, match=r"x\.json has no category 'dog'; it has person, cat, owl"):
        source(root, content, ["labels"], ["dog"])
    with pytest.raises(SourceError, match="no category has keypoints"):
        source(root, content, ["keypoints"], ["owl"])


def test_keypoints_may_be_places_already(root: Path, content: Any) -> None:
    coco = source(root, content, ["keypoints"], pixel_keypoints=False)
    assert coco.fields(1)["keypoints"][1].tolist() == [[4, 5, 2], [6, 7, 1], [0, 0, 0]]


def test_a_file_without_annotations_is_one(root: Path, content: Any) -> None:
    content["annotations"] = []
    coco = source(root, sized(content), ALL)
    assert coco.fields(0)["boxes"].shape == (0, 4) and coco.fields(0)["masks"].shape == (0, 12, 20)
    assert coco.fields(0)["image_id"] == 7 and coco.left_out == 0


def test_ids_are_those_of_the_folder_of_pictures(root: Path, content: Any) -> None:
    coco, folder = source(root, content, mode="L"), ImageFolder(root / "images", labelled=False)
    ids = dict(zip(folder.paths, folder.ids.tolist(), strict=True))
    assert coco.ids.tolist() == [ids[path] for path in coco.paths] and coco.mode == "L"
    assert coco.where(1) == f"{root}/images/deep/a.png" and coco.read(1) == Path(coco.where(1)).read_bytes()


def test_the_size_in_the_file_must_be_that_of_the_picture(root: Path, content: Any, photo: Callable[..., Path]) -> None:
    coco = source(root, content)
    assert coco.size_of_labels(0) == (12, 20) and coco.size_of_labels(2) is None
    path = photo(root / "images" / "b.jpg", 12, 20, orientation=6)
    with pytest.raises(InputError, match=r"b\.jpg: the picture is 20 x 12 .* for 12 x 20: labels lie on .* upright"):
        coco.sample(0, ROOM)
    with pytest.raises(InputError, match="EXIF orientation asks for; turn the labels, or save the picture without"):
        Subset(coco, [0]).sample(0, ROOM)
    photo(path, 20, 12, orientation=6)
    assert coco.sample(0, ROOM)[0] == path.read_bytes()
    photo(root / "images" / "deep" / "a.png", 6, 10)
    with pytest.raises(
        InputError, match=r"the picture is 6 x 10 .* another picture, or to this one before it was resized"
    ):
        coco.sample(1, ROOM)
    photo(root / "images" / "c.jpg", 5, 5)
    assert coco.sample(2, ROOM)[0]  # of which the file says nothing


@pytest.mark.parametrize(
    ("place", "change", "said"),
    [
        (("images", 1), {"file_name": "b.jpg"}, r'images\[1\] \(id 3\): "file_name" is \'b.jpg\', as of images\[0\]'),
        (("images", 2), {"id": 7}, r'images\[2\] \(id 7\): "id" is 7, as of images\[0\]'),
        (
            ("images", 1),
            {"file_name": "z.jpg"},
            r"there is no .*/images/z\.jpg; 1 of 3 pictures are missing\. Give the",
        ),
        (("images", 0), {"file_name": None}, '"file_name" is a path within the folder of pictures, got None'),
        (("images", 0), {"file_name": ""}, "a path is not empty, got '' for \"file_name\""),
        (("images", 0), {"height": "12"}, "\"height\" is an integer, got '12'"),
        (("categories", 1), {"id": 4}, r'categories\[2\] \(id 4\): "id" is 4, as of categories\[1\]'),
        (("categories", 1), {"id": 4.0}, r'categories\[2\] \(id 4\): "id" is 4, as of categories\[1\]'),
        (("annotations", 3), {"image_id": "3"}, r"\(id 23\): it is of image '3', which is not among the images"),
        (("annotations", 3), {"image_id": [3]}, r'\(id 23\): "image_id" is an integer or a text, got \[3\]'),
        (("images", 0), {"height": 1e300}, r'"height" is an integer of 64 bits, got 1e\+300'),
        (("images", 0), {"width": 10**30}, '"width" is an integer of 64 bits, got 1000000'),
        (("categories", 1), {"name": 3}, '"name" is a text, got 3'),
        (("annotations", 3), {"image_id": 4}, r"annotations\[3\] \(id 23\): it is of image 4, which is not among"),
        (("annotations", 3), {"category_id": 2}, r"\(id 23\): it is of category 2, which is not among the categories"),
        (("annotations", 5), {"bbox": [1, 2, 3]}, r'\(id 19\): "bbox" is a list of 4 numbers, got \[1, 2, 3\]'),
        (("annotations", 5), {"segmentation": [[1, 2, 3]]}, r"\(id 19\): ring 0 of its segmentation has 3 numbers"),
        (("annotations", 0), {"iscrowd": "no"}, "\"iscrowd\" is 0 or 1, got 'no'"),
    ],
)
def test_what_is_wrong_is_named(
    root: Path, content: Any, place: tuple[str, int], change: dict[str, Any], said: str
) -> None:
    content[place[0]][place[1]] |= change
    with pytest.raises(SourceError, match=said) as caught:
        source(root, content)
    assert str(caught.value).startswith(f"{root}/x.json: ")


def test_a_data_set_has_pictures(root: Path, content: Any) -> None:
    with pytest.raises(SourceError, match=r'x\.json: "images" is empty'):
        source(root, content | {"images": []})
    with pytest.raises(SourceError, match="absent: there is no such folder"):
        CocoJson(root / "absent", root / "x.json")
    with pytest.raises(SourceError, match='mode of CocoJson is "RGB"'):
        source(root, content, mode="HSV")


def test_masks_need_sizes_and_the_extra(root: Path, content: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match=r"images\[2\] \(id 5\): it has no height and width, without which no mask"):
        source(root, content, ["masks"])
    monkeypatch.setitem(sys.modules, "pycocotools", None)
    assert len(source(root, content, crowd=True).fields(1)["polygons"]) == 4
    with pytest.raises(
        SourceError, match=r'x\.json: masks of outlines are drawn by pycocotools: pip install "variegate\[coco\]"'
    ):
        source(root, sized(content), ["masks"])


def test_a_pickled_source_is_the_same(root: Path, content: Any, equal: Callable[..., bool]) -> None:
    coco = source(root, sized(content), ALL, crowd=True)
    assert equal(pickle.loads(pickle.dumps(coco)), coco)


def test_threads_read_the_same(root: Path, content: Any) -> None:
    coco = source(root, sized(content), ALL)
    alone = [str(coco.fields(i)) for i in range(3)] * 50
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda i: str(coco.fields(i)), [*range(3)] * 50)) == alone


def test_a_set_for_detection_has_no_outlines(root: Path, content: Any, epoch: Callable[..., Any]) -> None:
    for n, row in enumerate(content["annotations"]):
        row["segmentation"] = None
        if n % 2:
            del row["segmentation"]
    coco = source(root, content)
    assert lists(coco.fields(1)["polygons"]) == [[], [], []] and len(coco.fields(1)["boxes"]) == 3
    assert len(epoch(coco)) == 3


@pytest.mark.parametrize("kind", [float, str, lambda id: 10**30 + id], ids=["floats", "texts", "more than 64 bits"])
def test_ids_are_whole_floats_or_texts(root: Path, content: Any, kind: Callable[[int], Any]) -> None:
    fields = "labels", "ids", "image_id"
    plain, other = source(root, content, fields), copy.deepcopy(content)
    for name, keys in (("images", ["id"]), ("categories", ["id"]), ("annotations", ["id", "image_id", "category_id"])):
        for row in other[name]:
            row |= {key: kind(row[key]) for key in keys}
    coco = source(root, other, fields)
    assert isinstance(coco.image_ids, np.ndarray if kind is float else list) and coco.image_ids[0] == kind(7)
    for i in range(3):
        got, want = coco.fields(i), plain.fields(i)
        assert list(got["ids"]) == [kind(id) for id in want["ids"].tolist()]
        assert isinstance(got["ids"], np.ndarray if kind is float else list)
        assert got["image_id"] == kind(want["image_id"]) and type(got["image_id"]) is (str if kind is str else int)
        names = [[s.classes[n] for n in f["labels"].tolist()] for s, f in ((coco, got), (plain, want))]
        assert names[0] == names[1]


def test_ids_that_are_texts_come_in_batches(root: Path, content: Any, epoch: Callable[..., Any]) -> None:
    for row in content["annotations"]:
        row["id"] = f"a{row['id']}"
    coco = source(root, content, ["boxes", "ids"])
    found = epoch(coco, Compose([HorizontalFlip(p=1)]), collate="list")
    assert [found[id][1]["ids"] for id in coco.ids.tolist()] == [["a21", "a24"], ["a20", "a22", "a19"], []]


def test_categories_of_one_name_are_one_class(root: Path, content: Any) -> None:
    content["categories"][0]["name"] = "cat"
    coco = source(root, content, ["labels", "ids"])
    assert coco.classes == ["person", "cat"] and coco.left_out == 1
    assert coco.fields(1)["labels"].tolist() == [1, 0, 1] and coco.fields(0)["labels"].tolist() == [1, 1]
    assert source(root, content, ["ids"], ["cat"]).fields(1)["ids"].tolist() == [20, 19]


def test_masks_that_are_marked_as_crowds_are_told(root: Path, content: Any, recwarn: pytest.WarningsRecorder) -> None:
    """As CVAT and Datumaro mark every mask."""
    rows = content["annotations"]
    for row in rows[:3]:
        row["iscrowd"] = 1
    with pytest.warns(UserWarning, match=r"x\.json: 4 of 6 objects are marked iscrowd.* crowd=True takes") as caught:
        assert source(root, content).left_out == 4
    assert caught[0].filename == __file__
    recwarn.clear()
    assert source(root, content, crowd=True).left_out == 0
    rows[0]["iscrowd"] = 0
    assert source(root, content).left_out == 3 and not recwarn


def test_a_path_as_windows_writes_it_is_told(root: Path, content: Any) -> None:
    content["images"][1]["file_name"] = "deep\\a.png"
    with pytest.raises(SourceError, match=r'1 of 3 pictures are missing\. Write "/" for "\\" in "file_name", or give'):
        source(root, content)


def test_an_id_may_be_an_empty_text(root: Path, content: Any) -> None:
    names = {90: "", 1: 2, 4: "b"}
    for row in content["categories"]:
        row["id"] = names[row["id"]]
    for row in content["annotations"]:
        row["category_id"] = names[row["category_id"]]
    assert source(root, content).classes == ["person", "owl", "cat"]
    del content["categories"]
    assert source(root, content).classes == ["2", "", "b"]


@pytest.mark.parametrize(("side", "said"), [(-12, "it is -12 x 20"), (True, "is an integer, got True")])
def test_a_side_that_cannot_be_is_none_that_is_not_given(root: Path, content: Any, side: Any, said: str) -> None:
    content["images"][1]["height"] = side
    with pytest.raises(SourceError, match=rf"images\[1\] \(id 3\): .*{said}"):
        source(root, content)
    content["images"][1]["height"] = 0
    assert source(root, content).size_of_labels(1) is None


@pytest.mark.parametrize("empty", [True, False])
def test_without_categories_an_id_is_a_name(root: Path, content: Any, empty: bool) -> None:
    del content["categories"]
    content |= {"categories": []} if empty else {}
    coco = source(root, content)
    assert coco.classes == ["1", "4", "90"] and coco.fields(1)["labels"].tolist() == [2, 0, 1]
    assert source(root, content, ["labels"], ["90"]).fields(1)["labels"].tolist() == [0]
    with pytest.raises(SourceError, match=r"has no category 'cat'; it has 1, 4, 90"):
        source(root, content, ["labels"], ["cat"])
    for row in content["annotations"]:
        del row["category_id"]
    assert len(source(root, content, ["boxes", "ids"]).fields(1)["boxes"]) == 3  # objects of no class
    for asked in ({"fields": ["labels"]}, {"fields": ["boxes"], "classes": ["1"]}):
        with pytest.raises(SourceError, match=r'\(id 20\): it has no "category_id", without which .* leave labels out'):
            source(root, content, **asked)


def test_boxes_that_reach_outside_are_cut_and_counted(root: Path, content: Any, epoch: Callable[..., Any]) -> None:
    inside = [[0, 0, 20, 12], [19.995, 3, 0.01, 2], [-0.005, 0, 3, 3]]  # the last by a hundredth of a pixel at most
    reach = [[-2, 1, 4, 3], [18, 10, 5, 9], [-1, -1, 30, 30]]
    gone = [[20.5, 1, 4, 3], [-5, 1, 4, 3], [3, 12, 4, 3]]
    boxes = [*inside, *reach, *gone]
    content["annotations"] = [annotation(n, 7, 4) | {"bbox": box} for n, box in enumerate(boxes)]
    coco = source(root, content, ["boxes", "ids", "area"])
    assert (coco.clipped, coco.outside, coco.left_out) == (3, 3, 0)
    fields = coco.fields(0)
    assert fields["boxes"].tolist() == [*inside, [0, 1, 2, 3], [18, 10, 2, 2], [0, 0, 20, 12]]
    assert fields["ids"].tolist() == [0, 1, 2, 3, 4, 5] and fields["area"].tolist() == [12.0] * 6
    assert repr(coco) == f"CocoJson('{root}/x.json', 3 pictures, 6 objects, 3 clipped, 3 outside)"
    assert sum(len(labels["boxes"]) for _, labels in epoch(coco, Compose([HorizontalFlip(p=1)])).values()) == 6
    free = source(root, content, ["boxes"], clip=False)
    assert free.fields(0)["boxes"].tolist() == boxes and (free.clipped, free.outside) == (0, 0)
    for row in content["images"]:
        row.pop("width", None)  # so nobody knows where they end
    assert source(root, content, ["boxes"]).fields(0)["boxes"].tolist() == boxes


def test_outlines_that_reach_outside_are_cut_by_the_pipeline(
    root: Path, content: Any, epoch: Callable[..., Any]
) -> None:
    content["annotations"] = [annotation(1, 7, 4, segmentation=[[-3, 1, 5, 1, 5, 4]]) | {"bbox": [-3, 1, 8, 3]}]
    coco = source(root, content)
    assert lists(coco.fields(0)["polygons"]) == [[[-3, 1, 5, 1, 5, 4]]]
    seen = epoch(coco, Compose([HorizontalFlip(p=1)]))[int(coco.ids[0])][1]
    assert seen["polygons"][0][0].reshape(-1, 2).max(axis=0).tolist() == [20, 4]
    assert seen["boxes"].tolist() == [[15, 1, 5, 3]]


def test_boxes_of_another_form_are_warned_of(root: Path, content: Any) -> None:
    content["annotations"] = [annotation(n, 7, 4) | {"bbox": [8, 6, 18, 11]} for n in range(20)]  # x0, y0, x1, y1
    with pytest.warns(UserWarning, match=r"x\.json: 20 of 20 boxes reach outside .* x, y, width, height in pixels"):
        assert source(root, content, ["boxes"]).clipped == 20


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../b.jpg", r"'\.\./b\.jpg' climbs out of it by \.\."),
        ("deep/../../b.jpg", r"climbs out of it by \.\."),
        (r"deep\..\b.jpg", r"climbs out of it by \.\."),
        ("/etc/hostname", "'/etc/hostname' is absolute"),
        ("file:///etc/hostname", "is a URL"),
        ("simplecache::s3://bucket/b.jpg", "is a URL"),
        ("b\0.jpg", "a path has no NUL in it"),
        ("b\ud800.jpg", "a path has no halves of letters"),
    ],
)
def test_a_file_name_stays_in_the_folder(root: Path, content: Any, name: str, said: str) -> None:
    content["images"][1]["file_name"] = name
    with pytest.raises(SourceError, match=rf"^{root}/x\.json: images\[1\] \(id 3\): .*{said}"):
        source(root, content)
    content["images"][1]["file_name"] = "..a..b.jpg"  # which leads nowhere else
    with pytest.raises(SourceError, match="there is no"):
        source(root, content)


@pytest.mark.parametrize("size", [(10**9, 10**9), (5, 10**9), (20_000, 20_000), (1 << 62, 1 << 62)])
def test_no_mask_of_a_made_up_size_is_made(root: Path, content: Any, size: tuple[int, int]) -> None:
    sized(content)["images"][1] |= {"height": size[0], "width": size[1]}
    with pytest.raises(SourceError, match=rf"images\[1\] \(id 3\): it is {size[0]} x {size[1]}; a mask has at most 17"):
        source(root, content, ["masks"])
    content["annotations"] = content["annotations"][1:3]
    assert source(root, content, ["boxes"]).fields(1)["boxes"].shape == (1, 4)


def test_what_cannot_be_read(root: Path, content: Any) -> None:
    with pytest.raises(SourceError, match=r"it cannot be read \(embedded null byte"):
        CocoJson(root / "images", "x\0.json")
    content["categories"] = [{"id": n, "name": f"{n:060}"} for n in range(5000)]
    with pytest.raises(SourceError, match=r"has no category 'x'; it has 0{60}, .* and 4980 more") as caught:
        source(root, content | {"annotations": []}, classes=["x"])
    assert len(str(caught.value)) < 2000
