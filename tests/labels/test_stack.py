"""What stacks of masks tell of their instances: shares, areas and boxes, counted pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, Case, cases, forth

import variegate as vg
from variegate.labels.stack import shown_of
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
    chain, way, masks = case.chain, case.way, blobs(seed, case.size)
    after = case.carried({"masks": vg.Mask(stack=True, group="all")}, masks=masks)
    rows, columns = np.mgrid[: case.size[0], : case.size[1]] + 0.5
    walked = forth(chain, np.stack([columns.ravel(), rows.ravel()], axis=1))
    assume(not walked.doubt.any())
    seen = walked.seen.reshape(case.size)
    result = np.where(np.zeros((4, *way.size), bool), 0, 1).astype(np.uint8)  # as if everything could still be read
    told = shown_of(MaskLeaf(masks), MaskLeaf(result), way)
    assert told.known.tolist() == [bool(mask.any()) for mask in masks]
    want = [
        np.count_nonzero(mask & np.where(seen, 255, 0)) / max(np.count_nonzero(mask), 1) for mask in masks.astype(int)
    ]
    np.testing.assert_allclose(told.share, want, rtol=1e-12)
    assert len(after.fields["masks"]) == 4 - sum(after.dropped.values())


def test_boxes_and_areas_are_those_of_the_pixels_left():
    way = Case([vg.Crop(0, 0, 20, 15)], SIZE, vg.Key()).way
    masks = np.zeros((3, *SIZE), bool)
    masks[0, 3:9, 5:25], masks[1, 0, 29], masks[2, 19, 0] = True, True, True
    told = shown_of(MaskLeaf(masks), MaskLeaf(masks[:, :, :15]), way)
    np.testing.assert_array_equal(told.seen, [[5, 3, 15, 9], [0, 0, 0, 0], [0, 19, 1, 20]])
    np.testing.assert_array_equal(told.area, [60, 0, 1])
    np.testing.assert_array_equal(told.share, [0.5, 0, 1])
    np.testing.assert_array_equal(told.side, [6, 0, 1])
    assert np.isnan(told.whole).all()


def test_what_can_no_longer_be_read_is_no_longer_seen():
    way = Case([vg.Resize((2, 3))], SIZE, vg.Key()).way
    masks = np.zeros((1, *SIZE), bool)
    masks[0, 0, 0] = True
    told = shown_of(MaskLeaf(masks), MaskLeaf(np.zeros((1, 2, 3), bool)), way)
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
