"""IndexedReader: JPEGs decoded by window, from where an index says that it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from variegate.loader.decode.compilation import COMPILATION
from variegate.loader.decode.indexes import MOST, SHARE, Indexes, Origin
from variegate.loader.decode.window import Bytes, Window

if TYPE_CHECKING:
    from variegate.jpeg import Index


class Refused:
    """In the place of an index: of a file that was walked through and is for another decoder."""

    nbytes = 0


REFUSED = Refused()


class IndexedReader:
    """A reader of windows by `variegate.jpeg`, as soon as that is compiled. Threads share it.

    The first time, all of a file is walked through, and an index noted if it is sound to its end; later its windows are
    read from there.

    memory  bytes that a loader may take; None: as many as it likes
    """

    def __init__(self, memory: int | None = None) -> None:
        self.indexes: Indexes[Index | Refused] = Indexes(MOST if memory is None else memory // SHARE)

    def read(self, data: bytes | memoryview, mode: str, window: Window, out: Bytes, origin: Origin) -> bool:
        """See `WindowReader.read`."""
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
        index = self.indexes.get(origin)
        if isinstance(index, Refused):
            return False
        if index is not None:
            if read_by(data, header, index, window, out):
                return True
            self.indexes.drop(origin)
        found = verify(data, header, window, out)
        self.indexes.put(origin, REFUSED if isinstance(found, str) else found)
        return not isinstance(found, str)

    def tend(self) -> None:
        """See `WindowReader.tend`."""
        COMPILATION.tend()


def reader_of(jpeg_decoder: str, decode: str, memory: int | None) -> IndexedReader | None:
    """Who reads windows for a loader with these options; None: nobody does."""
    return IndexedReader(memory) if jpeg_decoder == "auto" and decode == "exact" else None
