"""Odd label files: COCO, VOC, YOLO, tables, tars, TFRecord and Parquet as people have them, sound and spoiled."""

from __future__ import annotations

import copy
import io
import json
import struct
import tarfile
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


# COCO


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


# VOC


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


# YOLO


def yolo() -> Iterator[tuple[str, Labelled]]:
    """Lines of YOLO, and files of classes."""
    from variegate.loader import YoloFolder

    def folder(place: Path) -> Any:
        return YoloFolder(place / "images", place / "labels", ["owl", "cat"])

    lines = {
        "sound": (b"0 .5 .5 .2 .2\n1 0.3 0.3 0.1 0.1\n", READ), "empty": (b"", READ), "blank": (b"\n \n", READ),
        "CRLF and a mark": (b"\xef\xbb\xbf0 .5 .5 .2 .2\r\n", READ), "5e-1": (b"0 5e-1 .5 .2 .2\n", READ),
        "tabs": (b"0\t.5\t.5\t.2\t.2", READ), "a class of 1.0": (b"1.0 .5 .5 .2 .2\n", EITHER),
        "reaching out": (b"0 .95 .5 .2 .2\n", READ), "a little above 1": (b"0 1.005 .5 .2 .2\n", READ),
        "in pixels": (b"0 10 6 4 4\n", REFUSED), "below 0": (b"0 -.5 .5 .2 .2\n", REFUSED),
        "a class of 0.5": (b"0.5 .5 .5 .2 .2\n", REFUSED), "a class of 7": (b"7 .5 .5 .2 .2\n", REFUSED),
        "a class below 0": (b"-1 .5 .5 .2 .2\n", REFUSED), "a class of 2**70": (b"%d .5 .5 .2 .2\n" % 2**70, REFUSED),
        "four columns": (b"0 .5 .5 .2\n", REFUSED), "NaN": (b"0 nan .5 .2 .2\n", REFUSED), "inf": (b"0 inf .5 .2 .2\n", REFUSED),
        "commas": (b"0,.5,.5,.2,.2\n", REFUSED), "NUL": (b"0 .5 .5 .2 .2\0\n", REFUSED), "words": (b"owl .5 .5 .2 .2\n", REFUSED),
        "not UTF-8": (b"\xff\xfe0 .5 .5 .2 .2\n", REFUSED), "a picture": (picture(), REFUSED),
    }  # fmt: skip
    for name, (text, expect) in lines.items():
        yield name, Labelled({"images/1.jpg": picture(), "labels/1.txt": text}, folder, expect)
    names = {
        "names, a list": (b"names: [owl, cat]\n", READ), "names, a dict": (b"names:\n  0: owl\n  1: cat\n", READ),
        "no names": (b"nc: 2\n", REFUSED), "NUL in YAML": (b"names: [o\0wl]\n", REFUSED), "a gap": (b"names: {0: a, 7: b}\n", REFUSED),
        "deep YAML": (b"names: " + b"[" * 5000 + b"]" * 5000, REFUSED), "a list for YAML": (b"- a\n", REFUSED),
        "names of null": (b"names: null\n", REFUSED), "an object of Python": (b"names: !!python/object:os.x []\n", REFUSED),
    }  # fmt: skip
    for name, (text, expect) in names.items():
        files = {"images/1.jpg": picture(), "labels/1.txt": b"0 .5 .5 .2 .2\n", "data.yaml": text}
        yield name, Labelled(files, lambda p: YoloFolder(p / "images", p / "labels", p / "data.yaml"), expect)


# Tables


