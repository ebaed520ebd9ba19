"""Odd lines: YOLO's text files and YAML, CSV and JSON lines, sound and spoiled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotations import DEEP, Labelled, picture
from odd import EITHER, READ, REFUSED


def yolo() -> Iterator[tuple[str, Labelled]]:
    """Lines of YOLO, and files of classes."""
    from variegate.loader import YoloFolder

    def folder(place: Path) -> Any:
        return YoloFolder(place / "images", place / "labels", ["owl", "cat"])

    lines = {
        "sound": (b"0 .5 .5 .2 .2\n1 0.3 0.3 0.1 0.1\n", READ),
        "empty": (b"", READ),
        "blank": (b"\n \n", READ),
        "CRLF and a mark": (b"\xef\xbb\xbf0 .5 .5 .2 .2\r\n", READ),
        "5e-1": (b"0 5e-1 .5 .2 .2\n", READ),
        "tabs": (b"0\t.5\t.5\t.2\t.2", READ),
        "a class of 1.0": (b"1.0 .5 .5 .2 .2\n", EITHER),
        "reaching out": (b"0 .95 .5 .2 .2\n", READ),
        "a little above 1": (b"0 1.005 .5 .2 .2\n", READ),
        "in pixels": (b"0 10 6 4 4\n", REFUSED),
        "below 0": (b"0 -.5 .5 .2 .2\n", REFUSED),
        "a class of 0.5": (b"0.5 .5 .5 .2 .2\n", REFUSED),
        "a class of 7": (b"7 .5 .5 .2 .2\n", REFUSED),
        "a class below 0": (b"-1 .5 .5 .2 .2\n", REFUSED),
        "a class of 2**70": (b"%d .5 .5 .2 .2\n" % 2**70, REFUSED),
        "four columns": (b"0 .5 .5 .2\n", REFUSED),
        "NaN": (b"0 nan .5 .2 .2\n", REFUSED),
        "inf": (b"0 inf .5 .2 .2\n", REFUSED),
        "commas": (b"0,.5,.5,.2,.2\n", REFUSED),
        "NUL": (b"0 .5 .5 .2 .2\0\n", REFUSED),
        "words": (b"owl .5 .5 .2 .2\n", REFUSED),
        "not UTF-8": (b"\xff\xfe0 .5 .5 .2 .2\n", REFUSED),
        "a picture": (picture(), REFUSED),
    }
    for name, (text, expect) in lines.items():
        yield name, Labelled({"images/1.jpg": picture(), "labels/1.txt": text}, folder, expect)
    names = {
        "names, a list": (b"names: [owl, cat]\n", READ),
        "names, a dict": (b"names:\n  0: owl\n  1: cat\n", READ),
        "no names": (b"nc: 2\n", REFUSED),
        "NUL in YAML": (b"names: [o\0wl]\n", REFUSED),
        "a gap": (b"names: {0: a, 7: b}\n", REFUSED),
        "deep YAML": (b"names: " + b"[" * 5000 + b"]" * 5000, REFUSED),
        "a list for YAML": (b"- a\n", REFUSED),
        "names of null": (b"names: null\n", REFUSED),
        "an object of Python": (b"names: !!python/object:os.x []\n", REFUSED),
    }
    for name, (text, expect) in names.items():
        files = {"images/1.jpg": picture(), "labels/1.txt": b"0 .5 .5 .2 .2\n", "data.yaml": text}
        yield name, Labelled(files, lambda p: YoloFolder(p / "images", p / "labels", p / "data.yaml"), expect)


def tables() -> Iterator[tuple[str, Labelled]]:
    """CSV and JSON lines."""
    from variegate.loader import Manifest

    csv = {
        "sound": (b"path,label\n1.jpg,3\n2.jpg,4\n", READ),
        "texts": (b"path,label\n1.jpg,owl\n2.jpg,cat\n", READ),
        "a mark and CRLF": (b"\xef\xbb\xbfpath,label\r\n1.jpg,3\r\n2.jpg,4\r\n", READ),
        "quotes": (b'path,label\n"1.jpg","a, ""b"""\n2.jpg,c\n', READ),
        "NA among numbers": (b"path,label\n1.jpg,10\n2.jpg,NA\n", REFUSED),
        "an empty cell": (b"path,label\n1.jpg,10\n2.jpg,\n", REFUSED),
        "no such column": (b"file,label\n1.jpg,3\n", REFUSED),
        "too few cells": (b"path,label\n1.jpg\n", REFUSED),
        "too many cells": (b"path,label\n1.jpg,3,4\n", REFUSED),
        "semicolons": (b"path;label\n1.jpg;3\n", REFUSED),
        "no such picture": (b"path,label\n9.jpg,3\n", REFUSED),
        "NUL in a path": (b"path,label\n1\0.jpg,3\n", REFUSED),
        "an address": (b"path,label\nhttp://127.0.0.1:9/1.jpg,3\n", REFUSED),
        "a chain of protocols": (b"path,label\nsimplecache::http://127.0.0.1:9/1.jpg,3\n", REFUSED),
        "a protocol that nobody knows": (b"path,label\nklingon://1.jpg,3\n", REFUSED),
        "a column twice": (b"path,label,label\n1.jpg,3,4\n", REFUSED),
        "empty": (b"", REFUSED),
        "no rows": (b"path,label\n", REFUSED),
        "a quote that never ends": (b'path,label\n"1.jpg,3\n2.jpg,4\n', REFUSED),
        "UTF-16": ("path,label\n1.jpg,3\n".encode("utf-16"), REFUSED),
        "a cell of 200,000 letters": (b"path,label\n1.jpg," + b"a" * 200_000 + b"\n2.jpg,b\n", EITHER),
        "a number of 5000 digits": (b"path,label\n1.jpg," + b"9" * 5000 + b"\n2.jpg,3\n", REFUSED),
    }
    for name, (text, expect) in csv.items():
        files = {"1.jpg": picture(1), "2.jpg": picture(2), "t.csv": text}
        yield f"CSV {name}", Labelled(files, lambda place: Manifest(place / "t.csv", label="label"), expect)
    lines = {
        "sound": (b'{"path": "1.jpg", "label": 3}\n{"path": "2.jpg", "label": 4}\n', READ),
        "cut": (b'{"path": "1.jpg", "label": 3}\n{"path": "2.j', REFUSED),
        "a list a line": (b'["1.jpg", 3]\n', REFUSED),
        "deep": (b'{"path": "1.jpg", "label": ' + b"[" * DEEP + b"]" * DEEP + b"}\n", REFUSED),
        "empty": (b"", REFUSED),
        "numbers and texts": (b'{"path": "1.jpg", "label": 3}\n{"path": "2.jpg", "label": "a"}\n', REFUSED),
        "a label missing": (b'{"path": "1.jpg", "label": 3}\n{"path": "2.jpg"}\n', REFUSED),
        "a number of 5000 digits": (b'{"path": "1.jpg", "label": ' + b"9" * 5000 + b"}\n", REFUSED),
        "a path of null": (b'{"path": null, "label": 3}\n', REFUSED),
        "NUL in a path": (b'{"path": "1\\u0000", "label": 3}\n', REFUSED),
    }
    for name, (text, expect) in lines.items():
        files = {"1.jpg": picture(1), "2.jpg": picture(2), "t.jsonl": text}
        yield f"JSON lines {name}", Labelled(files, lambda place: Manifest(place / "t.jsonl", label="label"), expect)
