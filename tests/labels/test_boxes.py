"""Boxes through chains of ops: tight around what is seen of their shape, and never out of range."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import shapely
from hypothesis import assume, event, given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, Case, Chain, cases, forth, seen_part, share_of, spread

import variegate as vg
from variegate.kernels.chain import MapChain as Maps
from variegate.kernels.points import PLAIN
from variegate.kernels.row_layout import lay_chain
from variegate.labels.boxes import move_boxes
from variegate.labels.point_maps import PointMaps
from variegate.targets import BoxLeaf

seeds = st.integers(0, 2**32 - 1)
SIZE = (20, 30)


def random_boxes(seed, size, count=4):
    """Boxes (count, 4) on a picture, also thin and tiny ones and the whole picture."""
    rng = np.random.default_rng(seed)
    ends = np.sort(spread(seed, 2 * count, size).reshape(count, 2, 2), axis=1)
    ends[0] = (0, 0), size[::-1]
    if rng.random() < 0.3:
        ends[1, 1] = ends[1, 0] + rng.uniform(1e-3, 0.5, 2)
        ends[1] = np.minimum(ends[1], size[::-1])
    return ends.reshape(count, 4)


def whole_numbers(seed, size, count=5):
    """Boxes with whole sides, one pixel at least."""
    rng, (height, width) = np.random.default_rng(seed), size
    left, top = rng.integers(0, width, count), rng.integers(0, height, count)
    right, bottom = rng.integers(left + 1, width + 1), rng.integers(top + 1, height + 1)
    return np.stack([left, top, right, bottom], axis=1).astype(np.float64)


def bounds_of(shape):
    return np.array(shape.bounds if not shape.is_empty else (0.0, 0, 0, 0))


def moved(case, boxes, target=None, **fields):
    """What is left of boxes, with the row of each."""
    target = vg.Boxes() if target is None else target
    rows = {"row": np.arange(len(boxes))}
    targets = {"boxes": target, "row": vg.PerInstance(), **{name: kind for name, (kind, _) in fields.items()}}
    values = {name: value for name, (_, value) in fields.items()}
    carried = case.carried(targets, boxes=boxes, **rows, **values)
    return carried.fields["boxes"], carried.fields["row"], carried.dropped


@RUNS
@given(cases(), seeds)
def test_a_box_is_tight_around_what_is_seen_of_its_corners(case, seed):
    chain, boxes = case.chain, random_boxes(seed, case.size)
    result, rows, dropped = moved(case, boxes)
    assert sum(dropped.values()) == len(boxes) - len(rows)
    scale = 1e-6 * (1 + max(chain.sizes[-1]))
    for n, box in enumerate(boxes):
        seen = seen_part(chain, shapely.box(*box))
        want = bounds_of(seen)
        thin = seen.area < 1e-6
        assert thin or n in rows, f"{box} is seen as {want}"
        if n in rows:
            if thin and seen.is_empty:
                assert (result[rows == n][0][2:] - result[rows == n][0][:2]).min() < 1e-5
            else:
                np.testing.assert_allclose(result[rows == n][0], want, atol=scale)
    event("seen" if len(rows) else "none is seen")


@RUNS
@given(cases(), seeds)
def test_no_point_of_a_box_that_is_seen_lies_outside_of_the_result_s(case, seed):
    """By sampling: no geometry library is asked."""
    chain, boxes = case.chain, random_boxes(seed, case.size)
    result, rows, _ = moved(case, boxes)
    for n, box in enumerate(boxes):
        points = box[:2] + np.random.default_rng(seed).uniform(0, 1, (300, 2)) * (box[2:] - box[:2])
        walked = forth(chain, points)
        places = walked.points[walked.seen & ~walked.doubt]
        if len(places):
            found = result[rows == n]
            assert len(found) == 1
            assert (places >= found[0, :2] - 1e-6).all() and (places <= found[0, 2:] + 1e-6).all()


@RUNS
@given(cases(wild=False), seeds)
def test_an_ellipse_is_held_by_its_box_to_an_eighth_of_a_percent(case, seed):
    chain, boxes = case.chain, random_boxes(seed, case.size)[:3]
    result, rows, _ = moved(case, boxes, vg.Boxes(shape="ellipse"))
    turns = np.arange(1440) * (2 * np.pi / 1440)
    for n, box in enumerate(boxes):
        curve = (box[:2] + box[2:]) / 2 + np.stack([np.cos(turns), np.sin(turns)], axis=1) * (box[2:] - box[:2]) / 2
        seen = seen_part(chain, shapely.Polygon(curve))
        if case.point_map.flags[PLAIN]:  # an upright map: the box itself, since that is exact
            seen = seen_part(chain, shapely.box(*box))
        if seen.area < 1e-3:
            continue
        ((left, top, right, bottom),) = result[rows == n]
        want = bounds_of(seen)
        assert left >= want[0] - 1e-4 and top >= want[1] - 1e-4 and right <= want[2] + 1e-4 and bottom <= want[3] + 1e-4
        walked = forth(chain, curve)
        if walked.seen.all():  # and not much smaller; a cut is where an error could grow
            np.testing.assert_allclose([left, top, right, bottom], want, atol=0.0013 * max(want[2:] - want[:2]))


@RUNS
@given(cases(), seeds)
def test_the_share_that_is_seen_decides(case, seed):
    """min_visible a hair below the share keeps a box, a hair above drops it, and says so."""
    chain, box = case.chain, random_boxes(seed, case.size)[2:3]
    shape = shapely.box(*box[0])
    assume(shape.area > 1e-3)
    share = share_of(chain, shape)
    room = 1e-6 + 1e-9 * chain.stretch
    assume(room < share < 1.5)
    for least, kept in ((share - room, True), (share + room, False)):
        if 0 <= least <= 1:
            _, rows, dropped = moved(case, box, vg.Boxes(min_visible=least))
            assert (len(rows) == 1) == kept
            assert dropped == ({} if kept else {"boxes.min_visible": 1})


@RUNS
@given(cases(affine=True), seeds)
def test_a_box_that_is_not_clipped_is_tight_around_all_its_corners(case, seed):
    chain, boxes = case.chain, random_boxes(seed, case.size)
    assume(chain.affine)
    result, rows, dropped = moved(case, boxes, vg.Boxes(clip=False))
    assert len(rows) == len(boxes) and not dropped
    for box, got in zip(boxes, result, strict=True):
        corners = forth(chain, box[[[0, 1], [2, 1], [2, 3], [0, 3]]]).points
        scale = 1e-9 * (1 + np.abs(corners).max())
        np.testing.assert_allclose(got, [*corners.min(axis=0), *corners.max(axis=0)], atol=scale)


@pytest.mark.parametrize("layout", ["xyxy", "yxyx", "xywh", "cxcywh", "yolo"])
@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", ["corners", "ellipse"])
def test_results_are_never_out_of_range(layout, normalised, dtype, shape):
    """As the user's own sum finds, in that dtype."""
    target = vg.Boxes(layout, normalised=normalised or layout == "yolo", shape=shape, dtype=dtype)
    plain = "cxcywh" if layout == "yolo" else layout
    ops = [vg.Rotate((-180, 180)), vg.RandomResizedCrop((37, 53), (0.2, 1)), vg.Perspective(0.5, p=0.5)]
    for n in range(60):
        case = Case(ops, (41, 67), vg.Key(id=n))
        edges = random_boxes(n, case.size)
        edges = np.clip(edges, 0, (67, 41, 67, 41))
        rows = edges / (67, 41, 67, 41) if target.fractions else edges
        first, last = rows[:, :2], rows[:, 2:]
        given_rows = {
            "xyxy": rows,
            "yxyx": rows[:, [1, 0, 3, 2]],
            "xywh": np.concatenate([first, last - first], axis=1),
            "cxcywh": np.concatenate([(first + last) / 2, last - first], axis=1),
        }[plain].astype(dtype)
        result, *_ = moved(case, given_rows, target)
        assert result.dtype == dtype
        one, two = result[:, :2], result[:, 2:]
        first = one - two / 2 if plain == "cxcywh" else one
        last = {"xyxy": two, "yxyx": two, "xywh": one + two, "cxcywh": one + two / 2}[plain]
        assert first.dtype == last.dtype == dtype
        far = (1, 1) if target.fractions else (37, 53) if layout == "yxyx" else (53, 37)
        assert (first >= 0).all() and (last <= far).all()
        assert (last > first).all()


