"""What stacks of masks tell of their instances: shares, areas and boxes, counted pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, Case, cases, forth

import variegate as vg
from variegate.labels.stack import visibility_of
from variegate.targets import MaskLeaf

seeds = st.integers(0, 2**32 - 1)
SIZE = (20, 30)


def blobs(seed, size, count=4):
    """Masks (count, H, W) of filled boxes, the last one empty."""
    rng, (height, width) = np.random.default_rng(seed), size
    masks = np.zeros((count, *size), np.uint8)
    for mask in masks[:-1]:
        top, left = rng.integers(0, height), rng.integers(0, width)
        mask[top : rng.integers(top, height) + 1, left : rng.integers(left, width) + 1] = rng.integers(1, 256)
    return masks


@RUNS
@given(cases(), seeds)
def test_the_share_counts_the_pixels_whose_centre_is_seen(case, seed):
    chain, point_map, masks = case.chain, case.point_map, blobs(seed, case.size)
    after = case.carried({"masks": vg.Mask(stack=True, group="all")}, masks=masks)
    rows, columns = np.mgrid[: case.size[0], : case.size[1]] + 0.5
    walked = forth(chain, np.stack([columns.ravel(), rows.ravel()], axis=1))
    assume(not walked.doubt.any())
    seen = walked.seen.reshape(case.size)
    want = [
        np.count_nonzero(mask & np.where(seen, 255, 0)) / max(np.count_nonzero(mask), 1) for mask in masks.astype(int)
    ]
    result = (
        np.ones((4, *point_map.size), np.uint8) * (np.array(want) > 0)[:, None, None]
    )  # as if all could still be read
    told = visibility_of(MaskLeaf(masks), MaskLeaf(result), point_map)
    assert told.known.tolist() == [bool(mask.any()) for mask in masks]
    np.testing.assert_allclose(told.share, want, rtol=1e-12)
    assert len(after.fields["masks"]) == 4 - sum(after.dropped.values())


def test_boxes_and_areas_are_those_of_the_pixels_left():
    point_map = Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()).point_map
    masks = np.zeros((3, *SIZE), bool)
    masks[0, 3:9, 5:25], masks[1, 0, 29], masks[2, 19, 0] = True, True, True
    told = visibility_of(MaskLeaf(masks), MaskLeaf(masks[:, :, :15]), point_map)
    np.testing.assert_array_equal(told.seen, [[5, 3, 15, 9], [0, 0, 0, 0], [0, 19, 1, 20]])
    np.testing.assert_array_equal(told.area, [60, 0, 1])
    np.testing.assert_array_equal(told.share, [0.5, 0, 1])
    np.testing.assert_array_equal(told.side, [6, 0, 1])
    assert np.isnan(told.whole).all()


@RUNS
@given(seeds, st.floats(3, 60), st.floats(0, 2**0.5), st.sampled_from((1, 4)))
def test_a_mask_of_which_a_pixel_is_left_is_seen(seed, scale, away, stride):
    """However little of it: a zoom shows a part of one pixel, whose centre may lie outside."""
    rng, size = np.random.default_rng(seed), (64, 64)
    x, y = rng.uniform(-away, away, 2)
    zoom = Case([vg.Affine(scale=scale, x=x, y=y, rotate=90 * rng.random(), interpolation="nearest")], size, vg.Key())
    masks = blobs(seed, (64 // stride, 64 // stride))
    got = zoom.carried({"masks": vg.Mask(stack=True, stride=stride)}, masks=masks).fields["masks"]
    each = [zoom.carried({"mask": vg.Mask(fill=0, stride=stride)}, mask=mask).fields["mask"] for mask in masks]
    seen = [
        mask for n, mask in enumerate(each) if mask.any() or n == len(each) - 1
    ]  # nothing is known of the empty one
    assert len(got) == len(seen) and all(map(np.array_equal, got, seen))


def test_the_share_of_what_is_left_in_a_zoom():
    """Half of column 40 is in sight, and its centre is not."""
    mask = np.zeros((1, 64, 64), np.uint8)
    mask[0, :, 40:60] = 1
    case = Case([vg.Affine(scale=8.0, x=-0.56, interpolation="nearest")], (64, 64), vg.Key())
    for options, left in (({}, 1), ({"min_visible": 0.003}, 1), ({"min_visible": 0.0035}, 0)):  # 4 of 20 * 64
        fields = case.carried(
            {"masks": vg.Mask(stack=True, **options), "boxes": vg.Boxes()}, masks=mask, boxes=[[40, 0, 60, 64]]
        ).fields
        assert len(fields["masks"]) == len(fields["boxes"]) == left


def test_what_can_no_longer_be_read_is_no_longer_seen():
    point_map = Case([vg.Resize((2, 3))], SIZE, vg.Key()).point_map
    masks = np.zeros((1, *SIZE), bool)
    masks[0, 0, 0] = True
    told = visibility_of(MaskLeaf(masks), MaskLeaf(np.zeros((1, 2, 3), bool)), point_map)
    assert told.share.tolist() == [0] and told.known.tolist() == [True]


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_no_instances(dtype):
    for ops in ([], [vg.Rotate(30)], [vg.Translate(1.5)]):
        case = Case(ops, SIZE, vg.Key())
        fields, dropped = case.carried({"masks": vg.Mask(stack=True)}, masks=np.zeros((0, *SIZE), dtype))
        assert fields["masks"].shape == (0, *SIZE) and fields["masks"].dtype == dtype and not dropped


def test_an_empty_list_of_masks_is_no_instances():
    fields, _ = Case([vg.Rotate(30), vg.Resize(7)], SIZE, vg.Key()).carried({"masks": vg.Mask(stack=True)}, masks=[])
    assert fields["masks"].shape == (0, 7, 7)


@pytest.mark.parametrize(
    ("options", "left", "reason"),
    [
        ({}, [0, 1, 3], "outside"),
        ({"min_visible": 0.5}, [0, 1, 3], "outside"),
        ({"min_visible": 0.51}, [1, 3], "min_visible"),
        ({"min_area": 60}, [0, 3], "min_area"),
        ({"min_area": 61}, [3], "min_area"),
        ({"min_side": 6}, [0, 3], "min_side"),
        ({"min_side": 6.5}, [3], "min_side"),
    ],
)
def test_filters_count_what_they_drop(options, left, reason):
    """Half of a mask is seen; all of one pixel; nothing of one; and one that was empty, of which nothing is known."""
    masks = np.zeros((4, *SIZE), bool)
    masks[0, 3:9, 5:25], masks[1, 0, 0], masks[2, 5, 20] = True, True, True
    targets = {"masks": vg.Mask(stack=True, **options), "row": vg.PerInstance()}
    carried = Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()).carried(targets, masks=masks, row=[0, 1, 2, 3])
    assert carried.fields["row"] == left and len(carried.fields["masks"]) == len(left)
    assert carried.dropped["masks.outside"] == 1 and sum(carried.dropped.values()) == 4 - len(left)
    assert reason == "outside" or carried.dropped[f"masks.{reason}"] == 3 - len(left)


FOLDS = ("edge", "reflect", "symmetric", "wrap")


def test_one_object_one_box():
    """The object of the issue: its mirror images were in its mask, and so in its box."""
    mask = np.zeros((1, 100, 100), np.uint8)
    mask[0, 40:60, 2:12] = 1
    augment = vg.Compose(
        [vg.Affine(scale=0.5, rotate=10, border="symmetric")],
        targets={"boxes": vg.Boxes(), "masks": vg.Mask(stack=True)},
    )
    image, box = np.zeros((100, 100, 3), np.uint8), [[2, 40, 12, 60]]
    alone = augment(image=image, boxes=box)["boxes"]
    np.testing.assert_allclose(alone, [[25.5, 48.4, 32.2, 59.1]], atol=0.05)
    both = augment(image=image, boxes=box, masks=mask)
    assert both["boxes"].tolist() == [[26, 49, 32, 59]]
    rows, columns = np.nonzero(both["masks"][0])
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (49, 59, 26, 32)


@RUNS
@given(cases(), seeds, st.sampled_from(FOLDS), st.sampled_from((np.uint8, np.float32)))
def test_a_stack_has_nothing_beyond_a_window_whatever_the_border(case, seed, border, dtype):
    ops = [vg.Affine(scale=0.6, rotate=20, x=0.1, border=border), *case.ops]
    plain = [vg.Affine(scale=0.6, rotate=20, x=0.1), *case.ops]
    masks = blobs(seed, case.size).astype(dtype)
    got, want = (
        Case(each, case.size, case.key).carried({"masks": vg.Mask(stack=True, min_area=3)}, masks=masks)
        for each in (ops, plain)
    )
    constant = all(getattr(op, "border", "constant") == "constant" for op in case.ops)
    if constant:
        np.testing.assert_array_equal(got.fields["masks"], want.fields["masks"])
        assert got.dropped == want.dropped


@pytest.mark.parametrize("border", FOLDS)
@pytest.mark.parametrize("op", [lambda b: vg.Pad(20, border=b), lambda b: vg.Affine(scale=0.4, rotate=3, border=b)])
def test_copies_are_in_mask_box_and_area_alike(border, op):
    """The mask is that of the picture's border; the box holds all of it, and so does the area that filters see."""
    size, mask = (30, 40), np.zeros((1, 30, 40), np.uint8)
    mask[0, 1:9, 2:12] = 1
    one = Case([op(border)], size, vg.Key())
    targets = {"masks": vg.Mask(stack=True, copies=True), "boxes": vg.Boxes()}
    got = one.carried(targets, masks=mask, boxes=[[2, 1, 12, 9]]).fields
    classes = one.carried({"mask": vg.Mask()}, mask=mask[0]).fields["mask"]
    np.testing.assert_array_equal(got["masks"][0], classes)
    rows, columns = np.nonzero(classes)
    assert got["boxes"].tolist() == [[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]]
    area = np.count_nonzero(classes)
    for least, left in ((area, 1), (area + 1, 0)):
        kept = one.carried({"masks": vg.Mask(stack=True, copies=True, min_area=least)}, masks=mask)
        assert len(kept.fields["masks"]) == left


