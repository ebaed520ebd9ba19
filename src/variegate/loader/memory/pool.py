"""SlotPool: memory for batches, reused when the last reference to a batch is gone.

A slot is lent as an array whose base is a `_Owner`. Every view of the array, memoryview or tensor made from it keeps
the array alive, and so the owner; when the owner goes, the slot comes back. A finaliser on the array itself would fire
while a view of it lives. There is no lock: an owner may go in any thread, also inside the pool's own code when the
garbage collector runs there, so the pool leans on single operations of deque and dict, which are atomic.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.scratch import mapped, rounded

ALIGN = 64  # bytes: a cache line, and what jax and AVX-512 ask for

LARGE = 64 << 20  # bytes of decoded pixels beyond which a thread does not hold on to its scratch

Raw = NDArray[np.uint8]


class _Owner:
    """Who holds a slot: gives it back when it goes itself.

    The pool is held weakly, so that a batch that outlives its loader keeps its own slot alone.
    """

    _pool: Callable[[], SlotPool | None] = staticmethod(lambda: None)  # of one whose making was interrupted
    _raw: Raw

    def __init__(self, pool: SlotPool, raw: Raw, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._pool, self._raw = ref(pool), raw
        self.__array_interface__ = {
            "version": 3,
            "shape": shape,
            "typestr": dtype.str,
            "data": (address(raw), False),
        }
        pool._out[address(raw)] = raw.nbytes  # last: an interrupt before it leaves no slot lent for ever

    def __del__(self) -> None:
        pool = self._pool()
        if pool is not None:
            pool._give_back(self._raw)


class SlotMemory:
    """Where slots come from: this process alone has them. `loader/isolate` has another, which two processes see."""

    def fresh(self, size: int) -> Raw:
        """Bytes of no meaning that begin at a multiple of 64."""
        return aligned(size)

    def reclaim(self) -> None:
        """Let go of slots that nobody else refers to any more; called before each `take`."""


class SlotPool:
    """Slots of one size, the largest asked for so far.

    keep    how many idle slots to hold on to; further ones go back to the system
    memory  where slots come from; may be set before the first is taken

    >>> pool = SlotPool(keep=2)
    >>> batch = pool.take((2, 3), np.float32)
    >>> view = batch[1:]
    >>> del batch
    >>> pool.out, pool.idle            # the view holds the slot
    (1, 0)
    >>> del view
    >>> pool.out, pool.idle
    (0, 1)
    """

    def __init__(self, keep: int, memory: SlotMemory | None = None) -> None:
        self.keep, self.memory = keep, memory or SlotMemory()
        self.made = 0
        self._size = 0
        self._idle: deque[Raw] = deque()
        self._out: dict[int, int] = {}  # address of a slot that is lent -> its bytes

    @property
    def out(self) -> int:
        """How many slots are lent: to batches in the making, and to those that somebody still refers to."""
        return len(self._out)

    @property
    def out_bytes(self) -> int:
        """The bytes of the slots that are lent."""
        return sum(self._out.copy().values())

    @property
    def idle(self) -> int:
        """How many slots wait to be used again."""
        return len(self._idle)

    def take(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array of this shape with contents of no meaning, C-contiguous and aligned to 64 bytes.

        Never waits: where all slots are in use a new one is made.
        """
        dtype = np.dtype(dtype)
        self.memory.reclaim()
        raw = self._raw(math.prod(shape) * dtype.itemsize)
        return np.asarray(_Owner(self, raw, shape, dtype))

    def _raw(self, size: int) -> Raw:
        # A much smaller batch (an epoch's last) gets memory of its own, lest somebody keeps a slot for a few samples.
        if size > self._size:
            self._size = size
            self._idle.clear()
        if size * 2 > self._size:
            size = self._size
            while self._idle:
                try:
                    raw = self._idle.pop()
                except IndexError:  # another thread was quicker
                    break
                if raw.nbytes >= size:  # not one that came back while the size grew
                    return raw
        self.made += 1
        return self.memory.fresh(size)

    def _give_back(self, raw: Raw) -> None:
        self._out.pop(address(raw), None)
        if raw.nbytes == self._size and len(self._idle) < self.keep:
            self._idle.append(raw)


class DecodeScratch:
    """One thread's memory to decode into, as large as the largest picture so far (up to 64 MiB)."""

    def __init__(self) -> None:
        self._memory = aligned(0)

    def handed_on(self) -> DecodeScratch:
        """Its memory, for another thread, which gives it back by `take_back`; a thread that was given up never does."""
        other = DecodeScratch()
        other._memory, self._memory = self._memory, aligned(0)
        return other

    def take_back(self, other: DecodeScratch) -> None:
        """Have the memory again that was handed on."""
        self._memory = other._memory

    def of(self, size: int) -> NDArray[np.uint8]:
        """Bytes to write to: `size` of them or more, with no meaning."""
        if size > LARGE:
            return aligned(size)
        if size > self._memory.nbytes:
            self._memory = aligned(rounded(size))
        return self._memory


def aligned(size: int) -> Raw:
    """Fresh bytes that begin at a multiple of 64."""
    memory = mapped(size + ALIGN)
    start = -address(memory) % ALIGN
    return memory[start : start + size]


def address(array: NDArray[Any]) -> int:
    """Where an array's first byte lies."""
    return int(array.__array_interface__["data"][0])
