"""What cannot be written to a file, or read from one, is told by our own errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import variegate as vg

AUGMENT = vg.Compose([vg.Rotate(30), vg.HorizontalFlip(p=0.5)])


@pytest.mark.parametrize("name", ["pipeline.yaml", "pipeline.yml", "pipeline.json"])
@pytest.mark.parametrize("form", [str, Path])
def test_what_is_saved_is_loaded(tmp_path: Path, name: str, form: Any) -> None:
    vg.save(AUGMENT, form(tmp_path / name))
    assert vg.load(form(tmp_path / name)) == AUGMENT


@pytest.mark.parametrize("given", [None, 3, AUGMENT, [vg.Invert()], b"variegate: 1"])
def test_what_is_no_file_is_not_loaded(given: Any) -> None:
    with pytest.raises(vg.ConfigError) as problem:
        vg.load(given)
    told = "load takes the path of a .yaml or .json file, its text, or a dict; got"
    assert str(problem.value) == f"{told} {type(given).__name__}"


@pytest.mark.parametrize(
    ("given", "got"),
    [
        (("a.yaml", AUGMENT), "str and Compose; the pipeline goes first"),
        ((AUGMENT, None), "Compose and NoneType"),
        (([vg.Invert()], "a.yaml"), "list and str"),
        ((vg.Invert(), "a.yaml"), "Invert and str"),
    ],
)
def test_what_cannot_be_saved_writes_nothing(given: Any, got: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(vg.ConfigError) as problem:
        vg.save(*given)
    assert str(problem.value) == f'save takes a Compose and a path, save(augment, "pipeline.yaml"); got {got}'
    assert not list(tmp_path.iterdir())


def test_a_path_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    for path, why in (
        (tmp_path / "none" / "a.yaml", f"No such file or directory; there is no folder {tmp_path}/none"),
        (tmp_path / "folder.yaml", "Is a directory"),
    ):
        with pytest.raises(vg.ConfigError) as problem:
            vg.save(AUGMENT, path)
        assert str(problem.value) == f"{path}: cannot be written: {why}"
