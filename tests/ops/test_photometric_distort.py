"""PhotometricDistort: SSD's five changes, each by chance, in two orders."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest

import variegate as vg
from variegate import testing

PIXEL = np.array([[[0.5, 0.3, 0.2]]], np.float32)


def made(key, **fields):
    return vg.Compose([vg.PhotometricDistort(**fields)])(PIXEL, key=key)[0, 0].astype(float)


def only(**fields):
    """The pixel with these numbers and no chance, whatever the order of its channels: sorted."""
    neutral = {"brightness": 0, "contrast": 1, "saturation": 1, "hue": 0} | fields
    return np.sort(made(vg.Key(1), **neutral, each=1))


def test_each_change_by_hand():
    assert np.allclose(only(brightness=0.1), [0.3, 0.4, 0.6], atol=1e-6)
    assert np.allclose(only(contrast=1.5), [0.3, 0.45, 0.75], atol=1e-6)
    assert np.allclose(only(contrast=0.5), [0.1, 0.15, 0.25], atol=1e-6)
    h, s, v = colorsys.rgb_to_hsv(0.5, 0.3, 0.2)
    assert np.allclose(only(saturation=0.5), np.sort(colorsys.hsv_to_rgb(h, s / 2, v)), atol=1e-6)
    assert np.allclose(only(hue=18), np.sort(colorsys.hsv_to_rgb(h + 0.05, s, v)), atol=1e-6)


def test_all_orders_of_channels_come_up_as_often():
    neutral = {"brightness": 0, "contrast": 1, "saturation": 1, "hue": 0, "each": 1}
    orders = [tuple(np.argsort(made(vg.Key(1, 0, n), **neutral))) for n in range(600)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6 and np.abs(np.array(counts) - 100).max() < 4 * np.sqrt(600 * 5 / 36)


def test_each_comes_up_as_often_as_it_says():
    # A brightness of 0.6 tells that it was added.
    fixed = {"brightness": 0.1, "contrast": 1, "saturation": 1, "hue": 0}
    found = np.array([np.sort(made(vg.Key(2, 0, n), **fixed, each=0.3)) for n in range(800)])
    assert abs((found[:, 2] > 0.55).mean() - 0.3) < 4 * np.sqrt(0.21 / 800)
    assert np.allclose(made(vg.Key(5), each=0), PIXEL[0, 0])


def test_contrast_comes_before_or_after_saturation_as_likely():
    fixed = {"brightness": 0, "contrast": 3.0, "saturation": 0.5, "hue": 0, "each": 1}
    found = np.array([np.sort(made(vg.Key(3, 0, n), **fixed)) for n in range(400)])
    first = np.abs(found[:, 0] - 0.8) < 1e-5  # of (1, 0.9, 0.6), clamped, half the saturation
    after = np.abs(found[:, 0] - 1) < 1e-5  # of (0.5, 0.4, 0.35), three times
    assert (first | after).all() and abs(first.mean() - 0.5) < 4 * 0.5 / np.sqrt(400)


def test_it_keeps_the_library_s_promises():
    testing.assert_fused_equals_reference([vg.PhotometricDistort(), vg.Rotate(20)])
    testing.assert_draws_are_keyed(vg.PhotometricDistort())
    testing.assert_targets_stay_in_step(vg.PhotometricDistort())
    testing.check(vg.PhotometricDistort(p=0.5))


def test_grey_pictures_are_refused():
    with pytest.raises(
        vg.InputError, match=r"^PhotometricDistort takes pictures of 3 channels, got 1: ops that it may pick"
    ):
        vg.Compose([vg.PhotometricDistort(each=1)])(np.zeros((4, 4), np.uint8))


def test_a_factor_below_0_is_refused():
    with pytest.raises(vg.FieldError, match=r"^PhotometricDistort\.contrast must be at least 0, got"):
        vg.PhotometricDistort(contrast=(-1, 1))
