"""RGBShift: a number added to each colour."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate import testing


def test_levels_by_hand():
    image = np.array([[[10, 20, 30], [250, 3, 128]]], np.uint8)
    got = vg.Compose([vg.RGBShift(20 / 255, -5 / 255, 0)])(image)
    assert got.tolist() == [[[30, 15, 30], [255, 0, 128]]]


def test_clamping_waits_for_the_end_of_the_run():
    image = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    there_and_back = vg.Compose([vg.RGBShift(0.4, 0.2, -0.3), vg.RGBShift(-0.4, -0.2, 0.3)])
    assert np.array_equal(there_and_back(image), image)
    assert np.array_equal(vg.Compose([vg.RGBShift(0, 0, 0)])(image), image)


def test_it_keeps_the_library_s_promises():
    testing.assert_lowering_is_sound(vg.RGBShift())
    testing.assert_fused_equals_reference([vg.RGBShift(), vg.Rotate(20), vg.Gamma(1.5)])
    testing.assert_draws_are_keyed(vg.RGBShift())


@pytest.mark.parametrize("op", [vg.RGBShift(), vg.ChannelMix(), vg.Sepia(), vg.PCAJitter(), vg.Temperature()], ids=repr)
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_pictures_without_red_green_and_blue_are_refused(op, channels):
    said = f"{op.label} takes pictures of red, green and blue, got {channels} channel{'s' * (channels > 1)}. Give it"
    with pytest.raises(vg.InputError, match=said):
        vg.Compose([op])(np.zeros((9, 9, channels), np.uint8))
