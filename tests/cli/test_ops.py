"""What there is, in words: ops by family, the schema, the version; and slips that end in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

import variegate as vg
from variegate import config
from variegate.cli.app import app
from variegate.cli.families import FAMILIES, kinds
from variegate.errors import ConfigError

PIPELINE = "variegate: 1\nops:\n  - Rotate: [-30, 30]\n"


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def program(*words: object, cwd: Path | None = None, module: str = "variegate") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd)


def test_every_op_is_of_one_family() -> None:
    listed = [kind for some in kinds().values() for kind in some]
    wanted = [getattr(vg, name) for name in vg.ops.__all__ if name != "Op"]
    assert sorted(kind.__name__ for kind in listed) == sorted(kind.__name__ for kind in wanted)
    assert set(kinds()) <= set(FAMILIES)
    for op, family in [
        (vg.HorizontalFlip, "Geometry"),
        (vg.RandomIoUCrop, "Crops and sizes"),
        (vg.Elastic, "Distortion"),
        (vg.CLAHE, "Colour and tone"),
        (vg.MedianBlur, "Blur and sharpness"),
        (vg.JPEG, "Noise and compression"),
        (vg.ChannelDropout, "Dropout"),
        (vg.OneOf, "Choice and chance"),
        (vg.MixUp, "Several pictures as one"),
        (vg.CutMix, "Several pictures as one"),
        (vg.Mosaic, "Several pictures as one"),
        (vg.CopyPaste, "Several pictures as one"),
        (vg.Normalize, "The array that is written"),
        (vg.Opaque, "Functions of your own"),
    ]:
        assert op in kinds()[family]


def test_ops_are_listed_with_their_fields_and_units() -> None:
    told = run("ops").output
    assert told.index("Geometry") < told.index("Rotate  Rotate about the image centre") < told.index("Crops and sizes")
    assert "    angle  degrees, counter-clockwise positive as seen on the screen" in told
    assert "    border" not in told.split("Crops and sizes")[0]
    some = run("ops", "Rotate", "Crop").output
    assert "    border='constant'  what lies outside of the picture" in some and "    p=1.0  probability" in some
    assert some.count("about the image centre") == 1 and "Perspective" not in some
    problem = run("ops", "RandomRotation").exception
    assert isinstance(problem, ConfigError)
    assert str(problem) == "there is no op RandomRotation; write Rotate((-30, 30))  # a bare number is a constant here"


def test_the_schema_is_that_of_files(tmp_path: Path) -> None:
    assert json.loads(run("schema").output) == config.schema(vg.Compose)
    told = run("schema", "-o", tmp_path / "s.json")
    assert told.exit_code == 0 and json.loads((tmp_path / "s.json").read_text()) == config.schema(vg.Compose)


def test_the_version() -> None:
    assert run("--version").output == f"variegate {vg.__version__}\n"
    done = program("--version")
    assert (done.returncode, done.stdout) == (0, f"variegate {vg.__version__}\n")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a pipeline in a file and in Python code, and pictures."""
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    (tmp_path / "my_train.py").write_text("import variegate as vg\naugment = vg.Rotate((-30, 30))\nnumber = 5\n")
    (tmp_path / "my_broken.py").write_text("1 / 0\n")
    (tmp_path / "photos").mkdir()
    for i in range(4):
        levels = np.random.default_rng(i).integers(0, 256, (20, 30, 3), np.uint8)
        Image.fromarray(levels).save(tmp_path / "photos" / f"{i}.png")
    return tmp_path


@pytest.mark.parametrize("subject", ["pipeline.yaml", "my_train:augment"])
def test_every_command_takes_a_file_or_code(subject: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.delitem(sys.modules, "my_train", raising=False)
    before = list(sys.path)
    doctor = "doctor", "photos", "--seconds", 1, "--workers", 1, "--batch-size", 2, "--config", subject
    for words in [
        ("explain", subject),
        ("explain", "--config", subject),
        ("check", subject, "--data", "photos"),
        ("preview", "photos", "--config", subject, "--rows", 1, "--cols", 2),
        doctor,
        ("bench", "--data", "photos", "--images", 4, "--workers", 1, "--config", subject),
    ]:
        told = run(*words)
        assert told.exit_code == 0, (words, told.output, told.exception)
    assert sys.path == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explain", "my_train:number"), "my_train:number is int; give a Compose, an op or a list of ops"),
        (("explain", "my_broken:augment"), "my_broken:augment: my_broken raised ZeroDivisionError: division by zero"),
        (("explain", "nowhere:augment"), "nowhere:augment: No module named 'nowhere'"),
        (("explain", "nowhere.yaml"), "nowhere.yaml: cannot be read: No such file or directory"),
        (("preview", "photos", "-c", "pipeline.yaml", "-o", "photos"), "photos: no suffix is no kind of picture"),
        (("preview", "photos", "-c", "pipeline.yaml", "-o", "a.yaml"), "a.yaml: .yaml is no kind of picture"),
        (("preview", "photos", "-c", "pipeline.yaml", "-o", "no/a.png"), "no/a.png: there is no folder "),
        (("schema", "-o", "photos"), "photos is a folder; name a file in it"),
        (("doctor", "nowhere"), "nowhere: there is no such folder"),
        (("ops", "Rotat"), "there is no op Rotat; did you mean Rotate?"),
    ],
)
def test_a_slip_is_one_line(words: tuple[str, ...], said: str, home: Path) -> None:
    done = program(*words, cwd=home)
    assert done.returncode == 1
    assert done.stderr.startswith(f"variegate: {said}") and len(done.stderr.splitlines()) == 1 and not done.stdout


def test_where_a_sheet_goes_is_looked_at_before_the_work(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from variegate.cli import preview

    def never(*_: object) -> None:
        raise AssertionError("it had begun")

    monkeypatch.setattr(preview, "originals_and_variations", never)
    told = run("preview", home / "photos", "-c", home / "pipeline.yaml", "-o", home / "no" / "a.png")
    assert isinstance(told.exception, ConfigError)
    if os.geteuid() != 0:
        (home / "photos").chmod(0o500)
        told = run("preview", home / "photos", "-c", home / "pipeline.yaml", "-o", home / "photos" / "a.png")
        assert "permission denied" in str(told.exception)


def test_explain_takes_one_pipeline(home: Path) -> None:
    assert run("explain").exit_code == 2
    assert run("explain", home / "pipeline.yaml", "--config", home / "pipeline.yaml").exit_code == 2
