"""Part and whole_pixels: what the crops that look at boxes share."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from variegate.ops import RandomCropNearBox
from variegate.ops.part import whole_pixels

numbers = st.floats(-30, 30)


@given(numbers, numbers, st.integers(1, 20))
def test_whole_pixels_hold_what_is_within(first, last, side):
    (begin,), (end,) = whole_pixels(np.array([first]), np.array([last]), np.array([side]))
    assert begin == int(begin) and end == int(end) and 0 <= begin < end <= side
    assert begin <= max(first, 0) or begin == side - 1
    assert end >= min(last, side)
    if 0 <= first < last <= side:
        assert (begin, end) == (math.floor(first), math.ceil(last)), "and no more pixels than that takes"


def test_a_part_as_it_is_and_brought_to_a_size(lower):
    draws = {"shift": 0, "box": 0}
    plain, sized = (lower(RandomCropNearBox(size), (9, 12), boxes=[[3, 2, 7, 8]], **draws) for size in (None, (3, 8)))
    assert plain.size.tolist() == [[6, 4]] and plain.matrix[0].tolist() == [[1, 0, 3], [0, 1, 2], [0, 0, 1]]
    assert sized.size.tolist() == [[3, 8]] and sized.matrix[0].tolist() == [[0.5, 0, 3], [0, 2, 2], [0, 0, 1]]
    assert RandomCropNearBox(4).fixes_size() and not RandomCropNearBox().fixes_size() and RandomCropNearBox().resizes
