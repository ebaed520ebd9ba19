"""Indexes are those of the file that is there, within their bytes, whoever asks."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variegate.loader.decode.indexes import ENTRY, Indexes, Origin


def index(i: int, size: int = 100) -> np.ndarray:
    return np.full(size, i % 256, np.uint8)


def test_an_index_is_that_of_the_file_as_it_was() -> None:
    indexes: Indexes[np.ndarray] = Indexes()
    first = index(1)
    indexes.put(Origin(4, 7), first)
    assert indexes.get(Origin(4, 7)) is first
    assert indexes.get(Origin(4, 8)) is indexes.get(Origin(4, None)) is indexes.get(Origin(5, 7)) is None
    other = index(2)
    indexes.put(Origin(4, 8), other)
    assert indexes.get(Origin(4, 8)) is other and indexes.get(Origin(4, 7)) is None and len(indexes) == 1


def test_of_a_source_without_stamps() -> None:
    indexes: Indexes[np.ndarray] = Indexes()
    assert indexes.get(Origin(0, None)) is None
    indexes.put(Origin(0, None), index(0))
    assert indexes.get(Origin(0, None)) is not None and indexes.get(Origin(0, 0)) is None


OPERATIONS = st.tuples(st.sampled_from(("put", "drop", "allow")), st.integers(0, 5), st.integers(0, 3000))


@given(st.integers(0, 5000), st.lists(OPERATIONS, max_size=30))
def test_the_bytes_are_those_of_what_is_there_and_no_more_than_allowed(most: int, operations: list) -> None:
    indexes: Indexes[np.ndarray] = Indexes(most)
    held: dict[int, np.ndarray] = {}
    for kind, i, number in operations:
        if kind == "put":
            made = index(i, number)
            indexes.put(Origin(i, 1), made)
            held[i] = made
        elif kind == "drop":
            indexes.drop(Origin(i, 1))
            held.pop(i, None)
        else:
            indexes.allow(number)
            most = min(most, number)
        found = {i: kept for i in range(6) if (kept := indexes.get(Origin(i, 1))) is not None}
        assert all(found[i] is held[i] for i in found)
        assert indexes.nbytes == sum(kept.nbytes + ENTRY for kept in found.values()) <= most
        if kind == "put" and i not in found:  # there was no room
            assert indexes.nbytes + number + ENTRY > most
            del held[i]


def test_what_is_there_stays() -> None:
    indexes: Indexes[np.ndarray] = Indexes(10 * (100 + ENTRY))
    for i in range(30):
        indexes.put(Origin(i, 1), index(i))
    assert [i for i in range(30) if indexes.get(Origin(i, 1)) is not None] == list(range(10))


def test_threads_share_it() -> None:
    indexes: Indexes[np.ndarray] = Indexes(150 * (100 + ENTRY))

    def work(thread: int) -> None:
        for n in range(2000):
            origin = Origin((n * 7 + thread) % 200, n % 2)
            if n % 11 == 0:
                indexes.drop(origin)
            elif indexes.get(origin) is None:
                indexes.put(origin, index(n))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert indexes.nbytes == len(indexes) * (100 + ENTRY) <= 150 * (100 + ENTRY)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_waits_for_no_lock() -> None:
    indexes: Indexes[np.ndarray] = Indexes()
    indexes.put(Origin(0, 1), index(0))
    with indexes._lock:
        child = os.fork()
        if child == 0:
            indexes.put(Origin(1, 1), index(1))
            indexes.drop(Origin(0, 1))
            indexes.allow(0)
            os._exit(0 if indexes.get(Origin(0, 1)) is not None and indexes.get(Origin(1, 1)) is None else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
