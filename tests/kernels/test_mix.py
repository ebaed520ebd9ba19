"""The sum of pictures by weights: NumPy's own, bit for bit, without a fused multiplication and addition."""

from __future__ import annotations

import numpy as np
import pytest

from variegate.kernels.mix import add, begin


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_picture_begins_a_sum(dtype):
    image = np.random.default_rng(1).integers(0, 256, 1000).astype(dtype)
    given, result = np.empty(1000, np.float32), np.empty(1000, np.float32)
    factor, weight = np.float32(1 / 255), np.float32(0.3)
    begin(image, factor, weight, given, result)
    assert np.array_equal(given, image.astype(np.float32) * factor)
    assert np.array_equal(result, image.astype(np.float32) * factor * weight)


@pytest.mark.parametrize("bounded", [False, True])
def test_a_picture_is_added(bounded):
    rng = np.random.default_rng(1)
    made, before = rng.normal(0.5, 1, 1000).astype(np.float32), rng.random(1000, np.float32)
    made[0], made[1] = np.nan, -0.0
    result, weight = before.copy(), np.float32(0.7)
    add(made, bounded, weight, result)
    expected = before + (np.clip(made, 0, 1) if bounded else made) * weight
    assert np.array_equal(result, expected, equal_nan=True) and np.isnan(result[0])
