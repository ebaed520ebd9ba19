"""Rotate and Rotate90: the direction, the laws, exact quarter turns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import variegate as vg
from variegate import FieldError, coords
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


# About a point

points = st.tuples(st.floats(-1, 2), st.floats(-1, 2))


@given(sides, sides, st.floats(-720, 720), points)
def test_the_point_stays(lower, height, width, angle, point):
    x, y = point[0] * width, point[1] * height
    there = coords.apply(lower(Rotate(angle, center=point), (height, width)).matrix, x, y)
    assert abs(there[0][0] - x) < 1e-9 and abs(there[1][0] - y) < 1e-9


@given(sides, sides, st.floats(-720, 720), points)
def test_only_the_shift_is_another_than_about_the_middle(lower, height, width, angle, point):
    size = (height, width)
    maps, middle = lower(Rotate(angle, center=point), size).matrix, lower(Rotate(angle), size).matrix
    assert np.array_equal(maps[:, :2, :2], middle[:, :2, :2]) and np.array_equal(maps[:, 2], middle[:, 2])
    assert np.array_equal(lower(Rotate(angle, center=(0.5, 0.5)), size).matrix, middle)
    assert np.array_equal(lower(Rotate(0, center=point), size).matrix, coords.identity(1))


@given(sides, st.integers(-8, 8), st.sampled_from([(0, 0), (1, 0), (0, 1), (1, 1), (-1, 2)]))
def test_quarter_turns_about_a_corner_have_no_fraction(lower, side, quarter, corner):
    matrix = lower(Rotate(90 * quarter, center=corner), (side, side + 3)).matrix
    assert np.array_equal(matrix, np.rint(matrix))


@pytest.mark.parametrize(("x", "y"), [(0, 0), (60, 0), (12, 40), (-10, 25)])
@pytest.mark.parametrize("angle", [90, 25, -140])
def test_it_is_torchvision_s_center_in_pixels(x, y, angle):
    torch, functional = pytest.importorskip("torch"), pytest.importorskip("torchvision.transforms.v2.functional")
    picture = np.random.default_rng(0).random((5, 6, 1), np.float32).repeat(8, 0).repeat(10, 1)
    augment = vg.Compose([Rotate(angle, center=(x / 60, y / 40), antialias=False)])
    how = functional.InterpolationMode.BILINEAR
    given = torch.from_numpy(picture.transpose(2, 0, 1).copy())
    wanted = functional.rotate(given, angle, interpolation=how, center=[x, y]).numpy()[0]
    shown = functional.rotate(torch.ones_like(given), angle, interpolation=how, center=[x, y]).numpy()[0] == 1
    assert shown.sum() > 60
    np.testing.assert_allclose(augment(picture)[..., 0][shown], wanted[shown], atol=2e-3)


@given(st.floats(-60, 60), st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_labels_follow_and_come_back(angle, point):
    targets = {"points": vg.Keypoints("xy", group=None)}
    augment = vg.Compose([Rotate(angle, center=point)], targets=targets)
    at = np.array([[point[0] * 60, point[1] * 40], [30.0, 20.0]])
    out, record = augment(image=np.zeros((40, 60), np.uint8), points=at, return_params=True)
    np.testing.assert_allclose(out["points"][0], at[0], atol=1e-4)
    np.testing.assert_allclose(augment.inverse(record)(points=out["points"])["points"], at, atol=1e-4)


def test_what_is_no_point_of_a_rotation():
    for center in ((112, 112), (0.5, 2.1), 0.5, (0.5,), (0.5, 0.5, 0.5), "12", (0.5, None)):
        with pytest.raises(FieldError, match=r"^Rotate\.center"):
            Rotate(30, center=center)
    with pytest.raises(FieldError) as problem:
        Rotate(30, center=(112, 112))
    assert str(problem.value) == (
        "Rotate.center is a point (x, y), in fractions of the width and of the height from the top left corner, each "
        "at least -1 and at most 2; got (112, 112). "
        "Pixels of elsewhere are fractions here: center=(x / width, y / height)"
    )
    for fit in ("grow", "shrink"):
        Rotate(30, fit=fit, center=[0.5, 0.5])
        with pytest.raises(FieldError, match=rf"^Rotate.center goes with fit=\"cut\": fit=\"{fit}\" shows the whole"):
            Rotate(30, fit=fit, center=(0, 0))


def test_a_file_has_it(tmp_path):
    augment = vg.Compose([Rotate((-30, 30), center=[0, 1])])
    vg.save(augment, tmp_path / "a.yaml")
    assert vg.load(tmp_path / "a.yaml") == augment and augment.ops[0].center == (0.0, 1.0)
