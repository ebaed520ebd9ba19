"""Networks of comparisons: tried with all zeros and ones, by which they are right for all numbers."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import numpy as np
import pytest

from variegate.kernels.network import choosing, extremes, needed, sorting

RNG = np.random.default_rng(8)


def run(pairs, values):
    """What a network makes of lists (N, count)."""
    made = values.copy()
    for a, b in pairs:
        made[:, a], made[:, b] = np.minimum(made[:, a], made[:, b]), np.maximum(made[:, a], made[:, b])
    return made


def columns(size):
    """(N, size size): squares of zeros and ones with sorted columns, each one up to the order of its columns."""
    zeros = np.array(list(combinations_with_replacement(range(size + 1), size)))
    return (np.arange(size)[:, None] >= RNG.permuted(zeros, axis=1)[:, None]).reshape(len(zeros), -1)


@pytest.mark.parametrize("count", range(2, 12))
def test_sorting_sorts_and_extremes_find_both_ends(count):
    lists = np.array(list(product([0, 1], repeat=count)))
    np.testing.assert_array_equal(run(sorting(count), lists), np.sort(lists, axis=1))
    found = run(extremes(count), lists)
    np.testing.assert_array_equal(found[:, [0, -1]], np.sort(lists, axis=1)[:, [0, -1]])
    np.testing.assert_array_equal(found.sum(axis=1), lists.sum(axis=1))


@pytest.mark.parametrize("size", [3, 5, 7, 9])
def test_choosing_finds_the_median_of_sorted_columns(size):
    squares, (pairs, place) = columns(size), choosing(size)
    np.testing.assert_array_equal(run(pairs, squares)[:, place], np.median(squares, axis=1))


@pytest.mark.parametrize(("size", "most"), [(3, 12), (5, 73), (7, 220)])
def test_choosing_compares_no_more_than_it_must(size, most):
    """Batcher's networks of each row, and 3, 28 and 108 comparisons that change anything."""
    assert len(choosing(size)[0]) == most


def test_what_changes_nothing_is_not_needed():
    rows = [(size * j + a, size * j + b) for size in (5,) for j in range(size) for a, b in sorting(size)]
    assert needed(rows, 5) == []
    assert needed([(4, 5), (5, 4), (4, 5)], 5) == [(4, 5), (5, 4), (4, 5)]
