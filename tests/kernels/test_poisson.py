"""Photons follow Poisson's law: by chi-square, by its moments, and at the ends of what can be counted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.kernels.test_noise import run

from variegate.kernels import reference_noise as reference

WIDTH, ROWS = 50_000, 8


def photons(mean, rows=ROWS):
    """Counted at one mean, in pixels of which white is one photon."""
    given = np.full((1, WIDTH), mean, np.float32)
    return np.concatenate([run("shot", given, y, 0, (1.0,))[0] for y in range(rows)]).astype(np.float64)


def law(mean, most):
    """P(k) for k = 0 .. most."""
    return np.array([math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(most + 1)])


def chi_square(found, mean):
    """In standard deviations from what is expected; numbers of which fewer than 25 are expected are taken together."""
    want = law(mean, int(max(found.max(), mean + 12 * math.sqrt(mean) + 12))) * len(found)
    got = np.bincount(found.astype(int), minlength=len(want))
    first, last = np.flatnonzero(want >= 25)[[0, -1]]
    want, got = (np.array([v[: first + 1].sum(), *v[first + 1 : last], v[last:].sum()]) for v in (want, got))
    freedom = len(want) - 1
    return (np.sum((got - want) ** 2 / want) - freedom) / math.sqrt(2 * freedom)


@pytest.mark.parametrize("mean", [0.5, 5, 19, 21, 200])
def test_the_law_by_chi_square(mean):
    found = photons(mean)
    assert (found == np.floor(found)).all()
    assert abs(chi_square(found, mean)) < 4


@pytest.mark.parametrize("mean", [0.01, 0.5, 5, 19.99, 20, 200, 4000])
def test_mean_variance_and_skewness(mean):
    found = photons(mean)
    n = len(found)
    assert abs(found.mean() - mean) < 4 * math.sqrt(mean / n)
    assert abs(found.var() - mean) < 4 * math.sqrt((mean + 2 * mean**2) / n)
    third = ((found - mean) ** 3).mean()
    assert abs(third - mean) < 5 * math.sqrt((15 * mean**3 + 25 * mean**2 + mean) / n)


@pytest.mark.parametrize("mean", [20.0, 25.0, 60.0, 300.0])
def test_the_expansion_holds_its_word(mean):
    """Each P(k <= n) within 1e-3, as the op's docstring has it: by the normal numbers at which k becomes n + 1."""
    z = np.linspace(-5, 5, 400_001)
    weights = np.exp(-z * z / 2)
    found = reference.many(np.full(z.shape, mean, np.float32), z.astype(np.float32)).astype(int)
    assert (np.diff(found) >= 0).all()
    below = np.cumsum(np.bincount(found, weights / weights.sum()))
    np.testing.assert_allclose(below, np.cumsum(law(mean, len(below) - 1)), atol=1e-3)


@pytest.mark.parametrize("mean", [0.001, 1.0, 7.5, 19.999])
def test_a_small_mean_is_exact(mean):
    """Each P(k <= n) within 1e-5, by all uniform numbers, evenly spaced; the largest of them ends somewhere, too."""
    u = (np.arange(0, 2**24, 16, dtype=np.float32) + np.float32(0.5)) * np.float32(2.0**-24 * (1 - 2.0**-18))
    last = (np.arange(2**24 - 4096, 2**24, dtype=np.float32) + np.float32(0.5)) * np.float32(2.0**-24 * (1 - 2.0**-18))
    u = np.concatenate([u, last])
    found = reference.counted(np.full(u.shape, mean, np.float32), u).astype(int)
    assert found[-4096:].max() < mean + 8 * math.sqrt(mean) + 8
    below = np.cumsum(np.bincount(found[:-4096])) / (len(u) - 4096)
    np.testing.assert_allclose(below, np.cumsum(law(mean, len(below) - 1)), atol=1e-5)


def test_black_stays_black_and_what_is_below_counts_as_black():
    given = np.array([[0, -1, -0.0, np.nan, -np.inf] * 20], np.float32)
    assert not run("shot", given, 0, 0, (0.1,)).any()


def test_few_and_many_photons_side_by_side():
    """Pixels on both sides of the mean where the law is found in another way are independent, and right."""
    given = np.tile(np.array([19.5, 20.5], np.float32), (1, WIDTH // 2))
    found = np.stack([run("shot", given, y, 0, (1.0,))[0] for y in range(ROWS)]).astype(np.float64)
    few, many = found[:, ::2].ravel(), found[:, 1::2].ravel()
    assert abs(few.mean() - 19.5) < 4 * math.sqrt(19.5 / len(few))
    assert abs(many.mean() - 20.5) < 4 * math.sqrt(20.5 / len(many))
    for lag in (0, 1, 2, 16, 32):
        one, other = few[: len(few) - lag], many[lag:]
        assert abs(np.corrcoef(one, other)[0, 1]) < 4 / math.sqrt(len(one)), lag


@pytest.mark.parametrize("scale", [1e-9, 1e-12])
def test_so_many_photons_that_nothing_is_seen_of_them(scale):
    given = np.array([[0, 0.25, 1, 3]], np.float32)
    np.testing.assert_allclose(run("shot", given, 0, 0, (scale,)), given, rtol=6 * math.sqrt(scale / 0.25) + 1e-6)
