"""Vignette: a factor that falls with the square of the distance from the centre."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate import testing

FLAT = np.full((30, 41, 3), 0.8, np.float32)


def factor(height, width, strength, x=0.0, y=0.0):
    rows, columns = np.indices((height, width)) + 0.5
    right, down = columns - width * (0.5 + x), rows - height * (0.5 + y)
    return np.maximum(1 - strength * 4 * (right**2 + down**2) / (width**2 + height**2), 0)


@pytest.mark.parametrize(("strength", "x", "y"), [(0.5, 0, 0), (1, 0.3, -0.2), (-0.2, 0, 0.5), (1, 2, 2)])
def test_it_is_the_formula(strength, x, y):
    got = vg.Compose([vg.Vignette(strength, x, y)])(FLAT)
    assert np.abs(got - np.minimum(0.8 * factor(30, 41, strength, x, y), 1)[..., None]).max() < 1e-6


def test_levels_by_hand():
    # A picture of 2 x 2 has its pixels' centres half-way to the corners: r^2 is a quarter.
    image = np.full((2, 2, 1), 200, np.uint8)
    assert (vg.Compose([vg.Vignette(0.4)])(image) == 180).all()
    row = vg.Compose([vg.Vignette(1)])(np.full((1, 3, 1), 200, np.uint8))
    assert row.ravel().tolist() == [120, 200, 120]  # r^2 of a pixel beside the middle: 4 / (9 + 1)


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_all_channels_of_all_pictures_alike(channels, dtype):
    white = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
    image = np.full((20, 30, channels), 0.6 * white).astype(dtype)
    got = vg.Compose([vg.Vignette(0.7)])(image)
    expected = image[0, 0, 0] * factor(20, 30, 0.7)
    assert got.dtype == image.dtype and np.abs(got - expected[..., None]).max() <= (1e-6 if white == 1 else 0.51)


def test_no_strength_is_the_identity_and_leaves_no_trace():
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    both = [vg.Rotate(20), vg.Vignette(0), vg.Rotate(10)]
    assert np.array_equal(vg.Compose(both)(image), vg.Compose([both[0], both[2]])(image))


def test_a_mirror_image_has_the_same():
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    augment = vg.Compose([vg.Vignette(0.6)])
    assert np.abs(augment(image[:, ::-1].copy())[:, ::-1].astype(int) - augment(image)).max() <= 1


def test_it_keeps_the_library_s_promises():
    op = vg.Vignette((0, 0.8), (-0.2, 0.2), (-0.2, 0.2))
    testing.assert_lowering_is_sound(op)
    testing.assert_fused_equals_reference([vg.Rotate(20), op, vg.Contrast(1.5)])
    testing.assert_draws_are_keyed(op)
    testing.assert_targets_stay_in_step(op)
    testing.check(op)


def test_more_than_black_is_refused():
    with pytest.raises(vg.FieldError, match=r"^Vignette\.strength must be at least -1 and at most 1, got"):
        vg.Vignette(1.5)
