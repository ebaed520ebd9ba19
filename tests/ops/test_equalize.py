"""Equalize: Pillow's, to the level; and what it does to pictures that are no bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

import variegate as vg
from variegate import testing
from variegate.ops.equalize import equalized

EQUALIZE = vg.Compose([vg.Equalize()])


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 60), st.integers(0, 255), st.integers(1, 256))
def test_it_is_pillows_to_the_level(seed, height, width, low, levels):
    high = min(low + levels, 256)
    image = np.random.default_rng(seed).integers(low, high, (height, width, 3), np.uint8)
    image[..., 1] //= 3
    assert np.array_equal(EQUALIZE(image), np.asarray(ImageOps.equalize(Image.fromarray(image))))


def test_grey_and_four_channels_are_channels_by_themselves():
    image = np.random.default_rng(1).integers(30, 150, (40, 50, 4), np.uint8)
    expected = [np.asarray(ImageOps.equalize(Image.fromarray(image[..., c].copy()))) for c in range(4)]
    assert np.array_equal(EQUALIZE(image), np.stack(expected, axis=-1))
    assert np.array_equal(EQUALIZE(image[..., :1].copy())[..., 0], expected[0])


def test_a_histogram_by_hand():
    # 255 pixels below the brightest level: a step of 1, so that level k has as many below it as its own value.
    pixels = np.zeros((1, 256), np.int64)
    pixels[0, [10, 20, 40]] = 200, 55, 9
    values = equalized(pixels)[0] * 255
    assert values[[0, 10, 11, 20, 21, 40, 255]].tolist() == [0, 0, 200, 200, 255, 255, 255]


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_other_levels_lie_on_the_lines_between(dtype):
    image = np.random.default_rng(2).integers(20, 90, (64, 64, 3), np.uint8)
    white, fine = (65535, image.astype(np.uint16) * 257) if dtype == "uint16" else (1, np.float32(image / 255))
    got = EQUALIZE(fine)
    assert np.abs(got / white * 255 - EQUALIZE(image)).max() < 1e-2
    order = np.argsort(fine[..., 0], axis=None)
    assert (np.diff(got[..., 0].ravel()[order].astype(np.float64)) >= 0).all()


def test_it_counts_the_picture_as_it_is_at_that_point():
    image = np.random.default_rng(3).integers(0, 256, (48, 64, 3), np.uint8)
    part = np.ascontiguousarray(image[8:28, 16:46])
    augment = vg.Compose([vg.Crop(8, 16, 20, 30), vg.Equalize()])
    assert np.array_equal(augment(image), EQUALIZE(part)) and "levels   counted" in augment.explain(size=(48, 64))


def test_it_keeps_the_library_s_promises():
    testing.assert_lowering_is_sound(vg.Equalize())
    testing.assert_fused_equals_reference([vg.Equalize(), vg.Rotate(20), vg.Brightness(0.8)])
    testing.assert_targets_stay_in_step(vg.Equalize())
    testing.check(vg.Equalize(p=0.5))


def test_numbers_without_a_range_are_refused():
    with pytest.raises(vg.FieldError, match=r"^Equalize must know what white is"):
        vg.Compose([vg.Equalize()], white=None)(np.zeros((9, 9, 3), np.float32))
