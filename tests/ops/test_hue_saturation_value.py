"""HueSaturationValue: a true HSV, as the standard library's colorsys has it."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import variegate as vg
from variegate import testing

COLOURS = np.random.default_rng(0).random((20, 15, 3)).astype(np.float32)
COLOURS[0] = np.linspace(0, 1, 15)[:, None]  # greys
COLOURS[1, :6] = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]])


def by_colorsys(image, hue, saturation, value):
    out = np.empty(image.shape)
    for at in np.ndindex(image.shape[:2]):
        h, s, v = colorsys.rgb_to_hsv(*image[at].astype(float).tolist())
        out[at] = colorsys.hsv_to_rgb((h + hue / 360) % 1, min(s * saturation, 1), v)
    return np.clip(out * value, 0, 1)


@given(st.floats(-720, 720), st.floats(0, 3), st.floats(0, 2))
def test_it_is_hsv(hue, saturation, value):
    got = vg.Compose([vg.HueSaturationValue(hue, saturation, value)])(COLOURS)
    assert np.abs(got - by_colorsys(COLOURS, hue, saturation, value)).max() < 1e-5


def test_colours_by_hand():
    image = np.array([[[200, 100, 100], [0, 0, 255], [90, 90, 90], [0, 0, 0], [30, 60, 0]]], np.uint8)
    turned = vg.Compose([vg.HueSaturationValue(120, 1, 1)])(image)
    assert turned.tolist() == [[[100, 200, 100], [255, 0, 0], [90, 90, 90], [0, 0, 0], [0, 30, 60]]]
    halved = vg.Compose([vg.HueSaturationValue(0, 0.5, 1)])(image)
    assert halved.tolist() == [[[200, 150, 150], [128, 128, 255], [90, 90, 90], [0, 0, 0], [45, 60, 30]]]
    darker = vg.Compose([vg.HueSaturationValue(0, 1, 0.5)])(image)
    assert darker.tolist() == [[[100, 50, 50], [0, 0, 128], [45, 45, 45], [0, 0, 0], [15, 30, 0]]]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("hue", [0, 360, -720])
def test_nothing_is_the_identity_to_the_bit(dtype, hue):
    image = (COLOURS * {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]).astype(dtype)
    assert np.array_equal(vg.Compose([vg.HueSaturationValue(hue, 1, 1)])(image), image)
    both = [vg.Rotate(20), vg.HueSaturationValue(hue, 1, 1), vg.Rotate(10)]
    assert np.array_equal(vg.Compose(both)(image), vg.Compose([both[0], both[2]])(image))


def test_bytes_survive_a_turn_of_nearly_nothing():
    image = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    assert np.array_equal(vg.Compose([vg.HueSaturationValue(1e-6, 1, 1)])(image), image)


def test_it_keeps_the_library_s_promises():
    op = vg.HueSaturationValue()
    testing.assert_lowering_is_sound(op)
    testing.assert_fused_equals_reference([op, vg.Rotate(20), vg.Brightness(0.8)])
    testing.assert_draws_are_keyed(op)
    testing.assert_targets_stay_in_step(op)
    testing.check(op)


def test_explain_says_why_it_cuts():
    told = vg.Compose([vg.HueSaturationValue(), vg.Rotate(3)]).explain()
    assert "HueSaturationValue is no affine map of colour, so it does not commute with interpolation" in told


def test_pictures_without_colour_are_refused():
    with pytest.raises(vg.InputError, match="HueSaturationValue takes pictures of red, green and blue, got 1 channel"):
        vg.Compose([vg.HueSaturationValue()])(np.zeros((4, 4), np.uint8))


def test_a_factor_below_0_is_refused():
    for item in ("saturation", "value"):
        with pytest.raises(vg.FieldError, match=rf"^HueSaturationValue\.{item} must be at least 0, got"):
            vg.HueSaturationValue(**{item: (-0.1, 1)})
