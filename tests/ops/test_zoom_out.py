"""RandomZoomOut: the picture, unchanged, somewhere on a larger canvas."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from variegate.ops import RandomZoomOut

units = st.floats(0, 1, exclude_max=True)


@given(st.floats(1, 4), units, units)
def test_is_a_pad_of_a_random_amount(lower, pick, image, scale, top, left):
    effect = lower(RandomZoomOut(), image.shape, scale=scale, top=top, left=left)
    height, width = math.floor(5 * scale), math.floor(7 * scale)
    above, before = math.floor(top * (height - 4)), math.floor(left * (width - 6))
    margins = ((above, height - 5 - above), (before, width - 7 - before))
    assert np.array_equal(pick(image, effect), np.pad(image, margins, constant_values=-1))
    assert effect.size.tolist() == [[height, width]]


def test_a_scale_of_one_is_the_identity(lower, image):
    effect = lower(RandomZoomOut(1), image.shape, top=0.999, left=0.999)
    assert np.array_equal(effect.matrix[0], np.eye(3)) and tuple(effect.size[0]) == image.shape


def test_every_place_is_as_likely(lower):
    steps = (np.arange(660) + 0.5) / 660
    effect = lower(RandomZoomOut(2), [(10, 5)] * 660, top=steps, left=1 - steps)
    for column, places in ((effect.matrix[:, 1, 2], 11), (effect.matrix[:, 0, 2], 6)):
        values, counts = np.unique(-column, return_counts=True)
        assert values.tolist() == list(range(places)) and set(counts) == {660 // places}


def test_shows_what_any_border_shows():
    op = RandomZoomOut(fill=(1, 2, 3), border="reflect")
    assert op.fill == (1.0, 2.0, 3.0) and op.border == "reflect" and op.resizes and not op.fixes_size() and not op.looks
