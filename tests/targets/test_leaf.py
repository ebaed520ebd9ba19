"""Leaves: their rows are counted and taken together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from variegate.targets import BoxLeaf, MaskLeaf, OrientedLeaf, PointLeaf, RingLeaf, RowLeaf

RINGS = tuple((np.full((3, 2), float(n)),) * n for n in range(3))
LEAVES = [
    BoxLeaf(np.arange(12.0).reshape(3, 4), np.arange(12).reshape(3, 4) / 7),
    BoxLeaf(np.arange(12.0).reshape(3, 4)),
    OrientedLeaf(np.arange(15.0).reshape(3, 5), np.arange(15).reshape(3, 5) / 7),
    PointLeaf(np.arange(12.0).reshape(3, 2, 2), *(np.arange(6).reshape(3, 2) + n / 9 for n in (1, 2, 3))),
    PointLeaf(np.arange(12.0).reshape(3, 2, 2), given=np.arange(12).reshape(3, 2, 2) / 7),
    RingLeaf(RINGS, RINGS),
    RingLeaf(RINGS),
    MaskLeaf(np.arange(12).reshape(3, 2, 2)),
    RowLeaf(np.array(["a", "b", "c"]), 3),
    RowLeaf(["a", "b", "c"], 3),
    RowLeaf(("a", "b", "c"), 3),
]


def parts(leaf):
    """Whatever of a leaf has a row for each instance."""
    return [value for value in vars(leaf).values() if isinstance(value, (np.ndarray, list, tuple))]


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: type(leaf).__name__)
@pytest.mark.parametrize("index", [[], [2, 0], [1], [0, 1, 2]])
def test_take_keeps_these_rows_of_every_part(leaf, index):
    taken = leaf.take(np.array(index, np.int64))
    assert type(taken) is type(leaf) and taken.count == len(index) and leaf.count == 3
    assert len(parts(taken)) == len(parts(leaf))
    for part, whole in zip(parts(taken), parts(leaf), strict=True):
        assert type(part) is type(whole) and len(part) == len(index)
        for row, place in zip(part, index, strict=True):
            assert np.array_equal(row, whole[place])


@pytest.mark.parametrize(
    ("angle", "expected"),
    [
        (0, [[8, 9], [12, 9], [12, 11], [8, 11]]),
        (90, [[9, 12], [9, 8], [11, 8], [11, 12]]),  # the top left corner is at the bottom left: counter-clockwise
        (-180, [[12, 11], [8, 11], [8, 9], [12, 9]]),
    ],
)
def test_corners_are_exact_at_quarter_turns(angle, expected):
    assert np.array_equal(OrientedLeaf(np.array([[10.0, 10, 4, 2, angle]])).corners, [expected])


def test_corners_lie_around_the_centre_as_far_as_the_sides_say():
    (corners,) = OrientedLeaf(np.array([[3.0, 7, 6, 8, 33.3]])).corners
    assert np.allclose(corners.mean(axis=0), (3, 7))
    assert np.allclose(np.hypot(*(corners - (3, 7)).T), 5)
    assert np.allclose(np.hypot(*(corners[1] - corners[0])), 6)
    assert np.degrees(np.arctan2(-(corners[1] - corners[0])[1], (corners[1] - corners[0])[0])) == pytest.approx(33.3)


def test_a_moved_leaf_is_a_replaced_one():
    leaf = replace(LEAVES[0], xyxy=np.zeros((3, 4)), given=None)
    assert leaf.given is None and not leaf.xyxy.any()
