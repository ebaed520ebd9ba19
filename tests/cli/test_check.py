"""`variegate check`: what it says, and its exit code."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from variegate.cli.app import app
from variegate.errors import ConfigError, VariegateError

PIPELINE = "variegate: 1\nops:\n  - Rotate: [-30, 30]\n  - RandomResizedCrop: 24\n"
CODE = """
import numpy as np
from variegate import Compose, Opaque, Rotate

augment = Compose([Rotate((-30, 30))])
alone, several, number = Rotate(5), [Rotate(5), Rotate(7)], 5
flawed = [Rotate((-30, 30)), Opaque(lambda image: image * np.float32(np.random.rand()), name="flicker")]
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["check", *[str(word) for word in words]])


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module in the folder where the command is run."""
    (tmp_path / "my_training.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "my_training", raising=False)
    return "my_training"


def test_each_step_is_told(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_text(PIPELINE)
    told = run(path, "--seed", 3)
    assert told.exit_code == 0, told.output
    lines = told.output.splitlines()
    assert len(lines) == 8 and all(line.startswith("✓ ") for line in lines)
    for word in (
        "calls",
        "1 worker",
        "3 workers",
        "3 ranks",
        "a resume after batch",
        "DataLoader",
        "two epochs differ",
    ):
        assert word in told.output
    assert run(path, "--seed", 3).output == told.output != run(path, "--seed", 4).output  # another step to resume at


@pytest.mark.parametrize("name", ["augment", "alone", "several"])
def test_a_pipeline_in_code(code: str, name: str) -> None:
    before = list(sys.path)
    told = run(f"{code}:{name}")
    assert told.exit_code == 0, told.output
    assert sys.path == before


def test_what_fails_is_named_and_the_exit_code_is_1(code: str) -> None:
    told = run(f"{code}:flawed")
    assert told.exit_code == 1
    assert told.output.startswith("✗ flicker: the same picture and key gave other pixels (")
    assert "a global generator of NumPy or Python has a say" in told.output


def test_on_pictures_of_ones_own(code: str, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(4):
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (20, 30, 3), np.uint8)).save(folder / f"{i}.png")
    told = run(f"{code}:augment", "--data", folder)
    assert told.exit_code == 0, told.output
    (folder / "2.png").write_bytes(b"no picture")
    told = run(f"{code}:augment", "--data", folder)
    assert isinstance(told.exception, VariegateError) and "2.png" in str(told.exception)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", "nowhere: give a .yaml or .json file, or module:name of a pipeline, such as train:augment"),
        ("nowhere_at_all:augment", "nowhere_at_all:augment: No module named 'nowhere_at_all'"),
        ("my_training:nothing", "my_training:nothing: module 'my_training' has no attribute 'nothing'"),
        ("my_training:number", "my_training:number is int; give a Compose, an op or a list of ops"),
    ],
)
def test_what_is_no_pipeline(code: str, name: str, message: str) -> None:
    before = list(sys.path)
    told = run(name)
    assert isinstance(told.exception, ConfigError) and str(told.exception) == message
    assert sys.path == before


def test_help_teaches() -> None:
    told = run("--help").output
    for word in ("variegate check pipeline.yaml", "variegate check train:augment", "Example", "--data", "--seed"):
        assert word in told
