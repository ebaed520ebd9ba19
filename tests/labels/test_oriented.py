"""Turned boxes through chains of ops: exact where shapes are kept, else the smallest around the warped one."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, event, given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, Case, Chain, cases, forth, seen_part, share_of, spread

import variegate as vg
from variegate.kernels.chain import MapChain as Maps
from variegate.kernels.row_layout import lay_chain
from variegate.labels.oriented import fitted
from variegate.labels.point_maps import PointMaps
from variegate.targets.leaf import OrientedLeaf

seeds = st.integers(0, 2**32 - 1)
SIZE = (20, 30)


def corners_of(row):
    """The corners of one box, by NumPy's own sine: top left, top right, bottom right, bottom left before the turn."""
    x, y, w, h, angle = row
    right = np.array([np.cos(np.radians(angle)), -np.sin(np.radians(angle))])  # y points down
    down = np.array([-right[1], right[0]])
    return np.array([x, y]) + np.outer([-1, 1, 1, -1], right * w / 2) + np.outer([-1, -1, 1, 1], down * h / 2)


def random_rows(seed, size, count=4):
    rng, (height, width) = np.random.default_rng(seed), size
    sides = rng.uniform(0.05, 0.6, (count, 2)) * (width, height)
    return np.column_stack([spread(seed, count, size), sides, rng.uniform(-400, 400, count)])


def moved(case, rows, target=None):
    target = vg.OrientedBoxes(dtype="float64") if target is None else target
    carried = case.carried({"boxes": target, "row": vg.PerInstance()}, boxes=rows, row=list(range(len(rows))))
    return dict(zip(carried.fields["row"], carried.fields["boxes"], strict=True)), carried.dropped


def before_horizon(chain, points):
    w = chain.forth[2] @ np.concatenate([points, np.ones((len(points), 1))], axis=1).T
    return (w > 0.02).all()


def smallest(points):
    """The area of the smallest turned box around points: every quarter of a degree, and every side of their hull."""
    hull = shapely.get_coordinates(shapely.MultiPoint(points).convex_hull)
    edges = np.diff(hull, axis=0)
    angles = np.concatenate([np.radians(np.arange(0, 90, 0.25)), np.arctan2(edges[:, 1], edges[:, 0])])
    along = np.outer(np.cos(angles), points[:, 0]) + np.outer(np.sin(angles), points[:, 1])
    down = np.outer(np.cos(angles), points[:, 1]) - np.outer(np.sin(angles), points[:, 0])
    return (np.ptp(along, axis=1) * np.ptp(down, axis=1)).min()


@RUNS
@given(cases(), seeds)
def test_the_box_holds_the_warped_one_and_none_is_smaller(case, seed):
    chain, rows = case.chain, random_rows(seed, case.size)
    left, _ = moved(case, rows)
    for n, got in left.items():
        old = corners_of(rows[n])
        if not before_horizon(chain, old):
            continue
        quad = forth(chain, old).points
        scale = 1e-7 * (1 + np.abs(quad).max())
        assert shapely.distance(shapely.Polygon(corners_of(got)).buffer(scale), shapely.points(quad)).max() <= scale
        assert got[2] * got[3] <= smallest(quad) * (1 + 1e-6) + scale
        assert -90 <= got[4] < 90 or np.array_equal(got, rows[n])
    event("seen" if left else "none is seen")


@st.composite
def same_shapes(draw):
    """Ops that turn, move, mirror and scale alike."""
    kinds = st.sampled_from(("rotate", "scale", "shift", "flip", "flop", "swap", "turn", "pad", "crop"))
    made = {
        "rotate": lambda: vg.Rotate(draw(st.floats(-180, 180))),
        "scale": lambda: vg.Scale(draw(st.floats(0.5, 2))),
        "shift": lambda: vg.Translate(draw(st.floats(-0.2, 0.2)), draw(st.floats(-0.2, 0.2))),
        "flip": vg.HorizontalFlip,
        "flop": vg.VerticalFlip,
        "swap": vg.Transpose,
        "turn": vg.Rotate90,
        "pad": lambda: vg.Pad(draw(st.integers(0, 9)), left=3),
        "crop": lambda: vg.Crop(1, 2, 15, 15, border="edge"),
    }
    ops = [made[kind]() for kind in draw(st.lists(kinds, max_size=5))]
    return Case(ops, draw(st.tuples(st.integers(15, 40), st.integers(15, 40))), vg.Key(id=draw(st.integers(0, 99))))


