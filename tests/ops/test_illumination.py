"""Illumination: a pattern of light, linear, from a corner, or a Gaussian spot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import variegate as vg
from variegate import testing

FLAT = np.full((30, 41, 3), 0.5, np.float32)


def pattern(op, key=None, strength=1.0):
    """What the op adds to a flat picture, in parts of what is there."""
    return (vg.Compose([op])(FLAT, key=vg.Key() if key is None else key)[..., 1] / 0.5 - 1) / strength


@given(st.floats(-720, 720))
def test_linear_rises_along_its_angle(angle):
    rows, columns = np.indices((30, 41)) + 0.5
    sin, cos = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    along = cos * (columns - 20.5) - sin * (rows - 15)
    expected = 0.5 + along / (abs(cos) * 41 + abs(sin) * 30)
    assert np.abs(pattern(vg.Illumination(1, angle=angle)) - expected).max() < 1e-5


def test_linear_by_hand():
    image = np.full((1, 4, 1), 100, np.uint8)
    rising = vg.Compose([vg.Illumination(0.8, angle=0)])(image)  # the pattern is 1/8, 3/8, 5/8, 7/8
    assert rising.ravel().tolist() == [110, 130, 150, 170]
    falling = vg.Compose([vg.Illumination(-0.8, angle=180)])(image)
    assert falling.ravel().tolist() == [30, 50, 70, 90]
    up = vg.Compose([vg.Illumination(0.8, angle=90)])(image.reshape(4, 1, 1))
    assert up.ravel().tolist() == [170, 150, 130, 110]


def test_each_corner_comes_up_as_often():
    found = []
    for n in range(400):
        light = pattern(vg.Illumination(1, "corner"), vg.Key(4, 0, n))
        corners = np.array([light[0, 0], light[0, -1], light[-1, 0], light[-1, -1]])
        assert np.allclose(np.sort(corners), [0.029, 0.5, 0.5, 0.971], atol=0.02)
        assert corners.argmax() == 3 - corners.argmin()
        found.append(corners.argmax())
    assert np.abs(np.bincount(found, minlength=4) - 100).max() < 4 * np.sqrt(400 * 3 / 16)


@given(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5), st.floats(0.02, 3))
def test_gaussian_is_the_formula(x, y, sigma):
    rows, columns = np.indices((30, 41)) + 0.5
    far = (columns - 41 * x) ** 2 + (rows - 30 * y) ** 2
    expected = np.exp(-far / (2 * (30 * sigma) ** 2))
    got = pattern(vg.Illumination(1, "gaussian", x=x, y=y, sigma=sigma))
    assert np.abs(got - expected).max() < 6e-6


@pytest.mark.parametrize("kind", ["linear", "corner", "gaussian"])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_channels_and_dtypes_alike(kind, channels):
    op, key = vg.Illumination(-0.6, kind), vg.Key(3)
    image = np.random.default_rng(0).random((20, 30, channels), np.float32)
    got = vg.Compose([op])(image, key=key)
    one = vg.Compose([op])(np.ascontiguousarray(image[..., :1]), key=key)
    assert np.array_equal(got[..., :1], one)
    shorts = vg.Compose([op])((image * 65535).astype(np.uint16), key=key)
    assert np.abs(shorts / 65535 - got).max() < 3e-5


@pytest.mark.parametrize("kind", ["linear", "corner", "gaussian"])
def test_no_strength_is_the_identity_and_leaves_no_trace(kind):
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    both = [vg.Rotate(20), vg.Illumination(0, kind), vg.Rotate(10)]
    assert np.array_equal(vg.Compose(both)(image), vg.Compose([both[0], both[2]])(image))


@pytest.mark.parametrize("kind", ["linear", "corner", "gaussian"])
def test_it_keeps_the_library_s_promises(kind):
    op = vg.Illumination(pattern=kind)
    testing.assert_lowering_is_sound(op)
    testing.assert_fused_equals_reference([vg.Rotate(20), op, vg.Contrast(1.5)])
    testing.assert_draws_are_keyed(op)
    testing.assert_targets_stay_in_step(op)
    testing.check(op)


def test_only_what_its_pattern_needs_is_drawn():
    params = {kind: vg.Compose([vg.Illumination(pattern=kind)]).params(vg.Key()) for kind in ("linear", "corner")}
    assert params["linear"]["Illumination"].keys() >= {"strength", "angle"}
    assert not params["corner"]["Illumination"].keys() & {"angle", "x", "y", "sigma"}


def test_bad_fields_are_refused():
    for field, value, told in (
        ("strength", -1.1, "must be at least -1"),
        ("sigma", 0, "must be above 0"),
        ("pattern", "round", "is one of 'linear', 'corner', 'gaussian'; got"),
    ):
        with pytest.raises(vg.FieldError, match=rf"^Illumination\.{field} {told}"):
            vg.Illumination(**{field: value})
