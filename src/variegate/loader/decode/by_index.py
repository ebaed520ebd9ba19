"""IndexedReader: JPEGs decoded by window, from where an index says that it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from variegate.loader.decode.compilation import COMPILATION
from variegate.loader.decode.index_file import IndexFile, Written
from variegate.loader.decode.indexes import MOST, SHARE, Indexes, Origin
from variegate.loader.decode.window import Bytes, Window

if TYPE_CHECKING:
    from variegate.jpeg import Header, Index


class Refused:
    """In the place of an index: of a file that was walked through and is for another decoder."""

    nbytes = 0


REFUSED = Refused()


class IndexedReader:
    """A reader of windows by `variegate.jpeg`, as soon as that is compiled. Threads share it.

    The first time, all of a file is walked through, and an index noted if it is sound to its end; later its windows are
    read from there.

    memory  bytes that a loader may take; None: as many as it likes
    file    where indexes are kept for later runs; None: nowhere
    """

    def __init__(self, memory: int | None = None, file: IndexFile | None = None) -> None:
        self.indexes: Indexes[Index | Refused | Bytes] = Indexes(MOST if memory is None else memory // SHARE)
        self._file, self._new = file, False
        # Counted without a lock: a fork may leave that held for ever, and here no other thread comes between.
        self._by_index = self._first = self._left = 0
        for record in () if file is None else file.records():
            if not self.indexes.put(record.origin, record.data):
                break

    def read(self, data: bytes | memoryview, mode: str, window: Window, out: Bytes, origin: Origin) -> bool:
        """See `WindowReader.read`."""
        found = self._read(data, window, out, origin)
        if not found:
            self._left += 1
        return found

    def _read(self, data: bytes | memoryview, window: Window, out: Bytes, origin: Origin) -> bool:
        if not COMPILATION.there:
            COMPILATION.wanted = True
            return False
        from variegate.jpeg import parse, verify
        from variegate.jpeg import read as read_by

        header = parse(data)
        if isinstance(header, str) or header.size != out.shape[:2]:
            return False
        if origin.stamp is None:  # then nothing but the bytes tells whether the file is the same
            origin = origin._replace(stamp=crc32(data))
        index = self._index(origin, header)
        if isinstance(index, Refused):
            return False
        if index is not None:
            if read_by(data, header, index, window, out):
                self._by_index += 1
                return True
            self.indexes.drop(origin)
        found = verify(data, header, window, out)
        if isinstance(found, str):
            self.indexes.put(origin, REFUSED)
            return False
        self._new |= self.indexes.put(origin, found)
        self._first += 1
        return True

    def _index(self, origin: Origin, header: Header) -> Index | Refused | None:
        """What is noted of a file."""
        kept = self.indexes.get(origin)
        if not isinstance(kept, np.ndarray):
            return kept
        from variegate.jpeg import Index

        index = Index.from_bytes(kept.data, header)
        if index is None:
            self.indexes.drop(origin)
        else:
            self.indexes.put(origin, index)
        return index

    def tend(self) -> None:
        """See `WindowReader.tend`."""
        COMPILATION.tend()

    def flush(self) -> None:
        """See `WindowReader.flush`."""
        if self._file is not None and self._new:
            self._new = False
            self._new = not self._file.save({origin: _written(kept) for origin, kept in self.indexes.all().items()})

    def stats(self) -> dict[str, int]:
        """See `WindowReader.stats`."""
        noted = {"indexes": len(self.indexes), "index_bytes": self.indexes.nbytes}
        return {"by_index": self._by_index, "first": self._first, "left": self._left, **noted}


def _written(kept: Index | Refused | Bytes) -> Written | None:
    """What gives the bytes of an index."""
    if isinstance(kept, Refused):
        return None
    return kept.tobytes if isinstance(kept, np.ndarray) else kept.to_bytes


def reader_of(
    jpeg_decoder: str, decode: str, memory: int | None, file: IndexFile | None = None
) -> IndexedReader | None:
    """Who reads windows for a loader with these options; None: nobody does."""
    return IndexedReader(memory, file) if jpeg_decoder == "auto" and decode == "exact" else None
