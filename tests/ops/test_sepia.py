"""Sepia: a blend with a matrix of brown."""

from __future__ import annotations

import numpy as np
import pytest

import variegate as vg
from variegate import testing


def test_colours_by_hand():
    image = np.array([[[100, 100, 100], [255, 0, 0], [0, 100, 0]]], np.uint8)
    assert vg.Compose([vg.Sepia()])(image).tolist() == [[[135, 120, 94], [100, 89, 69], [77, 69, 53]]]
    half = vg.Compose([vg.Sepia(0.5)])(image)
    assert half.tolist() == [[[118, 110, 97], [178, 44, 35], [38, 84, 27]]]


def test_no_strength_is_the_identity():
    image = np.random.default_rng(1).integers(0, 256, (9, 9, 3), np.uint8)
    assert np.array_equal(vg.Compose([vg.Sepia(0)])(image), image)


def test_it_keeps_the_library_s_promises():
    testing.assert_lowering_is_sound(vg.Sepia((0, 1)))
    testing.assert_fused_equals_reference([vg.Sepia(0.5), vg.Rotate(20), vg.Gamma(1.5)])


def test_more_than_all_is_refused():
    with pytest.raises(vg.FieldError, match=r"^Sepia\.strength must be at least 0 and at most 1, got"):
        vg.Sepia(1.1)
