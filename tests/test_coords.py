"""coords: the 3x3 maths against exact fractions, the same bits for a batch and for one; boxes that stay in range."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
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


LAYOUTS = ("xyxy", "xywh", "cxcywh")


@pytest.mark.parametrize(
    ("layout", "row"), [("xyxy", [1, 2, 4, 8]), ("xywh", [1, 2, 3, 6]), ("cxcywh", [2.5, 5, 3, 6])]
)
def test_every_layout_says_the_same_box(layout, row):
    rows, edges = np.array([row, row], np.float64), np.array([[1.0, 2, 4, 8]] * 2)
    assert np.array_equal(coords.box_edges(rows, layout), edges)
    assert np.array_equal(coords.box_rows(edges, layout), rows)
    assert not np.shares_memory(coords.box_edges(rows, layout), rows)
    assert not np.shares_memory(coords.box_rows(edges, layout), edges)


@given(arrays(np.int64, (3, 4), elements=st.integers(-(2**40), 2**40)), st.sampled_from(LAYOUTS))
def test_layouts_are_exact_for_short_numbers(rows, layout):
    rows = rows / 4
    assert np.array_equal(coords.box_rows(coords.box_edges(rows, layout), layout), rows)


@pytest.mark.parametrize(
    ("side", "dtype", "limit"),
    [
        (1, np.float32, 1),
        (640, np.float64, 640),
        (2**24 + 1, np.float32, 2**24),
        (2**24 + 3, np.float32, 2**24 + 2),  # the nearest is 2**24 + 4, which lies outside
        (2**24 + 3, np.float64, 2**24 + 3),
    ],
)
def test_limits_lie_in_the_picture(side, dtype, limit):
    limits = coords.box_limits(side, 1, dtype)
    assert limits.dtype == dtype and limits.tolist() == [limit, 1]


@given(st.data(), st.sampled_from(LAYOUTS), st.sampled_from([np.float32, np.float64]), st.integers(1, 2**25))
def test_fitted_boxes_are_in_range(data, layout, dtype, side):
    """The law for any numbers, and as exact fractions but for the rounding of the sum itself."""
    numbers = st.floats(-0.5, 1.5).map(lambda part: float(dtype(part * side)))
    near = st.sampled_from([0, 1e-30, 1 / 3, side / 3, side / 2, np.nextafter(side, 0), side])
    rows = data.draw(arrays(dtype, (5, 4), elements=st.one_of(numbers, near.map(dtype).map(float))))
    limits = coords.box_limits(side, side, dtype)
    fitted = coords.fit_boxes(rows, layout, limits)
    assert fitted.dtype == dtype and (fitted >= 0).all()
    assert coords.boxes_within(fitted, layout, limits).all()
    assert layout != "xyxy" or (fitted[:, 2:] >= fitted[:, :2]).all()
    assert coords.boxes_within(fitted.astype(np.float64), layout, limits.astype(np.float64)).all()
    half = Fraction(1, 2)
    for row in fitted:
        a, b, c, d = map(Fraction, row.tolist())
        far = {"xyxy": (c, d), "xywh": (a + c, b + d), "cxcywh": (a + c * half, b + d * half)}[layout]
        assert float(max(far)) <= float(limits[0])
    again = coords.fit_boxes(fitted, layout, limits)
    assert again.tobytes() == fitted.tobytes()


@given(st.data(), st.sampled_from(LAYOUTS), st.sampled_from([np.float32, np.float64]))
def test_boxes_well_inside_are_left_alone(data, layout, dtype):
    edges = np.sort(data.draw(arrays(np.float64, (4, 2, 2), elements=st.floats(1, 99))), axis=1).reshape(4, 4)
    rows = coords.box_rows(edges, layout).astype(dtype)
    limits = coords.box_limits(100, 100, dtype)
    assert coords.fit_boxes(rows, layout, limits).tobytes() == rows.tobytes()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("edges", "within"),
    [
        ([0, 0, 8, 4], True),
        ([1, 1, 2, 2], True),
        ([-1, 0, 8, 4], False),
        ([0, -1, 8, 4], False),
        ([0, 0, 9, 4], False),
        ([0, 0, 8, 5], False),
    ],
)
def test_within_means_every_edge(layout, edges, within):
    rows = coords.box_rows(np.array([[1.0, 1, 2, 2], edges]), layout)
    assert coords.boxes_within(rows, layout, coords.box_limits(8, 4, np.float64)).tolist() == [True, within]