# Upright maps are exact


def by_hand(op, box, size):
    """A box of whole numbers through an op, as one would do it on paper; and the new size."""
    (left, top, right, bottom), (height, width) = map(int, box), size
    if isinstance(op, vg.HorizontalFlip):
        return (width - right, top, width - left, bottom), size
    if isinstance(op, vg.VerticalFlip):
        return (left, height - bottom, right, height - top), size
    if isinstance(op, vg.Transpose):
        return (top, left, bottom, right), (width, height)
    if isinstance(op, vg.Pad):
        return (left + 3, top + 3, right + 3, bottom + 3), (height + 6, width + 6)
    if isinstance(op, vg.Crop):
        clip = lambda x, low, high: min(max(x - low, 0), high)  # noqa: E731
        return (
            (
                clip(left, op.left, op.width),
                clip(top, op.top, op.height),
                clip(right, op.left, op.width),
                clip(bottom, op.top, op.height),
            ),
            (op.height, op.width),
        )
    assert op.angle.value == 90  # counter-clockwise
    return (top, width - right, bottom, width - left), (width, height)


@RUNS
@given(
    st.lists(st.sampled_from(("flip", "flop", "swap", "pad", "crop", "turn")), max_size=6),
    st.tuples(st.integers(9, 30), st.integers(9, 30)),
    seeds,
)
def test_flips_turns_pads_and_crops_of_whole_pixels_are_exact(kinds, size, seed):
    ops, rng, now = [], np.random.default_rng(seed), size
    boxes = whole_numbers(seed, size)
    want = [tuple(box) for box in boxes.tolist()]
    for kind in kinds:
        if kind == "turn" and now[0] != now[1]:
            continue  # Rotate keeps the canvas: on a square picture only is a quarter turn a permutation
        height, width = (int(rng.integers(4, side + 1)) for side in now)
        crop = vg.Crop(
            int(rng.integers(0, now[0] - height + 1)), int(rng.integers(0, now[1] - width + 1)), height, width
        )
        op = {
            "flip": vg.HorizontalFlip(),
            "flop": vg.VerticalFlip(),
            "swap": vg.Transpose(),
            "pad": vg.Pad(3),
            "crop": crop,
            "turn": vg.Rotate(90),
        }[kind]
        ops.append(op)
        want, now = [by_hand(op, box, now)[0] for box in want], by_hand(op, (0, 0, 1, 1), now)[1]
    left = [n for n, (x, y, u, v) in enumerate(want) if u > x and v > y]
    for target in (vg.Boxes(), vg.Boxes(shape="ellipse")):
        result, rows, _ = moved(Case(ops, size, vg.Key()), boxes, target)
        assert rows.tolist() == left
        np.testing.assert_array_equal(result, np.array([want[n] for n in left]).reshape(-1, 4))


