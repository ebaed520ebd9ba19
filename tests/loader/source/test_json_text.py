"""JSON is parsed in one place, and what is wrong with it is our error, which says where."""

from __future__ import annotations

import json
from math import inf, isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate.errors import InputError, SourceError, VariegateError
from variegate.loader import CocoJson, Manifest, WebDataset
from variegate.loader.source.json_text import parsed, short
from variegate.targets import Boxes, PerInstance

DEEP, LONG = "[" * 100_000, "1" * 5000


def test_a_text_and_its_bytes_are_their_value() -> None:
    content = {"a": [1, 2.5, "é", None, True], "b": {"c": -(10**30)}}
    text = json.dumps(content, ensure_ascii=False)
    for form in (text, text.encode(), b"\xef\xbb\xbf" + text.encode(), memoryview(text.encode())):
        assert parsed(form, "x") == content
    assert isnan(parsed("NaN", "x")) and parsed("[Infinity, -Infinity]", "x") == [inf, -inf]
    assert parsed('{"a": {"b": 1}}', "x", hook=list) == ["a"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, x]", r"^p: it is no JSON: Expecting value, at character 5$"),
        ("[1,\n x]", r"^p, line 2: it is no JSON: Expecting value, at character 2$"),
        ("", r"^p: it is no JSON"),
        ('["a\0"]', r"^p: it is no JSON: Invalid control character"),
        (b'["\xff"]', r"^p: it is no JSON: byte 2 is no UTF-8$"),
        (DEEP, "^p: its lists and objects are nested too deeply to be read$"),
        ('{"a":' * 100_000, "^p: its lists and objects are nested too deeply"),
        (LONG, "^p: it has an integer of more than 4300 digits, which is not read$"),
        (f'{{"id": -{LONG}}}', "^p: it has an integer of more than 4300 digits"),
    ],
)
def test_what_cannot_be_read_is_our_error(text: Any, said: str) -> None:
    for kind in (SourceError, InputError):
        with pytest.raises(kind, match=said):
            parsed(text, "p", kind)


def picture(root: Path) -> Path:
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(root / "a.png")
    return root


@pytest.mark.parametrize("wrong", [DEEP, f"[{LONG}]"])
def test_every_source_says_so(tmp_path: Path, wrong: str) -> None:
    root, said = picture(tmp_path), "nested too deeply|more than 4300 digits"
    (root / "x.json").write_text(f'{{"images": {wrong}')
    with pytest.raises(SourceError, match=rf"^{root}/x\.json: .*({said})"):
        CocoJson(root, root / "x.json")
    (root / "x.json").write_text(wrong)
    with pytest.raises(SourceError, match=rf"^{root}/x\.json: .*({said})"):
        Manifest(root / "x.json")
    (root / "x.jsonl").write_text(f'{{"path": "a.png"}}\n{{"path": {wrong}\n')
    with pytest.raises(SourceError, match=rf"^{root}/x\.jsonl, line 2: .*({said})"):
        Manifest(root / "x.jsonl")
    (root / "x.csv").write_text(f'path,boxes\na.png,"{wrong}"\n')
    with pytest.raises(SourceError, match=rf"^{root}/x\.csv, line 2, column 'boxes', .*({said})"):
        Manifest(root / "x.csv", label="boxes")
    with pytest.raises(InputError, match=rf"^{root}/x\.csv, line 2, field 'boxes': .*({said})"):
        Manifest(root / "x.csv", fields=["boxes"], targets={"boxes": Boxes()}).fields(0)


def test_so_does_a_tar(tmp_path: Path) -> None:
    import io
    import tarfile

    root = picture(tmp_path)
    for n, wrong in enumerate((DEEP, f"[{LONG}]")):
        with tarfile.open(root / f"{n}.tar", "w") as tar:
            for name, data in (("a.png", (root / "a.png").read_bytes()), ("a.json", wrong.encode())):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
        with pytest.raises(VariegateError, match=r"\.tar/a\.json: .*(nested too deeply|more than 4300 digits)"):
            WebDataset(root / f"{n}.tar", label="json:kind")
        source = WebDataset(root / f"{n}.tar", label=None, fields=["json"], targets={"json": PerInstance()})
        with pytest.raises(VariegateError, match=r"/a\.json: .*(nested too deeply|more than 4300 digits)"):
            source.fields(0)


def test_a_value_is_shown_as_far_as_a_line_holds_it() -> None:
    assert short([1, [2, None]]) == "[1, [2, None]]" and short({}) == "an object with nothing"
    assert short("a" * 10**6) == f"'{'a' * 56}..."
    assert len(short(["b" * 1000] * 10**6)) <= 60 and len(short({"k" * 10**6: 1})) <= 80
    assert short(int("f" * 5000, 16)) == "what is too long to be shown (of type int)"
