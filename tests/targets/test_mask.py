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


@pytest.mark.parametrize(
    ("target", "outside"), [(Mask(), 0), (Mask(7), 7), (Mask(ignore_index=255), 255), (Mask(7, ignore_index=255), 7)]
)
def test_what_lies_outside(target, outside):
    assert target.outside == outside


@pytest.mark.parametrize(
    ("target", "value", "message"),
    [
        (Mask(), [[0] * 6] * 4, r"^mask is a NumPy array, got list; np\.asarray\(mask\) may do$"),
        (Mask(stack=True), [np.zeros(SIZE), np.zeros((2, 2))], r"^mask is a NumPy array, got list"),
        (Mask(stack=True), [[0, 1]], r"^mask is a NumPy array, got list"),
        (Mask(), np.full(SIZE, "a"), r"^mask is integers, booleans or floats, got <U1 \(4, 6\)$"),
        (
            Mask(),
            np.zeros((*SIZE, 3), np.uint8),
            r"^mask is \(height, width\), and \(height, width, channels\) only as floats; got uint8 \(4, 6, 3\)\. Turn "
            r"colours or one-hot channels into class numbers first; masks of instances are Mask\(stack=True\)$",
        ),
        (Mask(), np.zeros((1, *SIZE, 3), np.float32), r"only as floats; got float32 \(1, 4, 6, 3\)"),
        (Mask(), np.zeros(24, np.uint8), r"only as floats; got uint8 \(24,\)"),
        (
            Mask(stack=True),
            np.zeros(SIZE, np.uint8),
            r"^mask is \(N, height, width\), one mask an instance; got \(4, 6\)$",
        ),
        (
            Mask(),
            np.zeros((6, 4), np.uint8),
            r"^mask is 6 x 4 and `image` 4 x 6 \(height x width\); a mask has the picture's size$",
        ),
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
        ({"ignore_index": 1.5}, r"^Mask\.ignore_index is a whole number, a class; got 1\.5$"),
        ({"ignore_index": True}, r"^Mask\.ignore_index is a whole number, a class; got True$"),
        ({"shrink": "majority"}, r"^Mask\.shrink is one of 'nearest', 'area'; got 'majority'$"),
        ({"stack": 1}, r"^Mask\.stack is True or False, got 1$"),
        ({"shrink": "area", "keep": 3}, r"^Mask\.keep is a tuple of classes, got 3$"),
        ({"shrink": "area", "keep": (3, "b")}, r"^Mask\.keep is a whole number, a class; got 'b'$"),
        ({"keep": (3,)}, r'^Mask\.keep=\(3,\) needs shrink="area": reading by nearest knows no preference$'),
        (
            {"stack": True, "fill": 1},
            r"^Mask\.fill and ignore_index are of classes: a mask of an instance, .*, is 0 outside$",
        ),
        ({"stack": True, "ignore_index": 255}, r"^Mask\.fill and ignore_index are of classes"),
        ({"min_area": 3}, r"^Mask\.min_area, min_visible and min_side are of instances: they need stack=True$"),
        ({"min_visible": 0.5}, r"they need stack=True$"),
        ({"min_side": 3}, r"they need stack=True$"),
        ({"stack": True, "min_visible": 2}, r"^Mask\.min_visible is 0 to 1, got 2$"),
    ],
)
def test_errors_of_fields(fields, message):
    with pytest.raises(FieldError, match=message):
        Mask(**fields)
