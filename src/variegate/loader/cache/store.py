"""Store: what the loader has of a cache."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from threading import Condition
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.loader.cache.config import Cache
from variegate.loader.cache.reduced import reduced
from variegate.loader.cache.stamps import Stamps
from variegate.loader.source.base import Source
from variegate.white import DTYPES

Size = tuple[int, int]
KEPT = tuple(map(np.dtype, DTYPES))  # a picture's dtype is kept as its place here


class Store(ABC):
    """Decoded pictures by position in a source; threads share it.

    The loader asks `get`, and where that has nothing reads, decodes and calls `put`. Nothing is ever put out: an epoch
    asks for every sample once in an order of its own, so any fixed part of the samples gives as many hits as its share
    of them, and no policy that cannot see the next order gives more.
    """

    def __init__(self, config: Cache, source: Source) -> None:
        self.config = config
        self.budget = int(config.max_bytes or 0)
        self._ids, self._stamps = source.ids, Stamps(source)
        self._hits = self._misses = 0
        self._closed = False
        self._process = os.getpid()
        self._change = Condition()

    def get(self, i: int) -> NDArray[Any] | None:
        """The picture at position i, (height, width, channels), read-only and no copy; or None.

        Raises  DecodeError if its file is gone, as reading it would.
        """
        stamp = self._stamps.now(i)
        found = None if self._closed else self._find(i, stamp)
        # Counted without the lock: a fork may leave that held for ever, and here no other thread comes between.
        if found is None:
            self._misses += 1
            self._stamps.note(i, stamp)
        else:
            self._hits += 1
        return found

    def put(self, i: int, pixels: NDArray[Any], size: Size) -> NDArray[Any]:
        """Keep a copy of the picture at position i, for which `get` just had nothing; from any thread.

        pixels  (height, width, channels) uint8, uint16 or float32; what else there is is not kept
        size    (height, width) of the picture before `side` reduces it

        Gives the picture as `get` would: reduced where `side` asks for it, whether or not it is kept, so that no pixel
        hangs on what a cache has room for. It is not kept where there is no room left, where it is kept already, and
        in a forked child.
        """
        stamp, ours = self._stamps.noted(i), not self._closed and os.getpid() == self._process
        if pixels.ndim != 3 or pixels.dtype not in KEPT:
            return pixels
        pixels = reduced(pixels, self.config.max_side)
        if ours and stamp is not None and self._wanted(i, stamp, pixels.nbytes):
            self._keep(i, stamp, np.ascontiguousarray(pixels), size)
        return pixels

    def wants(self, i: int, nbytes: int) -> bool:
        """Whether the picture at position i, of so many bytes, for which `get` just had nothing, is to be `put`.

        If not, it would come back from there as it is: then it need not be whole.
        """
        stamp, ours = self._stamps.noted(i), not self._closed and os.getpid() == self._process
        wanted = ours and stamp is not None and self._wanted(i, stamp, nbytes)
        if wanted and stamp is not None:
            self._stamps.note(i, stamp)  # `put` asks for it again
        return wanted or self.config.max_side is not None

    @abstractmethod
    def size(self, i: int) -> Size:
        """(height, width) of the picture at position i before `side` reduced it; `get` has just given it."""

    @abstractmethod
    def flush(self) -> None:
        """Publish what has been put so far, and see what other processes have published."""

    def close(self) -> None:
        """Publish, and let go of all pictures; those that somebody has stay as they are."""
        self.flush()
        self._closed = True

    def stats(self) -> dict[str, int]:
        """Counts of `get`, and the bytes that are kept."""
        return {"hits": self._hits, "misses": self._misses, "bytes": self._kept()}

    @abstractmethod
    def _find(self, i: int, stamp: int) -> NDArray[Any] | None:
        """The picture, if it is here and of this stamp."""

    @abstractmethod
    def _wanted(self, i: int, stamp: int, nbytes: int) -> bool:
        """Whether there is room for a picture, and it is not here yet."""

    @abstractmethod
    def _keep(self, i: int, stamp: int, pixels: NDArray[Any], size: Size) -> None:
        """Copy a picture, C-contiguous."""

    @abstractmethod
    def _kept(self) -> int:
        """The bytes that are kept."""
