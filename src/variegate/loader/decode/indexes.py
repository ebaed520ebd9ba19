"""Indexes: what was noted of JPEGs when they were first decoded, so that a later decode need not begin at their top."""

from __future__ import annotations

import os
from threading import Lock
from typing import Generic, NamedTuple, Protocol, TypeVar

MOST = 512 << 20  # bytes, unless a loader's memory has a limit: those of 200,000 photographs of 100 kB
SHARE = 8  # of a loader's memory, indexes take one part in so many at most
ENTRY = 640  # bytes that Python needs for an index beside its numbers


class Noted(Protocol):
    """An index."""

    @property
    def nbytes(self) -> int:
        """The bytes of its numbers."""


Index = TypeVar("Index", bound=Noted)


class Origin(NamedTuple):
    """Of which sample of a source some bytes are, and what the source said of its file before it was read.

    stamp  a number that changes when the file does; None: the source knows none
    """

    position: int
    stamp: int | None


class Indexes(Generic[Index]):
    """Indexes of a source's files, by position; threads share it.

    Nothing is put out for another: an epoch asks for every file once, in an order of its own, so what is there is as
    good as what would take its place.

    >>> class Numbers(list):
    ...     nbytes = 100
    >>> indexes = Indexes(1000)
    >>> indexes.put(Origin(3, 77), Numbers())
    True
    >>> indexes.get(Origin(3, 77)), indexes.get(Origin(3, 78)), indexes.nbytes
    ([], None, 740)
    """

    def __init__(self, most: int = MOST) -> None:
        self._most, self._used = most, 0
        self._kept: dict[int, tuple[int | None, Index]] = {}
        self._lock, self._process = Lock(), os.getpid()

    @property
    def nbytes(self) -> int:
        """The bytes that they take."""
        return self._used

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, origin: Origin) -> Index | None:
        """The index of a sample's file, if that is as it was."""
        stamp, index = self._kept.get(origin.position, (None, None))
        return index if stamp == origin.stamp else None

    def all(self) -> dict[Origin, Index]:
        """All that there are."""
        if os.getpid() != self._process:
            return {}
        with self._lock:
            return {Origin(position, stamp): index for position, (stamp, index) in self._kept.items()}

    def put(self, origin: Origin, index: Index) -> bool:
        """Keep the index of a sample's file in place of an earlier one; False if there is no room for it."""
        if os.getpid() != self._process:  # in a forked child the lock may be held for ever
            return False
        with self._lock:
            self._take(origin.position)
            fits = self._used + index.nbytes + ENTRY <= self._most
            if fits:
                self._used += index.nbytes + ENTRY
                self._kept[origin.position] = origin.stamp, index
            return fits

    def drop(self, origin: Origin) -> None:
        """Let go of the index of a sample, which was found to be that of another file."""
        if os.getpid() == self._process:
            with self._lock:
                self._take(origin.position)

    def allow(self, most: int) -> None:
        """Take so many bytes at most from now on, or less; if there are more, all are let go."""
        if os.getpid() != self._process:
            return
        with self._lock:
            self._most = max(min(most, self._most), 0)
            if self._used > self._most:
                self._kept.clear()
                self._used = 0

    def _take(self, position: int) -> None:
        found = self._kept.pop(position, None)
        if found is not None:
            self._used -= found[1].nbytes + ENTRY
