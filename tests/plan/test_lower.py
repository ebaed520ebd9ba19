"""Lowering holds what ops make of a picture's size against what a picture may have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from variegate import (
    Affine,
    CenterCrop,
    Compose,
    Contrast,
    LongestMaxSize,
    Opaque,
    Pad,
    RandomResizedCrop,
    RandomZoomOut,
    Resize,
    Scale,
    SmallestMaxSize,
    config,
)
from variegate.errors import PipelineError
from variegate.kernels.row_layout import LONGEST
from variegate.key import Keys

Size = tuple[int, int]


def planned(ops: list[Any], size: Size) -> Size:
    """The size of the result; nothing is rendered."""
    height, width, _ = Compose(ops).plan(Keys.at(0, 0, [3, 4]), [size, size], 3).shapes[1]
    return height, width


@pytest.mark.parametrize(
    ("ops", "told"),
    [
        ([Resize(60_000)], "Resize makes 60000 x 60000 pixels"),
        ([Resize(60_000), CenterCrop(8)], "Resize makes 60000 x 60000 pixels"),  # a row of it is too much already
        ([Resize(8), Contrast(1.2), Resize(60_000)], "Resize#2 makes 60000 x 60000 pixels"),
        ([Resize(60_000), Opaque(lambda image: image), Resize(8)], "Resize makes 60000 x 60000 pixels"),
        ([Pad(10_000, name="frame")], "frame makes 20040 x 20060 pixels"),
        ([RandomZoomOut((900, 900)), Resize(8)], "RandomZoomOut makes 36000 x 54000 pixels"),
        ([RandomZoomOut((1e30, 1e30)), Resize(8)], "RandomZoomOut makes 1073741824 x 1073741824 pixels"),
        ([Resize((1, LONGEST + 1))], f"Resize makes 1 x {LONGEST + 1} pixels"),
        ([SmallestMaxSize(1 << 30)], "SmallestMaxSize makes 1073741824 x 1610612736 pixels"),
        ([LongestMaxSize(60_000)], "LongestMaxSize makes 40000 x 60000 pixels"),
        ([RandomResizedCrop(60_000, p=0.999), Resize(8)], "RandomResizedCrop makes 60000 x 60000 pixels"),
    ],
    ids=str,
)
def test_a_size_with_zeros_too_many_names_its_op(ops: list[Any], told: str) -> None:
    with pytest.raises(PipelineError, match=f"^{told} of a picture of 40 x 60. A picture may come to have 178,956,970"):
        planned(ops, (40, 60))
    with pytest.raises(PipelineError, match=f"^{told}"):
        Compose(ops)(image=np.zeros((40, 60, 3), np.uint8))


@pytest.mark.parametrize(
    ("op", "name"),
    [
        (Scale(1e-300), "Scale"),
        (Scale((1e-20, 1e-19)), "Scale"),
        (Scale(1e9), "Scale"),
        (Affine(scale=1e-300, name="tiny"), "tiny"),
    ],
    ids=str,
)
def test_a_scale_that_leaves_nothing_names_its_op(op: Any, name: str) -> None:
    with pytest.raises(PipelineError, match=f"^{name} shrinks or stretches a picture more than 1,000,000 times"):
        Compose([op])(image=np.zeros((40, 60, 3), np.uint8))


@pytest.mark.parametrize("op", [Scale(1e-3), Scale(1e3)])
def test_a_scale_that_is_large(op: Any) -> None:
    assert Compose([op])(image=np.zeros((40, 60, 3), np.uint8))["image"].shape == (40, 60, 3)


def test_a_pipeline_file_with_zeros_too_many(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_text("variegate: 1\nops:\n  - Resize: 60000\n")
    with pytest.raises(PipelineError, match="Resize makes 60000 x 60000 pixels"):
        config.load(path, Compose).explain(size=(40, 60))


@pytest.mark.parametrize(
    ("ops", "size", "made"),
    [
        ([Resize((1, LONGEST))], (4, 4), (1, LONGEST)),
        ([RandomZoomOut((4, 4)), Resize(640)], (6000, 8000), (640, 640)),  # what 48 megapixels come to on their way
        ([Pad(100)], (20_000, 20_000), (20_200, 20_200)),  # which was given so
    ],
)
def test_large_pictures_may_grow(ops: list[Any], size: Size, made: Size) -> None:
    assert planned(ops, size) == made
