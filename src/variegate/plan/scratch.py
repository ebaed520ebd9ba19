"""A thread's scratch memory for the kernels: grown as needed, used again, and never shared."""

from __future__ import annotations

import threading

import numpy as np

KEEP = 64 << 20  # bytes; what a larger picture needs is given back after it


class Scratch(threading.local):
    """Float32 memory by purpose; pages that a kernel does not touch cost nothing."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[np.ndarray[tuple[int], np.dtype[np.float32]], int]] = {}

    def address(self, purpose: str, floats: int) -> tuple[int, object]:
        """The address of at least so many float32, and the owner to hold on to while it is used."""
        memory, address = self._kept.get(purpose, (None, 0))
        if memory is not None and memory.size >= floats:
            return address, memory
        memory = np.empty(floats + floats // 4, np.float32)
        address = int(memory.ctypes.data)
        if memory.nbytes <= KEEP:
            self._kept[purpose] = memory, address
        return address, memory


SCRATCH = Scratch()
