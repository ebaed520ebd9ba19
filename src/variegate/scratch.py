"""Scratch: memory that is used again and never shared; `mapped` is where all large memory of this package comes from.

Large blocks that come and go do not come from malloc: glibc raises the size from which it maps a block of its own to
that of the largest block freed, so that later ones come from its heaps, which break up and give nothing back.
"""

from __future__ import annotations

import math
import mmap
import threading
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

KEEP = 64 << 20  # bytes; what a larger picture needs is given back after it
SMALL = 64 << 10  # bytes; less than this malloc may have
HUGE = 4 << 20  # bytes; from here on huge pages are worth their rounding, as NumPy finds too

PRIVATE = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}


def mapped(size: int) -> NDArray[np.uint8]:
    """Fresh bytes, from the system itself unless they are few; it has them back when the last view of them goes."""
    if size < SMALL:
        return np.empty(size, np.uint8)
    try:
        memory = mmap.mmap(-1, size, **PRIVATE)  # private: a forked child has its own
    except OSError as error:
        raise MemoryError(f"the system has no {size} bytes") from error
    if size >= HUGE and hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a system without them
            memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, np.uint8)


def rounded(size: int) -> int:
    """The next power of two, so that memory that grows with the largest picture grows seldom."""
    return 1 << (size - 1).bit_length() if size > 1 else 1


class Scratch(threading.local):
    """Float32 memory by purpose; pages that a kernel does not touch cost nothing."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[NDArray[np.uint8], int]] = {}

    def address(self, purpose: str, floats: int) -> tuple[int, object]:
        """The address of at least so many float32, and the owner to hold on to while it is used."""
        size = 4 * floats
        memory, address = self._kept.get(purpose, (None, 0))
        if memory is not None and memory.nbytes >= size:
            return address, memory
        memory = mapped(rounded(size) if size <= KEEP else size)
        address = int(memory.ctypes.data)
        if size <= KEEP:
            self._kept[purpose] = memory, address
        return address, memory

    def array(self, purpose: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """A float32 array over at least so much of it, until the thread asks for the same purpose again."""
        _, memory = self.address(purpose, math.prod(shape))
        assert isinstance(memory, np.ndarray)
        return memory[: 4 * math.prod(shape)].view(np.float32).reshape(shape)


SCRATCH = Scratch()
