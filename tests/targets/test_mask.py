"""Mask: classes, maps and stacks, told apart by their dtype and the declaration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from variegate.errors import FieldError, InputError
from variegate.targets import Mask

SIZE = (4, 6)


@pytest.mark.parametrize(
    ("target", "mask"),
    [
        (Mask(), np.arange(24, dtype=np.uint8).reshape(SIZE)),
        (Mask(), np.arange(24, dtype=np.int64).reshape(SIZE)[:, ::-1]),
        (Mask(), np.ones(SIZE, bool)),
        (Mask(), np.ones(SIZE, np.float16)),
        (Mask(), np.ones((*SIZE, 5), np.float32)),
        (Mask(0.5), np.ones((*SIZE, 5), np.float32)),
        (Mask(), np.ones((*SIZE, 1), np.uint8)),
        (Mask(), np.ones((*SIZE, 1), bool)),
        (Mask(channels=1), np.ones((*SIZE, 1), np.int64)),
        (Mask(channels=3), np.ones((*SIZE, 3), np.uint8)),
        (Mask((1, 0), channels=2, shrink="area"), np.ones((*SIZE, 2), bool)),
        (Mask(channels=5), np.ones((*SIZE, 5), np.float32)),
        (Mask(ignore_index=255, channels=2), np.ones((*SIZE, 2), np.uint8)),
        (Mask(stride=2), np.ones((2, 3), np.uint8)),
        (Mask(stride=0.5), np.ones((8, 12), np.float32)),
        (Mask(stride=4), np.ones((1, 1), np.uint8)),
        (Mask(stride=4), np.ones((1, 2), np.uint8)),
        (Mask(stride=2, stack=True, copies=True), np.ones((4, 2, 3), bool)),
        (Mask(ignore_index=255), np.zeros(SIZE, np.uint8)),
        (Mask(-1, ignore_index=-100, shrink="area", keep=(3,)), np.zeros(SIZE, np.int16)),
        (Mask(stack=True), np.zeros((3, *SIZE), bool)),
        (Mask(stack=True), np.zeros((0, *SIZE), np.uint8)),
        (Mask(stack=True), np.zeros((2, *SIZE), np.float32)),
    ],
)
def test_an_unmoved_mask_comes_back_as_a_copy(target, mask):
    leaf = target.read(mask, SIZE, "mask")
    out = target.write(leaf, SIZE)
    assert out.dtype == mask.dtype and np.array_equal(out, mask)
    assert not np.shares_memory(out, mask)


def test_a_moved_mask_is_handed_over():
    leaf = Mask().read(np.zeros(SIZE, np.uint8), SIZE, "mask")
    moved = np.ones((2, 2), np.uint8)
    assert Mask().write(replace(leaf, pixels=moved), (2, 2)) is moved
    assert Mask().write(replace(leaf, pixels=moved, given=None), (2, 2)) is moved


def test_a_list_of_masks_is_a_stack():
    target = Mask(stack=True)
    leaf = target.read([np.full(SIZE, n, np.int16) for n in range(3)], SIZE, "masks")
    assert leaf.count == 3 and leaf.pixels.shape == (3, *SIZE) and leaf.pixels.dtype == np.int16
    none = target.read([], SIZE, "masks")
    assert none.count == 0 and none.pixels.shape == (0, *SIZE)
    assert Mask(stack=True, stride=2).read([], SIZE, "masks").pixels.shape == (0, 2, 3)


@pytest.mark.parametrize(
    ("target", "outside"),
    [
        (Mask(), (0,)),
        (Mask(7), (7,)),
        (Mask(ignore_index=255), (255,)),
        (Mask(7, ignore_index=255), (7,)),
        (Mask([1, 0.0], channels=2), (1, 0)),
    ],
)
def test_what_lies_outside(target, outside):
    assert target.outside == outside


@pytest.mark.parametrize(
    ("stride", "length", "side"),
    [
        *((1, 7, 7), (4, 640, 160), (4, 427, 107), (4, 426, 106), (4, 2, 1), (4, 6, 2), (4, 10, 2), (4, 1, 1)),
        *((3, 7, 2), (0.5, 7, 14), (1 / 3, 7, 21), (0.25, 1, 4), (100, 3, 1)),
    ],
)
def test_sides_are_rounded_half_to_even_and_never_nothing(stride, length, side):
    assert Mask(stride=stride).side(length) == side
    assert Mask(stride=stride).sides((length, 9 * length))[0] == side


def test_a_side_may_have_been_rounded_down_or_up():
    target = Mask(stride=4)
    for height in (106, 107):
        for width in (125, 126):
            assert target.read(np.zeros((height, width), np.uint8), (427, 501), "mask").pixels.shape == (height, width)
    for sides in ((105, 125), (108, 125), (106, 124), (106, 127)):
        with pytest.raises(InputError, match=r"with stride=4 a mask is 107 x 125$"):
            target.read(np.zeros(sides, np.uint8), (427, 501), "mask")
    with pytest.raises(InputError, match=r"with stride=4 a mask is 1 x 1$"):
        target.read(np.zeros((0, 1), np.uint8), (3, 3), "mask")


@pytest.mark.parametrize(
    ("target", "value", "message"),
    [
        (Mask(), [[0] * 6] * 4, r"^mask is a NumPy array or a PIL image, got list; np\.asarray\(mask\) may do$"),
        (Mask(stack=True), [np.zeros(SIZE), np.zeros((2, 2))], r"^mask is a NumPy array or a PIL image, got list"),
        (Mask(stack=True), [[0, 1]], r"^mask is a NumPy array or a PIL image, got list"),
        (Mask(), np.full(SIZE, "a"), r"^mask is integers, booleans or floats, got <U1 \(4, 6\)$"),
        (
            Mask(),
            np.zeros((*SIZE, 3), np.uint8),
            r"^mask is \(height, width\), and \(height, width, channels\) only as floats or where Mask\(channels=\) "
            r"says how many masks of classes there are; got uint8 \(4, 6, 3\)\. Turn colours into class numbers first; "
            r"masks of instances are Mask\(stack=True\)$",
        ),
        (Mask(), np.zeros((1, *SIZE, 3), np.float32), r"there are; got float32 \(1, 4, 6, 3\)"),
        (Mask(), np.zeros(24, np.uint8), r"there are; got uint8 \(24,\)"),
        (
            Mask(stack=True),
            np.zeros(SIZE, np.uint8),
            r"^mask is \(N, height, width\), one mask an instance; got \(4, 6\)$",
        ),
        (
            Mask(),
            np.zeros((6, 4), np.uint8),
            r"^mask is 6 x 4 and `image` 4 x 6 \(height x width\); a mask has the picture's size, unless stride= says "
            r"otherwise: Mask\(stride=4\) takes a mask of a quarter of its height and width$",
        ),
        (
            Mask(stride=2),
            np.zeros(SIZE, np.uint8),
            r"^mask is 4 x 6 and `image` 4 x 6 \(height x width\); with stride=2 a mask is 2 x 3$",
        ),
        (
            Mask(channels=3),
            np.zeros((*SIZE, 4), np.uint8),
            r"^mask is \(height, width, 3\), as channels= says; got \(4, 6, 4\)$",
        ),
        (Mask(channels=3), np.zeros((*SIZE, 4), np.float32), r"as channels= says; got \(4, 6, 4\)$"),
        (Mask(channels=1), np.zeros(SIZE, np.uint8), r"as channels= says; got \(4, 6\)$"),
        (Mask((0, 300), channels=2), np.zeros((*SIZE, 2), np.uint8), r"uint8, which cannot hold fill=300;"),
        (Mask(stack=True), np.zeros((4, 6, 3), bool), r"^mask is 6 x 3 and `image` 4 x 6"),
        (
            Mask(ignore_index=255),
            np.zeros(SIZE, np.float32),
            r'^mask is float32, a map of numbers: ignore_index and shrink="area" are of classes\. Give integers, or '
            r"declare Mask\(\) with fill= alone$",
        ),
        (Mask(shrink="area"), np.zeros(SIZE), r"^mask is float64, a map of numbers"),
        (
            Mask(ignore_index=-100),
            np.zeros(SIZE, np.uint8),
            r"^mask is uint8, which cannot hold ignore_index=-100; give the mask another dtype, or the target another "
            r"number$",
        ),
        (Mask(0.5), np.zeros(SIZE, np.int64), r"^mask is int64, which cannot hold fill=0\.5;"),
        (Mask(2), np.zeros(SIZE, bool), r"^mask is bool, which cannot hold fill=2;"),
        (Mask(shrink="area", keep=(3, 300)), np.zeros(SIZE, np.uint8), r"which cannot hold keep=300;"),
    ],
)
def test_errors_of_values(target, value, message):
    with pytest.raises(InputError, match=message):
        target.read(value, SIZE, "mask")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"fill": "white"}, r"^Mask\.fill is a number, got 'white'$"),
        ({"fill": float("inf")}, r"^Mask\.fill is a finite number, got inf$"),
        ({"ignore_index": 1.5}, r"^Mask\.ignore_index is an integer, a class, got 1\.5$"),
        ({"ignore_index": True}, r"^Mask\.ignore_index is an integer, a class, got True$"),
        ({"shrink": "majority"}, r"^Mask\.shrink is one of 'nearest', 'area'; got 'majority'$"),
        ({"stack": 1}, r"^Mask\.stack is True or False, got 1$"),
        ({"shrink": "area", "keep": 3}, r"^Mask\.keep is a tuple of classes, got 3$"),
        ({"shrink": "area", "keep": (3, "b")}, r"^Mask\.keep is an integer, a class, got 'b'$"),
        ({"keep": (3,)}, r'^Mask\.keep=\(3,\) needs shrink="area": reading by nearest knows no preference$'),
        (
            {"stack": True, "fill": 1},
            r"^Mask\.fill and ignore_index are of classes: a mask of an instance, .*, is 0 outside$",
        ),
        ({"stack": True, "ignore_index": 255}, r"^Mask\.fill and ignore_index are of classes"),
        (
            {"min_area": 3},
            r"^Mask\.min_area, min_visible, min_side and copies are of instances: they need stack=True$",
        ),
        ({"copies": True}, r"they need stack=True$"),
        ({"copies": "yes"}, r"^Mask\.copies is True or False, got 'yes'$"),
        ({"channels": 0}, r"^Mask\.channels is an integer of 1 or more, or None, got 0$"),
        ({"channels": True}, r"^Mask\.channels is an integer of 1 or more, or None, got True$"),
        ({"channels": 2.0}, r"or None, got 2\.0$"),
        (
            {"channels": 2, "stack": True},
            r"^Mask\.channels is of a mask of the picture: one of an instance, stack=True, has none$",
        ),
        ({"fill": (1, 0)}, r"^Mask\.fill is a number, or one a channel as channels= says; got \(1, 0\)$"),
        ({"fill": (1, 0), "channels": 3}, r"^Mask\.fill is a number, or one a channel as channels= says;"),
        ({"fill": (1, "a"), "channels": 2}, r"^Mask\.fill is a number, got 'a'$"),
        ({"stride": 1.5}, r"^Mask\.stride is a whole number, or 1 over one \(0\.5 for twice as fine\); got 1\.5$"),
        ({"stride": 0}, r"^Mask\.stride is a whole number, or 1 over one .*; got 0$"),
        ({"stride": 0.3}, r"^Mask\.stride .*; got 0\.3$"),
        ({"stride": -4}, r"^Mask\.stride .*; got -4$"),
        ({"stride": 1e-300}, r"^Mask\.stride .*; got 1e-300$"),
        ({"stride": "4"}, r"^Mask\.stride is a number, got '4'$"),
        ({"min_visible": 0.5}, r"they need stack=True$"),
        ({"min_side": 3}, r"they need stack=True$"),
        ({"stack": True, "min_visible": 2}, r"^Mask\.min_visible is 0 to 1, got 2$"),
    ],
)
def test_errors_of_fields(fields, message):
    with pytest.raises(FieldError, match=message):
        Mask(**fields)
