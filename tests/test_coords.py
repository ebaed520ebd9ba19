"""coords: the 3x3 mathematics against exact fractions, and the same bits for a batch and for one."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from variegate import coords

entries = st.floats(-8, 8).map(lambda x: round(x, 3))
stacks = arrays(np.float64, (3, 3, 3), elements=entries)


def product(second, first):
    """The exact product of two 3x3 matrices."""
    return [[sum(Fraction(second[i, k]) * Fraction(first[k, j]) for k in range(3)) for j in range(3)] for i in range(3)]


@given(stacks, stacks)
def test_compose_is_first_then_second(first, second):
    got = coords.compose(first, second)
    for b in range(3):
        expected = np.array(product(second[b], first[b]), np.float64)
        assert np.allclose(got[b], expected, rtol=1e-14, atol=1e-12)


@given(stacks, st.floats(-50, 50), st.floats(-50, 50))
def test_a_composed_map_moves_points_like_its_parts(matrix, x, y):
    first = coords.affine(*np.moveaxis(matrix, 0, -1)[:2].reshape(6, 3))
    second = coords.affine(2, 1, np.arange(3.0), 0, 1, -1)
    through = coords.apply(second, *coords.apply(first, x, y))
    assert np.allclose(through, coords.apply(coords.compose(first, second), x, y), rtol=1e-12, atol=1e-9)


@given(stacks)
def test_inverse_undoes(matrix):
    matrix = matrix + 40 * np.eye(3)
    assert np.allclose(coords.compose(matrix, coords.inverse(matrix)), np.eye(3), atol=1e-14)
    assert np.allclose(coords.compose(coords.inverse(matrix), matrix), np.eye(3), atol=1e-14)


@given(stacks)
def test_the_inverse_of_an_affine_map_is_exactly_affine(matrix):
    matrix[:, 2] = 0, 0, 1
    matrix[:, 0, 0] += 20
    matrix[:, 1, 1] += 20
    assert np.array_equal(coords.inverse(matrix)[:, 2], np.tile([0.0, 0, 1], (3, 1)))


def test_whole_numbers_stay_exact():
    flip = coords.affine(-1, 0, np.array([7.0]), 0, 1, 0)
    assert np.array_equal(coords.compose(flip, flip), coords.identity(1))
    assert np.array_equal(coords.inverse(flip), flip)


@given(stacks, st.floats(-20, 20), st.floats(-20, 20))
def test_about_fixes_what_the_origin_was(matrix, x, y):
    centre = np.full(3, x), np.full(3, y)
    moved = coords.about(matrix, *centre)
    back, away = coords.affine(1, 0, centre[0], 0, 1, centre[1]), coords.affine(1, 0, -centre[0], 0, 1, -centre[1])
    assert np.allclose(moved, coords.compose(coords.compose(away, matrix), back), atol=1e-8)


@given(stacks, stacks)
def test_a_batch_equals_its_maps_one_by_one(first, second):
    for b in range(3):
        one, other = first[b : b + 1], second[b : b + 1]
        assert np.array_equal(coords.compose(first, second)[b], coords.compose(one, other)[0])
        assert np.array_equal(coords.about(first, 3.0, 4.0)[b], coords.about(one, 3.0, 4.0)[0])


def test_centres():
    x, y = coords.centre(np.array([[2, 5], [1, 1]]))
    assert x.tolist() == [2.5, 0.5] and y.tolist() == [1, 0.5]
    assert coords.pixel_centre(np.array([0, 3])).tolist() == [0.5, 3.5]
