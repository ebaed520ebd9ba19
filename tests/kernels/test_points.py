"""The way there and back, and the region that is seen, against a walk through one map after the other."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import event, given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, Chain, back, cases, forth, spread

import variegate as vg
from variegate.kernels.chain import MapChain as Maps
from variegate.kernels.points import AFFINE, FLAGS, IDENTITY, MIRRORED, MOST_CORNERS, PLAIN, follow
from variegate.kernels.row_layout import lay_chain


def followed(maps, sizes):
    """What `follow` finds for one sample: maps (G, 3, 3) and canvases (G + 1, 2)."""
    maps, sizes = np.array(maps, np.float64).reshape(-1, 3, 3), np.array(sizes, np.int64)
    corners, row_layout = MOST_CORNERS * len(sizes), lay_chain(Maps(maps, sizes, np.zeros(len(maps), np.int64)))
    backward, forward, flags = np.empty((1, 3, 3)), np.empty((1, 3, 3)), np.empty((1, FLAGS), bool)
    region, source, counts = np.empty((1, corners, 2)), np.empty((1, corners, 2)), np.empty(1, np.int64)
    follow(row_layout.rows, row_layout.maps, row_layout.canvas, backward, forward, region, source, counts, flags)
    assert 0 <= counts[0] <= corners
    return backward[0], forward[0], region[0, : counts[0]], source[0, : counts[0]], flags[0]


def found(chain):
    return followed(chain.maps, chain.sizes)


@st.composite
def chains(draw):
    """Maps that no op makes, too: any affine map and mild projective ones, on canvases of any size."""
    sizes = draw(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=1, max_size=7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    maps = []
    for (h, w), (rows, columns) in itertools.pairwise(sizes):
        linear = rng.normal(size=(2, 2)) * draw(st.sampled_from((1, 1, 0.2, 3)))
        m = np.eye(3)
        m[:2, :2] = linear if draw(st.booleans()) else np.diag(np.diag(linear)) + 0.1 * np.eye(2)
        middle = rng.uniform(0.2, 0.8, 2) * (w, h)
        m[:2, 2] = middle - m[:2, :2] @ (columns / 2, rows / 2)
        if draw(st.integers(0, 2)) == 0:
            m[2, :2] = rng.uniform(-0.4, 0.4, 2) / (columns, rows)
        maps.append(m)
    return Chain(maps, sizes)


def inside(points, polygon):
    """Whether points lie in a polygon, and whether they lie so near to its edge that rounding decides."""
    if len(polygon) < 3:
        return np.zeros(len(points), bool), np.zeros(len(points), bool)
    shape, scale = shapely.Polygon(polygon), 1 + np.abs(polygon).max()
    with np.errstate(invalid="ignore"):
        there = shapely.contains_xy(shape, *points.T)
        return there, shapely.distance(shapely.linearrings(polygon), shapely.points(points)) < 1e-7 * scale


def hold_region(chain, seed):
    """A point is in the region if and only if the walk shows it; on the result, and on the picture."""
    _, _, region, source, _ = found(chain)
    for size, polygon, walk in ((chain.sizes[-1], region, back), (chain.sizes[0], source, forth)):
        points = spread(seed, 300, size, beyond=0.1)
        if len(polygon):
            near = np.random.default_rng(seed).dirichlet(np.ones(len(polygon)) / 2, 200) @ polygon
            points = np.concatenate([points, near, near + (near - near.mean(axis=0)) * 0.05])
        walked = walk(chain, points)
        there, doubt = inside(points, polygon)
        wrong = (there != walked.seen) & ~doubt & ~walked.doubt
        assert not wrong.any(), f"{points[wrong][0]}: in the region {there[wrong][0]}, seen {walked.seen[wrong][0]}"
    event("seen" if len(region) else "nothing is seen")


@RUNS
@given(cases(), st.integers(0, 2**32 - 1))
def test_the_region_is_what_the_walk_shows(case, seed):
    hold_region(case.chain, seed)


@RUNS
@given(chains(), st.integers(0, 2**32 - 1))
def test_the_region_of_any_maps_is_what_the_walk_shows(chain, seed):
    hold_region(chain, seed)


@RUNS
@given(st.one_of(chains(), cases().map(lambda case: case.chain)))
def test_backward_is_the_product_and_forward_its_inverse(chain):
    backward, forward, *_ = found(chain)
    room = 1e-9 * max(1.0, np.abs(chain.back).max()) * (1 + len(chain.maps))
    np.testing.assert_allclose(backward, chain.back, rtol=1e-9, atol=room)
    middle = np.array([[chain.sizes[-1][1] / 2, chain.sizes[-1][0] / 2, 1.0]]).T
    there = forward @ (backward @ middle)
    np.testing.assert_allclose((there / there[2])[:2], middle[:2], atol=1e-6 * np.linalg.cond(chain.back))


@RUNS
@given(st.one_of(chains(), cases().map(lambda case: case.chain)))
def test_the_region_is_convex_and_has_an_area_or_no_corners(chain):
    _, _, region, source, _ = found(chain)
    assert len(region) == len(source)
    if not len(region):
        return
    shape = shapely.Polygon(region)
    assert shape.area > 0
    assert shape.convex_hull.area <= shape.area * (1 + 1e-9) + 1e-9
    height, width = chain.sizes[-1]
    assert (region >= 0).all() and (region <= (width, height)).all()
    top, left = chain.sizes[0]
    assert (source >= -1e-6).all() and (source <= np.array((left, top)) + 1e-6).all()


def is_straight(map):
    """Whether an affine map takes upright boxes to upright boxes."""
    return (map[0, 1] == map[1, 0] == 0) or (map[0, 0] == map[1, 1] == 0)


@RUNS
@given(st.one_of(chains(), cases().map(lambda case: case.chain)))
def test_the_flags_say_what_the_map_and_the_region_are(chain):
    backward, _, region, _, flags = found(chain)
    assert flags[AFFINE] == (tuple(backward[2]) == (0, 0, 1))
    assert flags[MIRRORED] == (np.linalg.det(chain.back) < 0)
    if flags[PLAIN]:
        assert flags[AFFINE] and is_straight(backward)
        if len(region):
            (left, top), (right, bottom) = region.min(axis=0), region.max(axis=0)
            assert shapely.Polygon(region).area == pytest.approx((right - left) * (bottom - top), rel=1e-9)
    if flags[IDENTITY]:
        assert chain.sizes[0] == chain.sizes[-1] and np.array_equal(backward, np.eye(3))
        assert shapely.Polygon(region).area == pytest.approx(chain.sizes[0][0] * chain.sizes[0][1])


def turned(angle):
    """The map of a turn about (50, 50)."""
    sin, cos = np.sin(angle), np.cos(angle)
    return np.array([[cos, -sin, 50 - 50 * cos + 50 * sin], [sin, cos, 50 - 50 * sin - 50 * cos], [0, 0, 1]])


def shifted(x, y):
    return np.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]])


@pytest.mark.parametrize("mirror", [[], [vg.HorizontalFlip()], [vg.Transpose()], [vg.Transpose(), vg.VerticalFlip()]])
def test_a_slanted_window_that_leaves_four_corners_is_not_plain(mirror):
    """There and back again: the map is upright at the end, but a window between cut aslant, through opposite sides."""
    ops = [vg.Rotate(20), vg.Crop(0, 40, 100, 60), vg.Rotate(-20), vg.Crop(0, 0, 20, 30, border="constant")]
    for turned_ops in (
        [*mirror, *ops],
        [*ops[:2], *mirror, *mirror[::-1], *ops[2:]],
        [*ops[:3], *mirror, *mirror[::-1], ops[3]],
    ):
        point_map = vg.Compose(turned_ops).plan(vg.Keys.of([vg.Key()]), [(100, 100)]).point_map(0)
        left, top, right, bottom = shapely.Polygon(point_map.region).bounds
        assert point_map.flags[AFFINE] and is_straight(point_map.backward)
        assert shapely.Polygon(point_map.region).area < 0.9 * (right - left) * (bottom - top)
        assert not point_map.flags[PLAIN]


@pytest.mark.parametrize("side", range(4))
def test_each_side_of_a_slanted_window_counts(side):
    """A half-plane, nearly: only one side of the window between reaches into the result."""
    x, y = [(-48, 0), (48, 0), (0, -48), (0, 48)][side]
    maps = [turned(0.3), shifted(x, y), shifted(-x, -y), turned(-0.3), shifted(40, 40)]
    sizes = [(100, 100)] * 5 + [(20, 20)]
    backward, _, region, _, flags = followed(maps, sizes)
    assert is_straight(backward) and not flags[PLAIN] and 0 < shapely.Polygon(region).area < 400


@pytest.mark.parametrize("shift", [(20, 0), (-20, 0), (0, 30), (0, -30), (20, 30), (25, 0), (0, 99)])
@pytest.mark.parametrize("turn", [0.0, 0.5])
def test_a_window_that_only_touches_the_picture_shows_nothing(shift, turn):
    maps, sizes = [shifted(*shift), turned(turn)], [(30, 20), (30, 20), (30, 20)]
    _, _, region, source, flags = followed(maps, sizes)
    assert len(region) == len(source) == 0
    assert not flags[IDENTITY]


def test_nothing_done_is_the_identity_and_all_is_seen():
    backward, forward, region, source, flags = followed([], [(3, 7)])
    np.testing.assert_array_equal(backward, np.eye(3))
    np.testing.assert_array_equal(forward, np.eye(3))
    np.testing.assert_array_equal(region, [[0, 0], [7, 0], [7, 3], [0, 3]])
    np.testing.assert_array_equal(source, region)
    assert flags.tolist() == [True, True, False, True]


def test_there_and_back_with_a_cut_between_is_no_identity():
    *_, flags = followed([shifted(5, 0), shifted(-5, 0)], [(30, 20)] * 3)
    assert flags[PLAIN] and not flags[IDENTITY]
    *_, flags = followed([shifted(-5, 0), shifted(5, 0)], [(30, 20), (30, 30), (30, 20)])
    assert flags[IDENTITY]
    for size in ((30, 19), (29, 20), (30, 21), (31, 20)):
        *_, flags = followed([shifted(0, 0)], [(30, 20), size])
        assert not flags[IDENTITY]


def test_flips_and_quarter_turns_are_exact():
    """Whole numbers stay whole, both ways."""
    height, width = 7, 12
    for ops in (
        [vg.HorizontalFlip()],
        [vg.VerticalFlip()],
        [vg.Transpose()],
        [vg.Rotate90()],
        [vg.HorizontalFlip(), vg.Transpose(), vg.Rotate90(), vg.VerticalFlip()],
    ):
        for n in range(8):
            point_map = vg.Compose(ops).plan(vg.Keys.of([vg.Key(id=n)]), [(height, width)]).point_map(0)
            for m in (point_map.forward, point_map.backward):
                assert np.array_equal(m, np.rint(m)) and tuple(m[2]) == (0, 0, 1)
            assert np.array_equal(point_map.forward @ point_map.backward, np.eye(3))
            corners = {tuple(point) for point in point_map.source.tolist()}
            assert corners == {(0, 0), (width, 0), (width, height), (0, height)}


def test_many_windows_leave_many_corners_and_never_more_than_there_is_room_for():
    """A disc, nearly: every one of 40 turned windows cuts its corners off."""
    maps, sizes = [], [(100, 100)]
    for _ in range(40):
        maps.append(turned(np.pi / 80))
        sizes.append((100, 100))
    _, _, region, source, _ = followed(maps, sizes)
    shape = shapely.Polygon(region)
    assert len(region) > 30 and shape.is_valid
    assert shape.area == pytest.approx(np.pi * 50**2, rel=1e-3)
    np.testing.assert_allclose(np.hypot(*(source - 50).T).max(), 50, atol=0.2)


def test_samples_of_a_batch_are_each_their_own():
    rng = np.random.default_rng(0)
    rows = [vg.Compose([vg.Rotate((-90, 90)), vg.Perspective(0.4), vg.Pad(4)])] * 1
    keys, sizes = vg.Keys.at(0, 0, np.arange(20)), rng.integers(5, 40, (20, 2))
    point_maps = rows[0].plan(keys, sizes).point_maps
    for i in range(20):
        one = rows[0].plan(vg.Keys.of([keys[i]]), sizes[i : i + 1]).point_map(0)
        for name in ("forward", "backward", "region", "source", "flags", "canvas", "maps"):
            np.testing.assert_array_equal(getattr(point_maps.point_map(i), name), getattr(one, name))
