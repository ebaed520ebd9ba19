"""Scale: larger factors enlarge, about the centre."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from variegate import coords
from variegate.ops import Scale

factors = st.floats(0.1, 10)


def test_two_shows_the_middle_half(lower):
    effect = lower(Scale(2), (100, 60))
    (left, right), (top, bottom) = coords.apply(effect.matrix, np.array([[0.0], [60.0]]), np.array([[0.0], [100.0]]))
    assert (left[0], right[0], top[0], bottom[0]) == (15, 45, 25, 75)


def test_x_and_y_multiply_the_factor(lower):
    matrix = lower(Scale(2, x=0.5, y=2), (8, 8)).matrix[0]
    assert (matrix[0, 0], matrix[1, 1]) == (1, 0.25)


@given(factors, factors, st.integers(1, 500), st.integers(1, 500))
def test_factors_multiply(lower, a, b, height, width):
    first, second = lower(Scale(a), (height, width)), lower(Scale(b), (height, width))
    assert np.allclose(
        coords.compose(second.matrix, first.matrix), lower(Scale(a * b), (height, width)).matrix, rtol=1e-9, atol=1e-7
    )


@given(factors, factors, st.integers(1, 500), st.integers(1, 500))
def test_the_centre_stays(lower, a, b, height, width):
    x, y = coords.apply(lower(Scale(x=a, y=b), (height, width)).matrix, width / 2, height / 2)
    assert abs(x[0] - width / 2) < 1e-9 and abs(y[0] - height / 2) < 1e-9


def test_one_is_exactly_the_identity(lower):
    assert np.array_equal(lower(Scale(), (375, 500)).matrix, coords.identity(1))
