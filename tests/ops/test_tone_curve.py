"""ToneCurve: a Bezier curve by two control points."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import variegate as vg
from variegate import testing

LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
heights = st.floats(-0.5, 1.5)


@given(heights, heights)
def test_ends_stay_and_the_curve_never_falls(low, high):
    got = vg.Compose([vg.ToneCurve(low, high)])(LEVELS).ravel().astype(int)
    assert got[0] == 0 and got[255] == 255 and (np.diff(got) >= 0).all()


def test_a_curve_by_de_casteljau():
    def at(t, points):
        return points[0] if len(points) == 1 else at(t, [(1 - t) * a + t * b for a, b in pairwise(points)])

    got = vg.Compose([vg.ToneCurve(0.1, 0.8)])
    expected = [at(v / 255, [0, 0.1, 0.8, 1]) for v in range(256)]
    assert np.array_equal(got(LEVELS).ravel(), np.rint(255 * np.array(expected)))
    fine = np.linspace(0, 1, 1001, dtype=np.float32)
    exact = np.array([at(float(v), [0, 0.1, 0.8, 1]) for v in fine])
    assert np.abs(got(fine.reshape(7, 143, 1)).ravel() - exact).max() < 2e-5


@pytest.mark.parametrize("per_channel", [False, True])
def test_thirds_are_the_identity(per_channel):
    op = vg.ToneCurve(1 / 3, 2 / 3, per_channel)
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    assert np.array_equal(vg.Compose([op])(image), image)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_share_a_curve_or_each_have_one(channels):
    image = np.repeat(LEVELS, channels, axis=2)
    shared = vg.Compose([vg.ToneCurve()])(image, key=vg.Key(1))
    assert (shared == shared[..., :1]).all()
    own = vg.Compose([vg.ToneCurve(per_channel=True)])(image, key=vg.Key(1))
    assert len({own[..., c].tobytes() for c in range(channels)}) == channels


def test_each_channel_goes_by_its_own_draw(lower):
    op = vg.ToneCurve((0, 1), (0, 1), per_channel=True)
    values = lower(op, (4, 4), low=np.array([[0.1], [0.2], [0.3], [0.4]]), high=np.full((4, 1), 0.7)).values
    assert values.shape == (1, 3, 256)
    for c, low in enumerate((0.1, 0.2, 0.3)):
        assert np.array_equal(values[0, c], lower(vg.ToneCurve(low, 0.7), (4, 4)).values[0])


def test_five_channels_have_no_curves_of_their_own():
    with pytest.raises(vg.InputError, match=r"ToneCurve has curves for up to 4 channels, got 5\. Leave"):
        vg.Compose([vg.ToneCurve(per_channel=True)])(np.zeros((4, 4, 5), np.uint8))


def test_the_default_changes_nothing_on_the_whole():
    params = [vg.Compose([vg.ToneCurve()]).params(vg.Key(2, 0, n))["ToneCurve"] for n in range(1500)]
    found = np.array([(each["low"], each["high"]) for each in params])
    assert np.abs(found.mean(axis=0) - (1 / 3, 2 / 3)).max() < 4 * 0.1 / np.sqrt(1500)
    assert abs(np.corrcoef(found.T)[0, 1]) < 4 / np.sqrt(1500)


def test_it_keeps_the_library_s_promises():
    for op in (vg.ToneCurve(), vg.ToneCurve(per_channel=True)):
        testing.assert_lowering_is_sound(op)
        testing.assert_fused_equals_reference([op, vg.Rotate(20), vg.Brightness(0.8)])
        testing.assert_draws_are_keyed(op)
    testing.check(vg.ToneCurve(per_channel=True))