def tables() -> Iterator[tuple[str, Labelled]]:
    """CSV and JSON lines."""
    from variegate.loader import Manifest

    csv = {
        "sound": (b"path,label\n1.jpg,3\n2.jpg,4\n", READ), "texts": (b"path,label\n1.jpg,owl\n2.jpg,cat\n", READ),
        "a mark and CRLF": (b"\xef\xbb\xbfpath,label\r\n1.jpg,3\r\n2.jpg,4\r\n", READ),
        "quotes": (b'path,label\n"1.jpg","a, ""b"""\n2.jpg,c\n', READ),
        "NA among numbers": (b"path,label\n1.jpg,10\n2.jpg,NA\n", REFUSED), "an empty cell": (b"path,label\n1.jpg,10\n2.jpg,\n", REFUSED),
        "no such column": (b"file,label\n1.jpg,3\n", REFUSED), "too few cells": (b"path,label\n1.jpg\n", REFUSED),
        "too many cells": (b"path,label\n1.jpg,3,4\n", REFUSED), "semicolons": (b"path;label\n1.jpg;3\n", REFUSED),
        "no such picture": (b"path,label\n9.jpg,3\n", REFUSED), "NUL in a path": (b"path,label\n1\0.jpg,3\n", REFUSED),
        "an address": (b"path,label\nhttp://127.0.0.1:9/1.jpg,3\n", REFUSED),
        "a chain of protocols": (b"path,label\nsimplecache::http://127.0.0.1:9/1.jpg,3\n", REFUSED),
        "a protocol that nobody knows": (b"path,label\nklingon://1.jpg,3\n", REFUSED),
        "a column twice": (b"path,label,label\n1.jpg,3,4\n", REFUSED), "empty": (b"", REFUSED), "no rows": (b"path,label\n", REFUSED),
        "a quote that never ends": (b'path,label\n"1.jpg,3\n2.jpg,4\n', REFUSED), "UTF-16": ("path,label\n1.jpg,3\n".encode("utf-16"), REFUSED),
        "a cell of 200,000 letters": (b"path,label\n1.jpg," + b"a" * 200_000 + b"\n2.jpg,b\n", EITHER),
        "a number of 5000 digits": (b"path,label\n1.jpg," + b"9" * 5000 + b"\n2.jpg,3\n", REFUSED),
    }  # fmt: skip
    for name, (text, expect) in csv.items():
        files = {"1.jpg": picture(1), "2.jpg": picture(2), "t.csv": text}
        yield f"CSV {name}", Labelled(files, lambda place: Manifest(place / "t.csv", label="label"), expect)
    lines = {
        "sound": (b'{"path": "1.jpg", "label": 3}\n{"path": "2.jpg", "label": 4}\n', READ),
        "cut": (b'{"path": "1.jpg", "label": 3}\n{"path": "2.j', REFUSED), "a list a line": (b'["1.jpg", 3]\n', REFUSED),
        "deep": (b'{"path": "1.jpg", "label": ' + b"[" * DEEP + b"]" * DEEP + b"}\n", REFUSED), "empty": (b"", REFUSED),
        "numbers and texts": (b'{"path": "1.jpg", "label": 3}\n{"path": "2.jpg", "label": "a"}\n', REFUSED),
        "a label missing": (b'{"path": "1.jpg", "label": 3}\n{"path": "2.jpg"}\n', REFUSED),
        "a number of 5000 digits": (b'{"path": "1.jpg", "label": ' + b"9" * 5000 + b"}\n", REFUSED),
        "a path of null": (b'{"path": null, "label": 3}\n', REFUSED), "NUL in a path": (b'{"path": "1\\u0000", "label": 3}\n', REFUSED),
    }  # fmt: skip
    for name, (text, expect) in lines.items():
        files = {"1.jpg": picture(1), "2.jpg": picture(2), "t.jsonl": text}
        yield f"JSON lines {name}", Labelled(files, lambda place: Manifest(place / "t.jsonl", label="label"), expect)


# Tars, records, Parquet


