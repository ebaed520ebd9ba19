"""Odd label files: what one is, and COCO's and VOC's as people have them, sound and spoiled."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import broken
import numpy as np
from odd import EITHER, READ, REFUSED, shown

Contents = dict[str, bytes]
Edit = Callable[[dict[str, Any]], Any]
DEEP = 100_000  # brackets
TINY = 20, 12  # (width, height) of the pictures


@dataclass(frozen=True)
class Labelled:
    """Files, the source that takes them, and what should become of it: "read", "refused" or "either"."""

    files: Contents
    source: Callable[[Path], Any]
    expect: str


def picture(seed: int = 0, **options: Any) -> bytes:
    """A small JPEG."""
    return broken.encoded(shown(seed, TINY), "JPEG", **options)


def coco_content() -> dict[str, Any]:
    """A sound file."""
    box = {"bbox": [1, 2, 5, 6], "area": 30, "iscrowd": 0, "segmentation": [[1, 2, 6, 2, 6, 8, 1, 8]]}
    images = [{"id": n, "file_name": f"{n}.jpg", "width": TINY[0], "height": TINY[1]} for n in (1, 2)]
    marks = [{"id": 10 + n, "image_id": n, "category_id": 3, **copy.deepcopy(box)} for n in (1, 2)]
    return {"images": images, "annotations": marks, "categories": [{"id": 3, "name": "owl"}, {"id": 7, "name": "cat"}]}


def of_coco(text: bytes, expect: str, fields: tuple[str, ...] = ("boxes", "labels", "polygons")) -> Labelled:
    """A file of COCO beside its pictures."""
    from variegate.loader import CocoJson

    files = {"images/1.jpg": picture(1), "images/2.jpg": picture(2), "a.json": text}
    return Labelled(files, lambda place: CocoJson(place / "images", place / "a.json", fields), expect)


def coco() -> Iterator[tuple[str, Labelled]]:
    """Edits of the content, and other texts in its place."""

    def mark(**changes: Any) -> Edit:
        return lambda content: content["annotations"][0].update(changes)

    def image(**changes: Any) -> Edit:
        return lambda content: content["images"][0].update(changes)

    def without(table: str, key: str) -> Edit:
        return lambda content: [row.pop(key, None) for row in content[table]]

    edits: dict[str, tuple[Edit, str]] = {
        "sound": (lambda content: None, READ),
        "no segmentation": (without("annotations", "segmentation"), READ),
        "no area, no iscrowd": (lambda c: [row.pop(k) for row in c["annotations"] for k in ("area", "iscrowd")], READ),
        "no annotations in it": (lambda c: c.update(annotations=[]), READ),
        "no categories": (lambda c: c.pop("categories"), READ),
        "two categories of one name": (lambda c: c["categories"][1].update(name="owl"), READ),
        "whole floats as ids": (
            lambda c: [row.update(image_id=float(row["image_id"])) for row in c["annotations"]],
            READ,
        ),
        "texts as ids": (lambda c: [row.update(id=f"a{row['id']}") for row in c["annotations"]], READ),
        "a box that reaches out": (mark(bbox=[-3, 5, 60, 60]), READ),
        "a box outside": (mark(bbox=[100, 100, 5, 5]), READ),
        "a polygon that reaches out": (mark(segmentation=[[-5, -5, 50, -5, 50, 50]]), READ),
        "an empty segmentation": (mark(segmentation=[]), READ),
        "keys that nobody knows": (mark(score=0.5, note={"a": [None]}), READ),
        "no size of the picture": (lambda c: [row.pop(k) for row in c["images"] for k in ("width", "height")], READ),
        "the size turned": (image(width=TINY[1], height=TINY[0]), REFUSED),
        "a size of 1e300": (image(width=1e300), REFUSED),
        "a box of three": (mark(bbox=[1, 2, 3]), REFUSED),
        "a box of texts": (mark(bbox=["1", "2", "3", "x"]), REFUSED),
        "a box of NaN": (mark(bbox=[float("nan"), 1, 2, 3]), REFUSED),
        "a box without end": (mark(bbox=[1, 1, float("inf"), 3]), REFUSED),
        "a box of null": (mark(bbox=None), EITHER),
        "an unknown category": (mark(category_id=99), REFUSED),
        "a category that is a list": (mark(category_id=[3]), REFUSED),
        "an unknown picture": (mark(image_id=99), REFUSED),
        "two pictures of one id": (lambda c: c["images"][1].update(id=1), REFUSED),
        "an absolute path": (image(file_name="/etc/passwd"), REFUSED),
        "a path that climbs out": (image(file_name="../../1.jpg"), REFUSED),
        "an address": (image(file_name="http://127.0.0.1:9/1.jpg"), REFUSED),
        "NUL in a path": (image(file_name="1\0.jpg"), REFUSED),
        "a path that is a number": (image(file_name=7), REFUSED),
        "half a letter in a path": (image(file_name="\ud800.jpg"), REFUSED),
        "a path of 5000 letters": (image(file_name="a" * 5000 + ".jpg"), REFUSED),
        "a ring of five numbers": (mark(segmentation=[[1, 2, 3, 4, 5]]), REFUSED),
        "a ring of texts": (mark(segmentation=[["1", "2", "3", "4", "5", "6"]]), REFUSED),
        "images that are a dict": (lambda c: c.update(images={"1": {}}), REFUSED),
        "no images": (lambda c: c.pop("images"), REFUSED),
        "a picture of null": (lambda c: c["images"].append(None), REFUSED),
        "an annotation of numbers": (lambda c: c["annotations"].append(5), REFUSED),
    }
    for name, (edit, expect) in edits.items():
        content = coco_content()
        edit(content)
        yield name, of_coco(json.dumps(content).encode(), expect)
    size = TINY[::-1]
    for name, runs, expect in [
        ("runs", {"size": size, "counts": [100, 40, 100]}, READ),
        ("runs of another size", {"size": [10**6, 10**6], "counts": [10**12]}, REFUSED),
        ("runs below zero", {"size": size, "counts": [-5, 245]}, REFUSED),
        ("runs that are too few", {"size": size, "counts": [100, 40]}, REFUSED),
        ("runs in letters that are none", {"size": size, "counts": "\x01\u20ac"}, REFUSED),
    ]:
        content = coco_content()
        for row in content["annotations"]:
            row["segmentation"] = runs
        yield name, of_coco(json.dumps(content).encode(), expect, ("boxes", "masks"))
    whole = json.dumps(coco_content()).encode()
    texts = {"empty": b"", "null": b"null", "a list": b"[]", "a text": b'"a"', "a number": b"5", "cut": whole[:-40],
             "NUL in it": whole.replace(b"owl", b"o\0l"), "UTF-16": whole.decode().encode("utf-16"),
             "deep": b'{"images": ' + b"[" * DEEP + b"]" * DEEP + b"}", "zeros": bytes(100),
             "a number of 5000 digits": whole.replace(b'"area": 30', b'"area": ' + b"9" * 5000),
             "a page of HTML": broken.page(b"", np.random.default_rng(0))}  # fmt: skip
    for name, text in texts.items():
        yield name, of_coco(text, REFUSED)
    yield "a mark of its encoding", of_coco(b"\xef\xbb\xbf" + whole, READ)


def voc_text(inner: str = "", size: str = "", root: str = "annotation") -> str:
    """A file of VOC."""
    size = size or f"<size><width>{TINY[0]}</width><height>{TINY[1]}</height><depth>3</depth></size>"
    return f"<{root}><filename>1.jpg</filename>{size}{inner or voc_object()}</{root}>"


def voc_object(
    box: tuple[object, ...] = (2, 3, 8, 9), more: str = "<difficult>0</difficult>", name: str = "dog"
) -> str:
    """An object of it."""
    corners = "".join(f"<{k}>{v}</{k}>" for k, v in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    return f"<object><name>{name}</name>{more}<bndbox>{corners}</bndbox></object>"


def voc() -> Iterator[tuple[str, Labelled]]:
    """Files of VOC."""
    from variegate.loader import VocFolder

    part = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></part>"
    size = "<size><width>{}</width><height>{}</height></size>"
    texts = {
        "sound": (voc_text(), READ),
        "no objects": (voc_text(" "), READ),
        "difficult, empty": (voc_text(voc_object(more="<difficult/>")), READ),
        "difficult, unspecified": (voc_text(voc_object(more="<difficult>Unspecified</difficult>")), READ),
        "no difficult": (voc_text(voc_object(more="")), READ),
        "parts": (voc_text(voc_object(more=part)), READ),
        "a class of its own": (voc_text(voc_object(name="Wombat, small")), READ),
        "corners with points": (voc_text(voc_object((2.5, 3.0, 8, 9))), READ),
        "corners at 0": (voc_text(voc_object((0, 0, 8, 9))), REFUSED),
        "corners turned": (voc_text(voc_object((8, 9, 2, 3))), REFUSED),
        "corners of NaN": (voc_text(voc_object(("nan", 3, 8, 9))), REFUSED),
        "corners of text": (voc_text(voc_object(("two", 3, 8, 9))), REFUSED),
        "no corners": (voc_text("<object><name>dog</name></object>"), REFUSED),
        "no name": (voc_text(voc_object(name="")), REFUSED),
        "a size of 1e300": (voc_text(size=size.format("1e300", "1e300")), REFUSED),
        "the size turned": (voc_text(size=size.format(TINY[1], TINY[0])), REFUSED),
        "a size of 0": (voc_text(size=size.format(0, 0)), EITHER),
        "another root": (voc_text(root="annotations"), REFUSED),
        "cut": (voc_text()[:-30], REFUSED),
        "empty": ("", REFUSED),
        "JSON": ("{}", REFUSED),
        "an encoding that nobody knows": ("<?xml version='1.0' encoding='klingon'?>" + voc_text(), REFUSED),
        "NUL in it": (voc_text(voc_object(name="d\0g")), REFUSED),
        "deep": ("<annotation>" + "<a>" * 5000 + "</a>" * 5000 + "</annotation>", EITHER),
    }
    for name, (text, expect) in texts.items():
        files = {"JPEGImages/1.jpg": picture(), "Annotations/1.xml": text.encode()}
        yield name, Labelled(files, VocFolder, expect)
    files = {"JPEGImages/1.jpg": picture(), "Annotations/1.xml": voc_text().encode()}
    turned = {
        **files,
        "JPEGImages/1.jpg": picture(exif=b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"),
    }
    yield "labels of the picture as stored", Labelled(turned, VocFolder, REFUSED)
    for name, split in {
        "NUL in a split": b"1\0\n",
        "a split of nothing": b"",
        "a split that climbs": b"../../1\n",
    }.items():
        with_it = {**files, "ImageSets/Main/train.txt": split}
        yield name, Labelled(with_it, lambda place: VocFolder(place, "train"), REFUSED)
    yield (
        "no XML",
        Labelled({"JPEGImages/1.jpg": picture(), "Annotations/2.xml": voc_text().encode()}, VocFolder, REFUSED),
    )
