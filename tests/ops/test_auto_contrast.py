"""AutoContrast: Pillow's, to the level; and what it does to pictures that are no bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

import variegate as vg
from variegate import testing
from variegate.ops.auto_contrast import stretched


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 50), st.integers(1, 50), st.integers(0, 255), st.integers(1, 256),
    st.integers(0, 49), st.lists(st.integers(0, 255), max_size=3),
)  # fmt: skip
def test_it_is_pillows_to_the_level(seed, height, width, low, levels, percent, ignore):
    high = min(low + levels, 256)
    image = np.random.default_rng(seed).integers(low, high, (height, width, 3), np.uint8)
    image[..., 2] //= 2
    got = vg.Compose([vg.AutoContrast(percent / 100, ignore)])(image)
    assert np.array_equal(got, np.asarray(ImageOps.autocontrast(Image.fromarray(image), percent, ignore or None)))


def test_a_cutoff_by_hand():
    # Of 100 pixels 29 are passed over at each end: the 29 at 10 all, so that 20 is black and 80 white.
    pixels = np.zeros((1, 256), np.int64)
    pixels[0, [10, 20, 80, 200]] = 29, 21, 21, 29
    values = stretched(pixels, 0.29, False)[0] * 255
    assert values[[10, 20, 80, 200]].tolist() == [0, 0, 255, 255] and values[50] == 127.5
    assert stretched(pixels, 0.29, True)[0][50] * 255 == 127
    assert np.array_equal(stretched(pixels, 0.28, True)[0][[10, 200]], [0, 1])


def test_levels_that_are_ignored_do_not_count():
    image = np.full((20, 20, 3), 100, np.uint8)
    image[5:15, 5:15] = np.arange(100, 200).reshape(10, 10, 1)
    image[:3] = 0
    got = vg.Compose([vg.AutoContrast(ignore=[0])])(image)
    # Of 99 * (255 / 99), Pillow rounds what floats leave of 255 down.
    assert got[5, 5, 0] == 0 and got[14, 14, 0] == 254 and not got[:3].any()
    alone = vg.Compose([vg.AutoContrast(ignore=[0, 7])])(np.full((4, 4, 1), 7, np.uint8))  # nothing counts
    assert (alone == 7).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_floats_and_shorts_are_stretched_without_rounding(channels):
    image = np.random.default_rng(0).integers(50, 101, (32, 32, channels), np.uint8)
    expected = (image.astype(np.float64) - 50) / 50
    assert np.abs(vg.Compose([vg.AutoContrast()])(np.float32(image / 255)) - expected).max() < 1e-5
    shorts = vg.Compose([vg.AutoContrast()])(image.astype(np.uint16) * 257)
    assert np.abs(shorts - 65535 * expected).max() <= 1


def test_twice_is_once_on_floats():
    image = np.random.default_rng(1).random((32, 32, 3), np.float32) * 0.5 + 0.2
    once = vg.Compose([vg.AutoContrast()])(image)
    assert np.abs(vg.Compose([vg.AutoContrast()])(once) - once).max() < 1e-5


def test_it_keeps_the_library_s_promises():
    op = vg.AutoContrast((0, 0.1), ignore=[0, 255])
    testing.assert_lowering_is_sound(op)
    testing.assert_fused_equals_reference([op, vg.Rotate(20), vg.Brightness(0.8)])
    testing.assert_targets_stay_in_step(op)
    testing.check(op)


def test_levels_that_are_no_whole_numbers_are_refused():
    with pytest.raises(vg.FieldError, match=r"^AutoContrast\.ignore "):
        vg.AutoContrast(ignore=[0.5])


def test_a_cutoff_of_half_the_pixels_is_refused():
    with pytest.raises(vg.FieldError, match=r"^AutoContrast\.cutoff must be at least 0 and below 0\.5, got"):
        vg.AutoContrast(0.5)
