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
LISTS = """
import variegate as vg

size: list[int] = [224, 192]
vg.Compose([vg.Rotate([-30, 30]), vg.Scale(x=[0.8, 1.2], fill=[1, 2, 3]), vg.Translate(vg.Ramp(0, [-0.2, 0.2], 3))])
vg.Compose([vg.Resize(size), vg.RandomResizedCrop([224, 224], [0.1, 1]), vg.PadIfNeeded(multiple=[32, 16])])
vg.Compose([vg.Elastic(cells=[3, 4]), vg.RandomIoUCrop(iou=vg.Choice([0.1, 1]), ratio=[0.5, 2])])
vg.Compose([vg.Erasing(fill=[0.1, 0.2, 0.3]), vg.CoarseDropout([1, 9], [0.1, 0.2]), vg.ChannelDropout(fill=[0.5])])
vg.Compose([vg.OneOf([vg.Invert(), vg.Hue(3)], weights=[1, 2]), vg.SomeOf([vg.Invert()], [0, 1]), vg.CLAHE([1, 4])])
vg.Compose([vg.CLAHE(tile_grid_size=[4, 8]), vg.ThinPlateSpline(points=[3, 4]), vg.AutoContrast(ignore=[0, 255])])
heat, kept = vg.Mask([0, 1], channels=2), vg.Mask(shrink="area", keep=[1, 2])
targets = {"heat": heat, "kept": kept, "points": vg.Keypoints(swap=[(0, 1)])}
vg.Compose([vg.Normalize([0.5, 0.5, 0.5], [0.2, 0.2, 0.2])], targets=targets).explain([40, 60])
"""
ARRAY, FIELDS, RECORD = "numpy.ndarray[Any, numpy.dtype[Any]]", "dict[str, Any]", "dict[str, Any]"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a type checker says of both files; one run of it, as it reads the library."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("types")
    (folder / "code.py").write_text(CODE)
    (folder / "lists.py").write_text(LISTS)
    options = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(folder / "cache")]
    files = [str(folder / "code.py"), str(folder / "lists.py")]
    command = [sys.executable, "-m", "mypy", *options, "--follow-imports=silent", *files]
    done = subprocess.run(command, capture_output=True, text=True)  # within a process it changes the recursion limit
    assert not done.stderr
    return done.stdout


def test_lists_are_taken_where_tuples_are(said: str) -> None:
    assert not [line for line in said.splitlines() if line.split(":")[0].endswith("lists.py")], said
    exec(LISTS, {})  # and so they are at run time


def test_what_a_call_gives_is_known(said: str) -> None:
    lines = [line.split(": ", 1)[1] for line in said.splitlines() if line.split(":")[0].endswith("code.py")]
    revealed = [line.split('"')[1].replace("builtins.", "") for line in lines if "Revealed type" in line]
    pairs = f"tuple[{ARRAY}, {RECORD}]", f"tuple[{FIELDS}, {RECORD}]"
    wanted = [ARRAY, pairs[0], FIELDS, pairs[1], ARRAY, FIELDS, ARRAY, FIELDS]
    assert [kind.replace("tuple[Any, ...]", "Any") for kind in revealed] == wanted, said
    assert sum("No overload variant" in line for line in lines) == 2, said
    assert 'Module has no attribute "RandomHorizontalFlip"' in said
