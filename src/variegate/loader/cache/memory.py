"""Memory: a store in this process."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.loader.cache.config import Cache
from variegate.loader.cache.store import Size, Store
from variegate.loader.memory import ALIGN, aligned
from variegate.loader.source.base import Source

BLOCK = 64 << 20  # bytes; what of it is not written yet costs nothing
ENTRY = 512  # bytes that Python needs for a picture beside its pixels


class _Entry(NamedTuple):
    pixels: NDArray[Any]
    size: Size
    stamp: int


class Memory(Store):
    """Pictures side by side in large blocks, by id."""

    def __init__(self, config: Cache, source: Source) -> None:
        super().__init__(config, source)
        self._entries: dict[int, _Entry] = {}
        self._coming: set[int] = set()
        self._block, self._end = aligned(0), 0
        self._used = 0

    def _find(self, i: int, stamp: int) -> NDArray[Any] | None:
        entry = self._entries.get(self._ids.item(i))
        return entry.pixels if entry is not None and entry.stamp == stamp else None

    def size(self, i: int) -> Size:
        """(height, width) of the picture at position i before `side` reduced it."""
        return self._entries[self._ids.item(i)].size

    def _wanted(self, i: int, stamp: int, nbytes: int) -> bool:
        name = self._ids.item(i)
        entry = self._entries.get(name)
        if name in self._coming or (entry is not None and entry.stamp == stamp):
            return False
        return self._used + _room(nbytes) + ENTRY <= self.budget

    def _keep(self, i: int, stamp: int, pixels: NDArray[Any], size: Size) -> None:
        name = self._ids.item(i)
        with self._change:
            if not self._wanted(i, stamp, pixels.nbytes):
                return
            self._coming.add(name)
            room = self._take(pixels.nbytes)
        try:
            kept = room.view(pixels.dtype).reshape(pixels.shape)
            kept[...] = pixels
            kept.flags.writeable = False
            self._entries[name] = _Entry(kept, size, stamp)
        finally:
            self._coming.discard(name)

    def _take(self, nbytes: int) -> NDArray[np.uint8]:
        """So many bytes of a block."""
        self._used += _room(nbytes) + ENTRY
        if nbytes > BLOCK // 4:
            return aligned(nbytes)[:nbytes]
        if self._end + nbytes > self._block.nbytes:
            self._block, self._end = aligned(min(BLOCK, max(self.budget, nbytes))), 0
        start, self._end = self._end, self._end + _room(nbytes)
        return self._block[start : start + nbytes]

    def flush(self) -> None:
        """Nothing: what has been put is there."""

    def close(self) -> None:
        """Let go of all pictures; those that somebody has stay as they are."""
        super().close()
        self._entries.clear()

    def _kept(self) -> int:
        return self._used


def _room(nbytes: int) -> int:
    return -(-nbytes // ALIGN) * ALIGN
