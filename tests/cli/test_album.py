"""The album: every op has a picture, and what is written beside it is that op."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests import catalogue
from typer.testing import CliRunner, Result

import variegate as vg
from variegate import ops
from variegate.cli import album
from variegate.cli.app import app
from variegate.cli.exhibit import page
from variegate.errors import ConfigError

IMAGE = np.random.default_rng(0).integers(0, 256, (170, 256, 3), np.uint8)
SCENE = album.Scene("noise", IMAGE)
ENTRIES = {entry.name: entry for entry in album.entries()}


def test_no_op_lacks_a_picture() -> None:
    assert set(ENTRIES) == set(ops.__all__) - {"Op"}
    assert set(ENTRIES) == {type(op).__name__ for op in [*catalogue.EXAMPLES.values(), *catalogue.MIXING.values()]}


@pytest.mark.parametrize("name", ENTRIES)
def test_what_is_shown_is_what_the_op_makes(name: str) -> None:
    first, *others = ENTRIES[name].strip(SCENE, 2, labels=False)
    assert first.said == "the original" and np.array_equal(np.asarray(first.picture), IMAGE)
    assert others and all(each.said != "the original" for each in others)
    if name != "ToDtype":
        assert any(each.picture.tobytes() != first.picture.tobytes() for each in others)


@pytest.mark.parametrize("name", sorted(set(ENTRIES) - set(album.OF_FUNCTIONS)))
def test_code_and_file_are_the_op(name: str) -> None:
    entry = ENTRIES[name]
    assert eval(entry.code, {"vg": vg}) == entry.op
    assert vg.load(entry.file).ops == (entry.op,)


@pytest.mark.parametrize("name", album.OF_FUNCTIONS)
def test_code_of_a_function_makes_its_pixels(name: str) -> None:
    entry = ENTRIES[name]
    function, _, call = entry.code.rpartition("\n\n\n")
    names = {"vg": vg, "np": np}
    exec(function, names)
    key = vg.Key(id=3)
    written = eval(call, names)
    assert np.array_equal(vg.Compose([written])(IMAGE, key=key), vg.Compose([entry.op])(IMAGE, key=key))
    assert not entry.file


def test_labels_are_drawn_where_an_op_moves_them() -> None:
    plain, drawn = (ENTRIES["Rotate"].strip(SCENE, 2, labels=labels) for labels in (False, True))
    assert all(a.picture.size == b.picture.size for a, b in zip(plain, drawn, strict=True))
    assert all(a.picture.tobytes() != b.picture.tobytes() for a, b in zip(plain, drawn, strict=True))
    same, also = (ENTRIES["Invert"].strip(SCENE, 2, labels=labels) for labels in (False, True))
    assert [each.picture.tobytes() for each in same] == [each.picture.tobytes() for each in also]


def test_numbers_are_said_and_what_is_alike_is_shown_once() -> None:
    (entry,) = album.entries(["Rotate: [-50, 50]"])
    assert [each.said for each in entry.strip(SCENE, 3)] == ["the original", "angle=-48", "angle=0", "angle=48"]
    assert len(ENTRIES["HorizontalFlip"].strip(SCENE, 5)) == 2
    with pytest.raises(ConfigError, match="--op Rotat: there is no such op; did you mean Rotate"):
        list(album.entries(["Rotat"]))


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["gallery", *map(str, words)])


def test_the_command_writes_a_page_and_its_pictures(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a&b.png", "c.png", "d.png"):
        Image.fromarray(IMAGE).save(tmp_path / "in" / name)
    done = run(tmp_path / "in", "--op", "Rotate: [-30, 30]", "--op", "Opaque", "--strengths", 2, "-o", tmp_path / "out")
    assert done.exit_code == 0 and "2 ops at 2 strengths" in done.output
    text = (tmp_path / "out" / "index.html").read_text()
    assert text.count("<img") == 2 * 2 * 3 == len(list((tmp_path / "out" / "pictures").glob("*.png")))
    assert "a&amp;b: Rotate-0, angle=" in text and "a&b" not in text and "http" not in text
    assert "vg.Rotate(angle=(-30, 30))" in text and "In Python alone." in text


def test_texts_are_escaped() -> None:
    entry = album.Entry(ops.Invert(), "Invert", "<family>", "<code>", "<file>")
    text = "\n".join(page([(entry, "")]))
    assert "<family>" not in text and "<code>" not in text and "<file>" not in text and "&lt;code&gt;" in text


def test_a_folder_without_pictures_and_no_such_picture(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", "-o", tmp_path / "out").exit_code != 0
    assert run(tmp_path / "none.png", "-o", tmp_path / "out").exit_code != 0
    assert not (tmp_path / "out").exists()
