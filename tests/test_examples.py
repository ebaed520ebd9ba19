"""The examples run."""

from __future__ import annotations

import runpy
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
