"""The plan as text, against golden files.

The texts lie in tests/pipeline/golden. To write them anew after a change that is meant:

    UPDATE_GOLDEN=1 .venv/bin/python -m pytest tests/pipeline/test_explain.py

and read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import variegate as vg
from variegate.pipeline.explain import resamplings

GOLDEN = Path(__file__).parent / "golden"


def stripes(image, step):
    return image * (np.arange(len(image)) % step > 0)[:, None, None]


def warm(pixel, amount):
    return (pixel[0] + amount, pixel[1], pixel[2] - amount)


CASES = {
    "nothing": vg.Compose([]),
    "standard": vg.Compose([vg.RandomResizedCrop(224), vg.HorizontalFlip(p=0.5), vg.Normalize(layout="CHW")]),
    "seed": vg.Compose(
        [
            vg.Rotate((-30, 30)),
            vg.Translate((-0.1, 0.1), (-0.1, 0.1)),
            vg.Scale((0.8, 1.2)),
            vg.Shear((-10, 10)),
            vg.HorizontalFlip(p=0.5),
            vg.VerticalFlip(p=0.5),
            vg.RandomResizedCrop(224),
            vg.Contrast((0.8, 1.2)),
            vg.Normalize(layout="CHW"),
        ]
    ),
    "means": vg.Compose(
        [vg.Contrast(1.2), vg.Rotate(10), vg.Contrast((0.8, 1.2), about="channel"), vg.ColorJitter(contrast=(0.9, 1.1))]
    ),
    "cut": vg.Compose(
        [
            vg.Rotate(10),
            vg.Gamma(2),
            vg.Scale(0.5),
            vg.Opaque(stripes, step=(2, 9)),
            vg.Resize(64),
            vg.Pointwise(warm, amount=0.1),
        ],
        interpolation="bicubic",
        antialias=False,
    ),
    "choices": vg.Compose(
        [
            vg.OneOf([vg.Rotate(5), vg.RandomApply([vg.Posterize(4)], p=0.5)]),
            vg.SomeOf([vg.Invert(), vg.Transpose()], n=1),
        ]
    ),
    "shrinking": vg.Compose([vg.Rotate(20), vg.Scale(0.25), vg.ToDtype("float16")]),
}


@pytest.mark.parametrize("name", CASES)
def test_explain_is_as_it_was(name):
    pipeline = CASES[name]
    text = f"{pipeline.explain()}\n\n{pipeline.explain(size=(375, 500))}\n"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path} differs; if that is meant, run with UPDATE_GOLDEN=1"


def test_no_golden_file_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(CASES)


def test_resamplings_count_the_passes_that_read_through_maps():
    counts = {name: resamplings(pipeline.compiler.cutter) for name, pipeline in CASES.items()}
    assert counts == {"nothing": 0, "standard": 1, "seed": 1, "means": 1, "cut": 3, "choices": 2, "shrinking": 1}


def test_explain_takes_a_shape_or_a_picture():
    augment = vg.Compose([vg.Rotate(3)])
    assert augment.explain((4, 5, 1), dtype="float32") == augment.explain((4, 5), channels=1, dtype="float32")
    assert augment.explain(np.zeros((4, 5), np.float32)) == augment.explain((4, 5), channels=1, dtype="float32")
    for size in (7, (4,), (4, 5, 3, 1), (0, 5), "4x5"):
        with pytest.raises(vg.InputError, match=r"explain takes \(height, width\) of a picture, its"):
            augment.explain(size)


def test_explain_tells_the_channels_and_dtype():
    text = vg.Compose([vg.Rotate(3)]).explain((4, 5), channels=1, dtype=np.float32)
    assert "picture    4 x 5 x 1 float32" in text and "write    float32 HWC 4 x 5 x 1" in text


def test_a_fill_of_dropout_is_no_number_of_the_picture() -> None:
    told = vg.Compose([vg.CoarseDropout(fill="noise"), vg.Erasing(fill=(1, 0.5, 0))]).explain(size=(30, 40))
    assert "30 x 40 x 3 uint8" in told
    assert "uint16" in vg.Compose([vg.Rotate(9, fill=300)]).explain(size=(30, 40))


def test_timed_measures_each_stage_of_a_picture():
    augment = vg.Compose([vg.Rotate(9), vg.GaussianBlur(1), vg.Resize(16)])
    told = augment.explain(np.zeros((40, 60, 3), np.uint8), timed=True)
    shares = [line for line in told.split("\n") if line.startswith("  time ")]
    assert len(shares) == told.count("\nstage ") == 3
    untimed = [line for line in told.split("\n") if "time " not in line]
    assert untimed == augment.explain((40, 60, 3)).split("\n")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_timed_makes_noise_in_range_where_it_has_no_picture(dtype):
    told = vg.Compose([vg.Contrast(1.5)]).explain((20, 30), 1, dtype, timed=True)
    assert "100% of" in told


def test_timed_stops_where_a_function_changes_the_size():
    told = vg.Compose([vg.Opaque(halved), vg.Resize(8)]).explain((20, 30), timed=True)
    assert "time" in told


def halved(image):
    return image[::2].copy()


def test_timed_needs_something_to_measure_on():
    with pytest.raises(vg.InputError, match="give one, or its"):
        vg.Compose([]).explain(timed=True)
