"""A weighted order takes each sample as often as its weight says, and any place of it is known without the others."""

from __future__ import annotations

import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from variegate.errors import FieldError
from variegate.loader.sampling.weights import Weighted, edges_of


def counts(weights: list[float], length: int, seed: int = 0) -> np.ndarray:
    order = Weighted(edges_of(weights, None, len(weights)), length, seed, 0)
    return np.bincount(order[np.arange(length)], minlength=len(weights))


MOST = sys.float_info.max
TINY = st.integers(0, 9).map(lambda n: n * 5e-324)
ANY = st.lists(st.floats(0, 1e6), min_size=1, max_size=30) | st.lists(
    TINY | st.floats(0, MOST), min_size=1, max_size=30
)


@given(ANY.filter(any), st.integers(1, 300))
@example([5e-324, 5e-324, 1e-323], 300)
@example([MOST, MOST / 2, MOST], 300)
def test_each_comes_as_often_as_it_is_due(weights: list[float], length: int) -> None:
    found = counts(weights, length)
    due = np.array([float(length * Fraction(weight) / sum(map(Fraction, weights))) for weight in weights])
    assert found.sum() == length and (np.abs(found - due) < 2).all() and not found[np.array(weights) == 0].any()


@pytest.mark.parametrize("power", [-1074, -1050, -700, -1, 1, 700, 1020])
def test_a_power_of_two_changes_nothing(power: int) -> None:
    weights = np.array([1.0, 3.0, 0.0, 5.0, 6.0])
    plain, scaled = (edges_of(each, None, 5) for each in (weights, np.ldexp(weights, power)))
    assert np.array_equal(plain, scaled)
    assert np.array_equal(Weighted(plain, 300, 1, 2)[AT], Weighted(np.cumsum(weights), 300, 1, 2)[AT])


AT = np.arange(300)


def test_each_place_alone_is_a_weighted_draw() -> None:
    weights = np.array([1.0, 2.0, 5.0])
    first = [int(Weighted(np.cumsum(weights), 4, seed, 0)[np.array([2])][0]) for seed in range(4000)]
    assert np.abs(np.bincount(first) / 4000 - weights / 8).max() < 0.03


def test_seeds_and_epochs_differ_and_places_stand_alone() -> None:
    edges, at = np.cumsum(np.ones(50)), np.arange(50)
    rows = [Weighted(edges, 50, seed, epoch)[at].tolist() for seed, epoch in ((0, 0), (0, 1), (1, 0))]
    assert rows[0] != rows[1] != rows[2] != rows[0]
    order = Weighted(edges, 50, 0, 0)
    assert [int(order[np.array([place])][0]) for place in at] == rows[0]
    assert len(np.unique(order.occurrences(at))) == 50


def test_known_answers_never_change() -> None:
    order = Weighted(np.cumsum([1.0, 2.0, 3.0]), 12, 3, 4)
    assert order[np.arange(12)].tolist() == KNOWN


KNOWN = [2, 0, 2, 2, 1, 2, 1, 2, 1, 0, 1, 2]


def test_balanced_classes_come_evenly() -> None:
    labels = np.array([0] * 90 + [1] * 9 + [2])
    order = Weighted(edges_of("balanced", labels, 100), 300, 0, 0)
    found = np.bincount(labels[order[np.arange(300)]])
    assert np.abs(found - 100).max() <= 2
    assert np.array_equal(edges_of("balanced", ["b", "a", "a"], 3), np.cumsum([0.5, 0.25, 0.25]))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([1.0, 2.0], r"one a sample: 3 of them, got shape \(2,\)"),
        ([1.0, -1.0, 2.0], "0 or more, and not all 0; got -1.0 to 2.0"),
        ([0.0, 0.0, 0.0], "not all 0"),
        ([1.0, np.nan, 1.0], "1 of them not finite"),
        ("uniform", "are numbers, one a sample, or \"balanced\", got 'uniform'"),
        ("balanced", "needs a source with one label a sample"),
    ],
)
def test_what_are_no_weights(weights: object, said: str) -> None:
    with pytest.raises(FieldError, match=said):
        edges_of(weights, None, 3)  # type: ignore[arg-type]
