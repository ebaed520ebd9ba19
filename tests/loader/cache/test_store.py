"""Laws of both stores: what was put comes back, as it was, within the budget, whoever asks."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from variegate.loader import Arrays, Subset
from variegate.loader.cache import Store, buffer

from .conftest import Stamped, fill, held

Make = Callable[..., Store]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_what_was_put_comes_back_as_it_was(make: Make, dtype: type) -> None:
    source = Stamped(dtype=dtype)
    store = make(source)
    assert held(store, source) == []
    fill(store, source)
    assert held(store, source) == list(range(30))


def test_counts(make: Make, source: Stamped) -> None:
    store = make(source)
    fill(store, source)
    held(store, source)
    stats = store.stats()
    assert (stats["hits"], stats["misses"]) == (30, 30)
    assert stats["bytes"] >= sum(image.nbytes for image in source.images)


def test_a_picture_cannot_be_written_to(make: Make, source: Stamped) -> None:
    store = make(source)
    fill(store, source)
    pixels = store.get(3)
    assert pixels is not None
    with pytest.raises(ValueError, match="read-only"):
        pixels[0, 0, 0] = 1


def test_it_is_a_copy_of_what_was_put_and_no_copy_after_that(make: Make, source: Stamped) -> None:
    store = make(source)
    scratch = np.empty(40 * 40 * 3, np.uint8)
    for i, image in enumerate(source.images):
        assert store.get(i) is None
        scratch[: image.size] = image.ravel()
        store.put(i, scratch[: image.size].reshape(image.shape), image.shape[:2])
    store.flush()
    assert held(store, source) == list(range(30))
    first, second = store.get(0), store.get(0)
    assert first is not None and second is not None and np.shares_memory(first, second)


def test_pictures_that_do_not_lie_in_one_piece(make: Make, source: Stamped) -> None:
    store = make(source)
    for i, image in enumerate(source.images):
        store.get(i)
        store.put(i, np.asfortranarray(image)[::-1][::-1], image.shape[:2])
    store.flush()
    assert held(store, source) == list(range(30))


def test_other_dtypes_are_not_kept(make: Make, source: Stamped) -> None:
    store = make(source)
    assert store.get(0) is None
    wide = source.images[0].astype(np.int16)
    assert store.put(0, wide, wide.shape[:2]) is wide
    store.flush()
    assert store.get(0) is None


@pytest.mark.parametrize("budget", [0, 10_000, 1_000_000])
def test_what_is_wanted_is_what_is_then_kept(make: Make, budget: int) -> None:
    source = Stamped(60)
    store, told = make(source, max_bytes=budget), []
    for i, image in enumerate(source.images):
        assert store.get(i) is None
        if store.wants(i, image.nbytes):
            told.append(i)
            assert store.put(i, image, image.shape[:2]) is image
    store.flush()
    assert held(store, source) == told and len(told) == {0: 0, 1_000_000: 60}.get(budget, len(told))
    assert not any(store.wants(i, 100) for i in told)


def test_a_file_that_changes_while_it_is_wanted_is_kept_as_the_old_one(make: Make, source: Stamped) -> None:
    store = make(source)
    assert store.get(3) is None and store.wants(3, source.images[3].nbytes)
    source.stamps[3] = 8
    store.put(3, source.images[3], source.images[3].shape[:2])
    store.flush()
    assert store.get(3) is None


def test_what_is_made_smaller_is_always_wanted(make: Make, source: Stamped) -> None:
    store = make(source, max_bytes=0, max_side=16)
    assert store.get(0) is None and store.wants(0, source.images[0].nbytes)


@pytest.mark.parametrize("budget", [0, 100, 10_000, 40_000])
def test_the_budget_holds_and_nothing_is_put_out(make: Make, budget: int) -> None:
    source = Stamped(60)
    store = make(source, max_bytes=budget)
    fill(store, source)
    first = held(store, source)
    for _ in range(3):
        fill(store, source)
        assert store.stats()["bytes"] <= budget
    assert set(first) <= set(held(store, source)) < set(range(60))
    assert bool(first) == (budget >= 10_000)
    assert store.stats()["bytes"] >= budget // 2 or budget == 100


def test_many_threads_at_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer, "BLOCK", 20_000)  # some forty blocks
    source = Stamped(400)
    store = make(source)

    def epoch(seed: int) -> None:
        for i in np.random.default_rng(seed).permutation(400).tolist():
            pixels = store.get(i)
            if pixels is None:
                store.put(i, source.images[i], source.images[i].shape[:2])
            else:
                np.testing.assert_array_equal(pixels, source.images[i])
            if i % 100 == 0:
                store.flush()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(epoch, seed) for seed in range(8)]:
            done.result()
    for _ in range(100):  # what came while both blocks were full comes again
        if len(held(store, source)) == 400:
            break
        fill(store, source)
    assert held(store, source) == list(range(400))


def test_a_picture_is_kept_once(make: Make, source: Stamped) -> None:
    plain = Arrays(source.images)  # whose pictures may be put without having been asked for
    store = make(plain)
    for _ in range(2):
        for i, image in enumerate(plain.images):
            store.put(i, image, image.shape[:2])
    store.flush()
    before = store.stats()["bytes"]
    assert before < 1.5 * sum(image.nbytes + 512 for image in plain.images)
    for i, image in enumerate(plain.images):
        store.put(i, image, image.shape[:2])
    store.flush()
    assert store.stats()["bytes"] == before
    assert held(store, plain) == list(range(30))


def test_a_changed_file_is_read_anew(make: Make, source: Stamped) -> None:
    store = make(source)
    fill(store, source)
    source.images[4] = 255 - source.images[4]
    source.stamps[4] += 1
    assert store.get(4) is None
    store.put(4, source.images[4], source.images[4].shape[:2])
    store.flush()
    assert held(store, source) == list(range(30))


def test_a_file_that_changes_while_it_is_read_is_not_taken_for_the_new_one(make: Make, source: Stamped) -> None:
    store = make(source)
    assert store.get(4) is None
    old = source.images[4]
    source.stamps[4] += 1
    source.images[4] = 255 - old
    assert store.get(4) is None  # by another thread, which will read the new one
    store.put(4, old, old.shape[:2])
    store.flush()
    assert store.get(4) is None
    fill(store, source)
    assert 4 in held(store, source)


def test_a_subset_has_what_its_source_has(make: Make, source: Stamped) -> None:
    store = make(source)
    fill(store, source)
    part = Subset(source, [9, 2, 30 - 1])
    assert part.stamp(0) == 7
    other = make(part)
    found = [other.get(i) for i in range(3)]
    if other.config.in_memory:
        assert found == [None] * 3
        return
    for pixels, i in zip(found, [9, 2, 29], strict=True):
        np.testing.assert_array_equal(pixels, source.images[i])


def test_two_positions_of_one_sample(make: Make, source: Stamped, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "where", lambda i: f"images[{max(i, 1)}]")
    source.ids = np.array([5, 5, *range(10, 38)], np.uint64)
    source.images[1] = source.images[0]
    store = make(source)
    fill(store, source)
    assert held(store, source) == list(range(30))


def test_after_close_there_is_nothing_and_what_somebody_has_stays(make: Make, source: Stamped) -> None:
    store = make(source)
    fill(store, source)
    pixels = store.get(3)
    store.close()
    assert store.get(3) is None
    store.put(3, source.images[3], source.images[3].shape[:2])
    store.close()
    np.testing.assert_array_equal(pixels, source.images[3])


def _child(store: Store, source: Stamped, answer: object) -> None:
    fill(store, source)
    found = held(store, source)
    answer.put(found)  # type: ignore[attr-defined]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_reads_and_never_writes(make: Make, source: Stamped) -> None:
    store = make(source)
    fill(store, source, range(10))
    context = multiprocessing.get_context("fork")
    answer = context.SimpleQueue()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(store._change.acquire).result()  # a thread may have the lock when the fork comes
        child = context.Process(target=_child, args=(store, source, answer))
        child.start()
        pool.submit(store._change.release).result()
    child.join(30)
    child.kill()  # if it waits for that lock
    assert child.exitcode == 0 and answer.get() == list(range(10))
