"""The demo's data and training: a fair comparison, and one that really trains."""

from __future__ import annotations

import numpy as np
import pytest

from variegate.cli import digits


def test_ten_a_class_to_train_and_the_rest_to_test() -> None:
    pixels, labels = digits.read()
    assert pixels.shape == (5000, 28, 28, 1) and pixels.dtype == np.uint8
    first, again, other = (digits.share(pixels, labels, seed) for seed in (0, 0, 1))
    assert np.bincount(first.train_labels).tolist() == [10] * 10
    assert len(first.test) == 4900
    assert np.array_equal(first.train, again.train) and not np.array_equal(first.train, other.train)
    seen = {picture.tobytes() for picture in first.train}
    assert not any(picture.tobytes() in seen for picture in first.test)


def test_both_pipelines_give_the_model_the_same_kind_of_picture() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (28, 28, 1), np.uint8)
    for augment in digits.pipelines().values():
        out = augment(picture)
        assert out.shape == picture.shape and out.dtype == np.float32
    assert np.allclose(digits.pipelines()["without"](picture), picture / 255, rtol=1e-6, atol=0)


def test_training_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "EPOCHS", 25)
    pixels, labels = digits.read()
    ticks: list[None] = []
    found = digits.accuracy(digits.share(pixels, labels, 0), digits.pipelines()["with"], 0, lambda: ticks.append(None))
    assert len(ticks) == 25
    assert found > 0.5
