"""Buffer: pictures on their way to a disk, copied into blocks that become shards.

There are two blocks at most: one that is filled, and one that is written by the thread that filled it. What comes while
both are full is not taken, and comes again an epoch later: where the disk is slower than the decoder, to wait for it
would cost more than to decode once more.
"""

from __future__ import annotations

from collections import deque
from threading import Condition
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.loader.cache.shard import FILE_BYTES, ROW_BYTES, ShardRow
from variegate.loader.cache.store import Size
from variegate.loader.memory import ALIGN, aligned

BLOCK = 32 << 20  # bytes
BLOCKS = 2
PULSE = 1.0  # seconds between two looks at signals; some systems interrupt no wait


class Block:
    """Memory that is filled from its start by several threads."""

    def __init__(self, memory: NDArray[np.uint8]) -> None:
        self.memory, self.end = memory, 0
        self.nbytes = FILE_BYTES  # of the shard that this becomes
        self.rows: list[ShardRow] = []
        self.copying = 0
        self.sealed = False

    def copy(self, start: int, name: int, stamp: int, pixels: NDArray[Any], size: Size) -> None:
        """Copy a picture to its place; what lies between it and the next is zero."""
        flat = pixels.reshape(-1).view(np.uint8)
        stop = start + flat.nbytes
        self.memory[start:stop] = flat
        self.memory[stop : start + room(flat.nbytes)] = 0
        self.rows.append(ShardRow.of(name, stamp, pixels, size, start))

    @property
    def written(self) -> tuple[list[ShardRow], NDArray[np.uint8]]:
        """The rows in the order of their places, and the memory as far as it is filled."""
        return sorted(self.rows, key=lambda row: row.start), self.memory[: self.end]


class Buffer:
    """Blocks being filled, and those full, under the lock of who owns it."""

    def __init__(self, change: Condition, size: int) -> None:
        self._change, self._size = change, size
        self._filling: Block | None = None
        self._spare: deque[NDArray[np.uint8]] = deque(maxlen=1)
        self._full: deque[Block] = deque()
        self._alive: set[Block] = set()

    def fits(self, nbytes: int) -> bool:
        """Whether a picture is small enough for a block."""
        return room(nbytes) <= self._size

    @property
    def held(self) -> int:
        """The bytes that all blocks will take in the folder."""
        with self._change:
            return sum(block.nbytes for block in self._alive)

    def take(self, nbytes: int) -> tuple[Block, int] | None:
        """A place for a picture, to be followed by `done`; None if there is none now. Locked by the caller."""
        if self._filling is not None and self._filling.end + room(nbytes) > self._size:
            self.seal()
        if self._filling is None:
            if len(self._alive) >= BLOCKS:
                return None
            self._filling = Block(self._spare.pop() if self._spare else aligned(self._size))
            self._alive.add(self._filling)
        block = self._filling
        start, block.end = block.end, block.end + room(nbytes)
        block.nbytes += room(nbytes) + ROW_BYTES
        block.copying += 1
        return block, start

    def done(self, block: Block) -> None:
        """A copy into a block has ended."""
        with self._change:
            block.copying -= 1
            self._ready(block)

    def seal(self) -> None:
        """Let no more into the block being filled. Locked by the caller."""
        if self._filling is not None:
            block, self._filling = self._filling, None
            block.sealed = True
            self._ready(block)

    def _ready(self, block: Block) -> None:
        if block.sealed and not block.copying:
            self._full.append(block)
            self._change.notify_all()

    def next(self) -> Block | None:
        """A full block for the caller to write, and then to `free`."""
        with self._change:
            return self._full.popleft() if self._full else None

    def free(self, block: Block) -> None:
        """A block has been written, or never will be."""
        with self._change:
            self._alive.discard(block)
            self._spare.append(block.memory)
            self._change.notify_all()

    def sealed(self) -> set[Block]:
        """Seal what is being filled; all blocks that are now on their way."""
        with self._change:
            self.seal()
            return set(self._alive)

    def settled(self, blocks: set[Block]) -> bool:
        """Wait until one of these blocks may be written, or none of them is on its way; whether that is so."""
        with self._change:
            while not self._full and blocks & self._alive:
                self._change.wait(PULSE)
            return not blocks & self._alive


def room(nbytes: int) -> int:
    """Bytes that a picture takes in a block."""
    return -(-nbytes // ALIGN) * ALIGN
