"""LruCache: what was loaded last, so much of it as fits a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class LruCache(Generic[T]):
    """Values by key, the least lately used of which are let go of first. Threads share it.

    Two threads that want the same key load it once; other keys load at the same time.

    most     bytes
    entries  values, whatever their bytes

    >>> cache = LruCache(100, 8)
    >>> [cache.get(key, 60, lambda: print("loads") or (0, 60)) for key in "aab"], len(cache)
    loads
    loads
    ([0, 0, 0], 1)
    """

    def __init__(self, most: int, entries: int) -> None:
        self.most, self.entries = most, entries
        self._slots: OrderedDict[Hashable, _Slot[T]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def size(self) -> int:
        """The bytes of what is kept."""
        with self._lock:
            return sum(slot.size for slot in self._slots.values())

    def get(self, key: Hashable, size: int, load: Callable[[], tuple[T, int]]) -> T:
        """The value of a key, of about `size` bytes; `load` gives it, and the bytes it is in fact."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                slot = self._slots[key] = _Slot(size)
                self._trim()
            self._slots.move_to_end(key)
        if slot.value is None:
            with slot.turn:
                if slot.value is None:
                    value, slot.size = load()
                    slot.value = (value,)
                    with self._lock:
                        self._trim()
        return slot.value[0]

    def _trim(self) -> None:
        """Let go of the oldest until the rest fits; the youngest stays."""
        total = sum(slot.size for slot in self._slots.values())
        while len(self._slots) > 1 and (total > self.most or len(self._slots) > self.entries):
            total -= self._slots.popitem(last=False)[1].size


class _Slot(Generic[T]):
    def __init__(self, size: int) -> None:
        self.size, self.turn = size, Lock()
        self.value: tuple[T] | None = None