@RUNS
@given(st.tuples(*[st.integers(1, 60)] * 4), seeds)
def test_a_resize_is_as_exact_as_float64_can_be(sides, seed):
    """Against fractions; and a whole picture stays a whole picture, of which nothing is lost."""
    height, width, rows, columns = sides
    boxes = np.concatenate([whole_numbers(seed, (height, width)), [[0.0, 0, width, height]]])
    case = Case([vg.Resize((rows, columns))], (height, width), vg.Key())
    result, kept, dropped = moved(case, boxes, vg.Boxes(min_visible=1, dtype="float64"))
    assert len(kept) == len(boxes) and not dropped
    for box, got in zip(boxes.tolist(), result.tolist(), strict=True):
        for n, (value, found) in enumerate(zip(box, got, strict=True)):
            exact = Fraction(value) * Fraction(columns if n % 2 == 0 else rows, width if n % 2 == 0 else height)
            assert abs(Fraction(found) - exact) <= Fraction(exact) * Fraction(4, 2**52)
    np.testing.assert_allclose(result[-1], [0, 0, columns, rows], rtol=1e-14)


@pytest.mark.parametrize("format", ["voc", "coco", "yolo"])
def test_what_nothing_moved_comes_back_bit_for_bit(format):
    """Numbers that no conversion there and back would leave as they are."""
    rng = np.random.default_rng(0)
    for dtype in ("float32", "float64"):
        rows = rng.uniform(0.2, 0.4, (4, 4)).astype(dtype) * (1 if format == "yolo" else 20)
        rows[:, 2:] += 0 if format != "voc" else rows[:, 2:]
        for ops in ([], [vg.Invert()], [vg.HorizontalFlip(), vg.HorizontalFlip()], [vg.Pad(2), vg.Crop(2, 2, *SIZE)]):
            result, *_ = moved(Case(ops, SIZE, vg.Key()), rows, vg.Boxes(format, dtype=dtype))
            assert result.dtype == dtype and result.tobytes() == rows.tobytes()


