"""Collated fields: lists, or arrays padded to as many instances as a batch has places for."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from variegate.errors import FieldError, InputError
from variegate.labels.collate import Padded, collate, pad
from variegate.targets import Boxes, Image, Keypoints, Mask, OrientedBoxes, PerInstance, PerSample, Polygons, Targets

TARGETS = Targets(
    boxes=Boxes(),
    oriented=OrientedBoxes(),
    points=Keypoints("xyv"),
    stars=Keypoints(group=None),
    polygons=Polygons(),
    masks=Mask(stack=True),
    depth=Mask(),
    view=Image(),
    labels=PerInstance(),
    names=PerInstance(),
    cars=Boxes(group="traffic"),
    image_id=PerSample(),
)


def samples(name: str, *values: Any) -> list[dict[str, Any]]:
    return [{name: value} for value in values]


def rows(count: int, *rest: int, dtype: Any = np.float64) -> np.ndarray:
    return np.random.default_rng(count).integers(1, 9, (count, *rest)).astype(dtype)


def padded(name: str, *values: Any, form: Padded | None = None) -> dict[str, Any]:
    return pad(TARGETS, samples(name, *values), form or Padded()).fields


# Lists


def test_a_list_has_what_each_sample_has() -> None:
    for name in ("boxes", "points", "labels", "names", "polygons", "masks", "stars", "image_id"):
        values = [object(), object()]
        assert collate(TARGETS, samples(name, *values))[name] == values
    assert collate(TARGETS, []) == {}


@pytest.mark.parametrize("name", ["mask", "depth", "view"])
def test_a_list_has_pictures_stacked_where_they_have_one_shape(name: str) -> None:
    one, other, long = rows(4, 5, dtype=np.uint8), rows(4, 5, dtype=np.uint8) + 1, rows(5, 5, dtype=np.uint8)
    got = collate(TARGETS, samples(name, one, other))[name]
    assert got.dtype == np.uint8 and np.array_equal(got, [one, other])
    assert collate(TARGETS, samples(name, one, long))[name] == [one, long]
    wide = one.astype(np.uint16)
    assert collate(TARGETS, samples(name, one, wide))[name] == [one, wide]


# Padded


@pytest.mark.parametrize(
    ("name", "rest", "dtype"),
    [
        ("boxes", (4,), np.float32),
        ("boxes", (4,), np.float64),
        ("oriented", (5,), np.float64),
        ("points", (7, 3), np.float32),
        ("masks", (6, 5), np.uint8),
        ("masks", (6, 5), bool),
        ("labels", (), np.int64),
        ("labels", (3, 2), np.float16),
    ],
)
def test_rows_are_padded_to_the_largest_sample(name: str, rest: tuple[int, ...], dtype: Any) -> None:
    values = [rows(n, *rest, dtype=dtype) for n in (2, 0, 3)]
    got = padded(name, *values)
    assert set(got) == {name, "instances"}
    assert got[name].shape == (3, 3, *rest) and got[name].dtype == dtype
    for n, value in enumerate(values):
        assert np.array_equal(got[name][n, : len(value)], value) and not got[name][n, len(value) :].any()
    assert got["instances"].dtype == bool
    assert got["instances"].tolist() == [[True, True, False], [False] * 3, [True] * 3]


def test_the_number_of_places_may_be_fixed() -> None:
    got = padded("boxes", rows(2, 4), rows(1, 4), form=Padded(5))
    assert got["boxes"].shape == (2, 5, 4) and got["instances"].sum(axis=1).tolist() == [2, 1]
    assert padded("boxes", rows(0, 4), form=Padded(2))["boxes"].tolist() == [[[0] * 4] * 2]
    assert padded("boxes", rows(0, 4), rows(0, 4))["boxes"].shape == (2, 0, 4)


def test_too_many_instances_are_an_error_that_names_the_sample() -> None:
    said = (
        "sample 1 of the batch has 3 instances of the group 'instances', and Padded(most=2) takes 2; raise it, or let "
        'the last ones go with overflow="drop", which counts them in stats'
    )
    with pytest.raises(InputError, match=re.escape(said)):
        padded("boxes", rows(2, 4), rows(3, 4), rows(4, 4), form=Padded(2))
    with pytest.raises(InputError, match=r"^photo 0 has 3"):
        pad(TARGETS, samples("boxes", rows(3, 4)), Padded(2), "photo {}".format)


def test_too_many_instances_may_go_from_every_field_of_their_group() -> None:
    outlines = [[np.ones((3, 2))]] * 3
    batch = [
        {"boxes": rows(3, 4), "polygons": outlines, "names": ("a", "b", "c"), "cars": rows(1, 4)},
        {"boxes": rows(1, 4), "polygons": outlines[:1], "names": ("d",), "cars": rows(4, 4)},
    ]
    got, dropped = pad(TARGETS, batch, Padded(2, "drop"))
    assert np.array_equal(got["boxes"][0], batch[0]["boxes"][:2]) and np.array_equal(got["cars"][1], rows(4, 4)[:2])
    assert got["names"] == [("a", "b"), ("d",)] and [len(value) for value in got["polygons"]] == [2, 1]
    assert got["instances"].tolist() == [[True, True], [True, False]]
    assert got["cars"].shape == (2, 2, 4)
    assert dict(dropped) == {"instances.most": 1, "traffic.most": 2}


def test_each_group_says_which_instances_are_there() -> None:
    targets = Targets(boxes=Boxes(), cars=Boxes(group="traffic"), labels=PerInstance(group="traffic"))
    batch = [{"boxes": rows(1, 4), "cars": rows(2, 4), "labels": rows(2)}, {"boxes": rows(0, 4), "cars": rows(0, 4)}]
    batch[1]["labels"] = rows(0)
    got = pad(targets, batch, Padded()).fields
    assert got["instances"].tolist() == [[True], [False]] and got["traffic"].tolist() == [[True] * 2, [False] * 2]
    assert got["labels"].shape == (2, 2)


def test_lists_of_numbers_are_rows() -> None:
    got = padded("labels", [3, 4], [], [5])["labels"]
    assert got.dtype == np.int64 and got.tolist() == [[3, 4], [0, 0], [5, 0]]
    assert padded("labels", (True,), (False,))["labels"].dtype == bool
    assert padded("labels", [0.5], [1])["labels"].dtype == np.float64
    empty = padded("labels", [], [])["labels"]
    assert empty.shape == (2, 0) and empty.dtype == np.int64


def test_what_is_empty_decides_neither_dtype_nor_shape() -> None:
    got = padded("points", np.zeros((0, 0, 3)), rows(2, 7, 3, dtype=np.float32))["points"]
    assert got.shape == (2, 2, 7, 3) and got.dtype == np.float32
    assert padded("points", np.zeros((0, 0, 3)), np.zeros((0, 7, 3)))["points"].shape == (2, 0, 7, 3)
    assert padded("labels", [], rows(1, dtype=np.uint8))["labels"].dtype == np.uint8
    mixed = padded("boxes", rows(1, 4, dtype=np.float32), rows(1, 4))["boxes"]
    assert mixed.dtype == np.float64


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("names", (["cat"], ["dog", "owl"])),
        ("names", ([[1, 2]], [[3, 4]])),  # lists of any length, here by chance of one
        ("names", ([None], [3])),
        ("names", (np.array(["cat"]), np.array(["owl"]))),
        ("polygons", ([[np.ones((3, 2))]], [[np.ones((3, 2))]])),
        ("masks", (rows(1, 4, 5), rows(1, 5, 4))),
        ("points", (rows(1, 4, 3), rows(2, 5, 3))),
    ],
)
def test_what_no_array_holds_stays_a_list(name: str, values: Any) -> None:
    got = padded(name, *values)
    assert list(got) == [name] and all(a is b for a, b in zip(got[name], values, strict=True))


def test_polygons_stay_lists_beside_what_is_padded() -> None:
    batch = [{"polygons": [[np.ones((3, 2))]], "labels": [1]}, {"polygons": [], "labels": []}]
    got = pad(TARGETS, batch, Padded()).fields
    assert got["polygons"] == [batch[0]["polygons"], []]
    assert got["instances"].tolist() == [[True], [False]]
    assert padded("polygons", [], []) == {"polygons": [[], []]}


def test_what_has_no_instances_is_one_array_where_it_can_be() -> None:
    assert padded("stars", rows(3, 2), rows(3, 2))["stars"].shape == (2, 3, 2)
    assert isinstance(padded("stars", rows(3, 2), rows(4, 2))["stars"], list)
    assert padded("mask", rows(4, 5), rows(4, 5))["mask"].shape == (2, 4, 5)
    assert isinstance(padded("mask", rows(4, 5), rows(5, 5))["mask"], list)
    got = padded("image_id", 7, 8)["image_id"]
    assert got.dtype == np.int64 and got.tolist() == [7, 8]
    for values in (("a", "b"), (None, 1), ({"x": 1}, {"x": 1}), ([1, 2], [3, 4])):
        assert padded("image_id", *values)["image_id"] == list(values)
    assert pad(TARGETS, [], Padded()).fields == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"most": 0}, "Padded.most is an integer of 1 or more, or None, got 0"),
        ({"most": 2.5}, "Padded.most is an integer of 1 or more, or None, got 2.5"),
        ({"most": True}, "Padded.most is an integer of 1 or more, or None, got True"),
        ({"most": 3, "overflow": "cut"}, "Padded.overflow is 'error' or 'drop', got 'cut'"),
        ({"overflow": "drop"}, "Padded.overflow='drop' needs most=: without it every instance has a place"),
    ],
)
def test_an_option_that_cannot_be(given: dict[str, Any], said: str) -> None:
    with pytest.raises(FieldError, match=re.escape(said)):
        Padded(**given)
    assert Padded(np.int64(3)).most == 3
