"""Brightness, Contrast, Saturation, Grayscale, Hue, Invert: the matrices do what their formulas say."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate.ops import Brightness, Contrast, Grayscale, Hue, Invert, Saturation

LUMA = np.array([0.299, 0.587, 0.114])
PIXELS = np.random.default_rng(0).random((50, 3))
GREYS = np.repeat(np.linspace(0, 1, 11)[:, None], 3, axis=1)
factors = st.floats(0, 3)


@given(factors)
def test_formulas(lower, colour, factor):
    luma = (PIXELS @ LUMA)[:, None]
    for op, expected in (
        (Brightness(factor), factor * PIXELS),
        (Contrast(factor), factor * PIXELS + (1 - factor) * luma.mean()),
        (Contrast(factor, "channel"), factor * PIXELS + (1 - factor) * PIXELS.mean(axis=0)),
        (Saturation(factor), factor * PIXELS + (1 - factor) * luma),
        (Grayscale(), luma.repeat(3, axis=1)),
        (Invert(), 1 - PIXELS),
    ):
        assert np.allclose(colour(lower(op, (4, 4)), PIXELS), expected, atol=1e-12)


@pytest.mark.parametrize("op", [Brightness(1), Contrast(1), Contrast(1, "channel"), Saturation(1), Hue(0)], ids=repr)
def test_the_neutral_value_is_exactly_the_identity(lower, op):
    effect = lower(op, (4, 4))
    assert np.array_equal(effect.weights[0], np.eye(3)) and not effect.offset.any()
    assert effect.luminance is None or not effect.luminance.any()
    assert effect.channel is None or not effect.channel.any()


@given(factors, factors)
def test_factors_multiply(lower, colour, a, b):
    for kind in (Brightness, Contrast, Saturation):
        twice = colour(lower(kind(b), (4, 4)), colour(lower(kind(a), (4, 4)), PIXELS))
        assert np.allclose(twice, colour(lower(kind(a * b), (4, 4)), PIXELS), atol=1e-10)


@given(st.floats(-720, 720), st.floats(-720, 720))
def test_hue_keeps_luminance_and_grey_and_angles_add(lower, colour, a, b):
    one = colour(lower(Hue(a), (4, 4)), PIXELS)
    assert np.allclose(one @ LUMA, PIXELS @ LUMA, atol=1e-12)
    assert np.allclose(colour(lower(Hue(a), (4, 4)), GREYS), GREYS, atol=1e-12)
    assert np.allclose(colour(lower(Hue(b), (4, 4)), one), colour(lower(Hue(a + b), (4, 4)), PIXELS), atol=1e-10)


def test_hue_turns_the_plane_of_yiq(lower):
    # The matrix of the FCC (colorsys has its three digits): I + iQ turns backwards, since YIQ mirrors UV.
    to_yiq = np.array([colorsys.rgb_to_yiq(*row) for row in np.eye(3)]).T
    for angle in (10, 90, -130):
        turn = to_yiq @ lower(Hue(angle), (4, 4)).weights[0] @ np.linalg.inv(to_yiq)
        sin, cos = np.sin(np.radians(angle)), np.cos(np.radians(angle))
        assert np.allclose(turn, [[1, 0, 0], [0, cos, -sin], [0, sin, cos]], atol=0.02) or np.allclose(
            turn, [[1, 0, 0], [0, cos, sin], [0, -sin, cos]], atol=0.02
        )


def test_hue_goes_from_red_towards_yellow(lower, colour):
    red = np.array([[0.8, 0.2, 0.2]])
    turned = colour(lower(Hue(30), (4, 4)), red)[0]
    hue, _, _ = colorsys.rgb_to_hsv(*turned)
    assert 10 < hue * 360 < 50


@pytest.mark.parametrize("op", [Saturation(0.3), Hue(40), Grayscale()], ids=repr)
def test_one_channel_has_no_colour_to_change(lower, op):
    effect = lower(op, (4, 4), channels=1)
    assert effect.uniform and np.array_equal(effect.weights[0], np.eye(3))


@pytest.mark.parametrize("op", [Brightness(0.5), Contrast(0.5, "channel"), Invert()], ids=repr)
def test_any_number_of_channels_where_none_are_mixed(lower, op):
    for channels in (1, 2, 3, 4, 9):
        effect = lower(op, (4, 4), channels=channels)
        weights, offset = effect.weights[0], effect.offset[0]
        assert effect.uniform and np.array_equal(weights, weights[0, 0] * np.eye(3)) and len(set(offset)) == 1


def test_the_contrast_of_one_channel_is_about_its_own_mean(lower):
    effect = lower(Contrast(0.25), (4, 4), channels=1)
    assert effect.luminance is None and effect.channel[0] == 0.75
