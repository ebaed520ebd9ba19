"""Outlines of convex shapes: mapped, clipped to a region of any number of corners, and bounded; against shapely."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tests.labels.truth import RUNS

from variegate.kernels.outline import outline
from variegate.kernels.points import AFFINE, FLAGS

CORNERS = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
TURNS = np.arange(64) * (2 * np.pi / 64)
CIRCLE = np.stack([0.5 + np.cos(TURNS) / 2, 0.5 + np.sin(TURNS) / 2], axis=1)
SIZE = np.array([40, 50])


def outlined(boxes, unit, forward, region, size=SIZE, affine=True):
    """Seen, whole and share of boxes, whose region of the result is known."""
    flags = np.zeros(FLAGS, bool)
    flags[AFFINE] = affine
    count = len(boxes)
    seen, whole, share = np.full((count, 4), np.nan), np.full((count, 4), np.nan), np.full(count, np.nan)
    source = through(np.linalg.inv(forward), region)
    outline(np.array(boxes, np.float64).reshape(-1, 4), unit, flags, forward, region, source, size, seen, whole, share)
    return seen, whole, share


def through(m, points):
    x, y, w = m @ np.concatenate([points, np.ones((len(points), 1))], axis=1).T
    return np.stack([x / w, y / w], axis=1).reshape(-1, 2)


def round_region(corners, turn):
    """A convex polygon of many corners on the result, one way round or the other."""
    turns = np.linspace(0, 2 * np.pi, corners, endpoint=False)[::turn]
    return np.stack([25 + 19 * np.cos(turns), 20 + 16 * np.sin(turns)], axis=1)


@pytest.mark.parametrize("unit", [CORNERS, CIRCLE], ids=["corners", "ellipse"])
@pytest.mark.parametrize("affine", [True, False])
@RUNS
@given(st.integers(0, 2**32 - 1), st.sampled_from((3, 4, 7, 40, 200)), st.sampled_from((1, -1)))
def test_seen_and_share_are_those_of_the_intersection(unit, affine, seed, corners, turn):
    rng = np.random.default_rng(seed)
    forward = np.eye(3)
    forward[:2, :2] += rng.uniform(-0.5, 0.5, (2, 2))
    forward[:2, 2] = rng.uniform(-5, 5, 2)
    if not affine:
        forward[2, :2] = rng.uniform(-0.004, 0.004, 2)
    ends = np.sort(rng.uniform(0, 40, (5, 2, 2)), axis=1)
    boxes, region = ends.reshape(5, 4), round_region(corners, turn)
    seen, whole, share = outlined(boxes, unit, forward, region, affine=affine)
    for n, (one, other) in enumerate(ends):
        shape = one + unit * (other - one)
        image = shapely.Polygon(through(forward, shape))
        common = shapely.intersection(image, shapely.Polygon(region))
        np.testing.assert_allclose(whole[n], image.bounds, atol=1e-9)
        back = shapely.Polygon(through(np.linalg.inv(forward), shapely.get_coordinates(common)))
        assert share[n] == pytest.approx(back.area / shapely.Polygon(shape).area, abs=1e-9)
        if common.area > 1e-3:
            np.testing.assert_allclose(seen[n], common.bounds, atol=1e-9)
        elif common.is_empty:
            assert not seen[n].any()


@pytest.mark.parametrize("unit", [CORNERS, CIRCLE], ids=["corners", "ellipse"])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("corners", [0, 1, 2])
def test_without_a_region_nothing_is_seen(unit, affine, corners):
    seen, whole, share = outlined([[1, 2, 9, 8]], unit, np.eye(3), np.ones((corners, 2)), affine=affine)
    assert not seen.any() and not share.any()
    np.testing.assert_allclose(whole, [[1, 2, 9, 8]])


@pytest.mark.parametrize("unit", [CORNERS, CIRCLE], ids=["corners", "ellipse"])
def test_boxes_without_area_are_nothing_to_be_seen_but_have_their_place(unit):
    boxes = [[5, 9, 5, 20], [5, 9, 20, 9], [5, 9, 5, 9]]
    seen, whole, share = outlined(boxes, unit, np.eye(3), CORNERS * (50, 40))
    np.testing.assert_allclose(whole, boxes)
    assert np.isfinite(seen).all() and ((share == 0) | (unit is CIRCLE)).all()  # a flat ellipse may have 1e-15 of area


def test_no_boxes():
    seen, whole, share = outlined(np.zeros((0, 4)), CIRCLE, np.eye(3), CORNERS * (50, 40))
    assert len(seen) == len(whole) == len(share) == 0


@RUNS
@given(st.integers(0, 2**32 - 1))
def test_shapes_on_one_line_with_the_edges_that_cut_them_stay_in_their_room(seed):
    """Flat ellipses, whose 64 points lie on one line, cut by many edges through them: no more corners than there is
    room for, and no number from outside of it."""
    rng = np.random.default_rng(seed)
    turn = rng.uniform(0, np.pi)
    forward = np.array([[np.cos(turn), -np.sin(turn), 25], [np.sin(turn), np.cos(turn), 20], [0, 0, 1]])
    forward[:2, 2] -= forward[:2, :2] @ (25, 20)
    flat = np.array([[5.0, 20, 45, 20], [25, 2, 25, 38], [5, 20, 45, 20 + 1e-15], [25, 2, 25 + 1e-14, 38]])
    turns = turn + np.arange(40) * (np.pi / 20)
    region = np.stack([25 + 9 * np.cos(turns), 20 + 9 * np.sin(turns)], axis=1)
    seen, whole, share = outlined(flat, CIRCLE, forward, region)
    assert np.isfinite(seen).all() and np.isfinite(whole).all() and (share >= 0).all() and (share <= 1).all()
    assert (seen >= -1e-9).all() and (seen <= 50).all()
