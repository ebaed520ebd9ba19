"""The examples run."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "labels.png"
    monkeypatch.setattr(sys, "argv", ["labels.py", str(path)])
    runpy.run_path(str(EXAMPLES / "labels.py"), run_name="__main__")
    assert Image.open(path).size == (1440, 640)


def test_ray_train() -> None:
    command = [sys.executable, str(EXAMPLES / "ray_train.py"), "--quick"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    found = re.search(r"2 epochs of 1438 digits: \d+ a second; ([\d.]+)% of 359 others are right", said)
    assert found and float(found[1]) > 85
