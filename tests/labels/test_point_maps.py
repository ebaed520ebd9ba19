"""Ways: points and derivatives by the composed map, against a walk through one map after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, cases, forth, spread

import variegate as vg
from variegate.kernels.chain import MapChain as Maps
from variegate.kernels.row_layout import lay_chain
from variegate.labels.point_maps import PointMaps


@RUNS
@given(cases(), st.integers(0, 2**32 - 1))
def test_points_go_where_the_walk_says(case, seed):
    """Also those that are not seen, as long as they lie before every horizon."""
    chain, points = case.chain, spread(seed, 50, case.size, beyond=0.2)
    walked = forth(chain, points)
    w = chain.forth[2] @ np.concatenate([points, np.ones((50, 1))], axis=1).T
    sure = (w > 1e-3) & np.isfinite(walked.points).all(axis=1)
    scale = 1 + np.abs(walked.points).max(axis=1, initial=0)
    off = np.abs(case.point_map.image(points) - walked.points).max(axis=1)
    assert (off <= 1e-8 * scale)[sure].all()


@RUNS
@given(cases(), st.integers(0, 2**32 - 1))
def test_the_derivative_is_what_a_small_step_does(case, seed):
    chain, points = case.chain, spread(seed, 30, case.size)
    w = chain.forth[2] @ np.concatenate([points, np.ones((30, 1))], axis=1).T
    points = points[w > 0.05]
    step = 1e-5
    sides = [forth(chain, points + shift).points for shift in ((step, 0), (-step, 0), (0, step), (0, -step))]
    across, down = (sides[0] - sides[1]) / (2 * step), (sides[2] - sides[3]) / (2 * step)
    a, b, c, d = case.point_map.derivative(points)
    scale = 1 + np.abs([across, down]).max(initial=0)
    np.testing.assert_allclose(np.stack([a, c], axis=1), across, atol=1e-4 * scale)
    np.testing.assert_allclose(np.stack([b, d], axis=1), down, atol=1e-4 * scale)


def test_points_behind_the_horizon_land_far_away_and_stay_finite():
    """w is x - 5: at x = 5 a point goes to infinity, and left of it there is no image."""
    map = np.linalg.inv([[1.0, 0, 0], [0, 1, 0], [1, 0, -5]])
    point_maps = PointMaps(lay_chain(Maps(map[None], np.array([[10, 10], [10, 10]]), np.zeros(1, np.int64))), True)
    point_map = point_maps.point_map(0)
    image = point_map.image(np.array([[7.0, 4], [5, 4], [3, 4]]))
    np.testing.assert_allclose(image[0], [3.5, 2])
    assert (np.abs(image[1:, 0]) > 1e8).all() and np.isfinite(image).all()
    assert all(np.isfinite(part).all() for part in point_map.derivative(np.array([[5.0, 4], [3, 4]])))


def test_a_point_map_tells_the_size_of_the_result():
    plan = vg.Compose([vg.Resize((7, 9)), vg.Pad(1)]).plan(vg.Keys.of([vg.Key()]), [(20, 30)])
    assert plan.point_map(0).size == (9, 11) and all(type(side) is int for side in plan.point_map(0).size)


def test_a_batch_of_none_has_point_maps():
    plan = vg.Compose([vg.Rotate(3), vg.Rotate(3, p=0.5)]).plan(vg.Keys.at(0, 0, []), np.zeros((0, 2), np.int64))
    assert len(plan.point_maps) == 0


@pytest.mark.parametrize("ops", [[], [vg.Invert()], [vg.HorizontalFlip(p=0)]])
def test_without_maps_everything_stays(ops):
    point_map = vg.Compose(ops).plan(vg.Keys.of([vg.Key()]), [(4, 5)]).point_map(0)
    points = np.array([[0.1, 0.2], [9.0, -3.0]])
    np.testing.assert_array_equal(point_map.image(points), points)
    assert [part.tolist() for part in point_map.derivative(points)] == [[1, 1], [0, 0], [0, 0], [1, 1]]
