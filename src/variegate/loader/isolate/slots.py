"""Slots: the child's side of shared memory; lends to the parent what lies in it, and notices what comes back."""

from __future__ import annotations

import pickle
import sys
from collections import deque
from itertools import count
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from variegate.loader.isolate.segment import FREE, HEADER, SENT, Segment
from variegate.loader.memory import ALIGN, Raw, SlotMemory, SlotPool, address, aligned
from variegate.scratch import SMALL

BufferSpan = tuple[int, int, int]  # the segment's number, where a buffer begins in it, and its bytes
Parcel = tuple[bytes, list[BufferSpan], list[tuple[int, int]], list[int]]


class Slot(Segment):
    """A segment of the child's with its number; when it goes, the parent hears of that with its next batch."""

    def __init__(self, size: int, number: int, gone: deque[int]) -> None:
        super().__init__(size)
        self.number, self._gone = number, gone

    def __del__(self, finalizing: Any = sys.is_finalizing) -> None:
        if not finalizing() and self.address and self.descriptor < 0:  # the parent has it mapped
            self.forget()
            self._gone.append(self.number)
        super().__del__()


class Slots(SlotMemory):
    """Shared memory for the loader's pool, and the batches that lie in it.

    keep  how many idle segments to hold on to for what is not in the loader's own pool, such as masks
    """

    def __init__(self, keep: int) -> None:
        self.others = SlotPool(keep, self)
        self._slots: WeakValueDictionary[int, Slot] = WeakValueDictionary()  # by where their contents begin
        self._lent: dict[int, tuple[Slot, object]] = {}  # by number, with what holds it in this process
        self._lending = Lock()
        self._gone: deque[int] = deque()
        self._numbers = count()

    def fresh(self, size: int) -> Raw:
        """Shared bytes; little ones are this process's own, as they are sent and not lent."""
        if size < SMALL:
            return aligned(size)
        slot = Slot(size, next(self._numbers), self._gone)
        self._slots[slot.address + HEADER] = slot
        return slot.contents()

    def reclaim(self) -> None:
        """Let go of what the parent has given back."""
        with self._lending:  # else a slot that another thread meanwhile lent again might be taken for free
            for number, (slot, _) in self._lent.copy().items():
                if slot.state == FREE:
                    slot.shared()
                    del self._lent[number]

    def unsent(self, parcel: Parcel) -> None:
        """Let go of what the parent did not take out of a parcel: that conversation is over."""
        with self._lending:
            for number in {number for number, _, _ in parcel[1]} & self._lent.keys():
                if self._lent[number][0].state == SENT:
                    del self._lent[number]
        self._gone.extend(parcel[3])  # said twice is no harm

    def pack(self, batch: Any) -> tuple[Parcel, tuple[int, ...]]:
        """A batch as bytes and the places of its large arrays; with the descriptors of segments new to the parent.

        Arrays that lie in the loader's slots are lent where they are; other large ones are copied into one segment.
        """
        buffers: list[pickle.PickleBuffer] = []

        def small(buffer: pickle.PickleBuffer) -> bool:
            large = buffer.raw().nbytes >= SMALL
            if large:
                buffers.append(buffer)
            return not large

        data = pickle.dumps(batch, protocol=5, buffer_callback=small)
        placed = self._placed([np.frombuffer(each.raw(), np.uint8) for each in buffers])
        new: dict[int, Slot] = {}
        with self._lending:
            for slot, _, _, holder in placed:
                slot.state = SENT
                self._lent[slot.number] = slot, holder
                if slot.descriptor >= 0:
                    new[slot.number] = slot
        parts = [(slot.number, start, size) for slot, start, size, _ in placed]
        gone = [self._gone.popleft() for _ in range(len(self._gone))]
        sizes = [(number, slot.size) for number, slot in new.items()]
        return (data, parts, sizes, gone), tuple(slot.descriptor for slot in new.values())

    def _placed(self, views: list[Raw]) -> list[tuple[Slot, int, int, object]]:
        """For each array its slot, where in the slot and how large it is, and what holds the slot."""
        slots = [self._slots.get(address(view)) for view in views]
        loose = sum(_apart(view) for view, slot in zip(views, slots, strict=True) if slot is None)
        room = self.others.take((loose,), np.uint8) if loose else np.empty(0, np.uint8)
        placed: list[tuple[Slot, int, int, object]] = []
        start = 0
        for view, slot in zip(views, slots, strict=True):
            if slot is not None:
                placed.append((slot, 0, view.nbytes, view))
                continue
            room[start : start + view.nbytes] = view
            placed.append((self._slots[address(room)], start, view.nbytes, room))
            start += _apart(view)
        return placed


def _apart(view: Raw) -> int:
    """The bytes from the beginning of an array to that of the next."""
    return -(-view.nbytes // ALIGN) * ALIGN
