"""Curves: Gamma, Posterize and Solarize of pictures that have more than 256 levels. Nothing is banded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import variegate as vg
from variegate.ops.effect import Table

ALL = np.arange(65536, dtype=np.uint16).reshape(256, 256)
RAMP = np.linspace(0, 1, 4096, dtype=np.float32).reshape(64, 64)
RUNS = settings(deadline=None, derandomize=True, max_examples=40)


def test_a_ramp_keeps_its_steps():
    for op in (vg.Gamma(1.5), vg.Gamma(0.5)):
        for ramp in (RAMP, (RAMP * 255).astype(np.float32)):
            out = vg.Compose([op], white=float(ramp.max()))(ramp)
            assert len(np.unique(out)) == 4096 and (np.diff(out.ravel()) > 0).all()
    assert len(np.unique(vg.Compose([vg.Gamma(0.9)])(ALL))) > 65536 * 0.9
    assert len(np.unique(vg.Compose([vg.Solarize(0.5)])(RAMP))) >= 4096 // 2


@RUNS
@given(st.floats(0.05, 8), st.floats(0, 1.5))
def test_gamma_is_a_power(gamma, gain):
    augment = vg.Compose([vg.Gamma(gamma, gain)])
    values = RAMP.astype(np.float64)
    np.testing.assert_allclose(augment(RAMP), np.clip(gain * values**gamma, 0, 1), atol=2e-7)
    exact = np.clip(gain * (ALL / 65535) ** gamma, 0, 1) * 65535
    assert (
        np.abs(augment(ALL) - exact) <= 0.5 + 0.05
    ).all()  # a level as float32 is off by 6e-8, of which a power makes up to 8 times as much


def test_integers_are_rounded_to_their_levels_first():
    """Half a level is none: by a power of 1/4 it would be 3,444 of them. Floats have no levels."""
    levels = np.array([[1, 2, 3]], np.uint16)
    out = vg.Compose([vg.Brightness(0.5), vg.Gamma(0.25)])(levels)
    want = np.rint((np.array([[0, 1, 2]]) / 65535) ** 0.25 * 65535)
    np.testing.assert_allclose(out, want, atol=1)
    half = vg.Compose([vg.Brightness(0.5), vg.Gamma(0.25)])((levels / 65535).astype(np.float32))
    np.testing.assert_allclose(half, (levels / 131070) ** 0.25, rtol=1e-5)


def test_gamma_of_the_smallest_floats():
    tiny = np.array([[0, 1e-45, 1e-38, 1e-30, 1e-10]], np.float32)
    np.testing.assert_allclose(vg.Compose([vg.Gamma(0.1)])(tiny), tiny.astype(np.float64) ** 0.1, rtol=1e-6)


@pytest.mark.parametrize("bits", range(1, 9))
def test_posterize_keeps_the_highest_bits(bits):
    augment = vg.Compose([vg.Posterize(bits)])
    np.testing.assert_array_equal(augment(ALL), ALL >> (16 - bits) << (16 - bits))
    twelve = np.arange(4096, dtype=np.uint16)[None]
    kept = vg.Compose([vg.Posterize(bits)], white=4095)(twelve)
    np.testing.assert_array_equal(kept, twelve >> (12 - bits) << (12 - bits))
    levels = 2**bits  # of floats as torchvision's posterize
    want = np.minimum(np.floor(RAMP * levels), levels - 1) / levels
    np.testing.assert_array_equal(augment(RAMP), want.astype(np.float32))


@RUNS
@given(st.integers(1, 8), st.integers(1, 65535))
def test_posterize_is_idempotent_and_never_brighter(bits, white):
    augment, image = vg.Compose([vg.Posterize(bits)], white=white), np.minimum(ALL, white).astype(np.uint16)
    out = augment(image)
    np.testing.assert_array_equal(augment(out), out)
    assert (out <= image).all() and len(np.unique(out)) == min(2**bits, white + 1)


@pytest.mark.parametrize("threshold", [0, 0.25, 0.5, 1])
def test_solarize_inverts_what_is_bright(threshold):
    augment = vg.Compose([vg.Solarize(threshold)])
    np.testing.assert_array_equal(augment(ALL), np.where(threshold <= ALL / 65535, 65535 - ALL, ALL))
    np.testing.assert_array_equal(augment(RAMP), np.where(threshold <= RAMP, 1 - RAMP, RAMP))


def test_a_curve_is_only_for_the_samples_that_it_applies_to():
    augment = vg.Compose([vg.Gamma(2, p=0.5), vg.Rotate(0)])
    keys = vg.Keys.at(0, 0, np.arange(32))
    out = augment.batch([RAMP] * 32, keys=keys)
    alone = vg.Compose([vg.Gamma(2)])(RAMP)
    flags = [augment.params(keys[n])["Gamma"]["applied"] for n in range(32)]
    assert any(flags) and not all(flags)
    for n, applied in enumerate(flags):
        np.testing.assert_array_equal(out[n], alone if applied else RAMP)


def test_a_table_of_the_users_own_does_not_band():
    """256 values, and lines between them."""

    class Squared(vg.Op):
        gives = Table

        def lower(self, draws, sizes, context):
            return Table(np.tile((np.arange(256) / 255) ** 2, (len(sizes), 1)))

    eight = np.arange(256, dtype=np.uint8)[None]
    np.testing.assert_array_equal(vg.Compose([Squared()])(eight), np.rint((eight / 255.0) ** 2 * 255))
    knots = vg.Compose([Squared()])(eight / np.float32(255))
    np.testing.assert_allclose(knots, (eight / 255.0) ** 2, atol=1e-6)
    ramp = vg.Compose([Squared()])(RAMP)
    assert (np.diff(ramp.ravel()) > 0).all()
    np.testing.assert_allclose(ramp, RAMP.astype(np.float64) ** 2, atol=(1 / 255) ** 2 / 4 + 1e-6)
    wide = vg.Compose([Squared()])(ALL)
    np.testing.assert_allclose(wide / 65535, (ALL / 65535) ** 2, atol=(1 / 255) ** 2 / 4 + 1e-5)
