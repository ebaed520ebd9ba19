"""The rate: what is counted. No test is timed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from variegate import ops
from variegate.cli import measure
from variegate.loader import ImageFolder
from variegate.pipeline import Compose


def test_every_step_is_told_and_the_rate_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(3):
        Image.fromarray(np.full((8, 9, 3), i, np.uint8)).save(tmp_path / f"{i}.jpg")
    source = ImageFolder(tmp_path)
    told = list(measure.rate(source, Compose([ops.HorizontalFlip()]), workers=2, images=7))
    assert [step is None for step in told] == [True] * 7 + [False]
    assert measure.steps(source, images=7) == 7
    found = told[-1]
    assert found is not None and found.loader > 0 and found.decoder > 0
    assert found.share == found.loader / found.decoder
    assert 10 < found.peak < 1e5
    monkeypatch.setattr(measure, "decoding", lambda source, workers: 1000.0)
    *_, slow = measure.rate(source, Compose([ops.HorizontalFlip()]), workers=2, images=7)
    assert slow is not None and slow.decoder == 9 / 3000 and slow.loader > 1


def test_the_peak_is_the_most_that_was_held() -> None:
    with measure.peak_memory(every=0.005) as peak:
        before = peak[0]
        held = np.ones(40_000_000, np.uint8)
        measure.threading.Event().wait(0.1)
        del held
    assert before + 30e6 < peak[0] < before + 400e6