@RUNS
@given(same_shapes(), seeds)
def test_where_shapes_are_kept_the_box_is_the_warped_one(case, seed):
    """Corner by corner, and each side by its name."""
    chain, rows = case.chain, random_rows(seed, case.size)
    left, _ = moved(case, rows)
    grown = np.sqrt(abs(np.linalg.det(chain.forth[:2, :2])))
    for n, got in left.items():
        want, found = forth(chain, corners_of(rows[n])).points, corners_of(got)
        far = np.linalg.norm(found[:, None] - want[None], axis=2).min(axis=1)
        assert far.max() < 1e-9 * (1 + np.abs(want).max()) * (1 + len(case.ops))
        np.testing.assert_allclose(got[2:4], rows[n, 2:4] * grown, rtol=1e-9)


@RUNS
@given(same_shapes(), seeds)
def test_next_to_a_map_that_keeps_shapes_the_box_is_next_to_the_same(case, seed):
    """No jump, and no exchange of the sides' names, where one way of computing takes over from the other."""
    rows = random_rows(seed, case.size)
    left, _ = moved(case, rows)
    near, _ = moved(Case([*case.ops, vg.Shear(1e-5)], case.size, case.key), rows)
    for n in set(left) & set(near):
        turn = (left[n][4] - near[n][4] + 90) % 180 - 90
        assert abs(turn) < 1e-3
        np.testing.assert_allclose(near[n][:4], left[n][:4], atol=1e-4 * (1 + np.abs(left[n]).max()))


def test_a_perspective_that_looks_like_a_shift_keeps_no_shapes():
    """Its upper left is the identity: only its last row gives it away."""
    m = np.array([[1.0, 0, 0], [0, 1, 0], [0.01, 0, 1]])
    sizes = np.array([[20, 30], [20, 30]])
    point_map = PointMaps(lay_chain(Maps(np.linalg.inv(m)[None], sizes, np.zeros(1, np.int64))), True).point_map(0)
    (got,) = fitted(OrientedLeaf(np.array([[15.0, 10, 8, 6, 0]])), point_map)
    quad = forth(Chain([np.linalg.inv(m)], [SIZE, SIZE]), corners_of((15, 10, 8, 6, 0))).points
    assert got[2] * got[3] <= smallest(quad) * (1 + 1e-6)
    assert shapely.distance(shapely.Polygon(corners_of(got)).buffer(1e-7), shapely.points(quad)).max() <= 1e-7


def test_flips_transposes_and_quarter_turns_are_exact():
    rows = np.array([[5.25, 6.5, 4, 3, 20.25], [15, 10, 7.5, 2, -90], [11, 9, 3, 8, 0]])
    x, y, w, h, angle = rows.T
    for ops, want in (
        ([vg.HorizontalFlip()], (30 - x, y, w, h, -angle)),
        ([vg.VerticalFlip()], (x, 20 - y, w, h, -angle)),
        ([vg.Transpose()], (y, x, w, h, -90 - angle)),
        ([vg.Transpose(), vg.VerticalFlip()], (y, 30 - x, w, h, angle + 90)),
        ([vg.Crop(0, 5, 20, 20), vg.Rotate(90)], (y, 25 - x, w, h, angle + 90)),
        ([vg.Pad(2)], (x + 2, y + 2, w, h, angle)),
        ([vg.Resize((40, 60))], (2 * x, 2 * y, 2 * w, 2 * h, angle)),
    ):
        left, _ = moved(Case(ops, SIZE, vg.Key()), rows)
        want = np.stack(want, axis=1)
        want[:, 4] = (want[:, 4] + 90) % 180 - 90
        for n, got in left.items():
            np.testing.assert_array_equal(got, want[n])
        assert len(left) >= 2


