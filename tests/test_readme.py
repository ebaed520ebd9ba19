"""What README.md shows is what runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from variegate import config
from variegate.pipeline import Compose

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_first_example_and_the_loader_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i in range(32):
            Image.fromarray(image).save(tmp_path / "photos" / name / f"{i}.jpg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"image": image}
    for block in blocks("python")[:2]:
        exec(block, names)
    assert names["batch"]["image"].shape == (64, 3, 224, 224)
    assert names["batch"]["image"].dtype == np.float32
    assert names["batch"]["label"].dtype == np.int64


def test_the_file_loads() -> None:
    (text,) = blocks("yaml")
    assert len(config.load(text, Compose).ops) == 3


def test_every_local_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / link).exists(), link


def test_every_recipe_imports() -> None:
    lines = [line for block in blocks("python") for line in block.splitlines() if line.startswith("from variegate")]
    assert len(lines) == 3
    for line in lines:
        exec(line, {})
