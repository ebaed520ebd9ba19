"""Gamma, Solarize and Posterize: 256 levels in, and Pillow's formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from variegate.ops import Gamma, Posterize, Solarize

LEVELS = np.arange(256, dtype=np.uint8)
PICTURE = Image.fromarray(LEVELS.reshape(16, 16))


@given(st.floats(0.05, 8), st.just(0.0) | st.floats(1e-6, 2))
def test_gamma(lower, gamma, gain):
    values = lower(Gamma(gamma, gain), (4, 4)).values[0]
    expected = [gain * (level / 255) ** gamma for level in range(256)]
    assert np.allclose(values, expected, rtol=1e-14, atol=0) and values[0] == 0 and values[255] == gain


def test_gamma_one_is_the_identity(lower):
    assert np.array_equal(np.rint(lower(Gamma(1), (4, 4)).values[0] * 255), LEVELS)


@pytest.mark.parametrize("bits", range(1, 9))
def test_posterize_is_pillows(lower, bits):
    values = lower(Posterize(bits), (4, 4)).values[0] * 255
    assert np.array_equal(np.rint(values), np.asarray(ImageOps.posterize(PICTURE, bits)).ravel())


def test_posterize_rounds_a_range_down_and_never_leaves_8(lower):
    effect = lower(Posterize((1, 9)), [(4, 4)] * 4, bits=[1.99, 4.5, 8.99, 9.0])
    for values, bits in zip(effect.values, (1, 4, 8, 8), strict=True):
        assert np.array_equal(values, lower(Posterize(bits), (4, 4)).values[0])


@pytest.mark.parametrize("threshold", [0, 1, 77, 128, 255])
def test_solarize_is_pillows(lower, threshold):
    values = lower(Solarize(threshold / 255), (4, 4)).values[0] * 255
    assert np.array_equal(np.rint(values), np.asarray(ImageOps.solarize(PICTURE, threshold)).ravel())


def test_the_default_threshold_is_pillows(lower):
    values = lower(Solarize(), (4, 4)).values[0] * 255
    assert np.array_equal(np.rint(values), np.asarray(ImageOps.solarize(PICTURE)).ravel())