def test_copies_of_which_none_is_seen_leave_the_box_as_it_was_drawn():
    mask = np.zeros((1, 30, 40), np.uint8)
    mask[0, 1:9, 20:30] = 1
    targets = {"masks": vg.Mask(stack=True, copies=True), "boxes": vg.Boxes()}
    flipped = Case([vg.HorizontalFlip(), vg.Pad(0, left=4, border="reflect")], (30, 40), vg.Key())
    got = flipped.carried(targets, masks=mask, boxes=[[19.5, 1, 30, 9.25]])
    assert got.fields["boxes"].tolist() == [[14, 1, 24.5, 9.25]]


def test_an_object_of_which_only_a_copy_is_seen_stays():
    """A picture that is wrapped around: what leaves on the right comes in on the left."""
    mask = np.zeros((1, 20, 40), np.uint8)
    mask[0, 5:15, 30:38] = 1
    wrapped = Case([vg.Translate(0.5, border="wrap")], (20, 40), vg.Key())
    for options, left in (({"copies": True, "min_visible": 1}, 1), ({}, 0)):
        got = wrapped.carried({"masks": vg.Mask(stack=True, **options)}, masks=mask)
        assert len(got.fields["masks"]) == left
        assert got.dropped == ({} if left else {"masks.outside": 1})


def test_copies_outweigh_a_polygon_that_knows_of_none():
    mask = np.zeros((1, 30, 40), np.uint8)
    mask[0, 1:9, 2:12] = 1
    ring = [[(2, 1), (12, 1), (12, 9), (2, 9)]]
    targets = {"masks": vg.Mask(stack=True, copies=True), "boxes": vg.Boxes(), "polygons": vg.Polygons()}
    padded = Case([vg.Pad(20, border="symmetric")], (30, 40), vg.Key())
    got = padded.carried(targets, masks=mask, boxes=[[2, 1, 12, 9]], polygons=[ring])
    assert got.fields["boxes"].tolist() == [[8, 11, 32, 29]]
