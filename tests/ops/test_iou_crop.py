"""RandomIoUCrop against its rule, written out as a plain loop for one sample."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from variegate.dist import Choice
from variegate.ops import RandomIoUCrop

pytestmark = pytest.mark.filterwarnings("error")
OPTIONS = (0, 0.1, 0.3, 0.5, 0.7, 0.9, 1)
sides = st.integers(1, 80)


def holds(part, box):
    top, left, bottom, right = part
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return left < x < right and top < y < bottom


def overlap(part, box):
    """Intersection over union."""
    top, left, bottom, right = part
    width, height = min(right, box[2]) - max(left, box[0]), min(bottom, box[3]) - max(top, box[1])
    common = max(width, 0) * max(height, 0)
    return common / ((box[2] - box[0]) * (box[3] - box[1]) + (right - left) * (bottom - top) - common)


def rule(asked, scale, top, left, boxes, height, width, low=0.5, high=2):
    """The part that the docstring says: the first value that is 1 or that a part reaches, and the first such part."""
    trials = []
    for k in range(40):
        h, w = math.floor(scale[k] * height), math.floor(scale[40 + k] * width)
        if h >= 1 and w >= 1 and low <= w / h <= high:
            y, x = math.floor(top[k] * (height - h + 1)), math.floor(left[k] * (width - w + 1))
            trials.append((y, x, y + h, x + w))
    for value in asked:
        if value >= 1:
            break
        for part in trials:
            if any(holds(part, box) and overlap(part, box) >= value for box in boxes):
                return part
    return 0, 0, height, width


@st.composite
def scenes(draw):
    """(height, width, boxes, draws): draws are what matters least, so they come from a seed."""
    height, width = draw(sides), draw(sides)
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    ends = np.sort(random.random((draw(st.integers(0, 3)), 2, 2)), axis=1) * (width, height)
    draws = {"scale": 0.05 + 0.95 * random.random(80), "top": random.random(40), "left": random.random(40)}
    return height, width, ends.reshape(-1, 4), draws | {"iou": random.choice(OPTIONS, 16)}


@settings(max_examples=300)
@given(scenes())
def test_follows_its_rule(lower, parts, scene):
    height, width, boxes, draws = scene
    op = RandomIoUCrop(scale=(0.05, 1))
    (part,) = parts(lower(op, (height, width), boxes=[boxes], **{name: draw[:, None] for name, draw in draws.items()}))
    assert part == rule(draws["iou"], draws["scale"], draws["top"], draws["left"], boxes, height, width)


@settings(max_examples=300)
@given(scenes(), st.sampled_from(OPTIONS))
def test_a_part_that_is_cut_keeps_what_was_asked(lower, parts, scene, least):
    height, width, boxes, draws = scene
    draws = {name: draw[:, None] for name, draw in draws.items()} | {"iou": least}
    effect = lower(RandomIoUCrop((5, 6), iou=least), (height, width), boxes=[boxes], **draws)
    ((top, left, bottom, right),) = parts(effect)
    assert 0 <= top < bottom <= height and 0 <= left < right <= width and effect.size.tolist() == [[5, 6]]
    if (top, left, bottom, right) != (0, 0, height, width):
        part = (top, left, bottom, right)
        assert max(overlap(part, box) for box in boxes if holds(part, box)) >= least and least < 1
        assert 0.5 <= (right - left) / (bottom - top) <= 2


def test_what_cannot_be_had_is_the_whole_picture(lower, parts):
    whole, box = [(0, 0, 60, 60)], [[10, 10, 14, 14]]
    assert parts(lower(RandomIoUCrop(iou=0.9), (60, 60), boxes=[box])) == whole, "too small for any part"
    assert parts(lower(RandomIoUCrop(iou=0), (60, 60), boxes=[[]])) == whole, "no box"
    assert parts(lower(RandomIoUCrop(iou=1), (60, 60), boxes=[[0, 0, 60, 60]], scale=0.5)) == whole, "1 is the picture"
    assert parts(lower(RandomIoUCrop(iou=0, scale=0.001), (60, 60), boxes=[box])) == whole, "parts without a pixel"
    assert parts(lower(RandomIoUCrop(iou=0, ratio=(3, 4)), (60, 60), boxes=[box])) == whole, "no part of such a ratio"


def test_the_first_value_and_the_first_part_that_fit(lower, parts):
    box, scale = [[20, 20, 40, 40]], np.full(80, 0.5)  # parts of 30 x 30
    top, left = np.zeros(40), np.zeros(40)
    top[3] = left[3] = 0.5  # the fourth is at (15, 15), and holds the box: 400 of 900
    top[7] = left[7] = 0.6  # the eighth is at (18, 18), as good
    draws = {"scale": scale[:, None], "top": top[:, None], "left": left[:, None]}
    asked = np.full((16, 1), 0.9)
    assert parts(lower(RandomIoUCrop(), (60, 60), boxes=[box], iou=asked, **draws)) == [(0, 0, 60, 60)]
    asked[15] = 0.4
    assert parts(lower(RandomIoUCrop(), (60, 60), boxes=[box], iou=asked, **draws)) == [(15, 15, 45, 45)]
    asked[14] = 0
    assert parts(lower(RandomIoUCrop(), (60, 60), boxes=[box], iou=asked, **draws)) == [(15, 15, 45, 45)]
    box = [[20, 20, 39, 39]]  # its centre lies within the first part now
    assert parts(lower(RandomIoUCrop(), (60, 60), boxes=[box], iou=asked, **draws)) == [(0, 0, 30, 30)]
    asked[2] = 1
    assert parts(lower(RandomIoUCrop(), (60, 60), boxes=[box], iou=asked, **draws)) == [(0, 0, 60, 60)]


def test_as_much_as_asked_is_enough(lower, parts):
    place = np.where(np.arange(40) == 3, 0.5, 0)[:, None]  # half of the fourth part, and less of the others
    draws = {"boxes": [[[15, 15, 45, 30]]], "scale": 0.5, "top": place, "left": place}
    assert parts(lower(RandomIoUCrop(iou=0.5), (60, 60), **draws)) == [(15, 15, 45, 45)]
    assert parts(lower(RandomIoUCrop(iou=0.51), (60, 60), **draws)) == [(0, 0, 60, 60)]


def test_a_part_and_a_box_far_apart_divide_by_nothing(lower, parts):
    # What the box and the part have in common would be (1 - 3) * (2 - 4) = 4, as much as both areas together.
    draws = {"scale": np.repeat([[0.2], [0.1]], 40, axis=0), "top": 0.5, "left": 0.35}
    assert parts(lower(RandomIoUCrop(iou=0), (10, 10), boxes=[[0, 0, 1, 2]], **draws)) == [(0, 0, 10, 10)]


def test_every_draw_is_blind():
    assert RandomIoUCrop.trials == {"iou": 16, "scale": 80, "top": 40, "left": 40}
    assert list(RandomIoUCrop().drawn()) == ["iou", "scale", "top", "left"]
    assert RandomIoUCrop().iou == Choice(OPTIONS) and RandomIoUCrop(ratio=[1, 3]).ratio == (1.0, 3.0)
