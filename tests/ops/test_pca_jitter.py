"""PCAJitter: a shift along the principal components of ImageNet's colours."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate import testing
from variegate.ops.pca_jitter import COMPONENTS

VALUES = np.array([0.2175, 0.0188, 0.0045])


def test_the_components_are_orthogonal_and_as_long_as_their_eigenvalues():
    assert np.allclose(COMPONENTS @ COMPONENTS.T, np.diag(VALUES**2), atol=1e-5)


def test_a_shift_by_hand(lower):
    effect = lower(vg.PCAJitter(0.1), (4, 4), components=np.array([[2.0], [0], [-1]]))
    first, third = np.array([-0.5675, -0.5808, -0.5836]), np.array([0.4009, -0.8140, 0.4203])
    assert np.allclose(effect.offset[0], 0.1 * (2 * 0.2175 * first - 0.0045 * third), atol=1e-15)
    assert np.array_equal(effect.weights[0], np.eye(3))


def test_no_strength_is_the_identity():
    image = np.random.default_rng(1).integers(0, 256, (9, 9, 3), np.uint8)
    assert np.array_equal(vg.Compose([vg.PCAJitter(0)])(image), image)


def test_shifts_vary_as_the_eigenvalues_say():
    black = np.full((1, 1, 3), 0.5, np.float32)
    augment = vg.Compose([vg.PCAJitter(0.1)])
    shifts = np.array([augment(black, key=vg.Key(1, 0, n))[0, 0] - 0.5 for n in range(3000)])
    along = shifts @ (COMPONENTS / VALUES[:, None]).T
    assert np.abs(along.mean(axis=0) / along.std(axis=0)).max() < 4 / np.sqrt(3000)
    assert np.abs(along.std(axis=0) / (0.1 * VALUES) - 1).max() < 4 / np.sqrt(2 * 3000)
    assert np.abs(np.corrcoef(along.T) - np.eye(3)).max() < 4 / np.sqrt(3000)


def test_it_keeps_the_library_s_promises():
    testing.assert_lowering_is_sound(vg.PCAJitter())
    testing.assert_fused_equals_reference([vg.PCAJitter(0.5), vg.Rotate(20), vg.Gamma(1.5)])
    testing.assert_draws_are_keyed(vg.PCAJitter())


def test_a_strength_below_0_is_refused():
    with pytest.raises(vg.FieldError, match=r"^PCAJitter\.strength must be at least 0, got"):
        vg.PCAJitter(-0.1)