@pytest.mark.parametrize(
    ("options", "unit"),
    [
        ({"angle": "radians"}, (1, 1, 1, 1, np.pi / 180)),
        ({"clockwise": True}, (1, 1, 1, 1, -1)),
        ({"angle": "radians", "clockwise": True}, (1, 1, 1, 1, -np.pi / 180)),
        ({"normalised": True}, (1 / 30, 1 / 20, 1 / 30, 1 / 20, 1)),
    ],
)
def test_formats_are_the_same_boxes(options, unit):
    rows, case = random_rows(3, SIZE), Case([vg.Rotate(25), vg.Shear(10), vg.Pad(10)], SIZE, vg.Key())
    plain, _ = moved(case, rows)
    left, _ = moved(case, rows * unit, vg.OrientedBoxes(**options, dtype="float64"))
    if "normalised" in options:
        unit = (1 / 50, 1 / 40, 1 / 50, 1 / 40, 1)
    assert list(plain) == list(left)
    for n, got in left.items():
        back = got / unit
        assert abs((back[4] - plain[n][4] + 90) % 180 - 90) < 1e-9
        np.testing.assert_allclose(back[:4], plain[n][:4], rtol=1e-9)


# What is seen


@RUNS
@given(cases(), seeds)
def test_the_share_that_is_seen_decides(case, seed):
    chain, rows = case.chain, random_rows(seed, case.size, 1)
    shape = shapely.Polygon(corners_of(rows[0]))
    assume(shape.area > 1e-3)
    seen = seen_part(chain, shape)
    share, room = share_of(chain, shape, seen), 1e-6 + 1e-9 * chain.stretch
    if seen.area < 1e-9:
        left, dropped = moved(case, rows)
        assert not left and dropped == {"boxes.outside": 1}
        return
    assume(room < share < 1.5)
    for least, kept in ((share - room, True), (share + room, False)):
        if 0 <= least <= 1:
            left, dropped = moved(case, rows, vg.OrientedBoxes(min_visible=least))
            assert (len(left) == 1) == kept and dropped == ({} if kept else {"boxes.min_visible": 1})
    width = np.subtract(seen.bounds[2:], seen.bounds[:2]).min()
    for item, value in (("min_area", seen.area), ("min_side", width)):
        for factor, kept in ((1 - 1e-5, True), (1 + 1e-5, False)):
            left, dropped = moved(case, rows, vg.OrientedBoxes(**{item: value * factor}))
            assert (len(left) == 1) == kept and dropped == ({} if kept else {f"boxes.{item}": 1})


def test_boxes_are_never_clipped():
    left, _ = moved(Case([vg.Crop(0, 0, 20, 10)], SIZE, vg.Key()), [[10.0, 10, 8, 4, 30], [10, 10, 40, 30, 0]])
    np.testing.assert_array_equal(left[0], [10, 10, 8, 4, 30])
    np.testing.assert_array_equal(left[1], [10, 10, 40, 30, 0])


@pytest.mark.parametrize("ops", [[], [vg.HorizontalFlip()], [vg.Rotate(30)], [vg.Perspective(0.2)]])
def test_a_box_without_area_is_dropped_whatever_happens(ops):
    left, dropped = moved(Case(ops, SIZE, vg.Key()), [[15.0, 10, 0, 4, 0], [15, 10, 4, 4, 0], [15, 10, 4, 0, 9]])
    assert list(left) == [1] and dropped == {"boxes.empty": 2}


@pytest.mark.parametrize(
    "ops",
    [
        [vg.Translate(1.5)],
        [vg.Translate(1.5), vg.Rotate(30)],
        [vg.Crop(0, 30, 20, 15, border="constant"), vg.Rotate(30)],
    ],
)
def test_where_nothing_is_seen_nothing_is_left(ops):
    left, dropped = moved(Case(ops, SIZE, vg.Key()), [[15.0, 10, 30, 20, 0], [4, 4, 2, 2, 45]])
    assert not left and dropped == {"boxes.outside": 2}


@RUNS
@given(cases())
def test_no_boxes_stay_no_boxes(case):
    for value in ([], np.zeros((0, 5), np.float32)):
        fields, dropped = case.carried({"boxes": vg.OrientedBoxes()}, boxes=value)
        assert fields["boxes"].shape == (0, 5) and not dropped


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_nothing_moved_comes_back_bit_for_bit(dtype):
    rows = (random_rows(5, SIZE) / (30, 20, 30, 20, 60)).astype(dtype)
    target = vg.OrientedBoxes(normalised=True, angle="radians", clockwise=True, dtype=dtype)
    for ops in ([], [vg.Invert()], [vg.HorizontalFlip(), vg.HorizontalFlip()], [vg.Pad(2), vg.Crop(2, 2, *SIZE)]):
        left, _ = moved(Case(ops, SIZE, vg.Key()), rows, target)
        assert np.array(list(left.values())).tobytes() == rows[list(left)].tobytes()
