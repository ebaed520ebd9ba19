"""Resizes: the whole picture fills the new canvas, whose size is as promised."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import variegate as vg
from variegate import coords
from variegate.ops import LongestMaxSize, Resize, SmallestMaxSize

sides = st.integers(1, 5000)


@given(sides, sides, st.integers(1, 600), st.integers(1, 600))
def test_corners_go_to_corners(lower, height, width, rows, columns):
    for op in (Resize((rows, columns)), SmallestMaxSize(rows), LongestMaxSize(rows)):
        effect = lower(op, (height, width))
        new = effect.size[0]
        x, y = coords.apply(effect.matrix, float(new[1]), float(new[0]))
        assert np.allclose([x[0], y[0]], [width, height], rtol=1e-14)
        assert np.all(effect.matrix[0, :2, 2] == 0)


@given(sides, sides, st.integers(1, 600))
def test_sizes(lower, height, width, side):
    short, long = sorted((height, width))
    smallest = lower(SmallestMaxSize(side), (height, width)).size[0]
    longest = lower(LongestMaxSize(side), (height, width)).size[0]
    assert smallest.min() == side and longest.max() == side
    assert abs(int(smallest.max()) - side * long / short) <= 0.5
    assert abs(int(longest.min()) - max(side * short / long, 1)) <= 0.5
    assert (height > width) == (height != width and smallest[0] >= smallest[1] and height > width)


def test_pixels_of_a_whole_factor(lower, pick, image):
    assert np.array_equal(pick(image, lower(Resize((10, 21)), image.shape)), np.repeat(np.repeat(image, 2, 0), 3, 1))


def test_one_number_is_a_square_and_only_resize_fixes_the_size(lower):
    assert Resize(5).size == (5, 5) and Resize(5).fixes_size()
    assert not SmallestMaxSize(5).fixes_size() and SmallestMaxSize(5).resizes and LongestMaxSize(5).resizes
    assert lower(SmallestMaxSize(256), (375, 500)).size.tolist() == [[256, 341]]
    assert lower(LongestMaxSize(8), (1, 30000)).size.tolist() == [[1, 8]]


def test_sizes_may_be_drawn_and_are_rounded_down():
    sizes = {vg.Compose([SmallestMaxSize(vg.Choice((8, 12)))])(IMAGE, key=n).shape[0] for n in range(40)}
    assert sizes == {8, 12}
    sizes = {vg.Compose([LongestMaxSize((10, 13))])(IMAGE, key=n).shape[1] for n in range(60)}
    assert sizes == {10, 11, 12}


def test_the_longer_side_has_a_limit():
    """torchvision's `RandomShortestSize(min_size, max_size)`."""
    assert vg.Compose([SmallestMaxSize(20, longest=40)])(IMAGE).shape == (20, 30)
    assert vg.Compose([SmallestMaxSize(20, longest=30)])(IMAGE).shape == (20, 30)
    assert vg.Compose([SmallestMaxSize(20, longest=24)])(IMAGE).shape == (16, 24)


IMAGE = np.zeros((24, 36), np.uint8)
