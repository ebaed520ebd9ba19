"""CropNonEmptyMask against its rule: every pixel of the mask looked at, one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from variegate.errors import InputError
from variegate.ops import CropNonEmptyMask
from variegate.ops.base import VisibleMask

units = st.floats(0, 1, exclude_max=True)
sides = st.integers(1, 20)
EYE = np.eye(3)
pytestmark = pytest.mark.filterwarnings("error")


def candidates(mask, matrix, ignore, height, width):
    """(row, column) on the canvas of every pixel that counts, in the order of the mask's rows."""
    found = []
    for i, j in np.ndindex(mask.shape):
        x, y, w = (float(v) for v in matrix @ (j + 0.5, i + 0.5, 1))
        if mask[i, j] not in ignore and w > 0 and 0 <= x / w <= width and 0 <= y / w <= height:
            found.append((min(int(y / w), height - 1), min(int(x / w), width - 1)))
    return found


def seen_by(mask, matrix, height, width):
    """The mask, with what lies on a canvas of this size marked."""
    shown = np.zeros(mask.shape, bool)
    for i, j in np.ndindex(mask.shape):
        x, y, w = (float(v) for v in matrix @ (j + 0.5, i + 0.5, 1))
        shown[i, j] = w > 0 and 0 <= x / w <= width and 0 <= y / w <= height
    return VisibleMask(mask, matrix, shown)


def rule(found, u, place, size, height, width):
    """(top, left), by the docstring."""
    free = height - size[0], width - size[1]
    if not found:
        return tuple(math.floor(place[k] * (abs(free[k]) + 1)) * (1 if free[k] > 0 else -1) for k in range(2))
    pixel = found[math.floor(u * len(found))]
    corner = [pixel[k] - math.floor(place[k] * size[k]) for k in range(2)]
    return tuple(min(max(corner[k], min(free[k], 0)), max(free[k], 0)) for k in range(2))


@st.composite
def ways(draw):
    """A map of the plane, as ops before a crop make them: none, exact ones, turns, and a perspective."""
    kind = draw(st.sampled_from(["none", "flip", "quarter", "shift", "turn", "perspective"]))
    if kind == "none":
        return EYE
    if kind == "flip":
        return np.array([[-1, 0, draw(st.integers(0, 20))], [0, 1, 0], [0, 0, 1.0]])
    if kind == "quarter":
        return np.array([[0, 1, 0], [-1, 0, draw(st.integers(0, 20))], [0, 0, 1.0]])
    if kind == "shift":
        return np.array([[1, 0, draw(st.integers(-9, 9))], [0, 1, draw(st.integers(-9, 9))], [0, 0, 1.0]])
    angle, zoom = draw(st.floats(0.1, 6.2)), draw(st.floats(0.2, 3))
    c, s = zoom * math.cos(angle), zoom * math.sin(angle)
    tilt = draw(st.tuples(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))) if kind == "perspective" else (0, 0)
    return np.array([[c, s, draw(st.floats(-20, 20))], [-s, c, draw(st.floats(-20, 20))], [*tilt, 1]])


masks = arrays(np.int64, st.tuples(sides, sides), elements=st.integers(0, 2))


def on_an_edge(mask, matrix, height, width):
    """Whether rounding decides if a pixel counts."""
    i, j = np.indices(mask.shape) + 0.5
    x, y, w = np.einsum("ij,jkl->ikl", matrix, np.stack([j, i, np.ones_like(i)]))
    near = np.minimum.reduce([abs(x), abs(y), abs(w), abs(x - width * w), abs(y - height * w)])
    return bool((near < 1e-6).any())


@settings(max_examples=400)
@given(masks, ways(), st.sampled_from([(0,), (), (0, 2), (1,)]), units, units, units, sides, sides)
def test_follows_its_rule(lower, mask, way, ignore, u, top, left, height, width):
    if on_an_edge(mask, way, height, width):
        return
    op = CropNonEmptyMask((5, 8), ignore=ignore, border="constant")
    effect = lower(op, (height, width), masks=[seen_by(mask, way, height, width)], pixel=u, top=top, left=left)
    found = candidates(mask, way, ignore, height, width)
    assert tuple(effect.matrix[0, [1, 0], 2]) == rule(found, u, (top, left), (5, 8), height, width)
    assert effect.size.tolist() == [[5, 8]]


