"""Stamps: whether the file of a picture is still the one that was read."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from variegate.errors import DecodeError
from variegate.loader.source.base import Source

WORD = (1 << 64) - 1
SPREAD = 0x9E3779B97F4A7C15  # odd: 2**64 / the golden ratio
UNKNOWN = 0  # the stamp of every sample of a source that has none


class Stamps:
    """What the source says of each sample's file, as 64 bits, and what it said before the sample was read.

    The sample's place counts too: two folders may have files of the same names, sizes and dates.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.known = _knows(source)
        self._noted = np.zeros(len(source) if self.known else 0, np.uint64)

    def now(self, i: int) -> int:
        """The stamp of the sample at position i, never 0 where the source knows.

        Raises  DecodeError if its file is not there.
        """
        said = self._source.stamp(i) if self.known else None
        if said is None:
            return UNKNOWN
        return (said * SPREAD + crc32(self._source.where(i).encode("utf-8", "surrogateescape"))) & WORD | 1

    def note(self, i: int, stamp: int) -> None:
        """Remember a stamp before the sample is read: a file that changes meanwhile is then never taken for the new.

        The earlier of two stands, as the first of two threads may have read what was there then.
        """
        if stamp and not self._noted.item(i):
            self._noted[i] = stamp

    def noted(self, i: int) -> int | None:
        """The stamp remembered, once; None if there is none."""
        if not self.known:
            return UNKNOWN
        stamp = self._noted.item(i)
        self._noted[i] = 0
        return int(stamp) or None


def _knows(source: Source) -> bool:
    try:
        return len(source) > 0 and source.stamp(0) is not None
    except DecodeError:  # its file is gone, which the batch will say that has it
        return True
