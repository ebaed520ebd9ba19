"""Polygons and polylines through chains of ops, against shapely, window by window."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import assume, event, given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, Case, areas_of, cases, clean, forth, seen_part, share_of, spread

import variegate as vg

seeds = st.integers(0, 2**32 - 1)
SIZE = (20, 30)


def star(rng, size, corners=7, far=0.6):
    """A ring about a random place, bent inwards, partly beyond the picture at times."""
    (height, width), turns = size, np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = rng.uniform(0.2, far, corners)[:, None] * (width, height)
    middle = rng.uniform(0, 1, 2) * (width, height)
    return middle + radii * np.stack([np.cos(turns), np.sin(turns)], axis=1)


def moved(case, rings, target=None, **targets):
    """The rings that are left of each instance, by its row; and what was dropped."""
    target = vg.Polygons(dtype="float64") if target is None else target
    carried = case.carried({"rings": target, "row": vg.PerInstance()}, rings=rings, row=list(range(len(rings))))
    return dict(zip(carried.fields["row"], carried.fields["rings"], strict=True)), carried.dropped


def area_of(rings, holes=False):
    """Rings as an area: the union of parts, or even-odd."""
    whole = shapely.Polygon()
    for ring in rings:
        if len(ring) > 2:
            part = areas_of(clean(shapely.Polygon(ring)))
            whole = shapely.symmetric_difference(whole, part) if holes else shapely.union(whole, part)
    return areas_of(clean(whole))


def hold(case, rings, target=None):
    """What is left of one instance covers what the walk shows of it, and nothing else."""
    target = vg.Polygons(dtype="float64") if target is None else target
    chain, whole = case.chain, area_of(rings, target.holes)
    want = seen_part(chain, whole)
    left, dropped = moved(case, [rings], target)
    slivers = 1e-6 * shapely.get_num_geometries(want)  # each part may be one, and go
    room = 1e-6 * (1 + want.length) + 1e-9 * chain.stretch + slivers
    if 0 not in left:
        assert want.area <= room and dropped == {"rings.outside": 1}
        return want
    got = area_of(left[0], target.holes)
    assert shapely.symmetric_difference(got, want).area <= room
    assert all(len(ring) > 2 for ring in left[0]) or whole.area == 0
    height, width = chain.sizes[-1]
    if whole.within(shapely.box(0, 0, case.size[1], case.size[0])) or not want.is_empty:
        points = np.concatenate(left[0])
        assert (points >= -1e-6).all() and (points <= np.array((width, height)) + 1e-6).all()
    return want


@RUNS
@given(cases(), seeds)
def test_what_is_left_is_what_the_walk_shows(case, seed):
    want = hold(case, [star(np.random.default_rng(seed), case.size)])
    event("nothing is seen" if want.is_empty else "seen")


@RUNS
@given(cases(), seeds)
def test_parts_of_an_instance_are_their_union(case, seed):
    rng = np.random.default_rng(seed)
    hold(case, [star(rng, case.size, far=0.3) for _ in range(int(rng.integers(1, 4)))])


@RUNS
@given(cases(), seeds)
def test_holes_are_even_odd(case, seed):
    rng = np.random.default_rng(seed)
    ring = star(rng, case.size, corners=9, far=0.8)
    middle = ring.mean(axis=0)
    rings = [ring, middle + (ring - middle) * 0.5, middle + (ring - middle) * 0.2, star(rng, case.size)]
    hold(case, rings[: int(rng.integers(1, 5))], vg.Polygons(holes=True))


@RUNS
@given(cases(), seeds)
def test_rings_that_cross_themselves_are_even_odd_too(case, seed):
    """Any points in any order: bow-ties, spikes, points that come twice, three in a line."""
    rng = np.random.default_rng(seed)
    ring = spread(seed, int(rng.integers(3, 9)), case.size, beyond=0.2)
    for _ in range(int(rng.integers(0, 4))):
        n = int(rng.integers(0, len(ring)))
        extra = [ring[n], (ring[n] + ring[n - 1]) / 2, ring[n - 1], ring[0]][int(rng.integers(0, 4))]
        ring = np.insert(ring, n, extra, axis=0)
    for holes in (False, True):
        if holes or not any(part.interiors for part in shapely.get_parts(area_of([ring]))):  # else there is no form
            hold(case, [ring], vg.Polygons(holes=holes))
    if rng.random() < 0.5:
        hold(case, [np.rint(ring), np.rint(ring[::-1]) + 1], vg.Polygons(holes=True))


@RUNS
@given(cases(), seeds)
def test_the_share_that_is_seen_decides(case, seed):
    chain, ring = case.chain, star(np.random.default_rng(seed), case.size)
    ring = np.clip(ring, 0, (case.size[1], case.size[0]))
    shape = clean(shapely.Polygon(ring))
    assume(shape.geom_type == "Polygon" and shape.is_valid and shape.area > 0.1)
    share, room = share_of(chain, shape), 1e-6 + 1e-9 * chain.stretch
    assume(room < share < 1.5)
    for least, kept in ((share - room, True), (share + room, False)):
        if 0 <= least <= 1:
            left, dropped = moved(case, [[ring]], vg.Polygons(min_visible=least))
            assert (len(left) == 1) == kept and dropped == ({} if kept else {"rings.min_visible": 1})


@RUNS
@given(cases(), seeds)
def test_the_area_that_is_seen_decides(case, seed):
    rng = np.random.default_rng(seed)
    ring = star(rng, case.size)
    rings, target = [ring, ring.mean(axis=0) + (ring - ring.mean(axis=0)) / 2], {"holes": True}
    seen = seen_part(case.chain, area_of(rings, True))
    assume(seen.area > 0.01)
    left, top, right, bottom = seen.bounds
    for item, value in (("min_area", seen.area), ("min_side", min(right - left, bottom - top))):
        for factor, kept in ((1 - 1e-6, True), (1 + 1e-6, False)):
            left, dropped = moved(case, [rings], vg.Polygons(**target, **{item: value * factor}))
            assert (len(left) == 1) == kept and dropped == ({} if kept else {f"rings.{item}": 1})


# What is wholly seen keeps its points


@RUNS
@given(cases(), seeds)
def test_a_ring_that_is_wholly_seen_keeps_its_points(case, seed):
    """In their order, from the first on; as many; each where the walk takes it."""
    chain, rng = case.chain, np.random.default_rng(seed)
    assume(len(case.point_map.source))
    middle = case.point_map.source.mean(axis=0)
    ring = middle + (star(rng, case.size) - np.array(case.size[::-1]) / 2) * 0.1
    walked = forth(chain, ring)
    assume(walked.seen.all())
    outside = np.add(star(rng, case.size), (2 * case.size[1], 0))
    for rings in ([ring], [ring, ring[::-1]], [ring, outside], [outside, ring]):
        left, _ = moved(case, [rings])
        want = [forth(chain, each).points for each in rings if each is not outside]
        assert len(left[0]) == len(want)
        for got, points in zip(left[0], want, strict=True):
            np.testing.assert_allclose(got, points, atol=1e-8 * (1 + np.abs(points).max()))


def test_a_ring_that_is_wholly_seen_stays_bit_for_bit_beside_one_that_is_cut():
    inside = np.random.default_rng(0).uniform(1, 9, (6, 2))
    cut, gone = [[12.0, 2], [25, 3], [20, 9]], [[22.0, 2], [25, 3], [23, 9]]
    left, _ = moved(Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()), [[gone, inside, cut], [inside]])
    assert len(left[0]) == 2
    np.testing.assert_array_equal(left[0][0], inside)
    np.testing.assert_array_equal(left[1][0], inside)
    assert left[0][1][:, 0].max() == 15


def test_the_order_of_parts_stays():
    parts = [[[1.0, 1], [4, 1], [2, 3]], [[8, 8], [22, 8], [9, 12]], [[1, 10], [4, 10], [2, 13]]]
    left, _ = moved(Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()), [parts])
    assert [ring.min(axis=0).tolist() for ring in left[0]] == [[1, 1], [8, 8], [1, 10]]


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_nothing_moved_comes_back_bit_for_bit(flat, dtype):
    rng = np.random.default_rng(0)
    rings = [[rng.uniform(0, 20, (n, 2)).astype(dtype) for n in counts] for counts in ((3, 5), (), (1,), (2, 9))]
    given_rings = [[ring.ravel() if flat else ring for ring in each] for each in rings]
    for ops in ([], [vg.Invert()], [vg.VerticalFlip(), vg.VerticalFlip()]):
        left, _ = moved(Case(ops, SIZE, vg.Key()), given_rings, vg.Polygons(flat=flat, dtype=dtype))
        for n, each in left.items():
            for got, ring in zip(each, given_rings[n], strict=True):
                assert got.dtype == dtype and got.shape == ring.shape and got.tobytes() == ring.tobytes()
        assert {0, 1, 3} <= set(left)


@pytest.mark.parametrize(
    ("op", "affine"),
    [  # a b d e x y of shapely.affinity: x' = a x + b y + x, y' = d x + e y + y
        (vg.HorizontalFlip(), (-1, 0, 0, 1, 30, 0)),
        (vg.VerticalFlip(), (1, 0, 0, -1, 0, 20)),
        (vg.Transpose(), (0, 1, 1, 0, 0, 0)),
        (vg.Pad(top=2, left=3), (1, 0, 0, 1, 3, 2)),
        (vg.Resize((40, 15)), (0.5, 0, 0, 2, 0, 0)),
        (vg.Crop(0, 8, 20, 14), (1, 0, 0, 1, -8, 0)),
    ],
)
def test_exact_maps_move_polygons_exactly(op, affine):
    ring = np.array([[2.25, 3.5], [27.125, 4.75], [25, 18.5], [9, 11.0625]])
    want = np.array(shapely.affinity.affine_transform(shapely.Polygon(ring), affine).exterior.coords)[:-1]
    left, _ = moved(Case([op], SIZE, vg.Key()), [[ring]])
    if isinstance(op, vg.Crop):
        want = shapely.intersection(shapely.Polygon(want), shapely.box(0, 0, 14, 20))
        assert shapely.Polygon(left[0][0]).normalize().equals_exact(want.normalize(), 1e-9)
        assert set(np.array(left[0][0])[:, 0]) >= {0, 14}  # the sides are met exactly
    else:
        np.testing.assert_array_equal(left[0][0], want)


# Odd rings


SPIKE = [[2.0, 3], [8, 3], [8, 9], [25, 9], [8, 9], [3, 7]]
BOW = [[10.0, 2], [20, 12], [20, 2], [10, 12]]
ODD = {
    "one point": [[[5.0, 5]]],
    "two points": [[[5.0, 5], [25, 6]]],
    "the same point": [[[5.0, 5]] * 4],
    "in a line": [[[5.0, 5], [10, 10], [19, 19]]],
    "along the window's edge": [[[15.0, 2], [15, 8], [15, 5]]],
    "beside the window": [[[15.0, 2], [15, 8], [25, 5]]],
    "outside": [[[16.0, 2], [29, 8], [25, 5]]],
    "no ring": [],
}


@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize(
    "ops", [[vg.Crop(0, 0, 20, 15)], [vg.Rotate(30), vg.Crop(0, 0, 20, 15)], [vg.Perspective(0.3)]]
)
def test_rings_without_an_area_break_nothing(holes, name, ops):
    sound = [[2.0, 2], [9, 3], [5, 9]]
    left, _ = moved(
        Case(ops, SIZE, vg.Key()), [ODD[name], [*ODD[name], sound], [sound, *ODD[name]]], vg.Polygons(holes=holes)
    )
    for n in (1, 2):
        assert area_of(left[n]).area > 0
    for rings in left.values():
        assert all(np.isfinite(ring).all() for ring in rings)


@pytest.mark.parametrize("holes", [False, True])
def test_a_bow_tie_is_its_two_triangles(holes):
    left, _ = moved(Case([vg.Crop(0, 0, 20, 18)], SIZE, vg.Key()), [[BOW]], vg.Polygons(holes=holes))
    want = shapely.intersection(clean(shapely.Polygon(BOW)), shapely.box(0, 0, 18, 20))
    assert shapely.symmetric_difference(area_of(left[0]), want).area < 1e-9
    assert len(left[0]) == 2


@pytest.mark.parametrize("holes", [False, True])
def test_a_spike_is_no_part_of_the_area(holes):
    left, _ = moved(Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()), [[SPIKE]], vg.Polygons(holes=holes))
    assert len(left[0]) == 1 and set(map(tuple, left[0][0])) == {(2, 3), (8, 3), (8, 9), (3, 7)}


@pytest.mark.parametrize(
    "ring",
    [
        [[19.0, 17], [19, 4], [19, 1], [1, 13], [13, 17], [18, 2], [7, 9]],
        [[6.0, 16], [2, 12], [15, 4], [1, 5], [13, 11], [3, 9], [13, 8], [13, 19]],
        [[6.0, 10], [6, 16], [6, 11], [5, 13], [20, 2], [5, 15], [17, 19]],
        [[12.0, 19], [8, 11], [4, 2], [12, 19], [0, 1], [0, 1], [6, 2]],
    ],
)
def test_edges_that_lie_on_one_line_but_for_rounding_double_nothing(ring):
    """shapely.make_valid does, at some of these angles."""
    for angle in range(0, 180, 5):
        case = Case([vg.Rotate(angle, border="edge"), vg.Crop(1, 1, 18, 22)], SIZE, vg.Key())
        hold(case, [ring], vg.Polygons(holes=True))


def test_a_first_point_that_is_repeated_at_the_end_changes_nothing():
    open_ring = [[2.0, 3], [28, 3], [8, 19]]
    case = Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key())
    one, _ = moved(case, [[open_ring]])
    other, _ = moved(case, [[[*open_ring, open_ring[0]]]])
    np.testing.assert_array_equal(one[0][0], other[0][0])


def test_a_hole_that_is_cut_open_is_no_hole_any_more():
    outer, hole = [[2.0, 2], [28, 2], [28, 18], [2, 18]], [[10.0, 6], [20, 6], [20, 14], [10, 14]]
    left, _ = moved(Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()), [[outer, hole]], vg.Polygons(holes=True))
    (ring,) = left[0]
    assert shapely.Polygon(ring).area == 13 * 16 - 5 * 8
    left, _ = moved(Case([vg.Crop(0, 0, 20, 22)], SIZE, vg.Key()), [[outer, hole]], vg.Polygons(holes=True))
    assert [abs(shapely.Polygon(ring).area) for ring in left[0]] == [20 * 16, 80]


@pytest.mark.parametrize("count", [2, 3, 4, 7, 64, 65])
def test_many_rings_of_an_instance_are_even_odd(count):
    """Squares in squares, each a step of a hundredth of a pixel smaller on every side; the crop is their left half."""
    steps = np.arange(count)[:, None, None] / 100
    rings = list(np.array([[0, 0], [16, 0], [16, 16], [0, 16]]) + [4, 2] + steps * [[1, 1], [-1, 1], [-1, -1], [1, -1]])
    left, _ = moved(Case([vg.Crop(0, 0, 20, 12)], SIZE, vg.Key()), [rings], vg.Polygons(holes=True, dtype="float64"))
    areas = np.array([abs(shapely.Polygon(ring).area) for ring in rings]) / 2
    assert area_of(left[0], holes=True).area == pytest.approx(np.sum(areas * (-1.0) ** np.arange(count)), abs=1e-6)


def test_without_holes_a_ring_in_a_ring_adds_nothing():
    """Parts are a union, and so a polygon within another says nothing new; but each part is cut for itself."""
    outer, inner = [[2.0, 2], [28, 2], [28, 18], [2, 18]], [[10.0, 6], [20, 6], [20, 14], [10, 14]]
    left, _ = moved(Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()), [[outer, inner]])
    assert [abs(shapely.Polygon(ring).area) for ring in left[0]] == [13 * 16, 5 * 8]


# Polylines


def line_length(line):
    return float(np.hypot(*np.diff(np.asarray(line, float), axis=0).T).sum())


@RUNS
@given(cases(), seeds)
def test_polylines_are_cut_segment_by_segment(case, seed):
    chain, rng = case.chain, np.random.default_rng(seed)
    lines = [spread(seed + n, int(rng.integers(2, 7)), case.size, beyond=0.2) for n in range(int(rng.integers(1, 3)))]
    left, dropped = moved(case, [lines], vg.Polygons(closed=False))
    want = sum(visible_length(chain, np.array(pair), case.size) for line in lines for pair in itertools.pairwise(line))
    if 0 not in left:
        assert want < 1e-5 * (1 + max(chain.sizes[-1])) and dropped == {"rings.outside": 1}
        return
    got = sum(map(line_length, left[0]))
    assert got == pytest.approx(want, rel=1e-5, abs=1e-5 * (1 + max(chain.sizes[-1])))
    height, width = chain.sizes[-1]
    for line in left[0]:
        assert (line >= -1e-6).all() and (line <= np.array((width, height)) + 1e-6).all()


def visible_length(chain, pair, size):
    """How long the visible part of a segment is on the result: its two ends found by bisection from a point seen."""
    steps = np.linspace(0, 1, 4001)[:, None]
    walked = forth(chain, pair[0] + steps * (pair[1] - pair[0]))
    if not walked.seen.any():
        return 0.0
    ends = []
    first, last = np.flatnonzero(walked.seen)[[0, -1]]
    for inner, outer in ((first, first - 1), (last, last + 1)):
        low, high = steps[inner, 0], steps[outer, 0] if 0 <= outer <= 4000 else steps[inner, 0]
        for _ in range(50):
            middle = (low + high) / 2
            seen = forth(chain, (pair[0] + middle * (pair[1] - pair[0]))[None]).seen[0]
            low, high = (middle, high) if seen else (low, middle)
        ends.append(pair[0] + low * (pair[1] - pair[0]))
    return line_length(forth(chain, np.array(ends)).points)


def test_a_polyline_keeps_its_points_order_and_direction():
    line = [[2.0, 5], [12, 15], [12, 5], [2, 12], [25, 12]]
    left, _ = moved(Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()), [[line]], vg.Polygons(closed=False))
    (piece,) = left[0]
    np.testing.assert_array_equal(piece, [*line[:4], [15, 12]])


def test_a_polyline_that_leaves_and_comes_back_is_in_pieces():
    line = [[2.0, 5], [20, 5], [20, 8], [4, 8]]
    left, _ = moved(Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()), [[line]], vg.Polygons(closed=False))
    assert [piece.tolist() for piece in left[0]] == [[[2, 5], [15, 5]], [[15, 8], [4, 8]]]


@pytest.mark.parametrize(("least", "kept"), [(0.97, True), (0.98, False)])
def test_what_a_polyline_goes_twice_counts_twice(least, kept):
    """37 of 38 pixels are seen."""
    line = [[2.0, 5], [14, 5], [2, 5], [14, 5], [16, 5]]
    target = vg.Polygons(closed=False, min_visible=least)
    left, _ = moved(Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()), [[line]], target)
    assert bool(left) == kept


def test_polylines_have_sides_but_no_area():
    lines = [[[[2.0, 5], [12, 5]]], [[[2.0, 5], [12, 9]]]]
    left, dropped = moved(Case([], SIZE, vg.Key()), lines, vg.Polygons(closed=False, min_side=3))
    assert list(left) == [1] and dropped == {"rings.min_side": 1}


def test_a_polyline_along_the_edge_of_the_picture_is_seen():
    line = [[30.0, 2], [30, 18]]
    for ops in ([vg.Rotate(30), vg.Pad(20), vg.Rotate(-30)], [vg.Resize((27, 41))], [vg.Pad(20), vg.Rotate(77)]):
        left, _ = moved(Case(ops, SIZE, vg.Key()), [[line, [[-9.0, 0], [-5, 0]]]], vg.Polygons(closed=False))
        assert len(left) == 1


# All together


@RUNS
@given(cases())
def test_no_instances_stay_none(case):
    left, dropped = moved(case, [])
    assert left == {} and not dropped


def test_instances_without_rings_stay():
    """Nothing is known of them."""
    for ops in ([], [vg.Rotate(30)], [vg.Translate(1.5)], [vg.Crop(0, 0, 5, 5)]):
        left, dropped = moved(Case(ops, SIZE, vg.Key()), [[], []])
        assert left == {0: [], 1: []} and not dropped


@pytest.mark.parametrize(
    "ops",
    [
        [vg.Translate(1.5)],
        [vg.Translate(1.5), vg.Rotate(30)],
        [vg.Crop(0, 30, 20, 15, border="constant"), vg.Rotate(30)],
    ],
)
@pytest.mark.parametrize("target", [vg.Polygons(), vg.Polygons(holes=True), vg.Polygons(closed=False)])
def test_where_nothing_is_seen_nothing_is_left(ops, target):
    left, dropped = moved(
        Case(ops, SIZE, vg.Key()), [[[[2.0, 3], [28, 3], [31, 10]]], [[[2.0, 3], [3, 5], [2, 10]]]], target
    )
    assert not left and dropped == {"rings.outside": 2}


@pytest.mark.parametrize(
    "ops", [[], [vg.HorizontalFlip()], [vg.Rotate(10)], [vg.Crop(0, 0, 20, 15)], [vg.Perspective(0.2)]]
)
@pytest.mark.parametrize("ring", [[[5.0, 5]], [[5.0, 5], [25, 6]], [[5.0, 5], [10, 10], [19, 19]], [[5.0, 5]] * 4])
def test_rings_without_an_area_tell_nothing_of_their_instance(ops, ring):
    """As if there were none: the box stands for itself."""
    targets = {"rings": vg.Polygons(), "boxes": vg.Boxes(), "row": vg.PerInstance()}
    fields = {"boxes": [[2.0, 2, 18, 18], [20, 2, 22, 3]], "row": [0, 1]}
    case = Case(ops, SIZE, vg.Key())
    without, with_it = (
        case.carried(targets, rings=[[], []], **fields),
        case.carried(targets, rings=[[ring], [ring]], **fields),
    )
    np.testing.assert_array_equal(with_it.fields["boxes"], without.fields["boxes"])
    assert with_it.fields["row"] == without.fields["row"]
    assert sum(with_it.dropped.values()) == sum(without.dropped.values())


@pytest.mark.parametrize(
    "ops", [[], [vg.HorizontalFlip()], [vg.Rotate(10)], [vg.Crop(0, 0, 20, 25)], [vg.Crop(0, 0, 20, 14)]]
)
@pytest.mark.parametrize(("least", "kept"), [(40, True), (41, False)])
def test_the_area_of_a_bow_tie_is_that_of_both_its_halves(ops, least, kept):
    """Its halves run against each other: summed with their signs they would be nothing. Of 40.5 all is seen."""
    tie = [[5.0, 5], [14, 14], [14, 5], [5, 14]]
    left, dropped = moved(Case(ops, SIZE, vg.Key()), [[tie]], vg.Polygons(min_area=least))
    assert bool(left) == kept and dropped == ({} if kept else {"rings.min_area": 1})


@pytest.mark.parametrize("ops", [[], [vg.Crop(0, 0, 20, 15)]])
def test_polylines_that_lead_nowhere_tell_nothing(ops):
    targets = {"rings": vg.Polygons(closed=False), "points": vg.Keypoints()}
    rings = [[[[5.0, 5]]], [[[5.0, 5], [5, 5]]], [[[25.0, 5], [25, 5]]]]
    carried = Case(ops, SIZE, vg.Key()).carried(targets, rings=rings, points=[[[5.0, 5]]] * 3)
    assert len(carried.fields["rings"]) == 3 and not carried.dropped


def test_a_sliver_is_not_seen_and_leaves_no_box_of_no_extent():
    """A thousandth of a thousandth of a pixel, as rounding leaves at the edge of a window."""
    sliver = [[14.9999, 5], [25, 5], [25, 10]]
    targets = {"rings": vg.Polygons(), "boxes": vg.Boxes(), "row": vg.PerInstance()}
    fields = {"rings": [[sliver], [[[1, 1], [3, 1], [3, 9]], sliver]], "boxes": [[14.0, 5, 25, 10]] * 2, "row": [0, 1]}
    carried = Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()).carried(targets, **fields)
    assert carried.fields["row"] == [1] and carried.dropped == {"rings.outside": 1}
    assert len(carried.fields["rings"][0]) == 1


def test_normalised_and_flat_rings_are_the_same_polygon():
    ring = np.array([[2.0, 3], [28, 3], [8, 19]])
    case = Case([vg.Rotate(20), vg.Crop(0, 0, 18, 15)], SIZE, vg.Key())
    plain, _ = moved(case, [[ring]])
    flat, _ = moved(case, [[ring.ravel()]], vg.Polygons(flat=True, dtype="float64"))
    np.testing.assert_array_equal(flat[0][0].reshape(-1, 2), plain[0][0])
    parts, _ = moved(case, [[ring / (30, 20)]], vg.Polygons(normalised=True, dtype="float64"))
    np.testing.assert_allclose(parts[0][0] * (15, 18), plain[0][0], atol=1e-9)