@given(masks.filter(np.any), units, units, units, st.data())
def test_the_window_is_inside_and_not_empty(lower, mask, u, top, left, data):
    height, width = mask.shape
    size = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    effect = lower(CropNonEmptyMask(size), mask.shape, masks=[VisibleMask(mask, EYE)], pixel=u, top=top, left=left)
    x, y = effect.matrix[0, :2, 2]
    assert x == int(x) and y == int(y) and 0 <= x <= width - size[1] and 0 <= y <= height - size[0]
    assert mask[int(y) : int(y) + size[0], int(x) : int(x) + size[1]].any()


def test_every_pixel_and_every_place_is_as_likely(lower):
    mask, steps = np.zeros((50, 50), np.uint8), (np.arange(360) + 0.5) / 360
    mask[20, 30], mask[21, 31], mask[40, 7] = 1, 2, 3
    seen = [VisibleMask(mask, EYE)] * 360
    effect = lower(CropNonEmptyMask((9, 8)), [(50, 50)] * 360, masks=seen, pixel=steps, top=0, left=0)
    values, counts = np.unique(effect.matrix[:, [1, 0], 2], axis=0, return_counts=True)
    assert values.tolist() == [[20, 30], [21, 31], [40, 7]] and counts.tolist() == [120, 120, 120]
    effect = lower(CropNonEmptyMask((9, 8)), [(50, 50)] * 360, masks=seen, pixel=0, top=steps, left=steps)
    for column, first, extent in ((effect.matrix[:, 1, 2], 20, 9), (effect.matrix[:, 0, 2], 30, 8)):
        values, counts = np.unique(column, return_counts=True)
        assert values.tolist() == list(range(first - extent + 1, first + 1)) and set(counts) == {360 // extent}


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int32])
def test_any_classes_can_be_ignored(lower, dtype):
    mask = np.zeros((6, 6), dtype)
    mask[2, 3] = 1
    effect = lower(CropNonEmptyMask(1, ignore=(0, 255, -1, 70000)), (6, 6), masks=[VisibleMask(mask, EYE)])
    assert effect.matrix[0, :2, 2].tolist() == [3, 2]


def test_nothing_marked_is_a_window_anywhere(lower):
    empty = VisibleMask(np.zeros((9, 9), int), EYE)
    effect = lower(CropNonEmptyMask((4, 5)), [(9, 9)] * 2, masks=[empty] * 2, top=[0.999, 0], left=[0.999, 0])
    assert effect.matrix[:, [1, 0], 2].tolist() == [[5, 4], [0, 0]]
    outside = seen_by(np.ones((9, 9), int), np.array([[1, 0, 20], [0, 1, 0], [0, 0, 1.0]]), 9, 9)
    effect = lower(CropNonEmptyMask((4, 5)), (9, 9), masks=[outside], top=0.999, left=0.999)
    assert effect.matrix[0, [1, 0], 2].tolist() == [5, 4], "what is marked lies beside the canvas"


def test_a_picture_that_is_too_small(lower):
    with pytest.raises(InputError, match="CropNonEmptyMask asks for 9 x 4 pixels, but the picture has 5 x 7"):
        lower(CropNonEmptyMask((9, 4)), (5, 7), masks=[VisibleMask(np.ones((5, 7), int), EYE)])


@given(masks, units, units, units)
def test_a_smaller_picture_lies_within_the_window(lower, mask, u, top, left):
    op = CropNonEmptyMask((20, 20), border="edge")
    effect = lower(op, mask.shape, masks=[VisibleMask(mask, EYE)], pixel=u, top=top, left=left)
    x, y = effect.matrix[0, :2, 2]
    assert mask.shape[1] - 20 <= x <= 0 and mask.shape[0] - 20 <= y <= 0
