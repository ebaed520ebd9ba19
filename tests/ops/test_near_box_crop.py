"""RandomCropNearBox against its rule, written out for one sample."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from variegate.ops import RandomCropNearBox

units = st.floats(0, 1, exclude_max=True)
sides = st.integers(1, 60)
boxes = arrays(
    np.float64, st.tuples(st.integers(1, 4), st.just(4)), elements=st.integers(-40, 240).map(lambda n: n / 4)
)


def rule(given, shift, u, height, width):
    """(top, left, bottom, right), by the docstring."""
    clipped = [(max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)) for x0, y0, x1, y1 in given]
    there = [box for box in clipped if box[0] < box[2] and box[1] < box[3]]
    if not there:
        return 0, 0, height, width
    x0, y0, x1, y1 = there[math.floor(u * len(there))]
    top, left = math.floor(y0 - shift[0] * (y1 - y0)), math.floor(x0 - shift[1] * (x1 - x0))
    bottom, right = math.ceil(y1 + shift[2] * (y1 - y0)), math.ceil(x1 + shift[3] * (x1 - x0))
    top, left = min(max(top, 0), height - 1), min(max(left, 0), width - 1)
    return top, left, min(max(bottom, top + 1), height), min(max(right, left + 1), width)


@given(boxes, arrays(np.float64, 4, elements=st.floats(-0.5, 3)), units, sides, sides)
def test_follows_its_rule(lower, parts, given, shift, u, height, width):
    op = RandomCropNearBox(shift=(-0.5, 3))
    (part,) = parts(lower(op, (height, width), boxes=[given], shift=shift[:, None], box=u))
    assert part == rule(given, shift, u, height, width)
    top, left, bottom, right = part
    assert 0 <= top < bottom <= height and 0 <= left < right <= width


@given(st.tuples(*[st.floats(0, 1)] * 4), st.floats(0, 2), sides, sides)
def test_outwards_it_holds_the_box_and_by_zero_no_more(lower, parts, corners, shift, height, width):
    a, b, c, d = corners
    box = np.array([min(a, b) * width, min(c, d) * height, max(a, b) * width, max(c, d) * height])
    if box[0] == box[2] or box[1] == box[3]:
        return
    for outwards in (shift, 0):
        (part,) = parts(lower(RandomCropNearBox(), (height, width), boxes=[box], shift=outwards))
        top, left, bottom, right = part
        assert top <= box[1] and left <= box[0] and bottom >= box[3] and right >= box[2]
    assert part == (math.floor(box[1]), math.floor(box[0]), math.ceil(box[3]), math.ceil(box[2]))


def test_each_edge_has_a_draw_of_its_own(lower, parts):
    shift = np.eye(4) / 2  # one sample an edge
    effect = lower(RandomCropNearBox(shift=(0, 1)), [(90, 90)] * 4, boxes=[[30, 40, 50, 50]] * 4, shift=shift)
    assert parts(effect) == [(35, 30, 50, 50), (40, 20, 50, 50), (40, 30, 55, 50), (40, 30, 50, 60)]
    assert RandomCropNearBox.trials == {"shift": 4} and list(RandomCropNearBox().drawn()) == ["shift", "box"]


def test_every_box_is_as_likely(lower, parts):
    given, steps = [[0, 0, 1, 1], [2, 2, 3, 3], [4, 4, 5, 5]], (np.arange(300) + 0.5) / 300
    found = parts(lower(RandomCropNearBox(shift=0), [(9, 9)] * 300, boxes=[given] * 300, box=steps))
    assert [found.count((n, n, n + 1, n + 1)) for n in (0, 2, 4)] == [100, 100, 100]


def test_without_a_box_the_whole_picture(lower, parts):
    assert parts(lower(RandomCropNearBox(shift=(-0.5, 0)), (7, 9), boxes=[[]], shift=-0.5)) == [(0, 0, 7, 9)]
