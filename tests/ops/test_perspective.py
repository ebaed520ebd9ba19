"""Perspective: corners go where they were drawn to, and the map never folds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from variegate import coords
from variegate.ops import Perspective

corners = arrays(np.float64, (8, 1), elements=st.floats(0, 1))
CORNERS = [(0, 0), (1, 0), (1, 1), (0, 1)]


@given(corners, st.floats(0, 0.66), st.integers(1, 400), st.integers(1, 400))
def test_each_corner_moves_inwards_by_its_draws(lower, corners, distortion, height, width):
    matrix = lower(Perspective(distortion), (height, width), corners=corners).matrix
    for (x, y), across, down in zip(CORNERS, corners[::2, 0], corners[1::2, 0], strict=True):
        to_x = width * abs(x - across * distortion / 2)
        to_y = height * abs(y - down * distortion / 2)
        back_x, back_y = coords.apply(matrix, np.array([to_x]), np.array([to_y]))
        assert abs(back_x[0] - width * x) < 1e-7 * width and abs(back_y[0] - height * y) < 1e-7 * height


@given(corners, st.floats(0, 0.66))
def test_no_point_of_the_picture_lies_behind_the_viewer(lower, corners, distortion):
    matrix = lower(Perspective(distortion), (30, 40), corners=corners).matrix[0]
    for (x, y), across, down in zip(CORNERS, corners[::2, 0], corners[1::2, 0], strict=True):
        point = 40 * abs(x - across * distortion / 2), 30 * abs(y - down * distortion / 2), 1
        assert matrix[2] @ point > 0


@given(corners)
def test_no_distortion_is_exactly_the_identity(lower, corners):
    assert np.array_equal(lower(Perspective(0), (375, 500), corners=corners).matrix, coords.identity(1))


def test_eight_hidden_draws_of_one_field():
    assert Perspective.trials == {"corners": 8} and set(Perspective().drawn()) == {"distortion", "corners"}
