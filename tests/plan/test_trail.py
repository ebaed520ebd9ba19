"""A group's maps one after the other, over all passes, and what ops along the way are shown of the labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from tests.labels.truth import RUNS, Case, cases

import variegate as vg
from variegate import coords
from variegate.ops.base import Op
from variegate.ops.effect import Map
from variegate.plan.draw import applied

SEEN = []  # what `Look` was shown, by path


@dataclass(frozen=True, repr=False)
class Look(Op):
    """Moves nothing, and writes down what it sees of boxes."""

    tag: str = ""

    gives: ClassVar = Map
    looks: ClassVar = "boxes"

    def lower(self, draws, sizes, context):
        SEEN.append((self.tag, sizes.tolist(), [None if boxes is None else boxes.tolist() for boxes in context.boxes]))
        return Map(coords.identity(len(sizes)), sizes)


@dataclass(frozen=True, repr=False)
class LookAtMask(Look):
    looks: ClassVar = "mask"
    shown: list = field(default_factory=list, compare=False)

    def lower(self, draws, sizes, context):
        self.shown.extend(context.masks)
        return Map(coords.identity(len(sizes)), sizes)


def planned(ops, count, size=(20, 30), leaves=(), seed=0, **targets):
    pipeline = vg.Compose(ops, targets=targets)
    read = [pipeline.known.read(fields, size) for fields in leaves]
    return pipeline.plan(vg.Keys.at(seed, 0, np.arange(count)), [size] * count, leaves=read)


@RUNS
@given(cases())
def test_the_maps_are_those_that_the_ops_give_in_the_order_declared(case):
    pipeline = vg.Compose(case.ops)
    plan = pipeline.plan(vg.Keys.of([case.key]), [case.size])
    point_map, columns = plan.point_map(0), pipeline.compiler.drawing.columns(vg.Keys.of([case.key]))
    sizes, maps, canvas = np.array([case.size]), [], [case.size]
    for node in pipeline.compiler.flat.nodes:
        flags = applied(node.gates, columns)
        if flags is None or flags[0]:
            effect = node.op.lower(columns[node.path], sizes, None)
            maps.append(effect.matrices(sizes)[0])
            sizes = effect.size
            canvas.append(tuple(sizes[0].tolist()))
    assert len(point_map.borders) == len(maps)
    np.testing.assert_array_equal(point_map.maps, np.reshape(maps, (-1, 3, 3)))
    np.testing.assert_array_equal(point_map.canvas, canvas)


def same(image):
    return image


def test_the_trail_goes_over_all_passes():
    ops = [vg.HorizontalFlip(), vg.Opaque(same, moves_pixels=False), vg.Crop(1, 2, 10, 10), vg.Contrast(2), vg.Pad(3)]
    plan = planned(ops, 1)
    assert len(plan.bound.rows(0)) > 1
    point_map = plan.point_map(0)
    np.testing.assert_array_equal(point_map.forward, [[-1, 0, 30 - 2 + 3], [0, 1, -1 + 3], [0, 0, 1]])
    np.testing.assert_array_equal(point_map.canvas, [[20, 30], [20, 30], [10, 10], [16, 16]])


def test_an_op_sees_the_boxes_where_they_lie_on_its_canvas():
    SEEN.clear()
    ops = [Look("first"), vg.Crop(2, 4, 16, 20), Look("second"), vg.Invert(), vg.HorizontalFlip(), Look("third")]
    leaves = [{"boxes": [[5.0, 5, 9, 9], [0, 0, 3, 3]]}, {"boxes": []}]
    planned(ops, 2, leaves=leaves, boxes=vg.Boxes())
    told = {tag: (sizes, boxes) for tag, sizes, boxes in SEEN}
    assert told["first"] == ([[20, 30]] * 2, [[[5, 5, 9, 9], [0, 0, 3, 3]], []])
    assert told["second"] == ([[16, 20]] * 2, [[[1, 3, 5, 7]], []])
    assert told["third"] == ([[16, 20]] * 2, [[[15, 3, 19, 7]], []])


def test_an_op_sees_only_samples_to_which_it_applies_each_with_its_own_labels():
    SEEN.clear()
    count = 12
    leaves = [{"boxes": [[n, 1.0, n + 2, 5]]} for n in range(count)]
    pipeline = vg.Compose([vg.HorizontalFlip(p=0.5), Look("some", p=0.5)], targets={"boxes": vg.Boxes()})
    keys = vg.Keys.at(3, 0, np.arange(count))
    read = [pipeline.known.read(fields, (20, 30)) for fields in leaves]
    pipeline.plan(keys, [(20, 30)] * count, leaves=read)
    ((_, sizes, boxes),) = SEEN
    want = []
    for n in range(count):
        told = pipeline.params(keys[n])
        if told["Look"]["applied"]:
            want.append([[30 - n - 2, 1, 30 - n, 5]] if told["HorizontalFlip"]["applied"] else [[n, 1, n + 2, 5]])
    assert 0 < len(want) < count and boxes == want and len(sizes) == len(want)


def test_samples_that_are_cut_in_another_way_are_lowered_with_the_others():
    SEEN.clear()
    count = 12
    ops = [vg.Opaque(same, moves_pixels=False, p=0.5), Look("each")]
    plan = planned(ops, count, leaves=[{"boxes": [[n, 1.0, n + 2, 5]]} for n in range(count)], boxes=vg.Boxes())
    assert {len(plan.bound.rows(i)) for i in range(count)} == {1, 3 - 1}
    assert [[boxes[0][0] for boxes in part] for _, _, part in SEEN] == [list(range(count))]


def test_without_labels_an_op_is_shown_nothing_and_without_boxes_none():
    SEEN.clear()
    planned([Look("none")], 2, boxes=vg.Boxes())
    planned([Look("empty")], 2, leaves=[{"mask": np.zeros((20, 30), np.uint8)}] * 2, boxes=vg.Boxes())
    assert [boxes for _, _, boxes in SEEN] == [[], [None, None]]


def test_masks_are_shown_to_ops_that_look_at_them():
    op = LookAtMask()
    mask = np.zeros((20, 30), np.uint8)
    planned([vg.HorizontalFlip(), op], 1, leaves=[{"mask": mask, "boxes": []}], boxes=vg.Boxes())
    (seen,) = op.shown
    assert seen.mask is mask or np.array_equal(seen.mask, mask)
    np.testing.assert_array_equal(seen.matrix, [[-1, 0, 30], [0, 1, 0], [0, 0, 1]])


def test_what_hung_on_labels_is_kept_by_the_path_of_its_op():
    leaves = [{"boxes": [[5.0, 5, 9, 9]]}] * 2
    ops = [vg.RandomCropNearBox(name="near"), vg.Rotate(5), vg.RandomSizedBoxSafeCrop(8)]
    lowered = planned(ops, 2, leaves=leaves, boxes=vg.Boxes()).bound.lowered
    looked = {each.node.path: each.effects[0] for each in lowered if each.node.op.looks}
    assert list(looked) == ["near", "RandomSizedBoxSafeCrop"]
    np.testing.assert_array_equal(looked["RandomSizedBoxSafeCrop"].size, [[8, 8]] * 2)


@pytest.mark.parametrize("count", [1, 5])
def test_a_plan_without_maps_has_ways(count):
    plan = planned([vg.Invert()], count)
    assert plan.point_map(count - 1).size == (20, 30) and plan.point_map(0).maps.shape == (0, 3, 3)


def test_way_and_carry_refuse_where_a_function_may_have_moved_the_pixels():
    plan = planned([vg.Opaque(same, p=0.5)], 8, leaves=[{"boxes": []}] * 8, boxes=vg.Boxes())
    refused = 0
    for i in range(8):
        try:
            plan.point_map(i)
            plan.carry(i)
        except vg.InputError as error:
            refused += 1
            assert "same is a function of the whole picture that may move pixels" in str(error)
    assert 0 < refused < 8


def test_a_case_of_the_walk_is_made_of_the_trail():
    """The chain that the tests of labels walk along is that of `point_map`."""
    case = Case([vg.Rotate(30), vg.Crop(1, 2, 9, 9)], (20, 30), vg.Key())
    np.testing.assert_allclose(case.chain.back, case.point_map.backward, atol=1e-12)
    assert case.chain.sizes == [(20, 30), (20, 30), (9, 9)]
