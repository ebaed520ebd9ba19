"""Borders and windows: folding against numpy.pad, intervals against the test of each pixel."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from variegate.kernels import link
from variegate.sampling import BORDERS

FOLDING = [border for border in BORDERS if border != "constant"]


@numba.njit
def folded(positions, size, border):
    out = np.empty(positions.size)
    for n in range(positions.size):
        out[n] = link.fold(positions[n], size, border)
    return out


@numba.njit
def interval(a, b, count, size):
    return link.span(a, b, count, size)


@numba.njit
def each_pixel(a, b, count, size):
    out = np.zeros(count, np.bool_)
    for x in range(count):
        out[x] = link.within(a * (x + 0.5) + b, size)
    return out


@pytest.mark.parametrize("border", FOLDING)
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_fold_lands_on_the_pixel_that_numpy_pads_with(border, size):
    far = 1000 * size
    want = np.pad(np.arange(size), far, mode=border)
    got = folded(np.arange(-far, size + far) + 0.5, float(size), BORDERS.index(border))
    np.testing.assert_array_equal(got, want + 0.5)


@pytest.mark.parametrize("border", FOLDING)
def test_fold_leaves_the_inside_alone(border):
    inside = np.linspace(0, 5, 101)
    np.testing.assert_array_equal(folded(inside, 5.0, BORDERS.index(border)), inside)


@settings(derandomize=True, deadline=None)
@given(st.floats(-1e300, 1e300), st.integers(1, 50), st.sampled_from(FOLDING))
def test_fold_always_ends_inside(position, size, border):
    got = folded(np.array([position]), float(size), BORDERS.index(border))[0]
    assert -1e-9 <= got <= size + 1e-9


@settings(derandomize=True, deadline=None)
@given(st.floats(-200, 200), st.integers(2, 30))
def test_mirrors_do_not_tear(position, size):
    """A symmetric border is continuous everywhere, so neighbours stay neighbours."""
    a, b = folded(np.array([position, position + 1e-6]), float(size), BORDERS.index("symmetric"))
    assert abs(a - b) <= 1.1e-6


numbers = st.one_of(st.floats(-3, 3), st.sampled_from([0.0, 1.0, -1.0, 0.5, 1e-300, -1e-18, 1e18, 1e300]))


@settings(derandomize=True, deadline=None, max_examples=500)
@given(numbers, numbers, st.integers(1, 40), st.integers(1, 30))
def test_the_interval_of_a_row_is_what_each_pixel_says(a, b, count, size):
    lo, hi = interval(a, b, count, float(size))
    assert list(range(lo, hi)) == np.flatnonzero(each_pixel(a, b, count, float(size))).tolist()


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.floats(-1e-15, 1e-15), st.floats(-1e-15, 1e-15), st.integers(1, 30))
def test_a_row_that_lies_on_an_edge_but_for_rounding_is_inside(a, b, size):
    assert interval(a, b, 40, float(size)) == (0, 40)
    assert interval(a, b + size, 40, float(size)) == (0, 40)
