"""What README.md shows is what runs: all of its examples, one after the other, in a folder with what they name."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import importlib
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import variegate
from variegate import config, ops
from variegate.pipeline import Compose

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos in two classes, YOLO's data set of them, and pictures with masks."""
    home, rng = tmp_path_factory.mktemp("readme"), np.random.default_rng(0)

    def save(path: str, *shape: int, most: int = 256) -> Path:
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, most, shape, np.uint8)).save(home / path)
        return home / path

    for n in range(10):
        for kind in ("cat", "dog"):
            save(f"photos/{kind}/{n}.jpg", 60, 80, 3)
        labels = home / "coco8" / "labels" / "train" / f"{n}.txt"
        save(f"coco8/images/train/{n}.jpg", 60, 80, 3)
        labels.parent.mkdir(parents=True, exist_ok=True)
        labels.write_text("0 0.5 0.5 0.4 0.4\n1 0.3 0.3 0.2 0.2\n")
        save(f"images/{n}.jpg", 60, 80, 3)
        save(f"masks/{n}.png", 60, 80, most=21)
    said = {"path": ".", "train": "images/train", "val": "images/train", "names": ["cat", "dog"]}
    (home / "coco8" / "data.yaml").write_text(json.dumps(said))
    return home


@pytest.fixture(scope="module")
def names(home: Path) -> dict[str, Any]:
    """What all examples leave behind."""
    pytest.importorskip("torch"), pytest.importorskip("keras"), pytest.importorskip("jax"), pytest.importorskip("ray")
    made: dict[str, Any] = {}
    before = Path.cwd()
    os.chdir(home)
    try:
        for n, block in enumerate(blocks("python")):
            exec(compile(block, f"README.md, example {n + 1}", "exec"), made)
            made[f"after {n}"] = dict(made)
    finally:
        os.chdir(before)
    return made


def after(names: dict[str, Any], text: str) -> dict[str, Any]:
    """The names as the example left them that has this text in it."""
    (n,) = [n for n, block in enumerate(blocks("python")) if text in block]
    found: dict[str, Any] = names[f"after {n}"]
    return found


def test_every_example_runs(names: dict[str, Any]) -> None:
    assert len(blocks("python")) == README.count("```python") == 10
    assert names["augment"](names["image"], key=3).shape == (375, 500, 3)


def test_the_numbers_are_drawn(names: dict[str, Any]) -> None:
    augment = Compose(names["numbers"])
    first, last = ([augment.params(variegate.Key(epoch=epoch, id=n)) for n in range(40)] for epoch in (0, 20))
    assert {each["Translate"]["x"] for each in first} == {0} and len({each["Translate"]["x"] for each in last}) == 40


def test_classification_keeps_a_part_for_validation(names: dict[str, Any]) -> None:
    made = after(names, "stratify=True")
    assert len(made["train"]) == 16 and sorted(made["valid"].labels) == [0, 0, 1, 1]
    assert made["batch"]["image"].shape == (16, 3, 224, 224) and len(made["right"]) == 1 and made["loss"].requires_grad


def test_detection_gives_corners(names: dict[str, Any]) -> None:
    batch = after(names, "coco8")["batch"]
    assert batch["image"].shape == (10, 3, 640, 640) and 0 <= batch["image"].min() <= batch["image"].max() <= 1
    for boxes, labels in zip(batch["boxes"], batch["labels"], strict=True):
        assert boxes.shape == (len(labels), 4) and (boxes[:, 2:] > boxes[:, :2]).all() and boxes.max() <= 640


def test_a_run_goes_on_where_it_was(names: dict[str, Any]) -> None:
    made = after(names, "load_state_dict")
    whole = variegate.Loader(made["train"], made["augment"], batch_size=4, seed=0, workers=0)
    assert np.array_equal(made["following"]["image"].numpy(), whole.batch(0, 2)["image"])


def test_labels_come_back(names: dict[str, Any]) -> None:
    made = after(names, "labelled.inverse(record)")
    assert made["out"]["image"].shape == (640, 640, 3) and len(made["out"]["boxes"]) == len(made["out"]["labels"])


def test_the_file_loads() -> None:
    (text,) = blocks("yaml")
    assert len(config.load(text, Compose).ops) == 3


def test_every_local_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / link).exists(), link


def test_every_op_is_listed_once() -> None:
    table = README[README.index("| family | ops |") : README.index("**What a number may be**")]
    assert sorted(re.findall(r"`(\w+)`", table)) == sorted(set(ops.__all__) - {"Op"})


def test_its_chart_and_its_figures_are_those_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    chart, figures = importlib.import_module("chart"), importlib.import_module("figures")
    results = json.loads(chart.RESULTS.read_text(encoding="utf-8"))
    drawn = chart.drawn(results)
    assert drawn == (ROOT / "docs/images/rates.svg").read_text(encoding="utf-8"), "python bench/figures.py draws it"
    assert figures.filled(README) == README, "python bench/figures.py writes it"
    bars = [element.attrib for element in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}rect")]
    rates = [rate for recipe in chart.rates(results).values() for rate in recipe.values()]
    assert len(bars) == len(rates) == 12
    for bar, rate in zip(bars, rates, strict=True):  # as wide as the number says
        assert float(bar["width"]) == pytest.approx(float(bars[0]["width"]) * rate / rates[0], abs=0.1)


def test_it_is_two_pages() -> None:
    assert len(README.splitlines()) <= 260
