"""Regions: what lies in them, against shapely; lines made finer, rings filled."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tests.labels.truth import RUNS

from variegate.labels.region import common, cover, filled, finer, inside, length, line_within, shoelace


def convex(seed, count=None, size=20.0, turn=None):
    """A random convex polygon, clockwise on the screen or the other way round."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, size, (count or int(rng.integers(3, 30)), 2))
    ring = np.array(shapely.MultiPoint(points).convex_hull.exterior.coords)[:-1]
    return ring[::-1] if (rng.random() < 0.5 if turn is None else turn) else ring


seeds = st.integers(0, 2**32 - 1)
SQUARE = np.array([[2.0, 1], [6, 1], [6, 4], [2, 4]])


@RUNS
@given(seeds)
def test_inside_is_what_shapely_finds(seed):
    region = convex(seed)
    points = np.random.default_rng(seed + 1).uniform(-2, 22, (200, 2))
    shape = shapely.Polygon(region)
    sure = shapely.distance(shape.exterior, shapely.points(points)) > 1e-7
    np.testing.assert_array_equal(inside(points, region)[sure], shapely.contains_xy(shape, *points.T)[sure])


@pytest.mark.parametrize("region", [SQUARE, SQUARE[::-1]])
def test_the_edge_is_inside_by_a_hair(region):
    on = np.array([[2.0, 1], [4, 1], [6, 2.5], [6, 4], [2 - 5e-10, 2], [6 + 5e-10, 2]])
    assert inside(on, region).all()
    assert not inside(np.array([[2 - 2e-9, 2], [6 + 2e-9, 2], [4, 1 - 2e-9], [9, 1], [4, 4.1]]), region).any()


@pytest.mark.parametrize("corners", [0, 1, 2])
def test_what_has_no_corners_holds_nothing(corners):
    region = SQUARE[:corners]
    assert not inside(SQUARE, region).any()
    assert not cover(region, (5, 7)).any() and cover(region, (5, 7)).shape == (5, 7)
    assert common(SQUARE, region).shape == (0, 2)


@RUNS
@given(seeds)
def test_cover_has_the_pixels_whose_centre_lies_inside(seed):
    region = convex(seed)
    rows, columns = np.mgrid[:17, :23] + 0.5
    shape = shapely.Polygon(region)
    centres = np.stack([columns.ravel(), rows.ravel()], axis=1)
    sure = (shapely.distance(shape.exterior, shapely.points(centres)) > 1e-7).reshape(17, 23)
    there = shapely.contains_xy(shape, *centres.T).reshape(17, 23)
    np.testing.assert_array_equal(cover(region, (17, 23))[sure], there[sure])


def test_cover_of_whole_pixels_is_exact():
    want = np.zeros((5, 8), bool)
    want[1:4, 2:6] = True
    np.testing.assert_array_equal(cover(SQUARE, (5, 8)), want)
    want[1:5, 2:7] = True
    np.testing.assert_array_equal(cover(SQUARE + 0.5, (5, 8)), want)  # the edge is inside


@pytest.mark.parametrize("slant", [1e-15, -1e-15, 1e-12, -1e-12])
def test_an_edge_that_is_level_but_for_rounding_reaches_no_further_than_its_ends(slant):
    """At 2.5, just where pixels have their centres."""
    region = np.array([[4.8, 2.5], [6.2, 2.5 + slant], [6.2, 7], [4.8, 7]])
    for each in (region, np.add(region, (0, slant)), region[::-1], np.roll(region, 1, axis=0)):
        assert not cover(each, (9, 9))[:, :5].any() and not cover(each, (9, 9))[:, 6:].any()
        assert cover(each, (9, 9))[3:7, 5].all()


@RUNS
@given(seeds)
def test_common_is_the_intersection(seed):
    one, other = convex(seed, 4), convex(seed + 1)
    ring, want = common(one, other), shapely.intersection(shapely.Polygon(one), shapely.Polygon(other))
    if want.area < 1e-9:
        assert abs(shoelace(ring)) < 1e-9
        return
    got = shapely.Polygon(ring)
    assert shapely.symmetric_difference(got.buffer(0), want).area < 1e-9 * (1 + want.area)


@RUNS
@given(seeds)
def test_shoelace_is_the_signed_area(seed):
    ring = convex(seed, turn=False)
    area = shapely.Polygon(ring).area
    clockwise = not shapely.is_ccw(shapely.LinearRing(ring))  # y up; on the screen it is the other way round
    assert shoelace(ring) == pytest.approx(-area if clockwise else area, rel=1e-9)
    assert shoelace(ring[::-1]) == pytest.approx(-shoelace(ring), rel=1e-9)
    assert shoelace(np.roll(ring, 1, axis=0)) == pytest.approx(shoelace(ring), rel=1e-9)
    assert shoelace(np.concatenate([ring, ring[:1]])) == pytest.approx(shoelace(ring), rel=1e-9)


def test_shoelace_is_positive_clockwise_on_the_screen():
    assert shoelace(SQUARE) == 12 and shoelace(SQUARE[::-1]) == -12
    assert [shoelace(SQUARE[:n]) for n in (0, 1, 2)] == [0, 0, 0]


