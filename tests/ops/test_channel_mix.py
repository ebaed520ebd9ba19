"""ChannelMix: six weights, and grey stays grey."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import variegate as vg
from variegate import testing

COLOURS = np.random.default_rng(0).random((50, 3))


@given(st.floats(0, 2), st.lists(st.floats(-1, 1), min_size=6, max_size=6))
def test_greys_stay(lower, colour, strength, weights):
    effect = lower(vg.ChannelMix(strength), (4, 4), weights=np.array(weights)[:, None])
    greys = np.repeat(np.linspace(0, 1, 11)[:, None], 3, axis=1)
    assert np.allclose(colour(effect, greys), greys, atol=1e-12)


def test_a_matrix_by_hand(lower):
    effect = lower(vg.ChannelMix(0.5), (4, 4), weights=np.array([[0.2], [0.4], [-1], [0], [1], [-1]]))
    assert np.allclose(effect.weights[0], [[0.7, 0.1, 0.2], [-0.5, 1.5, 0], [0.5, -0.5, 1]], atol=1e-15)
    assert not effect.offset.any()


def test_no_strength_is_the_identity(lower):
    assert np.array_equal(lower(vg.ChannelMix(0), (4, 4)).weights[0], np.eye(3))
    image = np.random.default_rng(1).integers(0, 256, (9, 9, 3), np.uint8)
    assert np.array_equal(vg.Compose([vg.ChannelMix(0)])(image), image)


def test_weights_are_drawn_evenly_and_apart():
    mixes = vg.Compose([vg.ChannelMix(1)])
    found = np.array([mixes.params(vg.Key(3, 0, n))["ChannelMix"]["weights"] for n in range(2000)])
    assert found.shape == (2000, 6)
    assert (
        np.abs(found.mean(axis=0)).max() < 4 * np.sqrt(1 / 3 / 2000) and np.abs(found.var(axis=0) - 1 / 3).max() < 0.03
    )
    apart = np.corrcoef(found.T) - np.eye(6)
    assert np.abs(apart).max() < 4 / np.sqrt(2000)


def test_it_keeps_the_library_s_promises():
    testing.assert_lowering_is_sound(vg.ChannelMix())
    testing.assert_fused_equals_reference([vg.ChannelMix(0.5), vg.Rotate(20), vg.Gamma(1.5)])
    testing.assert_draws_are_keyed(vg.ChannelMix())


def test_a_strength_below_0_is_refused():
    with pytest.raises(vg.FieldError, match=r"^ChannelMix\.strength must be at least 0, got"):
        vg.ChannelMix((-1, 1))
