"""Affine equals Scale, Shear, Rotate and Translate in that order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from variegate import coords
from variegate.ops import Affine, Rotate, Scale, Shear, Translate

angle, shear, shift, factor, side = (
    st.floats(-360, 360),
    st.floats(-70, 70),
    st.floats(-1, 1),
    st.floats(0.2, 5),
    st.integers(1, 400),
)


@given(angle, shift, shift, factor, factor, factor, shear, shear, side, side)
def test_equals_the_four_in_order(lower, rotate, x, y, scale, scale_x, scale_y, shear_x, shear_y, height, width):
    size = height, width
    chain = coords.identity(1)
    for op in (Scale(scale, scale_x, scale_y), Shear(shear_x, shear_y), Rotate(rotate), Translate(x, y)):
        chain = coords.compose(lower(op, size).matrix, chain)  # output to input: later ops come first
    one = lower(Affine(rotate, x, y, scale, scale_x, scale_y, shear_x, shear_y), size)
    assert np.allclose(one.matrix, chain, rtol=1e-9, atol=1e-11 * max(1, np.abs(chain).max()))


def test_nothing_is_exactly_the_identity(lower):
    assert np.array_equal(lower(Affine(), (375, 500)).matrix, coords.identity(1))
