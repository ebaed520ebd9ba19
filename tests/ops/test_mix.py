"""Mix: shares by Dirichlet's distribution, and what can stand in a branch."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import variegate as vg
from variegate.ops.combine import Chain
from variegate.ops.mix import FirstOf, Gamma, Mix, shares

MANY = 20_000


@pytest.mark.parametrize("shape", [0.1, 0.5, 1, 1.7, 8])
def test_gamma_is_the_gamma_distribution(shape):
    gamma = Gamma(shape)
    drawn = gamma.at(np.random.default_rng(1).random((gamma.draws, MANY)))
    assert (drawn >= 0).all() and np.isfinite(drawn).all()
    assert stats.kstest(drawn, stats.gamma(shape).cdf).pvalue > 1e-3


def test_gamma_at_the_ends_of_the_numbers():
    for shape in (0.05, 1, 1000):
        for u in (0.0, np.nextafter(1, 0)):
            assert np.isfinite(Gamma(shape).at(np.full((Gamma(shape).draws, 1), u))).all()


def test_shares_sum_to_1():
    parts = np.random.default_rng(1).random((3, 50))
    parts[:, 0] = 0
    found = shares(parts)
    assert np.allclose(found.sum(axis=0), 1) and np.allclose(found[:, 0], 1 / 3)
    assert np.allclose(found[:, 1:], parts[:, 1:] / parts[:, 1:].sum(axis=0))


@pytest.mark.parametrize("alpha", [0.5, 1, 4])
def test_weights_follow_dirichlet_s_law(lower, alpha):
    columns = vg.Compose([Mix([Chain([])] * 3, alpha)]).compiler.drawing.columns(vg.Keys.at(1, 0, np.arange(4000)))
    effect = lower(Mix([Chain([])] * 3, alpha), [(8, 8)] * 4000, **columns["Mix"])
    assert np.allclose(effect.own + effect.weights.sum(axis=1), 1)
    assert stats.kstest(effect.own, stats.beta(alpha, alpha).cdf).pvalue > 1e-3
    parts = effect.weights / effect.weights.sum(axis=1, keepdims=True)
    for k in range(3):  # one of a Dirichlet of three
        assert stats.kstest(parts[:, k], stats.beta(alpha, 2 * alpha).cdf).pvalue > 1e-3
    assert abs(np.corrcoef(effect.own, parts[:, 0])[0, 1]) < 5 / np.sqrt(4000)


def test_as_many_as_drawn_apply():
    augment = vg.Compose([FirstOf([vg.Invert(), vg.Grayscale(), vg.Hue(9)], depth=vg.Choice((1, 2, 3)))])
    counts = [tuple(each["applied"] for each in augment.params(vg.Key(id=i)).values()) for i in range(60)]
    assert set(counts) == {(True, False, False), (True, True, False), (True, True, True)}


@pytest.mark.parametrize(
    ("op", "name"),
    [
        (vg.Resize(8), "Resize"),
        (vg.RandomCrop(8), "RandomCrop"),
        (vg.Rotate90(), "Rotate90"),
        (vg.Normalize(), "Normalize"),
        (vg.RandomCropNearBox(), "RandomCropNearBox"),
        (vg.Opaque(abs), "abs"),
    ],
)
def test_a_branch_keeps_the_size_and_the_form(op, name):
    with pytest.raises(
        vg.FieldError, match=f"^Mix: {name} cannot stand in a branch, which gives a picture of the same"
    ):
        Mix([Chain([vg.Invert()]), Chain([vg.OneOf([vg.Invert(), op])])])
    Mix([vg.Opaque(abs, moves_pixels=False), vg.JPEG(50)])
