"""Yes, or No with its reason."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate.plan.fuse import No, Yes, fuse
from variegate.plan.ir import Node


def negative(image):
    return 1 - image


def pixel(colour):
    return colour


def node(op):
    return Node(op, type(op).__name__)


MAP, MATRIX, TABLE = vg.Rotate(3), vg.Contrast(2), vg.Gamma(2)
USER, CALL = vg.Pointwise(pixel), vg.Opaque(negative)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (MAP, MAP),
        (MAP, MATRIX),
        (MATRIX, MAP),
        (MAP, TABLE),
        (MATRIX, TABLE),
        (TABLE, MATRIX),
        (TABLE, USER),
    ],
)
def test_yes(left, right):
    assert isinstance(fuse([node(left)], node(right)), Yes)


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        (MAP, CALL, "Opaque is a function of the whole array, which must exist first"),
        (CALL, MAP, "Opaque is a function of the whole array, which must exist first"),
        (CALL, CALL, "Opaque is a function of the whole array, which must exist first"),
        (
            TABLE,
            MAP,
            "Gamma is no affine map of colour, so it does not commute with interpolation: Rotate must read its result. "
            "Put it after the geometric ops",
        ),
        (
            USER,
            MAP,
            "Pointwise is no affine map of colour, so it does not commute with interpolation: Rotate must read its "
            "result. Put it after the geometric ops",
        ),
    ],
)
def test_no_with_its_reason(left, right, reason):
    assert fuse([node(left)], node(right)) == No(reason)


def test_a_pass_is_bounded():
    assert isinstance(fuse([node(MAP)] * 249, node(MAP)), Yes)
    assert fuse([node(MAP)] * 250, node(MAP)) == No("one pass holds at most 250 maps")


def test_more_maps_than_a_pass_holds_give_two():
    augment = vg.Compose([vg.HorizontalFlip() for _ in range(301)])
    image = np.random.default_rng(0).integers(0, 256, (6, 7, 3), np.uint8)
    np.testing.assert_array_equal(augment(image), image[:, ::-1])
    assert len(augment.compiler.cutter.segments) == 2
    assert len(augment.plan(vg.Keys.of([vg.Key()]), [(6, 7)]).bound.rows(0)) == 2
