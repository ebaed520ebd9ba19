"""What the demo leaves behind runs, and is not written over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import variegate as vg
from variegate.cli.app import app
from variegate.cli.bench import recipe, verdict
from variegate.cli.demo import leave
from variegate.cli.options import console


def test_the_pipeline_and_the_script_that_are_left_run(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for n in range(3):
        levels = np.random.default_rng(n).integers(0, 256, (60, 80, 3), np.uint8)
        Image.fromarray(levels).save(photos / f"{n}.png")
    leave(console(), tmp_path)
    assert vg.load(tmp_path / "pipeline.yaml") == recipe()
    done = subprocess.run([sys.executable, tmp_path / "first.py", photos], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("(3, 3, 224, 224) float32") and (tmp_path / "batch.png").exists()


def test_the_quick_demo_needs_no_framework(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("variegate.cli.demo.NEEDED", ("no such package",))
    said = CliRunner().invoke(app, ["demo", "--quick", "--output", str(tmp_path)])
    assert said.exit_code == 0 and "plan       " in said.output
    assert Image.open(tmp_path / "sheet.png").width > 900 and (tmp_path / "pipeline.yaml").exists()
    assert CliRunner().invoke(app, ["demo", "--output", str(tmp_path)]).exit_code == 1


def test_what_was_changed_stays(tmp_path: Path) -> None:
    for name in ("pipeline.yaml", "first.py"):
        (tmp_path / name).write_text("mine")
    leave(console(), tmp_path)
    assert (tmp_path / "pipeline.yaml").read_text() == (tmp_path / "first.py").read_text() == "mine"


def test_a_rate_is_judged_by_the_decoder() -> None:
    assert verdict(0.8).startswith("Good: ") and verdict(0.3).startswith("The ops take more time")
