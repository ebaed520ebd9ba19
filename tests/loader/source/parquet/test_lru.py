"""What is kept fits its bytes; one key is loaded once at a time, and again after an error."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from variegate.loader.source.parquet.lru import LruCache


def test_the_least_lately_used_goes_first() -> None:
    kept: LruCache[str] = LruCache(100, 10)
    loads: list[str] = []

    def get(key: str, size: int = 40) -> str:
        return kept.get(key, size, lambda: (loads.append(key) or key, size))

    for key in "ababcbd":
        assert get(key) == key
    assert loads == ["a", "b", "c", "d"] and kept.size == 80
    get("b"), get("c")
    assert loads == ["a", "b", "c", "d", "c"]
    assert get("huge", 1000) == "huge" and len(kept) == 1  # what was asked for last stays


def test_sizes_that_turn_out_later_count() -> None:
    kept: LruCache[int] = LruCache(100, 10)
    for key in range(5):
        kept.get(key, 0, lambda: (1, 60))
    assert len(kept) == 1 and kept.size == 60


def test_entries_are_bounded_too() -> None:
    kept: LruCache[int] = LruCache(100, 3)
    for key in range(9):
        kept.get(key, 0, lambda: (1, 0))
    assert len(kept) == 3


def test_threads_load_a_key_once_and_other_keys_meanwhile() -> None:
    kept: LruCache[str] = LruCache(100, 10)
    first, second = threading.Event(), threading.Event()
    loads: list[str] = []

    def slow() -> tuple[str, int]:
        loads.append("slow")
        first.set()
        assert second.wait(20)
        return "slow", 1

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(kept.get, "slow", 1, slow) for _ in range(3)]
        assert first.wait(20)
        assert kept.get("quick", 1, lambda: ("quick", 1)) == "quick"
        second.set()
        assert [each.result() for each in waiting] == ["slow"] * 3
    assert loads == ["slow"]


def test_many_threads_get_what_they_ask_for() -> None:
    kept: LruCache[int] = LruCache(50, 10)

    def run(seed: int) -> bool:
        keys = random.Random(seed).choices(range(12), k=2000)
        return all(kept.get(key, 10, lambda key=key: (key, 10)) == key for key in keys)  # type: ignore[misc]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(run, range(8)))
    assert kept.size <= 50


def test_an_error_is_not_kept() -> None:
    kept: LruCache[int] = LruCache(50, 10)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", 1, lambda: (1 // 0, 1))
    assert kept.get("a", 1, lambda: (7, 1)) == 7
