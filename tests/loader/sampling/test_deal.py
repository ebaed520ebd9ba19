"""Dealt places are a permutation of the epoch however often the ranks change, and a block lies on one of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from variegate.loader.sampling import BLOCK, Deal

worlds = st.integers(1, 9)
changes = st.lists(st.tuples(st.integers(0, 300), worlds), max_size=4)


def all_of(length):
    return np.arange(length, dtype=np.int64)


@settings(max_examples=300)
@given(st.integers(1, 1500), worlds)
def test_of_one_world_it_is_a_permutation_with_rounds_of_blocks(length, world):
    deal = Deal(length, world)
    dealt = deal[all_of(length)]
    assert sorted(dealt.tolist()) == list(range(length))
    rounds = length // (BLOCK * world) * BLOCK * world
    whole = deal.whole(dealt)
    for rank in range(world):
        own = dealt[rank::world]
        inside = own[own < rounds]
        blocks = inside.reshape(-1, BLOCK)
        assert np.array_equal(blocks, blocks[:, :1] + np.arange(BLOCK)) and not (blocks[:, :1] % BLOCK).any()
    assert np.array_equal(whole, (dealt < rounds) | (world == 1))
    assert np.array_equal(dealt[rounds:], np.arange(rounds, length))


@settings(max_examples=300)
@given(st.integers(1, 900), worlds, changes)
@example(100, 8, [])
@example(640, 3, [(200, 2), (7, 3), (100, 1)])
def test_whatever_the_ranks_were_each_place_comes_once(length, world, steps):
    history, at, seen = [(0, world)], 0, []
    deal = Deal.of(length, history)
    for more, ranks in steps:
        then = min(length, at + more)
        seen += deal[np.arange(at, then)].tolist()
        at = then
        history.append((at, ranks))
        deal = Deal.of(length, history)
    dealt = deal[np.arange(at, length)]
    assert sorted(seen + dealt.tolist()) == list(range(length))
    whole, ranks = deal.whole(dealt), np.arange(at, length) % deal.world
    for block in set((dealt[whole] // BLOCK).tolist()):
        there = dealt // BLOCK == block
        on = set(ranks[there & whole].tolist())
        assert len(on) == 1
        if deal.world > 1:  # all of a block that is begun here; what is left of one is dealt place by place
            assert there[whole].sum() == BLOCK


@given(st.integers(1, 900), worlds, changes, st.integers(0, 2**32))
def test_any_part_is_that_of_the_whole(length, world, steps, seed):
    history, at = [(0, world)], 0
    for more, ranks in steps:
        at = min(length, at + more)
        history.append((at, ranks))
    deal = Deal.of(length, history)
    some = np.random.default_rng(seed).integers(at, length + 40, 20)
    whole = deal[np.arange(at, length + 40)]
    assert np.array_equal(deal[some], whole[some - at])
    assert np.array_equal(deal[all_of(at)], all_of(at))  # consumed: nobody asks which they were
    assert np.array_equal(whole[length - at :], np.arange(length, length + 40))  # a lap for padding


@pytest.mark.parametrize("world", [1, 2, 5])
def test_the_same_world_again_changes_nothing_at_the_end_of_a_round(world):
    length = 64 * world * 3 + 10
    deal = Deal(length, world)
    again = deal.then(64 * world, world)
    places = np.arange(64 * world, length)
    assert np.array_equal(deal[places], again[places])
