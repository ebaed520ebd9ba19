"""Temperature: a black body's light, as factors of red, green and blue."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import variegate as vg
from variegate import testing
from variegate.ops.temperature import light, planckian

LUMA = np.array([0.299, 0.587, 0.114])
# CIE 1931: the chromaticity of black bodies, as tabled (2856 K is illuminant A).
LOCUS = {
    2000: (0.5267, 0.4133),
    2856: (0.4476, 0.4074),
    4000: (0.3805, 0.3768),
    6500: (0.3135, 0.3237),
    10000: (0.2807, 0.2884),
}


def factors(lower, kelvins):
    return np.diag(lower(vg.Temperature(kelvins), (4, 4)).weights[0])


@pytest.mark.parametrize("kelvins", LOCUS)
def test_the_locus_is_the_tabled_one(kelvins):
    (x,), (y,) = planckian(np.array([float(kelvins)]))
    assert abs(x - LOCUS[kelvins][0]) < 0.001 and abs(y - LOCUS[kelvins][1]) < 0.001


def test_the_splines_join():
    for kelvins in (2222.0, 4000.0):
        below, above = light(np.array([kelvins])), light(np.array([np.nextafter(kelvins, 9999)]))
        assert np.abs(below - above).max() < 2e-3


def test_the_light_of_a_bulb_in_srgb():
    (red, green, blue), *_ = light(np.array([2856.0]))
    # x, y and Y = 1 of illuminant A through the matrix of IEC 61966-2-1.
    assert np.allclose([red, green, blue], [1.846, 0.826, 0.233], atol=0.01)


@given(st.floats(1667, 25000))
def test_the_luminance_of_greys_stays(lower, kelvins):
    assert abs(factors(lower, kelvins) @ LUMA - 1) < 1e-12


def test_warm_is_red_and_cold_is_blue_all_the_way(lower):
    of = np.array([factors(lower, k) for k in np.linspace(2000, 25000, 200)])
    assert (np.diff(of[:, 0] / of[:, 1]) < 0).all() and (np.diff(of[:, 2] / of[:, 1]) > 0).all()


def test_6500_is_the_identity(lower):
    assert np.array_equal(lower(vg.Temperature(6500), (4, 4)).weights[0], np.eye(3))


def test_factors_are_encoded_as_pictures_are(lower):
    linear = light(np.array([3000.0]))[0] / light(np.array([6500.0]))[0]
    own = factors(lower, 3000)
    assert np.allclose((own / own[1]) ** 2.2, linear / linear[1], atol=1e-9)


def test_it_keeps_the_library_s_promises():
    testing.assert_lowering_is_sound(vg.Temperature())
    testing.assert_fused_equals_reference([vg.Temperature(), vg.Rotate(20), vg.Gamma(1.5)])
    testing.assert_draws_are_keyed(vg.Temperature())


@pytest.mark.parametrize("kelvins", [1666, 25001, (0, 6500)])
def test_no_black_body_is_refused(kelvins):
    with pytest.raises(vg.FieldError, match=r"^Temperature\.kelvins must be at least 1667 and at most 25000, got"):
        vg.Temperature(kelvins)