def tar(members: Contents, form: int = tarfile.USTAR_FORMAT, packing: str = "") -> bytes:
    """A tar of these."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{packing}", format=form) as file:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tars() -> Iterator[tuple[str, Labelled]]:
    """Tars of samples."""
    from variegate.loader import WebDataset

    two = {"a.jpg": picture(1), "a.cls": b"3", "b.jpg": picture(2), "b.cls": b"4"}
    whole, array = tar(two), io.BytesIO()
    np.save(array, np.array([{}], object), allow_pickle=True)
    cases = {
        "sound": (whole, READ), "of POSIX": (tar(two, tarfile.PAX_FORMAT), READ), "of GNU": (tar(two, tarfile.GNU_FORMAT), READ),
        "long names": (tar({"d" * 180 + "/" + k: v for k, v in two.items()}, tarfile.PAX_FORMAT), READ),
        "names that climb": (tar({"../" + k: v for k, v in two.items()}), READ), "notes": (tar({"__meta__.json": b"{}", **two}), READ),
        "zeros behind it": (whole + bytes(50_000), READ), "two put together": (whole + tar({"c.jpg": picture(), "c.cls": b"1"}), REFUSED),
        "cut": (whole[:2000], REFUSED), "cut in a header": (whole[:700], REFUSED), "packed": (tar(two, packing="gz"), REFUSED),
        "empty": (b"", REFUSED), "zeros": (bytes(10240), REFUSED), "text": (broken.LOREM, REFUSED), "a picture": (picture(), REFUSED),
        "a class of NA": (tar({**two, "b.cls": b"NA"}), REFUSED), "a class of 5000 digits": (tar({**two, "b.cls": b"9" * 5000}), REFUSED),
        "a class missing": (tar({k: v for k, v in two.items() if k != "b.cls"}), REFUSED),
        "a picture missing": (tar({k: v for k, v in two.items() if k != "b.jpg"}), REFUSED),
        "a picture twice": (tar(two)[:-10240] + tar(two), EITHER), "an empty picture": (tar({**two, "b.jpg": b""}), REFUSED),
        "a header spoiled": (whole[:600] + b"\xff" * 40 + whole[640:], EITHER), "a wrong sum": (whole[:148] + b"7" * 6 + whole[154:], REFUSED),
    }  # fmt: skip
    for name, (data, expect) in cases.items():
        yield name, Labelled({"t.tar": data}, lambda place: WebDataset(place / "t.tar"), expect)
    for name, text in {"deep": b"[" * DEEP + b"]" * DEEP, "cut": b'{"class": ', "without the key": b"{}",
                       "a number of 5000 digits": b'{"class": ' + b"9" * 5000 + b"}", "a list": b"[1]"}.items():  # fmt: skip
        members = {"a.jpg": picture(), "a.json": text}
        yield (
            f"JSON {name}",
            Labelled({"t.tar": tar(members)}, lambda p: WebDataset(p / "t.tar", label="json:class"), REFUSED),
        )
    members = {"a.jpg": picture(), "a.npy": array.getvalue()}
    yield (
        "an array of objects",
        Labelled({"t.tar": tar(members)}, lambda p: WebDataset(p / "t.tar", label=False, fields=["npy"]), REFUSED),
    )
    for name, index in {"noise": b"\x93noise" * 100, "empty": b"", "of another": broken.LOREM}.items():
        files = {"t.tar": whole, "t.tar.variegate": index}
        yield f"an index, {name}", Labelled(files, lambda p: WebDataset(p / "t.tar"), READ)


def crc32c(data: bytes) -> int:
    """Castagnoli's sum, masked as TFRecord has it."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(data: bytes) -> bytes:
    """A record of TFRecord."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", crc32c(length)) + data + struct.pack("<I", crc32c(data))


def message(number: int, body: bytes) -> bytes:
    """A field of a message of Protocol Buffers."""
    size, length = b"", len(body)
    while length >= 128:
        size, length = size + bytes([length & 127 | 128]), length >> 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + body


def example(**features: bytes) -> bytes:
    """A tf.train.Example; each feature as the message of its list."""
    entries = (message(1, message(1, name.encode()) + message(2, body)) for name, body in features.items())
    return message(1, b"".join(entries))


def records() -> Iterator[tuple[str, Labelled]]:
    """Files of TFRecord."""
    from variegate.loader import TFRecord

    def of(label: bytes = b"\x1a\3\x0a\1\5") -> bytes:  # an Int64List of 5
        return example(image=message(1, message(1, picture())), label=label)

    whole = record(of()) + record(of())
    cases = {
        "sound": (whole, READ), "cut": (whole[:-9], REFUSED), "empty": (b"", REFUSED), "text": (broken.LOREM, REFUSED),
        "zeros": (bytes(100), REFUSED), "no label": (record(of(b"")), EITHER), "a float": (record(of(b"\x12\6\x0a\4\0\0\x80\x3f")), EITHER),
        "two labels": (record(of(b"\x1a\4\x0a\2\5\6")), EITHER), "labels and none": (record(of()) + record(of(b"")), REFUSED),
        "no message": (record(broken.LOREM), REFUSED), "a length spoiled": (b"\xff" * 8 + whole[8:], REFUSED),
        "no picture": (record(example(label=b"\x1a\3\x0a\1\5")), REFUSED), "a cut message": (record(of()[:-4]), REFUSED),
        "a bit of the label": (whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:], EITHER),
        "an empty record": (record(b""), REFUSED), "bytes behind": (whole + b"a", REFUSED),
    }  # fmt: skip
    for name, (data, expect) in cases.items():
        files = {"t.tfrecord": data}
        yield name, Labelled(files, lambda place: TFRecord(place / "t.tfrecord", "image", "label"), expect)


def parquet() -> Iterator[tuple[str, Labelled]]:
    """Files of Parquet."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    from variegate.loader import Parquet

    def of(**columns: Any) -> bytes:
        out = io.BytesIO()
        pq.write_table(pa.table(columns), out, write_page_checksum=True)
        return out.getvalue()

    shots = [picture(1), picture(2)]
    whole = of(image=shots, label=[3, 4])
    cases = {
        "sound": (whole, READ), "texts": (of(image=shots, label=["a", "b"]), READ), "no rows": (of(image=pa.array([], pa.binary()), label=pa.array([], pa.int64())), REFUSED),
        "Hugging Face's": (of(image=[{"bytes": b, "path": None} for b in shots], label=[3, 4]), READ),
        "a dictionary": (of(image=pa.array(shots, pa.binary()).dictionary_encode(), label=[3, 4]), READ),
        "lists of one": (of(image=[[b] for b in shots], label=[3, 4]), READ), "lists of two": (of(image=[shots, shots], label=[3, 4]), REFUSED),
        "no such column": (of(picture=shots, label=[3, 4]), REFUSED), "a label of null": (of(image=shots, label=[3, None]), REFUSED),
        "a picture of null": (of(image=[shots[0], None], label=[3, 4]), REFUSED), "beyond int64": (of(image=shots, label=pa.array([2**64 - 1, 1], pa.uint64())), REFUSED),
        "labels of NaN": (of(image=shots, label=[1.0, float("nan")]), EITHER), "pictures that are numbers": (of(image=[1, 2], label=[3, 4]), REFUSED),
        "an address": (of(image=[{"bytes": None, "path": "http://127.0.0.1:9/1.jpg"}], label=[3]), REFUSED),
        "a path that climbs": (of(image=[{"bytes": None, "path": "../../1.jpg"}], label=[3]), REFUSED),
        "an absolute path": (of(image=[{"bytes": None, "path": "/etc/passwd"}], label=[3]), REFUSED), "empty": (b"", REFUSED),
        "text": (broken.LOREM, REFUSED), "cut": (whole[:-100], REFUSED), "its marks alone": (b"PAR1PAR1", REFUSED),
        "a page spoiled": (whole[:200] + bytes(40) + whole[240:], REFUSED),
        "its table spoiled": (whole[:-300] + b"\xff" * 50 + whole[-250:], REFUSED),
    }  # fmt: skip
    for name, (data, expect) in cases.items():
        yield name, Labelled({"t.parquet": data}, lambda place: Parquet(place / "t.parquet", label="label"), expect)


def kinds() -> Iterator[tuple[str, Labelled]]:
    """All of them."""
    groups = {
        "COCO": coco,
        "VOC": voc,
        "YOLO": yolo,
        "table": tables,
        "tar": tars,
        "TFRecord": records,
        "Parquet": parquet,
    }
    for group, each in groups.items():
        yield from ((f"{group} {name}", found) for name, found in each())