def test_shoelace_loses_no_digits_far_from_the_origin():
    assert shoelace(SQUARE + 2.0**40) == 12


def test_length():
    assert length(np.array([[0.0, 0], [3, 4], [3, 4], [3, 0]])) == 9
    assert length(np.zeros((1, 2))) == 0


@RUNS
@given(seeds)
def test_a_polyline_is_cut_segment_by_segment(seed):
    """As long as the segments' parts together, in the order and the direction of the line."""
    rng = np.random.default_rng(seed)
    region, line = convex(seed), rng.uniform(-6, 26, (int(rng.integers(2, 8)), 2))
    pieces = line_within(line, region)
    shape = shapely.Polygon(region)
    parts = [shapely.intersection(shapely.LineString(pair), shape) for pair in itertools.pairwise(line)]
    assert sum(map(length, pieces)) == pytest.approx(sum(part.length for part in parts), abs=1e-7)
    assert all(shape.buffer(1e-6).contains(shapely.LineString(piece)) for piece in pieces)
    whole, before = shapely.LineString(line), -1.0
    for piece in pieces:  # each point lies on the line, further along than the last
        for point in piece:
            assert whole.distance(shapely.Point(point)) < 1e-7
        if not whole.is_simple:
            continue
        for point in piece:
            place = shapely.line_locate_point(whole, shapely.Point(point))
            assert place >= before - 1e-6
            before = place


def test_a_polyline_that_crosses_itself_stays_in_one_piece():
    loop = np.array([[2.0, 1], [6, 4], [6, 1], [2, 4], [3, 1.5], [3, 1.5], [6, 4]])
    (piece,) = line_within(loop, SQUARE)
    np.testing.assert_array_equal(piece, loop)


def test_a_polyline_that_leaves_and_comes_back_is_in_two():
    line = np.array([[3.0, 2], [3, 9], [5, 9], [5, 2]])
    one, other = line_within(line, SQUARE)
    np.testing.assert_array_equal(one, [[3, 2], [3, 4]])
    np.testing.assert_array_equal(other, [[5, 4], [5, 2]])


@pytest.mark.parametrize("off", [0.0, 1e-12, -1e-12])
def test_a_polyline_along_the_edge_is_seen(off):
    """By a hair, as points are."""
    line = np.array([[2.0 + off, 0], [2 + off, 3], [2 + off, 9]])
    (piece,) = line_within(line, SQUARE)
    np.testing.assert_allclose(piece, [[2, 1], [2, 3], [2, 4]], atol=1e-9)


@pytest.mark.parametrize("line", [[[0.0, 0], [0, 5]], [[0.0, 3], [4, 9]], [[4.0, 5], [5, 5]]])
def test_a_polyline_outside_leaves_nothing(line):
    assert line_within(np.array(line), SQUARE) == []


def test_finer_lines_have_points_between_theirs():
    ring = np.array([[0.0, 0], [4, 0], [4, 3]])
    closed, line = finer(ring, 2), finer(ring, 2, closed=False)
    np.testing.assert_allclose(line, [[0, 0], [2, 0], [4, 0], [4, 1.5], [4, 3]])
    np.testing.assert_allclose(closed[:5], line)
    assert len(closed) == 7 and np.abs(np.diff(closed, axis=0)).max() <= 2


@RUNS
@given(st.integers(0, 2**32 - 1), st.integers(3, 12))
def test_a_ring_of_any_form_is_filled_even_odd(seed, corners):
    size = (17, 23)
    ring = np.random.default_rng(seed).uniform(-6, 30, (corners, 2))
    inside = np.zeros(size, bool)
    for row in range(size[0]):
        for column in range(size[1]):
            x, y, odd = column + 0.5, row + 0.5, False
            for (a, b), (c, d) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
                if (b > y) != (d > y) and x < a + (y - b) * (c - a) / (d - b):
                    odd = not odd
            inside[row, column] = odd
    np.testing.assert_array_equal(filled(ring, size), inside)
    assert not filled(ring[:2], size).any()


def test_what_two_rings_have_in_common_is_found_corner_by_corner():
    """The same numbers, to the bit, as one corner after the other."""
    for seed in range(60):
        polygon, region = convex(seed), convex(seed + 500)
        turn = 1.0 if shoelace(region) >= 0 else -1.0
        got = common(polygon, region)
        for (x, y), (u, v) in zip(region, np.roll(region, -1, axis=0), strict=True):
            after, kept = np.roll(polygon, -1, axis=0), []
            here, there = (turn * ((u - x) * (p[:, 1] - y) - (v - y) * (p[:, 0] - x)) for p in (polygon, after))
            for n in range(len(polygon)):
                if here[n] >= 0:
                    kept.append(polygon[n])
                if (here[n] < 0) != (there[n] < 0):
                    kept.append(polygon[n] + here[n] / (here[n] - there[n]) * (after[n] - polygon[n]))
            polygon = np.array(kept).reshape(-1, 2)
        np.testing.assert_array_equal(got, polygon)
