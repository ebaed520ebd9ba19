"""Taps: what they add up to, and when nested sums take the place of rows."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate import testing
from variegate.kernels.taps import taps
from variegate.ops.base import LoweringContext

RNG = np.random.default_rng(5)


def summed(found):
    """The weights (m, n) that taps stand for."""
    weights, middle = np.zeros((found.height, found.width)), found.height // 2
    for row, column, factor in zip(found.rows, found.columns, found.factors, strict=True):
        rows = slice(middle - row, middle + row + 1) if found.nested else row
        weights[rows, column] += factor
    return weights


def disc(radius):
    draws = {"radius": np.array([radius], np.float64)}
    return vg.Defocus().lower(draws, np.array([[9, 9]]), LoweringContext(3)).weights[0]


@pytest.mark.parametrize("radius", [1, 1.5, 2, 4.2, 10, 33])
def test_a_disc_is_what_its_taps_add_up_to(radius):
    weights = disc(radius)
    found = taps(weights)
    np.testing.assert_allclose(summed(found), weights, atol=1e-15)
    if radius >= 4:
        assert found.nested and len(found.factors) + found.height < np.count_nonzero(weights) / 2


def mound(m, n):
    half = np.sort(RNG.integers(1, 3, (m // 2 + 1, n)), axis=0)
    return np.concatenate([half, half[-2::-1]]).astype(np.float64)


HOLE = mound(9, 9)
HOLE[4, 3] = 0
NOT_ALIKE = mound(9, 9)
NOT_ALIKE[0, 0] += 1


@pytest.mark.parametrize(
    ("weights", "nested"),
    [(mound(9, 9), True), (HOLE, False), (NOT_ALIKE, False), (np.ones((1, 9)), False), (RNG.random((5, 5)), False)],
)
def test_only_what_is_the_same_up_and_down_and_has_no_hole_is_nested(weights, nested):
    found = taps(weights)
    assert found.nested == nested
    np.testing.assert_allclose(summed(found), weights, atol=1e-15)
    assert all(each.flags.c_contiguous for each in found[:3])


@pytest.mark.parametrize("shape", [(40, 50, 3), (40, 300, 1), (3, 2, 3), (1, 1, 4), (30, 22, 2)])
@pytest.mark.parametrize("border", ["reflect", "constant", "wrap"])
def test_a_nested_filter_is_its_weights(shape, border):
    weights, image = disc(5.3), RNG.random(shape, np.float32)
    around = ((6, 6), (6, 6), (0, 0))
    weights = np.pad(weights, 6 - weights.shape[0] // 2)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(image.astype(np.float64), around, border), (13, 13), (0, 1)
    )
    out = vg.Compose([vg.Defocus(5.3, border)])(image)
    np.testing.assert_allclose(out, (windows * weights).sum(axis=(-2, -1)), atol=2e-6)
    testing.assert_fused_equals_reference([vg.Rotate(9), vg.Defocus(5.3, border)])
