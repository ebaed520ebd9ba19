"""Normalize and ToDtype: what the last write is told."""

from __future__ import annotations

import pytest

from variegate.errors import InputError
from variegate.ops import Normalize, ToDtype
from variegate.ops.effect import Output


def test_imagenet_is_the_default(lower):
    assert lower(Normalize(), (4, 4)) == Output((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "float32", "HWC")


def test_one_number_serves_all_channels(lower):
    assert lower(Normalize(0.5, [0.25], "CHW"), (4, 4), channels=2) == Output((0.5,) * 2, (0.25,) * 2, "float32", "CHW")


def test_another_number_of_channels(lower):
    with pytest.raises(InputError) as problem:
        lower(Normalize(), (4, 4), channels=1)
    assert str(problem.value) == (
        "Normalize.mean has 3 numbers, but the picture has 1 channel. Write one number a channel, or one for all."
    )


def test_to_dtype(lower):
    assert lower(ToDtype("float16", "CHW"), (4, 4)) == Output(dtype="float16", layout="CHW")
    assert lower(ToDtype("uint8"), (4, 4)) == Output(dtype="uint8")
