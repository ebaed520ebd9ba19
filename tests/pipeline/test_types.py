"""A type checker knows what a call gives: an array of an array, a dict of fields, a pair with the record."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = """
import numpy as np
import variegate as vg

augment, image = vg.Compose([vg.Rotate((-30, 30))]), np.zeros((8, 6, 3), np.uint8)
reveal_type(augment(image))
reveal_type(augment(image, key=3, return_params=True))
reveal_type(augment(image=image, mask=image))
reveal_type(augment(image=image, mask=image, return_params=True))
reveal_type(augment.replay({}, image))
reveal_type(augment.replay({}, image=image, mask=image))
reveal_type(next(augment.variations(image, seed=3)))
reveal_type(next(augment.variations(image=image, mask=image)))
augment(image, mask=image)
augment(image, return_params="yes")
vg.RandomHorizontalFlip
"""
ARRAY, FIELDS, RECORD = "numpy.ndarray[Any, numpy.dtype[Any]]", "dict[str, Any]", "dict[str, Any]"


def test_what_a_call_gives_is_known(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "code.py").write_text(CODE)
    options = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path / "cache")]
    command = [sys.executable, "-m", "mypy", *options, "--follow-imports=silent", str(tmp_path / "code.py")]
    done = subprocess.run(command, capture_output=True, text=True)  # within a process it changes the recursion limit
    said = done.stdout
    assert not done.stderr
    lines = [line.split(": ", 1)[1] for line in said.splitlines() if line.split(":")[0].endswith("code.py")]
    revealed = [line.split('"')[1].replace("builtins.", "") for line in lines if "Revealed type" in line]
    pairs = f"tuple[{ARRAY}, {RECORD}]", f"tuple[{FIELDS}, {RECORD}]"
    wanted = [ARRAY, pairs[0], FIELDS, pairs[1], ARRAY, FIELDS, ARRAY, FIELDS]
    assert [kind.replace("tuple[Any, ...]", "Any") for kind in revealed] == wanted, said
    assert sum("No overload variant" in line for line in lines) == 2, said
    assert 'Module has no attribute "RandomHorizontalFlip"' in said
