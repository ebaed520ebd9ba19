"""Arena: memory for the files of the batches in the making, side by side in blocks that are used again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from variegate.loader.memory.pool import SlotPool, aligned

BLOCK = 1 << 20  # bytes: some ten photographs
IDLE = 64  # blocks


class Arena:
    """Blocks, each used again when the last file in it is let go of. Threads share an arena.

    idle  how many blocks to hold on to; what a larger batch needs goes back to the system after it

    >>> arena = Arena()
    >>> allocate = arena.allocator()
    >>> first, second = allocate(1000), allocate(5000)
    >>> len(first), len(second), arena.blocks.out
    (1000, 5000, 1)
    """

    def __init__(self, idle: int = IDLE) -> None:
        self.blocks = SlotPool(keep=idle)

    def allocator(self) -> Callable[[int], memoryview]:
        """A function for one thread: so many bytes, with no meaning, for whoever refers to them.

        A block is on loan as long as this function or anybody refers to a part of it.
        """
        block, start = memoryview(b""), 0

        def allocate(size: int) -> memoryview:
            nonlocal block, start
            if size > BLOCK:
                return aligned(size).data
            if size > len(block) - start:
                block, start = self.blocks.take((BLOCK,), np.uint8).data, 0
            start += size
            return block[start - size : start]

        return allocate
