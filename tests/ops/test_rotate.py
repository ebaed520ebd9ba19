"""Rotate and Rotate90: the direction, the laws, exact quarter turns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate import coords
from variegate.ops import Rotate, Rotate90

sides = st.integers(1, 400)


def test_positive_is_counter_clockwise_on_the_screen(lower, pick):
    image = np.arange(9).reshape(3, 3)
    for quarter in range(-4, 5):
        got = pick(image, lower(Rotate(90 * quarter), image.shape))
        assert np.array_equal(got, np.rot90(image, quarter))


def test_a_point_right_of_the_centre_moves_up(lower):
    effect = lower(Rotate(90), (10, 20))
    x, y = coords.apply(coords.inverse(effect.matrix), 15.0, 5.0)
    assert (x[0], y[0]) == (10, 0)


@given(sides, st.integers(-8, 8))
def test_quarter_turns_have_no_fraction_on_a_square(lower, side, quarter):
    matrix = lower(Rotate(90 * quarter), (side, side)).matrix
    assert np.array_equal(matrix, np.rint(matrix))


@given(sides, sides, st.floats(-720, 720), st.floats(-720, 720))
def test_angles_add(lower, height, width, one, other):
    first, second = lower(Rotate(one), (height, width)), lower(Rotate(other), (height, width))
    both = lower(Rotate(one + other), (height, width))
    assert np.allclose(coords.compose(second.matrix, first.matrix), both.matrix, atol=1e-9)


@given(sides, sides, st.floats(-720, 720))
def test_the_centre_stays(lower, height, width, angle):
    x, y = coords.apply(lower(Rotate(angle), (height, width)).matrix, width / 2, height / 2)
    assert abs(x[0] - width / 2) < 1e-10 and abs(y[0] - height / 2) < 1e-10


def test_no_turn_is_exactly_the_identity(lower):
    assert np.array_equal(lower(Rotate(0), (375, 500)).matrix, coords.identity(1))


@pytest.mark.parametrize("turns", range(-5, 6))
def test_rotate90_is_numpy_rot90(lower, pick, image, turns):
    effect = lower(Rotate90(turns), image.shape)
    assert np.array_equal(pick(image, effect), np.rot90(image, turns))
    assert tuple(effect.size[0]) == np.rot90(image, turns).shape


def test_four_quarters_are_the_identity(lower):
    size, matrix = (5, 7), coords.identity(1)
    for _ in range(4):
        effect = lower(Rotate90(1), size)
        matrix, size = coords.compose(effect.matrix, matrix), tuple(effect.size[0])
    assert size == (5, 7) and np.array_equal(matrix, coords.identity(1))


def test_rotate90_draws_all_four_and_mixes_sizes(lower):
    effect = lower(Rotate90(), [(5, 7)] * 4, turns=[0, 1, 2, 3])
    assert effect.size.tolist() == [[5, 7], [7, 5], [5, 7], [7, 5]]
    assert Rotate90.swaps_sides and not Rotate90.resizes


@pytest.mark.parametrize("turns", range(-4, 5))
def test_a_growing_canvas_holds_quarter_turns_exactly(lower, pick, image, turns):
    effect = lower(Rotate(90 * turns, fit="grow"), image.shape)
    assert np.array_equal(pick(image, effect), np.rot90(image, turns))


def corners(effect, height, width):
    """Where the corners of a picture lie on the canvas."""
    ends = [(x, y) for x in (0.0, float(width)) for y in (0.0, float(height))]
    return np.array([np.concatenate(coords.apply(coords.inverse(effect.matrix), *end)) for end in ends])


@given(st.integers(1, 300), st.integers(1, 300), st.floats(-360, 360))
def test_what_grows_holds_the_whole_picture_and_no_more(lower, height, width, angle):
    effect = lower(Rotate(angle, fit="grow"), (height, width))
    found, (rows, columns) = corners(effect, height, width), effect.size[0]
    low, high = found.min(axis=0), found.max(axis=0)
    assert (low >= -1e-6).all() and (high <= np.array([columns, rows]) + 1e-6).all()
    assert (low <= 0.5 + 1e-6).all() and (high >= np.array([columns, rows]) - 0.5 - 1e-6).all()


@given(st.integers(1, 300), st.integers(1, 300), st.floats(-360, 360))
def test_what_shrinks_touches_the_edge_from_within(lower, height, width, angle):
    effect = lower(Rotate(angle, fit="shrink"), (height, width))
    assert tuple(effect.size[0]) == (height, width)
    found = corners(effect, height, width)
    beyond = np.maximum(-found, found - np.array([width, height]))
    assert beyond.max() == pytest.approx(0, abs=1e-6)
    assert np.allclose(found.mean(axis=0), [width / 2, height / 2])


def test_only_what_grows_changes_the_size():
    assert [Rotate(5, fit=fit).resizer() is None for fit in ("cut", "grow", "shrink")] == [True, False, True]
