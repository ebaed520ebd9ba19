"""VOC's pixel numbers become edges; what a file lacks is named."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.errors import InputError, SourceError
from variegate.loader import Cache, ImageFolder, Loader, Subset, VocFolder
from variegate.targets import Boxes, PerInstance, Targets

ROOM = lambda size: memoryview(bytearray(size))  # noqa: E731


def item(name: str, corners: tuple[Any, ...], more: str = "") -> str:
    inside = "".join(f"<{k}>{v}</{k}>" for k, v in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True))
    return f"<object><name>{name}</name>{more}<bndbox>{inside}</bndbox></object>"


PART = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>"


@pytest.fixture
def root(tmp_path: Path, photo: Callable[..., Path]) -> Path:
    for name in ("a", "b", "c"):
        photo(tmp_path / "JPEGImages" / f"{name}.jpg")
    note(
        tmp_path,
        "a",
        item("dog", (3, 2, 7, 5), PART + "<difficult>1</difficult>"),
        item("bird", ("1", " 1.0\n", "20", 12.5)),
    )
    note(tmp_path, "b")
    note(tmp_path, "c", item("person", (1, 1, 1, 1), "<difficult>0</difficult>"), size="")
    listing = tmp_path / "ImageSets" / "Main"
    listing.mkdir(parents=True)
    (listing / "val.txt").write_text("c\n\na  \n")
    return tmp_path


def note(root: Path, name: str, *objects: str, size: str = "<height>12</height><width>20</width>") -> Path:
    path = root / "Annotations" / f"{name}.xml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"<annotation><filename>x.jpg</filename><size>{size}</size>{''.join(objects)}</annotation>")
    return path


def test_pixel_numbers_become_edges(root: Path, read_leaves: Callable[..., Any]) -> None:
    image = np.zeros((12, 20, 3), np.uint8)
    image[1:5, 2:7] = 255  # rows 2 to 5 and columns 3 to 7, the first being 1
    Image.fromarray(image).save(root / "JPEGImages" / "a.png")
    (root / "JPEGImages" / "a.jpg").unlink()
    source = VocFolder(root)
    assert source.where(0) == f"{root}/JPEGImages/a.png"
    fields = source.fields(0)
    left, top, right, bottom = fields["boxes"][0].astype(int)
    assert image[top:bottom, left:right].all() and image.sum() == image[top:bottom, left:right].sum()
    assert fields["boxes"].tolist() == [[2, 1, 7, 5], [0, 0, 20, 12.5]] and fields["boxes"].dtype == np.float64
    assert read_leaves(VocFolder(root, "val"), 0, (12, 20))["boxes"].xyxy.tolist() == [[0, 0, 1, 1]]


def test_an_object_has_a_class_and_may_be_difficult(root: Path) -> None:
    source = VocFolder(root)
    assert len(source.classes) == 20 and list(source.classes) == sorted(source.classes)
    fields = source.fields(0)
    assert list(fields) == ["boxes", "labels", "difficult"]
    assert [source.classes[n] for n in fields["labels"]] == ["dog", "bird"] and fields["labels"].dtype == np.int64
    assert fields["difficult"].tolist() == [1, 0] and fields["difficult"].dtype == np.int64
    assert source.targets == Targets(boxes=Boxes("voc"), labels=PerInstance(), difficult=PerInstance())
    empty = source.fields(1)
    assert empty["boxes"].shape == (0, 4) and empty["labels"].shape == empty["difficult"].shape == (0,)
    assert repr(source) == f"VocFolder('{root}', 3 pictures, 3 objects)"


def test_fields_and_edges_as_asked(root: Path) -> None:
    source = VocFolder(root, fields=["labels", "boxes"], one_based=False, mode="L")
    assert list(source.fields(0)) == ["labels", "boxes"] and source.mode == "L"
    assert source.fields(0)["boxes"][0].tolist() == [3, 2, 7, 5]
    assert source.targets == Targets(boxes=Boxes("voc"), labels=PerInstance())
    with pytest.raises(SourceError, match=r"VocFolder\.fields are some of boxes, labels, difficult; got 'pose'"):
        VocFolder(root, fields=["pose"])


def test_a_split_chooses_and_orders(root: Path) -> None:
    source = VocFolder(root, "val")
    assert source.paths == ["c.jpg", "a.jpg"] and [len(source.fields(i)["labels"]) for i in range(2)] == [1, 2]
    ids = dict(zip(*(getattr(ImageFolder(root / "JPEGImages"), name) for name in ("paths", "ids")), strict=True))
    assert source.ids.tolist() == [ids["c.jpg"], ids["a.jpg"]]
    listing = root / "ImageSets" / "Main"
    for text, said in [
        ("a 1\nb -1\n", r"dog_val\.txt, line 1: a line is a name alone, got 'a 1'; the lists of one class"),
        ("a\nz\n", r"JPEGImages: there is no picture for z; each name of the list needs one"),
        ("a\na\n", "'a' twice"),
        ("", "no names"),
    ]:
        (listing / "dog_val.txt").write_text(text)
        with pytest.raises(SourceError, match=said):
            VocFolder(root, "dog_val")
    with pytest.raises(SourceError, match=r"Main/test\.txt: it cannot be read \(No such file"):
        VocFolder(root, "test")


def test_picture_and_annotation_go_together(root: Path, photo: Callable[..., Path]) -> None:
    photo(root / "JPEGImages" / "d.jpg")
    with pytest.raises(SourceError, match="Annotations: there is no annotation for d; each picture"):
        VocFolder(root)
    assert len(VocFolder(root, "val")) == 2
    (root / "JPEGImages" / "a.jpg").unlink()
    note(root, "d")
    with pytest.raises(SourceError, match="JPEGImages: there is no picture for a; each annotation"):
        VocFolder(root)


def test_the_size_of_the_file_must_be_that_of_the_picture(root: Path, photo: Callable[..., Path]) -> None:
    assert VocFolder(root).size_of_labels(0) == (12, 20) and VocFolder(root).size_of_labels(2) is None
    path = photo(root / "JPEGImages" / "a.jpg", 12, 20, orientation=6)
    with pytest.raises(
        InputError, match=r"a\.jpg: the picture is 20 x 12 .* its labels are for 12 x 20: labels lie on"
    ):
        VocFolder(root).sample(0, ROOM)
    photo(path, 20, 12, orientation=6)  # upright, it is 12 x 20
    assert VocFolder(root).sample(0, ROOM)[0] == path.read_bytes()


@pytest.mark.parametrize("cache", [None, "memory", "disk", "reduced"])
@pytest.mark.parametrize("subset", [False, True])
def test_the_size_is_held_against_the_picture_wherever_it_comes_from(
    root: Path, tmp_path: Path, photo: Callable[..., Path], cache: str | None, subset: bool
) -> None:
    """A cache that was filled without the labels, or with good ones, gave pictures that were held against nothing."""
    photo(root / "JPEGImages" / "a.jpg", 20, 12, orientation=6)
    places = {"memory": "memory", "disk": tmp_path / "cache", "reduced": Cache(tmp_path / "cache", max_side=8)}
    options: dict[str, Any] = {"cache": places.get(cache or ""), "batch_size": 1, "shuffle": False, "workers": 0}

    def batch(source: Any) -> Any:
        one = Loader(Subset(source, [0]) if subset else source, **options)
        try:
            return one.batch(0, 0)
        finally:
            one.close()  # which writes what it has cached

    note(root, "a", item("dog", (1, 1, 4, 4)))
    batch(VocFolder(root))
    if cache in ("disk", "reduced"):
        found = Loader(VocFolder(root), **options)
        found.batch(0, 0)
        assert found.stats()["cache"]["hits"] >= 1
    note(root, "a", item("dog", (1, 1, 4, 4)), size="<height>20</height><width>12</width>")  # as it is stored
    with pytest.raises(InputError, match=r"a\.jpg: the picture is 12 x 20 .* for 20 x 12: labels lie on the picture"):
        batch(VocFolder(root))
    note(root, "a", item("dog", (1, 1, 4, 4)), size="<height>24</height><width>40</width>")
    with pytest.raises(InputError, match=r"a\.jpg: the picture is 12 x 20 .* for 24 x 40: they belong to another"):
        batch(VocFolder(root))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (item("dog", (1, 1, 2, 2)) + "<object/>", "object 2, '': it has no name"),
        ("<object><name>dog</name></object>", "object 1, 'dog': <bndbox><xmin> is a number, it has none"),
        (item("dog", (1, 1, "", 2)), "<bndbox><xmax> is a number, got ''"),
        (item("dog", (1, "nan", 2, 2)), "<bndbox><ymin> is a number, got 'nan'"),
        (item("dog", (1, 1, 2, 2), "<difficult>so</difficult>"), "<difficult> is a number, got 'so'"),
        (item("dog", (1, 1, 2, 2), "<difficult>1e300</difficult>"), "<difficult> is a whole number, got '1e300'"),
        (item("dog", (1, 1, 2, 2), "<difficult>0.5</difficult>"), "<difficult> is a whole number, got '0.5'"),
        (item("dog", (1, 1, "9" * 10**5, 2)), r"<xmax> is a number, got '9{56}\.\.\.$"),
        (item("dog", (1, "1_0", 20, 12)), "<bndbox><ymin> is a number, got '1_0'"),
        (item("dog", (1, 1, "\N{ARABIC-INDIC DIGIT TWO}", 2)), "<bndbox><xmax> is a number, got"),
        (item("dog", (1, 1, 2, 2), "<difficult>0_1</difficult>"), "<difficult> is a number, got '0_1'"),
        (item("dog", (1, 1, 2, 2), "<bndbox/>"), "object 1, 'dog': it has several <bndbox>; an object has one$"),
        (f"<objects>{item('dog', (1, 1, 2, 2))}</objects>", "it has a <bndbox>, and no <object> right below"),
        (item("dog", (1, 1, 2, 2)).replace("object>", "Object>"), "it has a <bndbox>, and no <object> right below"),
        ("<size>", r"it is no XML: mismatched tag: line 1"),
    ],
)
def test_what_a_file_lacks_is_named(root: Path, text: str, said: str) -> None:
    path = note(root, "b", text)
    with pytest.raises(SourceError, match=said) as caught:
        VocFolder(root)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("side", ["1e300", "-1e300", "12.5", "9" * 400])
def test_a_size_is_a_whole_number_of_pixels(root: Path, side: str) -> None:
    path = note(root, "b", size=f"<height>{side}</height><width>20</width>")
    with pytest.raises(SourceError, match=rf"^{path}: <size><height> is a (whole )?number, got '{side[:20]}"):
        VocFolder(root)
    note(root, "b", size="<height>12.0</height><width>20</width>")
    assert VocFolder(root).size_of_labels(1) == (12, 20)
    note(root, "b", size="<height>-12</height><width>20</width>")
    with pytest.raises(SourceError, match=rf"^{path}: <size><height> is a number of pixels, got -12; 0 says not known"):
        VocFolder(root)


@pytest.mark.parametrize("size", ["", "<height/><width/>", "<height> </height><width/>", "<height>0</height>"])
def test_a_size_may_be_left_open(root: Path, size: str) -> None:
    note(root, "b", item("dog", (1, 1, 3, 3)), size=size)
    assert VocFolder(root).size_of_labels(1) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<annotations><image/></annotations>", r"<annotations>; CVAT writes VOC's if asked to export Pascal VOC$"),
        ("<doc><annotation/></doc>", r"VOC's XML is an <annotation>, one a picture; got <doc>$"),
        ("<Annotation/>", "got <Annotation>$"),
        (f"<{'x' * 10**6}/>", "got <x{60}>$"),
        ('<?xml version="1.0" encoding="nobodys"?><annotation/>', "it is no XML: unknown encoding: nobodys"),
        ('<?xml version="1.0" encoding="utf-7"?><annotation/>', "it is no XML: multi-byte encodings"),
        ("<annotation>\0</annotation>", "it is no XML: not well-formed"),
    ],
)
def test_what_is_no_annotation_is_refused(root: Path, text: str, said: str) -> None:
    path = root / "Annotations" / "b.xml"
    path.write_text(text)
    with pytest.raises(SourceError, match=said) as caught:
        VocFolder(root)
    assert str(caught.value).startswith(f"{path}: ")
    with pytest.raises(SourceError, match=said):  # where it is no part of the split, but may name a class
        VocFolder(root, "val")
    assert len(VocFolder(root, "val", classes=["dog", "bird", "person"])) == 2


def test_corners_that_count_from_0_are_named(root: Path) -> None:
    path = note(root, "b", item("dog", (1, 1, 3, 3)), item("cat", (0, 0, 4, 4)), item("cat", (2, 0.5, 4, 4)))
    said = r"it begins at 0, 0 \(xmin, ymin\), and .* from 1 \(2 of 6 objects begin .* pass one_based=False"
    with pytest.raises(SourceError, match=rf"^{path}: object 2, 'cat': {said}"):
        VocFolder(root)
    assert VocFolder(root, one_based=False).fields(1)["boxes"].tolist()[1] == [0, 0, 4, 4]


def test_fractions_are_no_numbers_of_pixels(root: Path, recwarn: pytest.WarningsRecorder) -> None:
    edges = [item("dog", (1.5, 2, 9.25, 8))] * 9
    note(root, "b", *edges)
    VocFolder(root)
    assert not recwarn
    note(root, "b", *edges, *edges)
    with pytest.warns(UserWarning, match=rf"^{root}: 19 of 21 boxes .* pass one_based=False") as caught:
        assert VocFolder(root).fields(1)["boxes"][0].tolist() == [0.5, 1, 9.25, 8]
    assert caught[0].filename == __file__
    recwarn.clear()
    assert VocFolder(root, one_based=False).fields(1)["boxes"][0].tolist() == [1.5, 2, 9.25, 8] and not recwarn


@pytest.mark.parametrize("text", ["", " ", "Unspecified", "unspecified\n", "0", "0.0"])
def test_what_is_not_said_to_be_difficult_is_not(root: Path, text: str) -> None:
    note(root, "b", item("dog", (1, 1, 3, 3), f"<pose>Unspecified</pose><difficult>{text}</difficult>"))
    assert VocFolder(root).fields(1)["difficult"].tolist() == [0]


@pytest.mark.parametrize(("text", "marked"), [("True", 1), ("true", 1), (" FALSE\n", 0), ("False", 0), ("1.0", 1)])
def test_difficult_may_be_a_word(root: Path, text: str, marked: int) -> None:
    note(root, "b", item("dog", (1, 1, 3, 3), f"<difficult>{text}</difficult>"))
    assert VocFolder(root).fields(1)["difficult"].tolist() == [marked]


def test_classes_are_those_that_there_are(root: Path) -> None:
    assert len(VocFolder(root).classes) == 20
    note(root, "b", item("mug", (1, 1, 2, 2)))
    whole, split = VocFolder(root), VocFolder(root, "val")  # which has no mug
    assert whole.classes == split.classes == ["bird", "dog", "mug", "person"]
    assert whole.fields(1)["labels"].tolist() == [2] and split.fields(1)["labels"].tolist() == [1, 0]
    with pytest.raises(
        SourceError, match=r"b\.xml: object 1, 'mug', is of none of the classes bird, dog, person; pass"
    ):
        VocFolder(root, classes=["bird", "dog", "person"])
    many = [f"{n:060}" for n in range(10_000)]
    with pytest.raises(SourceError, match=r"is of none of the classes 0{60}, .* and 9980 more; pass") as caught:
        VocFolder(root, classes=many)
    assert len(str(caught.value)) < 2000


def test_a_split_that_is_no_text_is_named(root: Path) -> None:
    (root / "ImageSets" / "Main" / "x.txt").write_bytes(b"a\n\xff\n")
    for name, said in (("x", "'utf-8' codec"), ("x\0", "embedded null byte")):
        with pytest.raises(SourceError, match=rf"it cannot be read \({said}"):
            VocFolder(root, name)


def test_classes_are_numbered_as_listed(root: Path) -> None:
    assert VocFolder(root, classes=["person", "dog", "bird"]).fields(0)["labels"].tolist() == [1, 2]
    with pytest.raises(SourceError, match=r"VocFolder\.classes has 'dog' twice"):
        VocFolder(root, classes=["dog", "dog"])


def test_what_is_no_data_set(root: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="absent: there is no such folder"):
        VocFolder(tmp_path / "absent")
    with pytest.raises(SourceError, match="ImageSets/JPEGImages: there is no such folder"):
        VocFolder(root / "ImageSets")
    for path in (root / "Annotations").iterdir():
        path.unlink()
    with pytest.raises(SourceError, match=r"Annotations: the folder is empty; looked for \*\.xml"):
        VocFolder(root)


def test_a_pickled_source_is_the_same(root: Path, equal: Callable[..., bool]) -> None:
    source = VocFolder(root)
    assert equal(pickle.loads(pickle.dumps(source)), source)
