"""A slot comes back when nobody refers to it any more, and not before."""

from __future__ import annotations

import gc
import threading
from weakref import ref

import numpy as np
import pytest

from variegate.loader.memory.pool import ALIGN, LARGE, DecodeScratch, SlotPool, address, aligned

SHAPE = (4, 16, 16, 3)


def test_a_slot_is_used_again() -> None:
    pool = SlotPool(keep=2)
    array = pool.take(SHAPE, np.float32)
    where = address(array)
    del array
    assert address(pool.take(SHAPE, np.float32)) == where and pool.made == 1


def view_of_view(array: np.ndarray) -> object:
    return array[1:][:, 2].transpose(2, 0, 1)[::2]


def tensor(array: np.ndarray) -> object:
    return pytest.importorskip("torch").from_numpy(array)[1:].view(-1)


HOLDERS = {
    "view": lambda a: a[0],
    "view of a view": view_of_view,
    "memoryview": memoryview,
    "slice of a memoryview": lambda a: memoryview(a)[1:],
    "another dtype": lambda a: a.view(np.int32),
    "frombuffer": lambda a: np.frombuffer(a, np.uint8),
    "dlpack": np.from_dlpack,
    "torch": tensor,
}


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_whatever_is_made_of_a_batch_keeps_its_slot(holder) -> None:  # type: ignore[no-untyped-def]
    pool = SlotPool(keep=4)
    array = pool.take(SHAPE, np.float32)
    array[...] = 7
    held = holder(array)
    del array
    others = [pool.take(SHAPE, np.float32) for _ in range(5)]
    for other in others:
        other[...] = 9
    values = np.asarray(held)
    assert np.all((values if values.dtype == np.float32 else values.view(np.float32)) == 7)
    assert pool.out == 6
    del held, values
    gc.collect()
    assert pool.out == 5


def test_the_array_hangs_on_its_owner() -> None:
    array = SlotPool(keep=1).take(SHAPE, np.uint8)
    assert type(array) is np.ndarray and type(array.base).__name__ == "_Owner"
    assert type(array[1:, 2].base) is np.ndarray and array[1:, 2].base is array


def test_a_pool_holds_on_to_few_idle_slots() -> None:
    pool = SlotPool(keep=2)
    kept = [pool.take(SHAPE, np.uint8) for _ in range(10)]
    assert pool.out == pool.made == 10 and pool.out_bytes == 10 * kept[0].nbytes
    del kept
    assert pool.out == 0 and pool.idle == 2


def test_slots_are_aligned_writable_and_contiguous() -> None:
    pool = SlotPool(keep=1)
    for shape in [(1,), (3, 5), (2, 7, 7, 3), (0, 4)]:
        array = pool.take(shape, np.float16)
        assert array.shape == shape and array.dtype == np.float16
        assert array.flags.c_contiguous and array.flags.writeable
        assert address(array) % ALIGN == 0 or not array.size
    assert address(aligned(5)) % ALIGN == 0 and aligned(5).nbytes == 5


def test_a_slot_is_never_smaller_than_asked() -> None:
    pool = SlotPool(keep=4)
    for rows in (4, 3, 8, 5, 2, 1, 8, 16, 7):
        array = pool.take((rows, 1000), np.uint8)
        array[...] = 1  # beyond its end this would be a crash
        base = array.base._raw
        assert base.nbytes >= array.nbytes
        del array, base


def test_a_slot_that_came_back_while_the_size_grew_is_dropped() -> None:
    pool = SlotPool(keep=4)
    pool.take((100,), np.uint8)
    pool._idle.append(aligned(10))  # as a race between two threads might leave it
    assert pool.take((100,), np.uint8).base._raw.nbytes == 100


def test_a_small_batch_does_not_hold_a_large_slot() -> None:
    pool = SlotPool(keep=2)
    array = pool.take((64, 1000), np.uint8)
    del array
    small = pool.take((4, 1000), np.uint8)
    assert pool.out_bytes == small.nbytes
    del small
    assert pool.idle == 1  # the large one alone


def test_a_batch_outlives_its_pool_alone() -> None:
    pool = SlotPool(keep=2)
    idle = pool.take(SHAPE, np.uint8)
    del idle
    array = pool.take(SHAPE, np.uint8)
    gone = ref(pool)
    array[...] = 5
    del pool
    assert gone() is None and np.all(array == 5)


def test_many_threads_share_a_pool() -> None:
    pool = SlotPool(keep=3)
    wrong = []

    def use(number: int) -> None:
        for _ in range(500):
            array = pool.take((50,), np.int64)
            array[...] = number
            if not np.all(array == number):
                wrong.append(number)
            del array

    threads = [threading.Thread(target=use, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and pool.out == 0 and pool.idle <= 3


def test_scratch_grows_to_the_largest_and_no_further() -> None:
    scratch = DecodeScratch()
    first = scratch.of(1000)
    assert first.nbytes >= 1000 and scratch.of(10) is first
    assert scratch.of(LARGE + 1).nbytes == LARGE + 1
    assert scratch.of(10) is first