# The identity is a map as others are


@pytest.mark.parametrize("ops", [[], [vg.HorizontalFlip()], [vg.Pad(3)], [vg.Rotate(180), vg.VerticalFlip()]])
@pytest.mark.parametrize(
    ("target", "left"),
    [
        (vg.Boxes(clip=False), [0, 1, 2, 3]),
        (vg.Boxes(clip=False, min_visible=0.5), [0, 1, 3]),
        (vg.Boxes(clip=False, min_visible=0.51), [0, 3]),
        (vg.Boxes(clip=False, min_area=26), [0, 3]),
        (vg.Boxes(clip=False, min_side=5.5), [0, 3]),
    ],
)
def test_what_filters_see_does_not_hang_on_how_little_an_op_does(ops, target, left):
    """Boxes that may lie outside: inside, half of it, all of it; and one around the whole picture."""
    boxes = np.array([[5.0, 5, 15, 15], [-5, 5, 5, 10], [40, 0, 50, 10], [-1, -1, 31, 21]])
    _, rows, dropped = moved(Case(ops, SIZE, vg.Key()), boxes, target)
    assert rows.tolist() == left and sum(dropped.values()) == 4 - len(left)


# Boxes around polygons and masks


@RUNS
@given(cases(), seeds)
def test_a_box_is_tight_around_the_polygon_of_its_instance(case, seed):
    """Unless the map is upright and cuts nothing of the box: then the box itself is moved, as it was drawn."""
    chain = case.chain
    ring = spread(seed, 5, case.size)
    ring = np.array(shapely.MultiPoint(ring).convex_hull.exterior.coords)[:-1]
    box = np.array([[*ring.min(axis=0), *ring.max(axis=0)]])
    box = box + np.random.default_rng(seed).uniform(0, 0.1, 4) * (-1, -1, 1, 1)
    box = np.clip(box, 0, (case.size[1], case.size[0]) * 2)
    result, _rows, _ = moved(case, box, polygons=(vg.Polygons(), [[ring]]))
    part, all_of_it = seen_part(chain, shapely.Polygon(ring)), seen_part(chain, shapely.box(*box[0]))
    lost = 1 - share_of(chain, shapely.box(*box[0]), all_of_it)
    assume(part.area > 1e-6 and not 1e-12 < abs(lost) < 1e-6)
    whole = case.point_map.flags[PLAIN] and lost <= 1e-12
    np.testing.assert_allclose(
        result, [bounds_of(all_of_it if whole else part)], atol=1e-6 * (1 + max(chain.sizes[-1]))
    )
    event("the box" if whole else "the polygon")


SQUARE_RING = [[[5.0, 5], [15, 5], [10, 15]]]


