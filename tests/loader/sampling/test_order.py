"""Order is a permutation, fixed by (seed, epoch), and evenly drawn among all of them."""

from __future__ import annotations

from collections import Counter
from math import factorial

import numpy as np
import pytest

from variegate.loader.sampling.order import Order


def places(order: Order) -> list[int]:
    return order[np.arange(order.length)].tolist()


@pytest.mark.parametrize("length", [1, 2, 3, 7, 64, 1000, 100_003])
def test_every_position_comes_once(length: int) -> None:
    assert sorted(places(Order(length, 3, 5))) == list(range(length))


def test_known_answers_never_change() -> None:
    assert places(Order(10, 0, 0)) == [3, 4, 5, 0, 8, 7, 6, 9, 2, 1]
    assert places(Order(10, 0, 1)) == [2, 6, 9, 4, 0, 1, 7, 8, 5, 3]
    assert Order(10**12, -1, 7)[np.arange(3)].tolist() == [630131956101, 711058758974, 282731369699]


def test_seed_and_epoch_are_not_added() -> None:
    assert places(Order(100, 1, 2)) != places(Order(100, 2, 1)) != places(Order(100, 3, 0))


def test_without_shuffle_the_source_decides() -> None:
    assert places(Order(5, 0, 0, shuffle=False)) == [0, 1, 2, 3, 4]
    assert Order(5, 0, 0, shuffle=False)[np.array([2, 3])].tolist() == [2, 3]


def test_a_place_can_be_known_without_the_others() -> None:
    order = Order(10**15, 0, 0)
    assert 0 <= int(order[np.array([123_456_789_012])][0]) < 10**15


def test_all_permutations_are_equally_likely() -> None:
    runs = 2400
    seen = Counter(tuple(places(Order(4, seed, 0))) for seed in range(runs))
    expected = runs / factorial(4)
    chi = sum((n - expected) ** 2 / expected for n in seen.values())
    assert len(seen) == 24 and chi < 49.7  # 23 degrees of freedom, p = 0.001


def test_neighbours_do_not_stay_neighbours() -> None:
    order = np.array(places(Order(10_000, 0, 0)))
    assert np.mean(np.abs(np.diff(order)) == 1) < 0.002
    assert abs(np.corrcoef(order, np.arange(10_000))[0, 1]) < 0.04
    other = np.array(places(Order(10_000, 0, 1)))
    assert np.mean(order == other) < 0.002
