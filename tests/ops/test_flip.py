"""Flips and Transpose: exact, and their own inverses."""

from __future__ import annotations

import numpy as np
import pytest

from variegate import coords
from variegate.ops import HorizontalFlip, Transpose, VerticalFlip

CASES = [
    (HorizontalFlip(), lambda image: image[:, ::-1]),
    (VerticalFlip(), lambda image: image[::-1]),
    (Transpose(), lambda image: image.T),
]


@pytest.mark.parametrize(("op", "expected"), CASES, ids=[repr(op) for op, _ in CASES])
def test_pixels(lower, pick, image, op, expected):
    effect = lower(op, image.shape)
    assert np.array_equal(pick(image, effect), expected(image))
    assert tuple(effect.size[0]) == expected(image).shape


@pytest.mark.parametrize("op", [case[0] for case in CASES], ids=repr)
def test_twice_is_the_identity(lower, op):
    size = np.array([(375, 500)])
    first = lower(op, (375, 500))
    second = lower(op, first.size)
    assert np.array_equal(coords.compose(second.matrices(first.size), first.matrices(size)), coords.identity(1))


def test_only_transpose_swaps_sides():
    assert Transpose.swaps_sides and not HorizontalFlip.swaps_sides and not Transpose.resizes