def test_of_a_box_that_an_upright_map_does_not_cut_the_polygon_is_not_asked():
    loose = [[2.0, 2, 18, 18]]
    for ops, want in (
        ([], loose),
        ([vg.HorizontalFlip()], [[12, 2, 28, 18]]),
        ([vg.Resize((40, 60))], [[4, 4, 36, 36]]),
    ):
        result, *_ = moved(Case(ops, SIZE, vg.Key()), loose, polygons=(vg.Polygons(), [SQUARE_RING]))
        np.testing.assert_array_equal(result, want)
    result, *_ = moved(Case([vg.Crop(0, 4, 20, 20)], SIZE, vg.Key()), loose, polygons=(vg.Polygons(), [SQUARE_RING]))
    np.testing.assert_array_equal(result, [[1, 5, 11, 15]])


def test_an_instance_without_rings_has_its_box_alone():
    boxes = [[2.0, 2, 18, 18], [2, 2, 18, 18]]
    result, rows, _ = moved(
        Case([vg.Crop(0, 4, 20, 20)], SIZE, vg.Key()), boxes, polygons=(vg.Polygons(), [[], SQUARE_RING])
    )
    np.testing.assert_array_equal(result, [[0, 2, 14, 18], [1, 5, 11, 15]])
    assert rows.tolist() == [0, 1]


def test_a_polyline_says_nothing_of_the_box():
    line = (vg.Polygons(closed=False), [[[[6.0, 6], [7, 7]]]])
    result, *_ = moved(Case([vg.Crop(0, 4, 20, 20)], SIZE, vg.Key()), [[2.0, 2, 18, 18]], lines=line)
    np.testing.assert_array_equal(result, [[0, 2, 14, 18]])


def test_a_polygon_of_another_group_says_nothing_of_the_box():
    other = (vg.Polygons(group="others"), [SQUARE_RING, SQUARE_RING])
    result, *_ = moved(Case([vg.Crop(0, 4, 20, 20)], SIZE, vg.Key()), [[2.0, 2, 18, 18]], polygons=other)
    np.testing.assert_array_equal(result, [[0, 2, 14, 18]])


def square_mask(*boxes):
    """A stack of masks (N, H, W), each a filled box."""
    masks = np.zeros((len(boxes), *SIZE), np.uint8)
    for mask, (left, top, right, bottom) in zip(masks, boxes, strict=True):
        mask[top:bottom, left:right] = 1
    return masks


def test_a_box_is_tight_around_the_mask_of_its_instance():
    masks = (vg.Mask(stack=True), square_mask((5, 5, 15, 12), (0, 0, 4, 4)))
    result, rows, dropped = moved(
        Case([vg.Crop(0, 8, 20, 20)], SIZE, vg.Key()), [[2.0, 2, 18, 18], [0, 0, 4, 4]], masks=masks
    )
    np.testing.assert_array_equal(result, [[0, 5, 7, 12]])
    assert rows.tolist() == [0] and dropped == {"masks.outside": 1}


def test_a_box_that_is_not_clipped_reaches_beyond_what_its_mask_can_tell():
    masks = (vg.Mask(stack=True), square_mask((5, 5, 25, 12)))
    result, *_ = moved(
        Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()), [[5.0, 5, 25, 12]], vg.Boxes(clip=False), masks=masks
    )
    np.testing.assert_array_equal(result, [[5, 5, 25, 12]])


def test_polygons_are_asked_before_masks():
    fields = {"masks": (vg.Mask(stack=True), square_mask((5, 5, 15, 12))), "polygons": (vg.Polygons(), [SQUARE_RING])}
    for order in (("masks", "polygons"), ("polygons", "masks")):
        chosen = {name: fields[name] for name in order}
        result, *_ = moved(Case([vg.Crop(0, 4, 20, 20)], SIZE, vg.Key()), [[2.0, 2, 18, 18]], **chosen)
        np.testing.assert_array_equal(result, [[1, 5, 11, 15]])


def test_a_box_of_which_the_mask_vanishes_goes_with_it():
    """One pixel, too small to be read by nearest where the picture shrinks: no box of no extent stays behind."""
    masks = (vg.Mask(stack=True), square_mask((7, 5, 8, 6), (3, 3, 27, 17)))
    case = Case([vg.Rotate(10), vg.Scale(0.3)], SIZE, vg.Key())
    result, rows, dropped = moved(case, [[7.0, 5, 8, 6], [3, 3, 27, 17]], masks=masks)
    assert rows.tolist() == [1] and dropped == {"masks.outside": 1}
    assert (result[:, 2:] > result[:, :2]).all()


