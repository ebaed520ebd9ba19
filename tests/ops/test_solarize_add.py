"""SolarizeAdd: AutoAugment's table, and the same formula on pictures of other levels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import variegate as vg
from variegate import testing

LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)


@given(st.integers(-255, 255), st.integers(0, 255))
def test_bytes_are_autoaugments(addition, threshold):
    levels = LEVELS.astype(int)
    expected = np.where(levels < threshold, np.clip(levels + addition, 0, 255), levels)
    assert np.array_equal(vg.Compose([vg.SolarizeAdd(addition / 255, threshold / 255)])(LEVELS), expected)


def test_other_pictures_follow_the_formula_between_the_levels_too():
    values = np.linspace(0, 1, 4001, dtype=np.float32).reshape(1, -1, 1)
    augment = vg.Compose([vg.SolarizeAdd(0.3, 0.5)])
    expected = np.where(values < 0.5, values + np.float32(0.3), values)
    assert np.abs(augment(values) - expected).max() < 1e-6
    shorts = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    expected = np.where(shorts < 32768, shorts + 0.3 * 65535, shorts)
    assert np.abs(augment(shorts) - expected).max() <= 0.51
    assert vg.Compose([vg.SolarizeAdd(0.9, 1)])(np.full((1, 1, 1), 0.6, np.float32)) == 1
    assert vg.Compose([vg.SolarizeAdd(-0.9, 1)])(np.full((1, 1, 1), 0.6, np.float32)) == 0


@pytest.mark.parametrize("op", [vg.SolarizeAdd(0), vg.SolarizeAdd(0.4, 0)], ids=repr)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_nothing_added_and_nothing_below_change_nothing(op, dtype):
    image = np.random.default_rng(0).integers(0, 256, (9, 9, 4), np.uint8).astype(dtype)
    image = image / np.float32(255) if dtype == "float32" else image
    assert np.array_equal(vg.Compose([op])(image), image)


def test_it_keeps_the_library_s_promises():
    testing.assert_lowering_is_sound(vg.SolarizeAdd())
    testing.assert_fused_equals_reference([vg.SolarizeAdd(), vg.Rotate(20), vg.Brightness(0.8)])
    testing.assert_draws_are_keyed(vg.SolarizeAdd())
    testing.assert_targets_stay_in_step(vg.SolarizeAdd())


def test_numbers_beyond_white_are_refused():
    with pytest.raises(vg.FieldError, match=r"^SolarizeAdd\.addition must be at least -1 and at most 1, got"):
        vg.SolarizeAdd(110)
    with pytest.raises(vg.FieldError, match=r"^SolarizeAdd\.threshold must be at least 0 and at most 1, got"):
        vg.SolarizeAdd(0.1, 128)
