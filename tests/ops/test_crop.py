"""Crops: whole pixels, every place, and errors that say what to do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate.errors import InputError
from variegate.ops import CenterCrop, Crop, RandomCrop


def test_crop_is_a_slice(lower, pick, image):
    assert np.array_equal(pick(image, lower(Crop(1, 2, 3, 4), image.shape)), image[1:4, 2:6])


def test_crop_with_a_border_may_reach_beyond(lower, pick, image):
    got = pick(image, lower(Crop(-1, -2, 9, 9, border="constant"), image.shape))
    assert np.array_equal(got, np.pad(image, ((1, 3), (2, 0)), constant_values=-1))


def test_center_crop(lower, pick, image):
    assert np.array_equal(pick(image, lower(CenterCrop((3, 3)), image.shape)), image[1:4, 2:5])
    assert np.array_equal(pick(image, lower(CenterCrop((2, 4)), image.shape)), image[1:3, 1:5])
    got = pick(image, lower(CenterCrop(9, border="edge"), image.shape))
    assert np.array_equal(got, np.pad(image, ((2, 2), (1, 1)), constant_values=-1))


@given(st.integers(1, 9), st.integers(1, 9), st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True))
def test_random_crop_stays_inside(lower, height, width, top, left):
    matrix = lower(RandomCrop((height, width)), (9, 9), top=top, left=left).matrix[0]
    x, y = matrix[0, 2], matrix[1, 2]
    assert x == int(x) and y == int(y) and 0 <= x <= 9 - width and 0 <= y <= 9 - height


def test_random_crop_reaches_every_place_evenly(lower):
    steps = (np.arange(1000) + 0.5) / 1000
    for size, picture in (((3, 5), (6, 9)), ((6, 9), (3, 5))):
        effect = lower(RandomCrop(size, border="constant"), [picture] * 1000, top=steps, left=1 - steps)
        for column, expected in ((effect.matrix[:, 1, 2], 4), (effect.matrix[:, 0, 2], 5)):
            values, counts = np.unique(column, return_counts=True)
            assert len(values) == expected and counts.max() - counts.min() <= 1
            assert set(np.abs(values)) == set(range(expected))
            assert np.all(values * (1 if size[0] < picture[0] else -1) >= 0)


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (
            Crop(3, 0, 3, 7),
            "Crop asks for 3 x 7 pixels at (3, 0), but the picture has 5 x 7 (height x width). "
            "Put Pad or SmallestMaxSize before it, or set border=.",
        ),
        (
            CenterCrop(6),
            "CenterCrop asks for 6 x 6 pixels, but the picture has 5 x 7 (height x width). "
            "Put Pad or SmallestMaxSize before it, or set border=.",
        ),
        (
            RandomCrop((4, 8), name="window"),
            "window asks for 4 x 8 pixels, but the picture has 5 x 7 (height x width). "
            "Put Pad or SmallestMaxSize before it, or set border=.",
        ),
    ],
)
def test_a_picture_that_is_too_small(lower, op, message):
    with pytest.raises(InputError) as problem:
        lower(op, [(50, 70), (5, 7)])
    assert str(problem.value) == message


@given(st.integers(1, 9), st.integers(1, 9))
def test_the_whole_picture_always_fits(lower, height, width):
    for op in (Crop(0, 0, height, width), CenterCrop((height, width)), RandomCrop((height, width))):
        effect = lower(op, (height, width))
        assert np.array_equal(effect.matrix[0], np.eye(3)) and effect.size.tolist() == [[height, width]]
        assert op.fixes_size() and op.resizes
