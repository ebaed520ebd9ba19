"""The examples run."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
sys.path.insert(0, str(ROOT / "docs" / "site"))

import notebooks  # noqa: E402
from examples import Page  # noqa: E402


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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_every_cell_shows_something(path: Path, tmp_path: Path) -> None:
    page = Page(path.stem, tmp_path)
    made = page.run(notebooks.as_page(path))
    assert (
        page.ran == sum(cell["cell_type"] == "code" for cell in notebooks.cells(path)) - 1
    )  # but the one that installs
    assert str(tmp_path) not in made and str(Path.home()) not in made
    if path.stem == "few_labels":
        without, with_it = map(float, re.findall(r"([\d.]+)% (?:right without|with it)", made))
        assert with_it > without + 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_installs_first_and_keeps_no_output(path: Path) -> None:
    code = [cell for cell in notebooks.cells(path) if cell["cell_type"] == "code"]
    assert "".join(code[0]["source"]).startswith('%pip install --quiet "variegate[')
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert "%pip" not in "".join("".join(cell["source"]) for cell in code[1:])


def test_colab_is_linked_once_the_project_has_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert notebooks.colab("a.ipynb") == ""
    (tmp_path / "pyproject.toml").write_text('[project.urls]\nRepository = "https://github.com/some/where"\n')
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    address = "https://colab.research.google.com/github/some/where/blob/main/examples/a.ipynb"
    assert notebooks.colab("a.ipynb") == address
    assert address in notebooks.as_page(NOTEBOOKS[0]).replace(NOTEBOOKS[0].name, "a.ipynb")
