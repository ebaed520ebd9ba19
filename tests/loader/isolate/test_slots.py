"""Both sides of shared memory in one process: what is lent is not used again, what comes back is, once."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections import deque
from typing import Any

import numpy as np
import pytest

from variegate.loader.isolate.leases import Leases
from variegate.loader.isolate.segment import FREE, HEADER, SENT, TAKEN, Segment
from variegate.loader.isolate.slots import Parcel, Slots
from variegate.loader.memory import SlotPool, address

from .conftest import descriptors, segments

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

SHAPE = (4, 100, 200, 3)


class Sides:
    """A child's pool and slots, and the parent's leases."""

    def __init__(self, keep: int = 3) -> None:
        self.slots, self.leases = Slots(keep), Leases()
        self.pool = SlotPool(keep, self.slots)

    def send(self, value: int, **more: Any) -> tuple[Parcel, list[int]]:
        image = self.pool.take(SHAPE, np.uint8)
        image[...] = value
        parcel, sent = self.slots.pack({"image": image, **more})
        return parcel, [os.dup(each) for each in sent]

    def batch(self, value: int, **more: Any) -> Any:
        return self.leases.unpack(*self.send(value, **more))


def test_a_batch_is_lent_and_not_copied() -> None:
    sides = Sides()
    image = sides.pool.take(SHAPE, np.uint8)
    parcel, sent = sides.slots.pack({"image": image, "label": [1, "a"], "index": np.arange(4)})
    assert len(parcel[0]) < 1000
    batch = sides.leases.unpack(parcel, [os.dup(each) for each in sent])
    image[...] = 7
    assert np.all(batch["image"] == 7) and batch["label"] == [1, "a"] and batch["index"].tolist() == [0, 1, 2, 3]
    assert batch["image"].flags.writeable and address(batch["image"]) % 64 == 0


def test_a_slot_comes_back_when_both_sides_are_done() -> None:
    sides = Sides()
    batch = sides.batch(1)
    view = batch["image"][2:, 5]
    del batch
    sides.slots.reclaim()
    assert sides.pool.out == 1
    del view
    assert sides.pool.out == 1  # until the child looks
    sides.slots.reclaim()
    assert (sides.pool.out, sides.pool.idle) == (0, 1)
    again = sides.batch(2)
    assert sides.pool.made == 1 and np.all(again["image"] == 2)


def test_a_segment_is_sent_and_mapped_once() -> None:
    gc.collect()  # what tests before left: the child's side refers to itself
    sides, before = Sides(), (descriptors(), segments())
    first, sent = sides.send(0)
    assert len(first[2]) == len(sent) == 1
    batch = sides.leases.unpack(first, sent)
    del batch
    for value in range(5):
        parcel, sent = sides.send(value)
        assert parcel[2] == sent == []
        batch = sides.leases.unpack(parcel, sent)
        assert np.all(batch["image"] == value)
        del batch
    assert segments() == before[1] + 2 and descriptors() == before[0]
    del sides
    gc.collect()
    assert (descriptors(), segments()) == before


def test_what_was_not_taken_is_not_lost() -> None:
    gc.collect()
    sides, before = Sides(), descriptors()
    parcel, sent = sides.send(1)
    sides.slots.unsent(parcel)
    assert (sides.pool.out, sides.pool.idle) == (0, 1)
    for each in sent:
        os.close(each)
    taken, sent = sides.send(2)  # with its descriptor again: the parent has none
    assert sides.pool.made == len(sent) == 1
    batch = sides.leases.unpack(taken, sent)
    sides.slots.unsent(taken)  # it was
    assert sides.pool.out == 1
    sides.pool.take(SHAPE, np.uint8)[...] = 9
    assert np.all(batch["image"] == 2)
    del batch
    sides.slots.reclaim()
    assert sides.pool.out == 0
    del sides
    gc.collect()
    assert descriptors() == before


def test_several_large_arrays_share_a_segment() -> None:
    sides = Sides()
    more = {
        "mask": np.full((4, 100, 200), 3, np.uint8),
        "list": [np.full((200 + i, 300), i, np.float32) for i in range(5)],
        "turned": np.arange(40_000, dtype=np.int64).reshape(200, 200).T,
        "fixed": np.ones(100_000, np.uint8),
    }
    more["fixed"].flags.writeable = False
    parcel, sent = sides.send(1, **more)
    assert len(sent) == 2 and len(parcel[1]) == 9
    batch = sides.leases.unpack(parcel, sent)
    assert np.array_equal(batch["mask"], more["mask"]) and np.array_equal(batch["turned"], more["turned"])
    assert all(np.array_equal(a, b) and address(a) % 64 == 0 for a, b in zip(batch["list"], more["list"], strict=True))
    assert not batch["fixed"].flags.writeable and batch["mask"].flags.writeable
    one = batch["list"][3]
    del batch
    sides.slots.reclaim()
    assert (sides.pool.out, sides.slots.others.out) == (0, 1)
    others = sides.batch(2, mask=np.full((4, 100, 200), 8, np.uint8))
    assert np.all(one == 3) and np.all(others["mask"] == 8)
    del one, others
    sides.slots.reclaim()
    assert (sides.pool.out, sides.slots.others.out) == (0, 0)


def test_little_arrays_are_sent() -> None:
    sides = Sides()
    image = sides.pool.take((4, 8, 8, 3), np.uint8)
    image[...] = 5
    parcel, sent = sides.slots.pack({"image": image})
    assert not sent and not parcel[1] and np.all(sides.leases.unpack(parcel, [])["image"] == 5)
    del image
    assert sides.pool.out == 0


def test_memory_that_is_let_go_goes_on_both_sides() -> None:
    gc.collect()
    sides, before = Sides(keep=2), segments()
    kept = [sides.batch(value) for value in range(10)]
    assert all(np.all(batch["image"] == value) for value, batch in enumerate(kept))
    assert segments() == before + 20
    del kept
    sides.slots.reclaim()
    assert sides.pool.idle == 2 and segments() == before + 2 + 10  # the parent has not heard of it
    sides.batch(0)
    assert segments() == before + 4


def test_memory_that_grows() -> None:
    sides = Sides()
    kept = []
    for rows in (40, 30, 80, 50, 10, 80, 160):
        image = sides.pool.take((rows, 100, 100), np.uint8)
        image[...] = rows
        parcel, sent = sides.slots.pack([image])
        kept.append(sides.leases.unpack(parcel, [os.dup(each) for each in sent])[0])
        del image
    assert [np.unique(each).tolist() for each in kept] == [[40], [30], [80], [50], [10], [80], [160]]


def test_threads_may_reclaim_while_others_lend() -> None:
    sides, wrong = Sides(keep=4), []
    lock, waiting = threading.Lock(), deque[Any]()

    def child(number: int) -> None:
        for value in range(150):
            sent = sides.send((number * 37 + value) % 256)
            waiting.append(((number * 37 + value) % 256, sent))
            sides.slots.reclaim()

    def parent() -> None:
        for _ in range(300):
            while not waiting:
                os.sched_yield()
            with lock:  # the parent's reading is one conversation a thread
                value, sent = waiting.popleft()
                batch = sides.leases.unpack(*sent)
            if not np.all(batch["image"] == value):
                wrong.append(value)

    threads = [threading.Thread(target=child, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    parent()
    for thread in threads:
        thread.join()
    sides.slots.reclaim()
    assert not wrong and sides.pool.out == 0


def test_a_lease_of_a_forked_process_frees_nothing() -> None:
    sides = Sides()
    batch = sides.batch(6)
    pid = os.fork()
    if pid == 0:
        del batch
        os._exit(0)
    os.waitpid(pid, 0)
    sides.slots.reclaim()
    assert sides.pool.out == 1 and np.all(batch["image"] == 6)


def test_two_mappings_see_one_memory() -> None:
    gc.collect()
    before = descriptors(), segments()
    one = Segment(100_000)
    other = Segment(100_000, os.dup(one.descriptor))
    assert one.state == other.state == FREE and one.address != other.address
    one.state = SENT
    assert other.state == SENT
    other.state = TAKEN
    one.contents()[-1] = 9
    assert one.state == TAKEN and other.contents()[-1] == 9 and other.contents().nbytes == 100_000
    assert address(one.contents()) == one.address + HEADER and address(one.contents()) % 64 == 0
    one.forget()
    assert other.contents()[-1] == 0
    contents = one.contents()
    del one, other
    contents[:] = 4  # a view holds it
    del contents
    assert (descriptors(), segments()) == before


def test_memory_that_there_is_not() -> None:
    gc.collect()
    before = descriptors(), segments()
    with pytest.raises(MemoryError, match="bytes"):
        Segment(1 << 62)
    assert (descriptors(), segments()) == before
