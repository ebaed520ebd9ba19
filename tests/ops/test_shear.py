"""Shear: the signs and the order are torchvision's."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from variegate import coords
from variegate.ops import Shear

angles = st.floats(-80, 80)


def torchvision_inverse(x, y, width, height):
    """torchvision.transforms.v2.functional._get_inverse_affine_matrix(centre, 0, (0, 0), 1, (x, y)), transcribed."""
    rot, sx, sy, cx, cy = 0.0, math.radians(x), math.radians(y), width / 2, height / 2
    a = math.cos(rot - sy) / math.cos(sy)
    b = -math.cos(rot - sy) * math.tan(sx) / math.cos(sy) - math.sin(rot)
    c = math.sin(rot - sy) / math.cos(sy)
    d = -math.sin(rot - sy) * math.tan(sx) / math.cos(sy) + math.cos(rot)
    matrix = [d, -b, 0.0, -c, a, 0.0]
    matrix[2] += matrix[0] * -cx + matrix[1] * -cy + cx
    matrix[5] += matrix[3] * -cx + matrix[4] * -cy + cy
    return np.array([*matrix, 0, 0, 1]).reshape(3, 3)


@given(angles, angles, st.integers(1, 400), st.integers(1, 400))
def test_equals_torchvision(lower, x, y, height, width):
    matrix = lower(Shear(x, y), (height, width)).matrix[0]
    expected = torchvision_inverse(x, y, width, height)
    assert np.allclose(matrix, expected, rtol=1e-11, atol=1e-9 * np.abs(expected).max())


def test_positive_x_leans_right_and_positive_y_lifts_the_right(lower):
    top = coords.apply(coords.inverse(lower(Shear(x=45), (10, 10)).matrix), 5.0, 0.0)
    assert abs(top[0][0] - 10) < 1e-12 and abs(top[1][0]) < 1e-12
    right = coords.apply(coords.inverse(lower(Shear(y=45), (10, 10)).matrix), 10.0, 5.0)
    assert abs(right[0][0] - 10) < 1e-12 and abs(right[1][0]) < 1e-12


@given(angles)
def test_there_and_back(lower, angle):
    for field in ("x", "y"):
        there, back = lower(Shear(**{field: angle}), (30, 40)), lower(Shear(**{field: -angle}), (30, 40))
        assert np.allclose(coords.compose(there.matrix, back.matrix), coords.identity(1), atol=1e-9)


def test_none_is_exactly_the_identity(lower):
    assert np.array_equal(lower(Shear(), (375, 500)).matrix, coords.identity(1))