def test_a_box_that_reaches_behind_the_horizon_ends_where_it_is_seen():
    """w is 1 - x / 10: what lies right of x = 10 has no image, and no box is around all of it."""
    m = np.array([[1.0, 0, 0], [0, 1, 0], [-0.1, 0, 1]])
    sizes = np.array([[20, 30], [20, 30]])
    point_map = PointMaps(lay_chain(Maps(np.linalg.inv(m)[None], sizes, np.zeros(1, np.int64))), True).point_map(0)
    boxes = np.array([[2.0, 4, 5, 8], [2, 4, 25, 8]])
    leaf, _ = move_boxes(vg.Boxes(clip=False), BoxLeaf(boxes), point_map, None)
    np.testing.assert_allclose(leaf.xyxy, [[2.5, 5, 10, 16], [2.5, 5, 30, 20]])
    clipped, shown = move_boxes(vg.Boxes(), BoxLeaf(boxes), point_map, None)
    np.testing.assert_allclose(clipped.xyxy, leaf.xyxy)
    chain = Chain([np.linalg.inv(m)], [SIZE, SIZE])
    np.testing.assert_allclose(shown.share, [share_of(chain, shapely.box(*box)) for box in boxes], rtol=1e-6)


# Nothing to see


@pytest.mark.parametrize("shape", ["corners", "ellipse"])
@pytest.mark.parametrize(
    "ops",
    [
        [vg.Translate(1.5, 0), vg.Rotate(30)],
        [vg.Translate(1.5, 0)],
        [vg.Translate(0, -1), vg.Rotate(30)],
        [vg.Crop(0, 30, 20, 15, border="constant")],
        [vg.Crop(0, 30, 20, 15, border="edge"), vg.Rotate(30)],
        [vg.Translate(1.5, 0), vg.Perspective(0.5), vg.Translate(-1.5, 0)],
    ],
)
def test_where_nothing_is_seen_no_box_is_left(ops, shape):
    result, rows, dropped = moved(Case(ops, SIZE, vg.Key()), [[2.0, 2, 10, 10], [0, 0, 30, 20]], vg.Boxes(shape=shape))
    assert result.shape == (0, 4) and len(rows) == 0 and dropped == {"boxes.outside": 2}


@RUNS
@given(cases())
def test_no_boxes_stay_no_boxes(case):
    for value in ([], np.zeros((0, 4)), np.zeros((0, 4), np.float32)):
        result, rows, dropped = moved(case, value)
        assert result.shape == (0, 4) and rows.shape == (0,) and not dropped
        assert result.dtype == np.float32


def test_a_box_without_area_is_dropped_whatever_happens():
    boxes = [[5.0, 5, 5, 10], [5, 5, 10, 10], [5, 5, 10, 5]]
    for ops in ([], [vg.HorizontalFlip()], [vg.Rotate(20)], [vg.Perspective(0.3)]):
        _, rows, dropped = moved(Case(ops, SIZE, vg.Key()), boxes)
        assert rows.tolist() == [1] and dropped == {"boxes.empty": 2}


def test_the_pixels_of_a_box_are_the_pixels_of_its_result():
    """White in the box, black elsewhere, drawn by nearest."""
    case = Case([vg.Rotate(25, interpolation="nearest"), vg.Crop(2, 3, 15, 20)], SIZE, vg.Key())
    picture = square_mask((4, 6, 14, 17))[0] * 255
    out = vg.Compose(case.ops)(picture)
    rows, columns = np.nonzero(out)
    ((left, top, right, bottom),), *_ = moved(case, [[4.0, 6, 14, 17]])
    assert (
        left <= columns.min() + 0.5
        and columns.max() + 0.5 <= right
        and columns.min() - left < 1
        and right - columns.max() < 2
    )
    assert top <= rows.min() + 0.5 and rows.max() + 0.5 <= bottom and rows.min() - top < 1 and bottom - rows.max() < 2
