"""What an op that looks at labels is shown: they lie where a pipeline that ends before it would put them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, Case, cases, forth, spread

import variegate as vg
from variegate.labels.context import boxes_at, masks_at

SIZE = (20, 30)
seeds = st.integers(0, 2**32 - 1)


def leaves_of(targets, size, **fields):
    return vg.Targets(**targets), vg.Targets(**targets).read(fields, size)


@RUNS
@given(cases(), seeds)
def test_boxes_are_those_of_a_pipeline_that_ends_here(case, seed):
    boxes = np.sort(spread(seed, 8, case.size).reshape(4, 2, 2), axis=1).reshape(4, 4)
    targets = {
        "boxes": vg.Boxes(min_visible=0.3, dtype="float64"),
        "heads": vg.Boxes("xywh", group="heads", clip=False, dtype="float64"),
    }
    heads = np.concatenate([boxes[:2, :2], boxes[:2, 2:] - boxes[:2, :2]], axis=1)
    declared, leaves = leaves_of(targets, case.size, boxes=boxes, heads=heads)
    carried = case.carried(targets, boxes=boxes, heads=heads).fields
    last = carried["heads"] + np.concatenate([0 * carried["heads"][:, :2], carried["heads"][:, :2]], axis=1)
    want = np.concatenate([carried["boxes"], last])
    np.testing.assert_allclose(
        boxes_at(declared, leaves, case.point_map), want, atol=1e-9 * (1 + np.abs(want).max(initial=0))
    )


def test_no_boxes_is_not_no_field_of_boxes():
    point_map = Case([vg.HorizontalFlip()], SIZE, vg.Key()).point_map
    declared, leaves = leaves_of({"boxes": vg.Boxes()}, SIZE, boxes=[])
    assert boxes_at(declared, leaves, point_map).shape == (0, 4)
    assert boxes_at(declared, {}, point_map) is None
    declared, leaves = leaves_of({"polygons": vg.Polygons()}, SIZE, polygons=[])
    assert boxes_at(declared, leaves, point_map) is None


def test_boxes_are_tight_around_polygons_and_know_nothing_of_masks():
    point_map = Case([vg.Crop(0, 4, 20, 20)], SIZE, vg.Key()).point_map
    targets = {"boxes": vg.Boxes(), "polygons": vg.Polygons(), "masks": vg.Mask(stack=True)}
    masks = np.zeros((1, *SIZE), bool)
    masks[0, 10:12, 10:12] = True
    boxes, ring = [[2.0, 2, 18, 18]], [[[[5.0, 5], [15, 5], [10, 15]]]]
    np.testing.assert_array_equal(
        boxes_at(*leaves_of(targets, SIZE, boxes=boxes, masks=masks), point_map), [[0, 2, 14, 18]]
    )
    got = boxes_at(*leaves_of(targets, SIZE, boxes=boxes, masks=masks, polygons=ring), point_map)
    np.testing.assert_array_equal(got, [[1, 5, 11, 15]])


@RUNS
@given(cases())
def test_a_mask_comes_with_its_map_and_with_what_windows_left_of_it(case):
    declared, leaves = leaves_of({}, case.size, mask=np.ones(case.size, np.uint8))
    seen = masks_at(declared, leaves, case.point_map)
    assert seen.mask is leaves["mask"].pixels
    np.testing.assert_array_equal(seen.matrix, case.point_map.forward)
    rows, columns = np.mgrid[: case.size[0], : case.size[1]] + 0.5
    walked = forth(case.chain, np.stack([columns.ravel(), rows.ravel()], axis=1))
    shown = np.ones(case.size, bool) if seen.shown is None else seen.shown
    assert (shown.ravel() == walked.seen)[~walked.doubt].all()


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_the_first_mask_of_classes_is_shown(dtype):
    point_map = Case([vg.HorizontalFlip()], SIZE, vg.Key()).point_map
    targets = {"masks": vg.Mask(stack=True), "depth": vg.Mask(), "other": vg.Mask()}
    classes = np.zeros(SIZE, dtype)
    fields = {"masks": np.zeros((2, *SIZE), bool), "depth": np.zeros(SIZE, np.float32)}
    declared, leaves = leaves_of(targets, SIZE, **fields)
    assert masks_at(declared, leaves, point_map) is None and masks_at(declared, {}, point_map) is None
    declared, leaves = leaves_of(targets, SIZE, **fields, other=classes)
    assert masks_at(declared, leaves, point_map).mask is leaves["other"].pixels
