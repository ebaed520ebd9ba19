"""Target: what all declarations share; fields are checked, compared, written as they were."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import PIL.Image
import pytest
import torch

from variegate.errors import FieldError, InputError
from variegate.targets import (
    Boxes,
    Classes,
    Image,
    Keypoints,
    Mask,
    OrientedBoxes,
    PerInstance,
    PerSample,
    Polygons,
    Target,
)
from variegate.targets.base import row_text
from variegate.targets.rows import Label

EXAMPLES = [
    (Image(), "Image()"),
    (PerSample(), "PerSample()"),
    (PerInstance(), "PerInstance()"),
    (Classes(10, smoothing=0.1), "Classes(10, 0.1)"),
    (PerSample(blend=True), "PerSample(blend=True)"),
    (PerInstance(weight=True), "PerInstance(weight=True)"),
    (PerInstance(group="faces"), "PerInstance(group='faces')"),
    (Boxes(), "Boxes()"),
    (Boxes("coco", min_visible=0.1, group="faces"), "Boxes('coco', group='faces', min_visible=0.1)"),
    (Boxes(normalised=False, clip=np.bool_(False)), "Boxes(normalised=False, clip=False)"),
    (OrientedBoxes(angle="radians", min_side=np.float32(2)), "OrientedBoxes(min_side=2.0, angle='radians')"),
    (Mask(3, ignore_index=np.int64(9)), "Mask(3, ignore_index=9)"),
    (Mask(stack=True, min_area=np.int64(20)), "Mask(min_area=20, stack=True)"),
    (Mask(shrink="area", keep=[1, 2]), "Mask(shrink='area', keep=(1, 2))"),
    (Keypoints("xyv", group=None), "Keypoints('xyv', group=None)"),
    (Polygons(flat=True), "Polygons(flat=True)"),
]


@pytest.mark.parametrize(("target", "text"), EXAMPLES, ids=[text for _, text in EXAMPLES])
def test_a_target_is_told_as_it_is_written(target, text):
    assert repr(target) == text
    assert eval(text) == target and hash(eval(text)) == hash(target)
    assert pickle.loads(pickle.dumps(target)) == target == copy.deepcopy(target)


def test_targets_of_one_kind_differ_by_their_fields():
    assert len({target for target, _ in EXAMPLES}) == len(EXAMPLES)
    assert Boxes("coco") == Boxes("coco", clip=True) != Boxes("voc")


def test_a_target_does_not_change():
    with pytest.raises(AttributeError):
        Boxes().format = "xywh"


@pytest.mark.parametrize("kind", [PerInstance, Boxes, OrientedBoxes, Polygons])
def test_rows_are_of_a_group(kind):
    assert kind().rows_of == "instances" and kind(group="faces").rows_of == "faces"


def test_what_has_no_rows_is_of_no_group():
    assert Image().rows_of is None is PerSample().rows_of
    assert Mask().rows_of is None and Mask(stack=True).rows_of == "instances"
    assert Keypoints(group=None).rows_of is None and Keypoints().rows_of == "instances"


@pytest.mark.parametrize("kind", [PerInstance, Boxes, OrientedBoxes, Polygons, Mask])
@pytest.mark.parametrize("group", ["", None, 3])
def test_a_group_has_a_name(kind, group):
    with pytest.raises(FieldError, match=f"^{kind.__name__}.group is a text that is not empty, got {group!r}$"):
        kind(group=group)


@pytest.mark.parametrize("kind", [Boxes, OrientedBoxes, Polygons])
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"min_area": -1}, r"min_area is at least 0, got -1$"),
        ({"min_side": -0.5}, r"min_side is at least 0, got -0\.5$"),
        ({"min_visible": 1.1}, r"min_visible is 0 to 1, got 1\.1$"),
        ({"min_visible": -1}, r"min_visible is 0 to 1, got -1$"),
        ({"min_area": "10"}, r"min_area is a number, got '10'$"),
        ({"min_area": True}, r"min_area is a number, got True$"),
        ({"min_side": float("nan")}, r"min_side is a finite number, got nan$"),
    ],
)
def test_filters_are_numbers_that_make_sense(kind, fields, message):
    with pytest.raises(FieldError, match=rf"^{kind.__name__}\.{message}"):
        kind(**fields)


def test_a_target_without_rules_says_so():
    with pytest.raises(TypeError, match=r"^Target has no read\(\): a target must say what it takes$"):
        Target().read(1, (1, 1), "x")
    with pytest.raises(TypeError, match=r"^Target has no write\(\): a target must say what it gives$"):
        Target().write(None, (1, 1))


def test_rows_are_told_in_few_digits():
    assert row_text(np.array([0.1, 30], np.float32)) == "(0.1, 30)"
    assert row_text([1e-5, -2.5]) == "(1e-05, -2.5)"
    assert row_text(np.zeros(14)).count("0") == 12 and row_text(np.zeros(14)).endswith(", ...)")


@pytest.mark.parametrize(
    ("target", "per", "moves", "passed_on", "decodes"),
    [
        (Image(), "pixel", True, False, "picture"),
        (Mask(), "pixel", True, False, "numbers"),
        (Mask(stack=True), "instance", True, False, "numbers"),
        (Boxes(), "instance", True, False, None),
        (Keypoints(), "instance", True, False, None),
        (Keypoints(group=None), "sample", True, False, None),
        (Polygons(), "instance", True, False, None),
        (PerInstance(), "instance", False, False, None),
        (PerSample(), "sample", False, True, None),
        (Label(), "sample", False, True, None),
    ],
    ids=repr,
)
def test_what_a_target_is_is_a_fact_of_its_own(target, per, moves, passed_on, decodes):
    assert (target.per, target.moves, target.passed_on, target.decodes) == (per, moves, passed_on, decodes)
    assert bool(target.picture) == isinstance(target, Image)
    assert target.undeclared == isinstance(target, Label)
    assert target.ragged == isinstance(target, Polygons)


@pytest.mark.parametrize(
    ("target", "shape", "want"),
    [
        (Mask(stride=4), (120, 160, 2), (8, None, 2)),
        (Mask(stack=True), (5, 120, 160), (None, 32, None)),
        (Boxes(), (5, 4), (None, 4)),
        (Keypoints(group=None), (7, 2), (7, 2)),
        (PerInstance(), (), ()),
        (Polygons(), (), (None, None, None, 2)),
        (Polygons(flat=True), (), (None, None, None)),
    ],
    ids=repr,
)
def test_the_shape_of_a_value_on_a_result(target, shape, want):
    assert target.shape_on((32, None), shape) == want


def test_channels_of_a_mask_come_first_where_they_do():
    maps, front = np.arange(24).reshape(2, 3, 4), np.moveaxis(np.arange(24).reshape(2, 3, 4), 2, 0)
    assert np.array_equal(Mask(channels=4).channels_first(maps), front)
    assert Mask(channels=4).channels_first(maps).flags.c_contiguous
    assert Mask(stack=True).channels_first(maps) is maps
    assert Image().channels_first(maps) is maps
    assert np.array_equal(Mask(channels=4).from_python(torch.from_numpy(np.ascontiguousarray(front)), "mask"), maps)
    assert np.array_equal(Image().from_python(torch.from_numpy(np.uint8(front)), "view"), maps)


def test_what_python_has_becomes_what_read_takes():
    palette = PIL.Image.fromarray(np.uint8([[0, 3], [1, 2]]), "L").convert("P")
    assert Mask().from_python(palette, "mask").tolist() == np.asarray(palette).tolist()
    assert [m.shape for m in Mask(stack=True).from_python([palette, torch.zeros(2, 2)], "masks")] == [(2, 2)] * 2
    assert PerInstance().from_python([torch.tensor(3), {"a": torch.ones(1)}], "rows") == [3, {"a": np.ones(1)}]
    with pytest.raises(InputError, match=r'boxes: a mask as a PIL image has one number a pixel: mode .*; got "RGB"'):
        Boxes().from_python(palette.convert("RGB"), "boxes")
