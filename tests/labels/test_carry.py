"""A sample's labels all together: an instance stays or goes as a whole, and what goes is counted."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.labels.truth import RUNS, Case, cases, spread

import variegate as vg
from variegate.labels.carry import carry
from variegate.targets import RowLeaf

SIZE = (20, 30)
TARGETS = {
    "polygons": vg.Polygons(),
    "masks": vg.Mask(stack=True),
    "turned": vg.OrientedBoxes(),
    "boxes": vg.Boxes(),
    "points": vg.Keypoints("xyv"),
    "names": vg.PerInstance(),
}


def instances(seed, size, count):
    """Everything that can be told of `count` instances, each marked by its number."""
    rng, (height, width) = np.random.default_rng(seed), size
    ends = np.sort(spread(seed, 2 * count, size).reshape(count, 2, 2), axis=1)
    ends[:, 1] = np.minimum(ends[:, 1] + 0.5, (width, height))
    masks = np.zeros((count, *size), np.int64)
    for n, ((left, top), (right, bottom)) in enumerate(ends):
        masks[n, int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))] = n + 1
    middle, sides = ends.mean(axis=1), np.ptp(ends, axis=1)
    return {
        "boxes": ends.reshape(count, 4),
        "names": [f"{n}" for n in range(count)],
        "points": np.concatenate([ends, np.tile(np.arange(count)[:, None, None] + 1.0, (1, 2, 1))], axis=2),
        "polygons": [[[[x, y], [u, y], [u, v], [x, v]]] for ((x, y), (u, v)) in ends.tolist()],
        "masks": masks,
        "turned": np.column_stack([middle, sides, rng.uniform(-5, 5, count)]),
    }


@RUNS
@given(cases(), st.integers(0, 2**32 - 1), st.integers(0, 5), st.permutations(list(TARGETS)))
def test_all_fields_of_a_group_keep_the_same_instances(case, seed, count, order):
    fields = instances(seed, case.size, count)
    chosen = order[: max(2, seed % 7)]
    given_fields = {name: fields[name] for name in chosen}
    carried = case.carried(TARGETS, **given_fields)
    assert list(carried.fields) == chosen
    lengths = {name: len(value) for name, value in carried.fields.items()}
    assert set(lengths.values()) == {count - sum(carried.dropped.values())}, lengths
    if "names" in chosen:
        left = [int(name) for name in carried.fields["names"]]
        assert left == sorted(left)
        if "masks" in chosen:
            assert all(
                set(np.unique(mask)) <= {0, n + 1} for mask, n in zip(carried.fields["masks"], left, strict=True)
            )
        if "points" in chosen:
            for points, n in zip(carried.fields["points"], left, strict=True):
                assert set(points[:, 2]) <= {0, n + 1}


@RUNS
@given(cases(), st.integers(0, 2**32 - 1), st.permutations(list(TARGETS)))
def test_the_order_of_the_fields_decides_nothing(case, seed, order):
    """Neither that of the call, nor that of the declaration."""
    fields = instances(seed, case.size, 4)
    one = case.carried(TARGETS, **fields)
    other = case.carried({name: TARGETS[name] for name in order}, **{name: fields[name] for name in order[::-1]})
    for name in TARGETS:
        np.testing.assert_equal(other.fields[name], one.fields[name])
    assert sum(one.dropped.values()) == sum(other.dropped.values())


@RUNS
@given(cases(), st.integers(0, 2**32 - 1))
def test_without_filters_every_instance_stays(case, seed):
    targets = vg.Targets(**TARGETS)
    leaves = targets.read(instances(seed, case.size, 4), case.size)
    moved, dropped = carry(targets, leaves, case.point_map, filters=False)
    assert dropped == Counter() and {leaf.count for leaf in moved.values()} == {4}


def shifted(x):
    """A window that begins at x: of SIZE, 15 wide."""
    return Case([vg.Crop(0, x, 20, 15)], SIZE, vg.Key())


BOXES = np.array([[0.0, 0, 4, 4], [2, 2, 12, 12], [10, 5, 20, 15], [25, 5, 29, 9]])


@pytest.mark.parametrize(
    "names", [["a", "b", "c", "d"], ("a", "b", "c", "d"), np.array(["a", "b", "c", "d"]), np.eye(4)]
)
def test_rows_of_any_kind_are_filtered_along_and_keep_their_kind(names):
    targets = {"boxes": vg.Boxes(), "names": vg.PerInstance()}
    carried = shifted(6).carried(targets, boxes=BOXES, names=names)
    left = carried.fields["names"]
    assert type(left) is type(names) and carried.dropped == {"boxes.outside": 2}
    np.testing.assert_array_equal(left, np.asarray(names)[[1, 2]])
    assert getattr(left, "dtype", None) == getattr(names, "dtype", None)


def test_what_comes_back_is_no_part_of_what_was_given():
    names, numbers = ["a", "b", "c", "d"], np.arange(4)
    targets = {"boxes": vg.Boxes(), "names": vg.PerInstance(), "numbers": vg.PerInstance()}
    for ops in ([], [vg.HorizontalFlip()]):
        carried = Case(ops, SIZE, vg.Key()).carried(targets, boxes=BOXES, names=names, numbers=numbers)
        assert carried.fields["names"] is not names and carried.fields["names"] == names
        assert not np.shares_memory(carried.fields["numbers"], numbers)
        assert not np.shares_memory(carried.fields["boxes"], BOXES)


def test_groups_stand_apart():
    targets = {
        "boxes": vg.Boxes(),
        "names": vg.PerInstance(),
        "heads": vg.Boxes(group="heads"),
        "hats": vg.PerInstance(group="heads"),
        "tags": vg.PerInstance(group="tags"),
    }
    carried = shifted(6).carried(
        targets, boxes=BOXES, names=list("abcd"), heads=BOXES[[3, 1]], hats=list("xy"), tags=list("pqrst")
    )
    assert carried.fields["names"] == ["b", "c"] and carried.fields["hats"] == ["y"]
    assert carried.fields["tags"] == list("pqrst")
    assert carried.dropped == {"boxes.outside": 2, "heads.outside": 1}
    np.testing.assert_array_equal(carried.fields["heads"], [[0, 2, 6, 12]])


def test_a_group_without_a_shape_is_left_alone():
    carried = shifted(6).carried({"names": vg.PerInstance()}, names=list("abcd"))
    assert carried.fields["names"] == list("abcd") and not carried.dropped


def test_points_of_the_picture_and_masks_of_classes_drop_nobody():
    targets = {"boxes": vg.Boxes(), "stars": vg.Keypoints("xyv", group=None), "mask": vg.Mask()}
    carried = shifted(6).carried(
        targets, boxes=BOXES[:1] + 8, stars=[[0.0, 0, 2], [29, 1, 2]], mask=np.zeros(SIZE, np.uint8)
    )
    assert len(carried.fields["boxes"]) == 1 and len(carried.fields["stars"]) == 2 and not carried.dropped


# Who decides


@pytest.mark.parametrize("order", [("points", "boxes"), ("boxes", "points")])
def test_a_box_that_is_seen_outweighs_points_that_all_left(order):
    fields = {"points": [[[28.0, 5, 2]]], "boxes": [[2.0, 2, 29, 10]]}
    carried = shifted(0).carried(
        {"points": vg.Keypoints("xyv"), "boxes": vg.Boxes()}, **{name: fields[name] for name in order}
    )
    assert len(carried.fields["boxes"]) == len(carried.fields["points"]) == 1 and not carried.dropped
    assert carried.fields["points"][0, 0, 2] == 0


@pytest.mark.parametrize("order", [("polygons", "boxes"), ("boxes", "polygons")])
def test_a_polygon_that_left_takes_its_box_along(order):
    fields = {"polygons": [[[[20.0, 2], [28, 2], [28, 9]]]], "boxes": [[2.0, 2, 29, 10]]}
    carried = shifted(0).carried(
        {"polygons": vg.Polygons(), "boxes": vg.Boxes()}, **{name: fields[name] for name in order}
    )
    assert len(carried.fields["boxes"]) == len(carried.fields["polygons"]) == 0
    assert carried.dropped == {"polygons.outside": 1}


def test_of_the_share_the_best_known_shape_counts():
    """A quarter of the polygon is seen, and half of its box: min_visible of the boxes asks the polygon."""
    fields = {"polygons": [[[[10.0, 0], [20, 0], [20, 10]]]], "boxes": [[10.0, 0, 20, 10]]}
    for least, left in ((0.25, 1), (0.26, 0)):
        carried = shifted(0).carried({"polygons": vg.Polygons(), "boxes": vg.Boxes(min_visible=least)}, **fields)
        assert len(carried.fields["boxes"]) == left
        assert carried.dropped == ({} if left else {"boxes.min_visible": 1})
    carried = shifted(0).carried({"boxes": vg.Boxes(min_visible=0.5)}, boxes=fields["boxes"])
    assert len(carried.fields["boxes"]) == 1


def test_an_instance_is_counted_once_by_the_first_that_drops_it():
    targets = {"boxes": vg.Boxes(min_area=1000, min_side=50, min_visible=1), "polygons": vg.Polygons(min_area=1000)}
    fields = {"boxes": np.concatenate([BOXES, [[3, 3, 3, 9]]]), "polygons": [[]] * 5}
    carried = shifted(6).carried(targets, **fields)
    why = {"boxes.empty": 1, "polygons.outside": 2, "boxes.min_visible": 1, "boxes.min_area": 1}
    assert carried.dropped == why


@pytest.mark.parametrize(
    ("options", "left"),
    [  # of BOXES, a window from x = 6 to 21 shows 0, 60, 100 and 0 square pixels; shares 0, 0.6, 1 and 0
        ({"min_area": 60}, [1, 2]),
        ({"min_area": np.nextafter(60, 61)}, [2]),
        ({"min_area": 100}, [2]),
        ({"min_visible": 0.6}, [1, 2]),
        ({"min_visible": 0.600001}, [2]),
        ({"min_visible": 1}, [2]),
        ({"min_side": 6}, [1, 2]),
        ({"min_side": 6.0001}, [2]),
        ({"min_side": 10}, [2]),
    ],
)
def test_a_filter_keeps_what_just_reaches_it(options, left):
    targets = {"boxes": vg.Boxes(**options), "row": vg.PerInstance()}
    carried = shifted(6).carried(targets, boxes=BOXES, row=[0, 1, 2, 3])
    assert carried.fields["row"] == left
    (name,) = options
    assert carried.dropped == {"boxes.outside": 2} | ({f"boxes.{name}": 2 - len(left)} if len(left) < 2 else {})


def test_boxes_that_are_not_clipped_may_lie_outside():
    carried = shifted(6).carried({"boxes": vg.Boxes(clip=False)}, boxes=BOXES)
    np.testing.assert_array_equal(carried.fields["boxes"], BOXES - (6, 0, 6, 0))
    assert not carried.dropped
    carried = shifted(6).carried({"boxes": vg.Boxes(clip=False, min_visible=1e-9)}, boxes=BOXES)
    assert len(carried.fields["boxes"]) == 2 and carried.dropped == {"boxes.min_visible": 2}


def test_every_field_of_a_group_may_be_missing():
    for chosen in ([], ["boxes"], ["points"], ["names", "masks"], ["turned", "polygons"]):
        fields = instances(0, SIZE, 3)
        carried = shifted(0).carried(TARGETS, **{name: fields[name] for name in chosen})
        assert list(carried.fields) == chosen


def test_a_declared_row_leaf_of_any_type_is_taken():
    assert RowLeaf(["a", "b"], 2).take(np.array([1])).rows == ["b"]
