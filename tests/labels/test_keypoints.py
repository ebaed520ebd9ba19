"""Keypoints through chains of ops: places, visibility, scale, direction, and left and right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, Case, cases, forth, spread

import variegate as vg
from variegate.kernels.points import IDENTITY
from variegate.labels.keypoints import move_keypoints

seeds = st.integers(0, 2**32 - 1)
SIZE = (20, 30)


def moved(case, points, target):
    return case.carried({"points": target}, points=points).fields["points"]


@RUNS
@given(cases(), seeds)
def test_points_go_where_the_walk_says_and_v_is_0_where_it_loses_them(case, seed):
    chain, xy = case.chain, spread(seed, 20, case.size, beyond=0.3)
    v = np.random.default_rng(seed).integers(0, 3, 20)
    result = moved(case, np.column_stack([xy, v]), vg.Keypoints("xyv", group=None, dtype="float64"))
    walked = forth(chain, xy)
    w = chain.forth[2] @ np.concatenate([xy, np.ones((20, 1))], axis=1).T
    sure = ~walked.doubt & (w > 1e-3)
    np.testing.assert_array_equal(result[sure, 2], np.where(walked.seen, v, 0)[sure])
    off = np.abs(result[:, :2] - walked.points).max(axis=1)
    assert (off <= 1e-8 * (1 + np.abs(walked.points).max(axis=1)))[sure].all()


@RUNS
@given(cases(), seeds)
def test_a_direction_goes_where_a_small_arrow_does_and_a_scale_with_the_root_of_the_area(case, seed):
    chain, rng = case.chain, np.random.default_rng(seed)
    xy, angle, scale = spread(seed, 10, case.size), rng.uniform(-360, 360, 10), rng.uniform(0, 5, 10)
    w = chain.forth[2] @ np.concatenate([xy, np.ones((10, 1))], axis=1).T
    assume((w > 0.05).all() and chain.stretch < 1e4)
    result = moved(case, np.column_stack([xy, scale, angle]), vg.Keypoints("xysa", group=None))
    step, turn = 1e-4, np.radians(angle)

    def difference(dx, dy):
        shift = np.stack([dx, dy], axis=1) * step
        return (forth(chain, xy + shift).points - forth(chain, xy - shift).points) / (2 * step)

    arrow = difference(np.cos(turn), -np.sin(turn))  # y points down: counter-clockwise is up
    want = np.degrees(np.arctan2(-arrow[:, 1], arrow[:, 0]))
    off = (result[:, 3] - want + 180) % 360 - 180
    assert np.abs(off).max() < 1e-3
    assert (np.abs(result[:, 3]) <= 180).all() or case.point_map.flags[IDENTITY]
    one, other = difference(np.ones(10), np.zeros(10)), difference(np.zeros(10), np.ones(10))
    area = np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
    np.testing.assert_allclose(result[:, 2], scale * np.sqrt(area), rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize(
    ("ops", "place", "turn"),
    [  # on a picture of 20 x 30; degrees counter-clockwise
        ([vg.HorizontalFlip()], lambda x, y: (30 - x, y), lambda a: 180 - a),
        ([vg.VerticalFlip()], lambda x, y: (x, 20 - y), lambda a: -a),
        ([vg.Transpose()], lambda x, y: (y, x), lambda a: -90 - a),
        ([vg.HorizontalFlip(), vg.VerticalFlip()], lambda x, y: (30 - x, 20 - y), lambda a: a + 180),
        ([vg.Transpose(), vg.VerticalFlip()], lambda x, y: (y, 30 - x), lambda a: a + 90),
        ([vg.Transpose(), vg.HorizontalFlip()], lambda x, y: (20 - y, x), lambda a: a - 90),
        ([vg.Pad(5), vg.Crop(0, 0, 30, 30), vg.Rotate(90)], lambda x, y: (y + 5, 25 - x), lambda a: a + 90),
        ([vg.Pad(5), vg.Crop(0, 0, 30, 30), vg.Rotate(-90)], lambda x, y: (25 - y, x + 5), lambda a: a - 90),
        ([vg.Resize((40, 60))], lambda x, y: (2 * x, 2 * y), lambda a: a),
    ],
)
def test_flips_and_quarter_turns_are_exact_in_place_and_angle(ops, place, turn):
    rng = np.random.default_rng(0)
    x, y, angle = rng.integers(0, 120, 30) / 4, rng.integers(0, 80, 30) / 4, rng.integers(-180 * 4, 180 * 4, 30) / 4
    result = moved(Case(ops, SIZE, vg.Key()), np.column_stack([x, y, angle]), vg.Keypoints("xya", group=None))
    np.testing.assert_array_equal(result[:, :2], np.stack(place(x, y), axis=1))
    want = turn(angle)
    np.testing.assert_array_equal((result[:, 2] - want) % 360, 0)


def test_radians_are_the_same_directions():
    points = np.array([[5.0, 6, 0.3], [7, 8, -2.5]])
    case = Case([vg.Rotate(30), vg.Scale(1.5, 0.7)], SIZE, vg.Key())
    told = moved(case, points, vg.Keypoints("xya", radians=True, group=None))
    points[:, 2] = np.degrees(points[:, 2])
    np.testing.assert_allclose(np.degrees(told[:, 2]), moved(case, points, vg.Keypoints("xya", group=None))[:, 2])


def test_columns_stay_in_their_order():
    points = np.array([[2.0, 6, 1, 30, 5]])
    result = moved(Case([vg.HorizontalFlip()], SIZE, vg.Key()), points, vg.Keypoints("vysax", group=None))
    np.testing.assert_array_equal(result, [[2, 6, 1, 150, 25]])


def test_normalised_points_are_fractions_of_the_result():
    target = vg.Keypoints(normalised=True, group=None, dtype="float64")
    result = moved(Case([vg.Crop(4, 5, 10, 20)], SIZE, vg.Key()), [[0.5, 0.5], [0.0, 1.0]], target)
    np.testing.assert_allclose(result, [[0.5, 0.6], [-0.25, 1.6]], rtol=1e-14)


# Left and right


SWAP = vg.Keypoints("xyv", swap=((1, 2),))
FACE = np.array([[[5.0, 9, 2], [4, 5, 1], [8, 5, 2]], [[20, 9, 2], [19, 5, 0], [23, 5, 2]]])


def test_pairs_change_places_in_a_mirror_with_all_their_columns():
    result = moved(Case([vg.HorizontalFlip()], SIZE, vg.Key()), FACE, SWAP)
    want = FACE[:, [0, 2, 1]] * (-1, 1, 1) + (30, 0, 0)
    np.testing.assert_array_equal(result, want)


@pytest.mark.parametrize(
    ("ops", "mirrored"),
    [
        ([vg.HorizontalFlip()], True),
        ([vg.VerticalFlip()], True),
        ([vg.Transpose()], True),
        ([vg.HorizontalFlip(), vg.VerticalFlip()], False),
        ([vg.HorizontalFlip(), vg.Rotate(33), vg.Transpose()], False),
        ([vg.Perspective(0.3), vg.HorizontalFlip()], True),
        ([vg.Rotate(170)], False),
        ([vg.HorizontalFlip(), vg.HorizontalFlip()], False),
    ],
)
def test_pairs_change_places_if_and_only_if_the_picture_is_mirrored(ops, mirrored):
    case = Case(ops, SIZE, vg.Key())
    plain = moved(case, FACE, vg.Keypoints("xyv"))
    want = plain[:, [0, 2, 1]] if mirrored else plain
    np.testing.assert_array_equal(moved(case, FACE, SWAP), want)


def test_scale_and_angle_change_places_too():
    target = vg.Keypoints("xysa", swap=((0, 1),), group=None)
    result = moved(Case([vg.HorizontalFlip()], SIZE, vg.Key()), [[1.0, 2, 3, 10], [4, 5, 6, 20]], target)
    np.testing.assert_array_equal(result, [[26, 5, 6, 160], [29, 2, 3, 170]])


# Points that nobody placed


@pytest.mark.parametrize("ops", [[vg.HorizontalFlip()], [vg.Rotate(30)], [vg.Perspective(0.4)], [vg.Translate(1.5)]])
def test_a_point_that_nobody_placed_stays_at_0_0(ops):
    """COCO writes such a point as 0, 0, 0; a point at (0, 0) with v = 1, or elsewhere with v = 0, is one."""
    points = np.array([[0.0, 0, 0, 7, 20], [0, 0, 1, 7, 20], [3, 4, 0, 7, 20]])
    result = moved(Case(ops, SIZE, vg.Key()), points, vg.Keypoints("xyvsa", group=None))
    np.testing.assert_array_equal(result[0], points[0])
    assert result[2, 2] == 0
    assert not np.array_equal(result[1, :2], (0, 0)) and not np.array_equal(result[2, :2], (3, 4))


def test_without_v_every_point_is_one():
    result = moved(Case([vg.HorizontalFlip()], SIZE, vg.Key()), [[0.0, 0]], vg.Keypoints(group=None))
    np.testing.assert_array_equal(result, [[30, 0]])


def test_an_unplaced_point_swaps_as_well():
    points = [[0.0, 0, 0], [4, 5, 2]]
    target = vg.Keypoints("xyv", swap=((0, 1),), group=None)
    result = moved(Case([vg.HorizontalFlip()], SIZE, vg.Key()), points, target)
    np.testing.assert_array_equal(result, [[26, 5, 2], [0, 0, 0]])


# What is seen


@pytest.mark.parametrize("ops", [[], [vg.HorizontalFlip()], [vg.Pad(0)], [vg.Invert()]])
def test_a_point_outside_of_the_picture_is_not_visible_whatever_the_map(ops):
    points = [[5.0, 5, 2], [31, 5, 2], [30, 20, 1], [5, -0.001, 1]]
    result = moved(Case(ops, SIZE, vg.Key()), points, vg.Keypoints("xyv", group=None))
    assert result[:, 2].tolist() == [2, 0, 1, 0]


def test_a_point_that_left_and_came_back_is_not_visible():
    result = moved(
        Case([vg.Translate(0.5), vg.Translate(-0.5)], SIZE, vg.Key()),
        [[5.0, 5, 2], [20, 5, 2]],
        vg.Keypoints("xyv", group=None),
    )
    np.testing.assert_allclose(result, [[5, 5, 2], [20, 5, 0]])


@pytest.mark.parametrize(
    "ops", [[vg.Translate(1.5)], [vg.Translate(1.5), vg.Rotate(30)], [vg.Crop(0, 30, 20, 15, border="constant")]]
)
def test_where_nothing_is_seen_no_point_is_visible(ops):
    points = [[30.0, 3, 2], [30, 40, 2], [5, 5, 1], [0, 0, 1]]
    result = moved(Case(ops, SIZE, vg.Key()), points, vg.Keypoints("xyv", group=None))
    assert not result[:, 2].any() and len(result) == 4


@RUNS
@given(cases(), seeds)
def test_an_instance_goes_when_its_last_placed_point_does(case, seed):
    rng = np.random.default_rng(seed)
    points = np.concatenate([spread(seed, 12, case.size, beyond=0.2), rng.integers(0, 2, (12, 1))], axis=1).reshape(
        4, 3, 3
    )
    points[0] = 0
    carried = case.carried({"points": vg.Keypoints("xyv"), "row": vg.PerInstance()}, points=points, row=list(range(4)))
    walked = forth(case.chain, points[..., :2])
    assume(not walked.doubt[3:].any())
    left = [0, *(n for n in (1, 2, 3) if walked.seen.reshape(4, 3)[n].any())]
    assert carried.fields["row"] == left and len(carried.fields["points"]) == len(left)
    assert carried.dropped == ({"points.outside": 4 - len(left)} if len(left) < 4 else {})


def test_the_share_is_of_the_points_that_were_placed():
    point_map, target = Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()).point_map, vg.Keypoints("xyv")
    points = [
        [[5, 5, 2], [25, 5, 2], [0, 0, 0], [0, 0, 0]],
        [[5, 5, 2], [9, 5, 0], [8, 2, 1], [0, 0, 0]],
        [[0, 0, 0]] * 4,
    ]
    _, told = move_keypoints(target, target.read(points, SIZE, "points"), point_map)
    assert told.share.tolist() == [0.5, 1, 0] and told.known.tolist() == [True, True, False]
    np.testing.assert_array_equal(told.seen, [[5, 5, 5, 5], [5, 2, 9, 5], [0, 0, 0, 0]])
    np.testing.assert_array_equal(told.whole, [[5, 5, 25, 5], [5, 2, 9, 5], [0, 0, 0, 0]])


@pytest.mark.parametrize("shape", [(0, 17, 3), (0, 0, 3), (2, 0, 3)])
@pytest.mark.parametrize("ops", [[], [vg.Rotate(30)], [vg.HorizontalFlip()], [vg.Translate(1.5)]])
def test_no_instances_and_no_points(ops, shape):
    result = moved(Case(ops, SIZE, vg.Key()), np.zeros(shape), vg.Keypoints("xyv"))
    assert result.shape == shape


@pytest.mark.parametrize("value", [[], np.zeros((0, 3))])
def test_a_picture_without_points(value):
    target = vg.Keypoints("xyv", group=None, swap=((0, 1),))
    for ops in ([], [vg.Rotate(30)]):
        assert moved(Case(ops, SIZE, vg.Key()), value, target).shape == (0, 3)
    assert moved(Case([vg.HorizontalFlip()], SIZE, vg.Key()), np.zeros((2, 3)), target).shape == (2, 3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_nothing_moved_comes_back_bit_for_bit(dtype):
    points = np.random.default_rng(0).uniform(0, 0.66, (2, 5, 5)).astype(dtype)
    target = vg.Keypoints("xyvsa", normalised=True, radians=True, dtype=dtype)
    for ops in ([], [vg.Invert()], [vg.HorizontalFlip(), vg.HorizontalFlip()], [vg.Pad(2), vg.Crop(2, 2, *SIZE)]):
        result = moved(Case(ops, SIZE, vg.Key()), points, target)
        assert result.dtype == dtype and result.tobytes() == points.tobytes()
    assert moved(Case([vg.Rotate(5)], SIZE, vg.Key()), points, target).dtype == dtype


def test_a_point_moves_as_the_pixels_do():
    """The centre of one bright pixel, by nearest."""
    for n in range(20):
        ops = [vg.Rotate((-40, 40)), vg.Perspective(0.3), vg.RandomResizedCrop((40, 60), (0.5, 1))]
        image = np.zeros((*SIZE, 1), np.uint8)
        image[8:11, 13:16] = 255
        augment = vg.Compose(ops, interpolation="nearest", targets={"points": vg.Keypoints("xyv", group=None)})
        out = augment(image=image, points=[[14.5, 9.5, 2]], key=vg.Key(id=n))
        ((x, y, v),) = out["points"]
        rows, columns, _ = np.nonzero(out["image"])
        if v and len(rows) and 4 < x < 56 and 4 < y < 36:
            assert abs(columns.mean() + 0.5 - x) < 0.5 and abs(rows.mean() + 0.5 - y) < 0.5
