"""What README.md shows is what runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import variegate
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


def starting(text: str) -> str:
    """The example with these words in it."""
    (found,) = [block for block in blocks("python") if text in block]
    return found


def test_the_examples_of_labels_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    corners = np.array([100.0, 80, 260, 90, 250, 210, 90, 200])
    names: dict[str, Any] = {
        **{"vg": variegate, "image": rng.integers(0, 256, (300, 400, 3), np.uint8)},
        **{"boxes": [[90, 80, 170, 130]], "polygons": [[corners]], "labels": ["cat"]},
        **{"mask": np.zeros((300, 400), np.uint8), "segmented": np.ones((640, 640), np.uint8)},
        **{"predicted": [[10, 10, 50, 60]], "model": lambda batch: batch.astype(np.float32)},
    }
    exec(starting("vg.RandomIoUCrop(), vg.Resize(640)"), names)
    assert names["out"]["image"].shape == (640, 640, 3)
    assert len(names["out"]["boxes"]) == len(names["out"]["polygons"]) == len(names["out"]["labels"])
    exec(starting("return_params=True"), names)
    back = names["augment"].inverse(names["record"])(mask=names["segmented"])
    assert back["mask"].shape == (300, 400)
    coco_folder(tmp_path, names["image"], corners)
    monkeypatch.chdir(tmp_path)
    exec(starting("vg.CocoJson"), names)
    assert names["batch"]["boxes"].shape == (16, 100, 4) and names["batch"]["instances"].shape == (16, 100)


def coco_folder(path: Path, image: np.ndarray, corners: np.ndarray) -> None:
    """A data set of 16 pictures with one object each."""
    (path / "images").mkdir()
    listed, annotations = [], []
    for n in range(16):
        Image.fromarray(image).save(path / "images" / f"{n}.jpg")
        listed.append({"id": n, "file_name": f"{n}.jpg", "height": 300, "width": 400})
        shape = {"bbox": [90, 80, 170, 130], "segmentation": [corners.tolist()], "area": 2e4, "iscrowd": 0}
        annotations.append({"id": n, "image_id": n, "category_id": 3, **shape})
    whole = {"images": listed, "annotations": annotations, "categories": [{"id": 3, "name": "cat"}]}
    (path / "instances.json").write_text(json.dumps(whole))


def test_the_file_loads() -> None:
    (text,) = blocks("yaml")
    assert len(config.load(text, Compose).ops) == 3


def test_every_local_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / link).exists(), link


def test_every_recipe_imports() -> None:
    lines = [
        line for block in blocks("python") for line in block.splitlines() if line.startswith("import variegate.ad")
    ]
    assert len(lines) == 6
    for line in lines:
        exec(line, {})


def test_the_example_of_ones_own_ops_runs() -> None:
    names: dict[str, Any] = {"vg": variegate, "np": np}
    exec(starting("rng=True, moves_pixels=False"), names)
    image, key = np.full((30, 40, 3), 120, np.uint8), variegate.Key(id=7)
    augment = names["augment"]
    assert set(augment.params(key)) == {"Rotate", "warm", "grain"} and augment.params(key)["grain"]["strength"] > 0
    first = augment(image, key=key)
    assert first.std() > 1 and np.array_equal(first, augment(image, key=key))


def test_the_example_of_numbers_runs() -> None:
    names: dict[str, Any] = {"vg": variegate}
    exec(starting("vg.Ramp("), names)
    augment = Compose(names["numbers"])
    first, last = ([augment.params(variegate.Key(epoch=epoch, id=n)) for n in range(40)] for epoch in (0, 20))
    assert {each["Translate"]["x"] for each in first} == {0} and len({each["Translate"]["x"] for each in last}) == 40
    assert not any(each["Gamma"]["applied"] for each in first) and any(each["Gamma"]["applied"] for each in last)


def test_the_examples_of_the_stream_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i in range(40):
            Image.fromarray(np.full((30, 40, 3), i, np.uint8)).save(tmp_path / "photos" / name / f"{i}.jpg")
    monkeypatch.chdir(tmp_path)
    states: list[Any] = []

    def save(model: Any, state: Any) -> None:
        states.append(state)
        if len(states) == 3:  # of an endless stream
            raise KeyboardInterrupt

    augment = Compose([variegate.RandomResizedCrop(16), variegate.Normalize(layout="CHW")])
    source = variegate.ImageFolder("photos")
    names = {"vg": variegate, "source": source, "augment": augment, "save": save, "train": len, "model": None}
    first, resume = starting("loader.stream()").split("loader.resume(state)")
    with pytest.raises(KeyboardInterrupt):
        exec(first, {**names, "rank": 0, "world_size": 1})
    loader = variegate.Loader(source, augment, batch_size=32, seed=0)
    loader.resume(json.loads(json.dumps(states[-1])), strict=False)
    assert loader.next_epoch == 1 and resume
    exec(starting("vg.OnError("), names)
    assert next(iter(names["loader"]))["image"].shape == (64, 3, 16, 16)  # type: ignore[call-overload]
    exec("vg.Manifest, vg.WebDataset, vg.TFRecord, vg.Parquet, vg.HuggingFace, vg.Items", names)
