"""Translate: the direction, and shifts that cancel."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from variegate import coords
from variegate.ops import Translate


def test_positive_moves_right_and_down(lower, pick, image):
    got = pick(image, lower(Translate(2 / 7, 1 / 5), image.shape))
    assert np.array_equal(got[1:, 2:], image[:-1, :-2]) and np.all(got[0] == -1) and np.all(got[:, :2] == -1)


@given(st.integers(1, 500), st.integers(1, 500), st.floats(-2, 2), st.floats(-2, 2))
def test_there_and_back(lower, height, width, x, y):
    there, back = lower(Translate(x, y), (height, width)), lower(Translate(-x, -y), (height, width))
    assert np.array_equal(coords.compose(there.matrix, back.matrix), coords.identity(1))


def test_pixels_are_added_to_fractions(lower, pick, image):
    got = pick(image, lower(Translate(x_px=2, y_px=-1), image.shape))
    assert np.array_equal(got[:-1, 2:], image[1:, :-2]) and np.all(got[-1] == -1)
    both, one = lower(Translate(1 / 7, 1 / 5, x_px=1, y_px=1), (5, 7)), lower(Translate(2 / 7, 2 / 5), (5, 7))
    assert np.allclose(both.matrix, one.matrix)
