"""Every place of an epoch comes once over all ranks, from wherever a run goes on, in whatever batches."""

from __future__ import annotations

from itertools import chain, islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate.errors import SourceError
from variegate.loader.sampling.order import Order
from variegate.loader.sampling.schedule import BLOCK, BatchSpan, EpochSamples, Schedule


def places(schedule: Schedule, position: int = 0) -> list[int]:
    spans = schedule.spans(0, position)
    return [int(place) for span in spans for place in schedule.places(span.first, span.last)]


def ranks(world_size: int, length: int, batch: int, **options: Any) -> list[Schedule]:
    return [Schedule(length, batch, rank, world_size, **options) for rank in range(world_size)]


lengths, batches, worlds = st.integers(1, 60), st.integers(1, 9), st.integers(1, 5)


@given(lengths, batches, worlds)
def test_every_place_comes_once_over_all_ranks(length: int, batch: int, world_size: int) -> None:
    found = [places(schedule) for schedule in ranks(world_size, length, batch)]
    assert sorted(chain.from_iterable(found)) == list(range(length))
    assert all(place % world_size == rank for rank, mine in enumerate(found) for place in mine)


@given(lengths, batches, worlds)
def test_padded_ranks_are_even(length: int, batch: int, world_size: int) -> None:
    found = [places(schedule) for schedule in ranks(world_size, length, batch, pad=True)]
    assert len({len(mine) for mine in found}) == 1
    assert sorted(chain.from_iterable(found)) == list(range(-(-length // world_size) * world_size))


@given(lengths, batches, worlds)
def test_with_drop_last_ranks_are_even_and_batches_whole(length: int, batch: int, world_size: int) -> None:
    schedules = ranks(world_size, length, batch, drop_last=True)
    assert len({len(schedule) for schedule in schedules}) == 1
    for schedule in schedules:
        spans = list(schedule.spans(0))
        assert len(spans) == len(schedule) and all(span.last - span.first == batch for span in spans)


@given(lengths, batches, worlds, batches, worlds, st.integers(0, 12))
def test_a_run_goes_on_with_other_ranks_and_batches(
    length: int, batch: int, world_size: int, other: int, others: int, steps: int
) -> None:
    """Every rank makes so many batches, and then other ranks with other batches make the rest."""
    done, states = [], set()
    for schedule in ranks(world_size, length, batch):
        spans = list(islice(schedule.spans(0), steps))
        done += [int(place) for span in spans for place in schedule.places(span.first, span.last)]
        if steps and len(spans) == steps:
            states.add(spans[-1].after)
    position = min(length, steps * batch * world_size)
    assert states <= {(0, position) if position < length else (1, 0)}
    rest = [place for schedule in ranks(others, length, other) for place in places(schedule, position)]
    assert sorted(done + rest) == list(range(length))


@given(lengths, batches, worlds, st.integers(0, 60), st.sampled_from(["pad", "drop_last"]))
def test_even_ranks_stay_even_from_wherever_they_go_on(
    length: int, batch: int, world_size: int, position: int, even: str
) -> None:
    schedules = ranks(world_size, length, batch, **{even: True})
    assert len({len(list(schedule.spans(0, position))) for schedule in schedules}) == 1
    found = sorted(place for schedule in schedules for place in places(schedule, position))
    assert found == list(range(position, position + len(found)))
    assert even == "drop_last" or len(found) >= length - position


@given(lengths, batches, worlds, st.booleans(), st.booleans())
def test_the_last_turn_of_even_ranks_leads_to_the_next_epoch(
    length: int, batch: int, world_size: int, drop_last: bool, pad: bool
) -> None:
    for schedule in ranks(world_size, length, batch, drop_last=drop_last, pad=pad):
        spans = list(schedule.spans(7))
        assert spans == [schedule.span(7, number) for number in range(len(schedule))]
        if pad or drop_last:
            assert [span.after for span in spans[-1:]] == [(8, 0)] * bool(spans)
        assert all(span.after == (7, span.last * world_size) for span in spans[:-1])


@given(lengths, batches, st.booleans())
def test_the_last_turn_leads_to_the_next_epoch(length: int, batch: int, drop_last: bool) -> None:
    schedule = Schedule(length, batch, drop_last=drop_last)
    spans = list(schedule.spans(7))
    assert [span.after for span in spans[-1:]] == [(8, 0)] * bool(spans)
    assert all(span.after == (7, span.last) for span in spans[:-1])
    assert spans == [schedule.span(7, number) for number in range(len(schedule))]


def test_without_end_epochs_follow_each_other() -> None:
    found = list(islice(Schedule(5, 2).spans(3, position=4, endless=True), 5))
    assert found == [
        BatchSpan(3, 4, 5, (4, 0)),
        BatchSpan(4, 0, 2, (4, 2)),
        BatchSpan(4, 2, 4, (4, 4)),
        BatchSpan(4, 4, 5, (5, 0)),
        BatchSpan(5, 0, 2, (5, 2)),
    ]


def test_a_rank_without_a_batch_is_refused() -> None:
    with pytest.raises(SourceError, match=r"2 samples make no batch of 4 for rank 2 of 3 \(drop_last=False, pad=F"):
        Schedule(2, 4, 2, 3).check()
    Schedule(2, 4, 2, 3, pad=True).check()
    with pytest.raises(SourceError, match=r"3 samples make no batch of 4 \(drop_last=True"):
        Schedule(3, 4, drop_last=True).check()


@pytest.mark.parametrize(("rank", "world_size"), [(0, 1), (2, 3)])
def test_a_row_is_the_order_at_the_ranks_places(rank: int, world_size: int) -> None:
    schedule = Schedule((2 * BLOCK + 5) * world_size, 64, rank, world_size)
    order = Order(schedule.length, 1, 2)
    whole, samples = order[schedule.places(0, schedule.own)], EpochSamples(order, schedule)
    for first, last in [(0, 64), (BLOCK - 3, BLOCK + 3), (5, 2 * BLOCK + 5), (2 * BLOCK, schedule.own)]:
        positions, again = samples.at(first, last)
        assert np.array_equal(positions, whole[first:last]) and not again.any()


def test_places_beyond_the_last_begin_anew() -> None:
    schedule = Schedule(5, 3, 1, 3, pad=True)
    positions, again = EpochSamples(Order(5, 0, 0, shuffle=False), schedule).at(0, 2)
    assert positions.tolist() == [1, 4] and again.tolist() == [0, 0]
    positions, again = EpochSamples(Order(5, 0, 0, shuffle=False), Schedule(5, 3, 2, 3, pad=True)).at(0, 2)
    assert positions.tolist() == [2, 0] and again.tolist() == [0, 1]


def test_a_row_goes_beyond_the_ranks_own_places() -> None:
    """Where a run goes on at an odd position, even ranks may have one place more."""
    samples = EpochSamples(Order(5, 0, 0, shuffle=False), Schedule(5, 1, 0, 2, pad=True))
    assert samples.at(0, 3)[0].tolist() == [0, 2, 4]
    assert samples.at(2, 4)[0].tolist() == [4, 1] and samples.at(2, 4)[1].tolist() == [0, 1]
