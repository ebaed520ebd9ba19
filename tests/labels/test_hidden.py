"""What another picture hides of instances, for each kind of label, against counting pixels one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import variegate as vg
from variegate.labels.hidden import hidden, mask_box

SIZE = (24, 30)
FINE = 6  # points a pixel and axis, where edges do not lie on the grid
edges = st.tuples(st.integers(0, 30), st.integers(0, 24), st.integers(0, 30), st.integers(0, 24)).map(
    lambda e: (min(e[0], e[2]), min(e[1], e[3]), max(e[0], e[2]), max(e[1], e[3]))
)
boxes = edges.filter(lambda e: e[0] < e[2] and e[1] < e[3])


def painted(box):
    mask = np.zeros(SIZE, bool)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return mask


def around(mask):
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1] if len(rows) else [0, 0, 0, 0]


def read(target, value):
    return target.read(value, SIZE, "it")


@settings(max_examples=300)
@given(boxes, edges)
@example((3, 3, 9, 9), (3, 3, 9, 9))
@example((3, 3, 9, 9), (0, 0, 30, 24))
@example((3, 3, 9, 9), (5, 0, 7, 24))
@example((3, 3, 9, 9), (0, 12, 30, 20))
@example((3, 9, 9, 12), (0, 1, 30, 5))
@example((3, 3, 9, 9), (12, 0, 20, 24))
@example((9, 3, 12, 9), (1, 0, 5, 24))
def test_boxes_are_those_around_the_pixels_that_are_left(box, cover):
    leaf, seen = hidden(vg.Boxes(), read(vg.Boxes(), [box]), cover, SIZE)
    whole, left = painted(box), painted(box) & ~painted(cover)
    assert leaf.xyxy.tolist() == [around(left)] == seen.seen.tolist()
    assert seen.share[0] == pytest.approx(left.sum() / whole.sum()) and seen.known.all()
    kept = vg.Boxes(clip=False)
    assert hidden(kept, read(kept, [box]), cover, SIZE)[0].xyxy.tolist() == [list(box)]


@given(boxes, edges)
def test_a_box_that_is_not_met_is_the_very_leaf(box, cover):
    given_ = read(vg.Boxes(), [box])
    leaf, seen = hidden(vg.Boxes(), given_, cover, SIZE)
    if not (painted(box) & painted(cover)).any():
        assert leaf is given_ and seen.share.tolist() == [1]


@settings(max_examples=100)
@given(st.lists(boxes, min_size=0, max_size=4), edges, st.sampled_from(["bool", "uint8", "int32"]))
def test_stacks_lose_the_pixels_and_say_how_many(some, cover, dtype):
    stack = np.array([painted(box) for box in some], bool).reshape(-1, *SIZE).astype(dtype)
    target = vg.Mask(stack=True)
    leaf, seen = hidden(target, read(target, stack), cover, SIZE)
    wanted = stack * ~painted(cover)
    assert np.array_equal(leaf.pixels, wanted) and leaf.pixels.dtype == stack.dtype
    assert seen.area.tolist() == [each.sum() for each in wanted != 0]
    assert seen.seen.tolist() == [around(each) for each in wanted != 0]
    np.testing.assert_allclose(seen.share, [w.sum() / s.sum() for w, s in zip(wanted != 0, stack != 0, strict=True)])


def points():
    """(FINE * H, FINE * W): the places of a fine grid."""
    y, x = (np.mgrid[: SIZE[0] * FINE, : SIZE[1] * FINE] + 0.5) / FINE
    return x, y


def within(ring):
    """Which places lie in a ring, even-odd."""
    x, y = points()
    odd = np.zeros(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        if y0 != y1:
            odd ^= ((y0 <= y) != (y1 <= y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return odd


def seen_by_points(ring, cover):
    """The area of a ring, and of what a box leaves of it, by counting."""
    x, y = points()
    whole = within(np.asarray(ring))
    left = whole & ~((x >= cover[0]) & (x < cover[2]) & (y >= cover[1]) & (y < cover[3]))
    return whole.sum() / FINE**2, left.sum() / FINE**2


rings = st.lists(st.tuples(st.floats(1, 29), st.floats(1, 23)), min_size=3, max_size=5).filter(
    lambda ring: seen_by_points(ring, (0, 0, 0, 0))[0] > 20
)


@settings(max_examples=40)
@given(rings, edges, st.booleans())
@example([(1, 1), (29, 1), (29, 23), (1, 23)], (10, 8, 20, 16), False)
@example([(1, 1), (29, 1), (29, 23), (1, 23)], (10, 8, 20, 16), True)
def test_polygons_have_the_area_that_is_left(ring, cover, holes):
    target = vg.Polygons(holes=holes)
    leaf, seen = hidden(target, read(target, [[ring]]), cover, SIZE)
    whole, left = seen_by_points(ring, cover)
    assert seen.share[0] == pytest.approx(left / whole, abs=0.02)
    painted_again = np.zeros(points()[0].shape, bool)
    for each in leaf.rings[0]:
        painted_again ^= within(each)
    assert painted_again.sum() / FINE**2 == pytest.approx(left, abs=0.02 * whole)


@settings(max_examples=40)
@given(st.floats(6, 24), st.floats(6, 18), st.floats(4, 10), st.floats(4, 10), st.floats(-90, 90), boxes)
def test_turned_boxes_stay_and_tell_what_is_left(x, y, w, h, angle, cover):
    target = vg.OrientedBoxes()
    given_ = read(target, [[x, y, w, h, angle]])
    leaf, seen = hidden(target, given_, cover, SIZE)
    whole, left = seen_by_points(given_.corners[0], cover)
    assert leaf is given_ and seen.share[0] == pytest.approx(left / whole, abs=0.05)


@given(st.lists(st.tuples(st.integers(1, 29), st.integers(1, 23), st.sampled_from([0, 1, 2])), min_size=1), edges)
@example([(8, 8, 2), (9, 9, 2), (3, 3, 2)], (3, 3, 9, 9))
def test_points_beneath_are_hidden_and_keep_their_places(some, cover):
    target = vg.Keypoints("xyv")
    leaf, seen = hidden(target, read(target, [list(some)]), cover, SIZE)
    free = ~painted(cover)
    wanted = [v if free[y, x] else 0 for x, y, v in some]
    assert leaf.visible[0].tolist() == wanted
    assert leaf.xy[0].tolist() == [[x, y] for x, y, _ in some]
    assert seen.share[0] == pytest.approx(np.mean([free[y, x] for x, y, _ in some]))


def test_polylines_lose_their_length():
    target = vg.Polygons(closed=False)
    leaf, seen = hidden(target, read(target, [[[(2, 5), (22, 5)]]]), (6, 0, 16, 24), SIZE)
    assert seen.share[0] == pytest.approx(0.5) and len(leaf.rings[0]) == 2
    assert sorted(np.concatenate(leaf.rings[0])[:, 0].tolist()) == [2, 6, 16, 22]


def test_an_exacter_target_tells_for_a_box_of_its_group():
    disc = np.zeros((1, *SIZE), np.uint8)
    disc[0, 4:10, 4:10] = 1
    disc[0, 4:10, 8:20] = 1
    around_ = hidden(vg.Mask(stack=True), read(vg.Mask(stack=True), disc), (0, 0, 8, 24), SIZE)[1]
    leaf, seen = hidden(vg.Boxes(), read(vg.Boxes(), [(4, 4, 20, 10)]), (0, 0, 8, 24), SIZE, around_)
    assert leaf.xyxy.tolist() == [[8, 4, 20, 10]] and seen.share[0] == pytest.approx(12 / 16)


@given(edges, st.sampled_from([0.5, 1, 2]))
def test_the_box_of_a_mask_is_that_of_pixels_whose_centre_is_covered(cover, stride):
    """Even edges, so that no centre lies on one."""
    cover = tuple(2 * (edge // 2) for edge in cover)
    sides = int(SIZE[0] / stride), int(SIZE[1] / stride)
    left, top, right, bottom = mask_box(cover, SIZE, sides)
    y, x = ((np.indices(sides) + 0.5).T * stride).T
    inside = (x > cover[0]) & (x < cover[2]) & (y > cover[1]) & (y < cover[3])
    made = np.zeros(sides, bool)
    made[top:bottom, left:right] = True
    assert np.array_equal(made, inside)
