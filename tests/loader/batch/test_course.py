"""The order in which samples are mixed: each once, with few values waiting at any time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate.loader.batch.course import course, readings


@st.composite
def partners(draw: st.DrawFn) -> list[int]:
    """Partners of up to 64 samples, some without one, none its own."""
    count = draw(st.integers(1, 64))
    drawn = draw(st.lists(st.integers(-1, count - 1), min_size=count, max_size=count))
    return [-1 if other == i else other for i, other in enumerate(drawn)]


def waiting(partner: Sequence[int], order: Sequence[int]) -> int:
    """How many values there are at most, if each is made when it is first asked for, and goes with the last reader."""
    left, there, most = readings([partner], len(partner)), set[int](), 0
    for i in order:
        pair = [i, *([partner[i]] if partner[i] >= 0 else [])]
        there.update(pair)
        most = max(most, len(there))
        for each in pair:
            left[each] -= 1
            assert left[each] >= 0
            if not left[each]:
                there.remove(each)
    assert not there and not any(left)
    return most


@given(partners())
def test_each_sample_comes_once_and_few_values_wait(partner: list[int]) -> None:
    order = course(partner)
    assert sorted(order) == list(range(len(partner)))
    assert waiting(partner, order) <= 3 + len(partner).bit_length()


def test_a_chain_keeps_two() -> None:
    chain = [*range(1, 64), -1]
    assert waiting(chain, course(chain)) == 2
    assert waiting(chain, range(63, -1, -1)) == 2
    shuffled = [0, 32, 16, 48, *(i for i in range(64) if i not in (0, 32, 16, 48))]
    assert waiting(chain, shuffled) > 2


@pytest.mark.parametrize(
    ("levels", "expected"),
    [([[-1, -1]], [1, 1]), ([[1, 0]], [2, 2]), ([[1, -1, 1]], [1, 3, 1]), ([[1, -1], [-1, 0]], [2, 3])],
    ids=["alone", "each other", "one for two", "two levels"],
)
def test_readings_are_counted(levels: list[list[int]], expected: list[int]) -> None:
    assert readings(levels, len(levels[0])) == expected
