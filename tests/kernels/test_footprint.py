"""Laws of the antialiasing footprint: how wide each filter is, and that all three together are as wide as wanted."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import variegate as vg
from variegate.kernels import footprint
from variegate.kernels.prefilter import RADIUS


@numba.njit
def tent_taps(scale, taps):
    return footprint.tent_taps(scale, taps)


@numba.njit
def cubic_taps(scale, taps):
    return footprint.cubic_taps(scale, taps)


@numba.njit
def scales(a, b, c, d, spent_x, spent_y):
    return footprint.footprint(a, b, c, d, spent_x, spent_y)


def symmetric(make, scale):
    """The whole filter, and the offsets of its taps."""
    taps = np.zeros(RADIUS)
    radius = make(scale, taps)
    return np.concatenate([taps[radius:0:-1], taps[: radius + 1]]), np.arange(-radius, radius + 1)


@pytest.mark.parametrize("scale", [1.0, 1.001, 1.5, 2.0, 2.7, 3.0, 4.0, 7.9, 31.5])
def test_a_tent_has_the_variance_that_reading_lacks(scale):
    weights, offsets = symmetric(tent_taps, scale)
    assert np.isclose(weights.sum(), 1)
    assert np.isclose((weights * offsets**2).sum(), (scale**2 - 1) / 6)


@pytest.mark.parametrize("scale", [2, 3, 5])
def test_at_a_whole_scale_filter_and_reading_are_the_wide_tent(scale):
    weights, offsets = symmetric(tent_taps, float(scale))
    x = np.linspace(-scale - 1, scale + 1, 201)
    both = sum(w * np.maximum(1 - np.abs(x - k), 0) for w, k in zip(weights, offsets, strict=True))
    np.testing.assert_allclose(both, np.maximum(1 - np.abs(x / scale), 0) / scale, atol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 1.3, 2.0, 3.7, 15.9])
def test_a_cubic_keeps_the_sum(scale):
    weights, _ = symmetric(cubic_taps, scale)
    assert np.isclose(weights.sum(), 1)
    assert weights.argmax() == len(weights) // 2


def test_no_filter_is_longer_than_its_memory():
    for make in (tent_taps, cubic_taps):
        weights, _ = symmetric(make, 1e9)
        assert len(weights) == 2 * RADIUS - 1 and np.isclose(weights.sum(), 1)


numbers = st.floats(-8, 8)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(numbers, numbers, numbers, numbers)
def test_three_filters_have_the_covariance_of_the_footprint(a, b, c, d):
    along_x, along_y, diagonal, sign = scales(a, b, c, d, 1.0, 1.0)
    assert min(along_x, along_y, diagonal) >= 1 - 1e-12 and abs(sign) == 1
    J = np.array([[a, b], [c, d]])
    values, vectors = np.linalg.eigh(J @ J.T - np.eye(2))
    want = (vectors * np.maximum(values, 0)) @ vectors.T
    cross = sign * (diagonal**2 - 1)
    got = np.array([[along_x**2 - 1 + abs(cross), cross], [cross, along_y**2 - 1 + abs(cross)]])
    np.testing.assert_allclose(np.diag(got), np.diag(want), atol=1e-9)
    least = min(want[0, 0], want[1, 1])  # a steeper ellipse than the diagonal can have keeps as much of it as fits
    np.testing.assert_allclose(cross, np.clip(want[0, 1], -least, least), atol=1e-9)


@pytest.mark.parametrize("angle", [0, 17, 45, 90])
def test_a_map_that_does_not_shrink_has_no_filter(angle):
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    for scale in (1.0, 0.7, 0.1):
        np.testing.assert_allclose(
            scales(scale * cos, -scale * sin, scale * sin, scale * cos, 1.0, 1.0)[:3], 1, atol=1e-7
        )


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("factor", [0.99, 0.9, 0.6, 0.3, 0.12])
def test_a_turn_of_nothing_and_of_next_to_nothing_look_alike(interpolation, factor):
    """The upright kernel and the prefilter are two ways to the same picture: no seam shows between them."""
    image = pytest.importorskip("skimage.data").astronaut()
    still, turned = (
        vg.Compose([vg.Rotate(a), vg.Scale(factor)], interpolation=interpolation)(image).astype(float)
        for a in (0, 0.01)
    )
    assert np.abs(still - turned)[still.any(axis=2)].mean() <= 1


def test_stripes_that_cannot_be_shown_become_grey():
    """Stripes of 2 pixels, shrunk 4 times and turned: they alias without the filter, and are nearly grey with it."""
    stripes = np.tile(np.array([0, 0, 255, 255], np.uint8), 64)[None, :, None].repeat(256, 0)
    ops = [vg.Rotate(20, border="reflect"), vg.Scale(0.25, border="reflect"), vg.CenterCrop(40)]
    assert vg.Compose(ops, antialias=False)(stripes).std() > 100
    assert vg.Compose(ops)(stripes).std() < 15
