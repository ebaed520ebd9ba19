"""IndexFile: the indexes of a source's JPEGs, kept in a folder for later runs.

Each is written with a checksum of its own, and what comes behind the first that is not as it was written is not read.
An index says of which header and length it is, and a decode proves it as it does any other: one of another file, or a
damaged one, costs time alone. The folder is trusted to be ours: who forges an index, with the DC numbers of all entries
moved alike, changes pixels, though he reaches nothing beyond them.
"""

from __future__ import annotations

import os
import struct
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from hashlib import blake2b
from typing import BinaryIO, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from variegate import parts
from variegate.errors import SourceError
from variegate.loader.decode.indexes import Origin
from variegate.loader.file import regular
from variegate.loader.transient import is_transient

MAGIC = b"variegate jpeg indexes 1\n"
ENDING = ".indexes"
HEAD = struct.Struct("<QqI")  # position, stamp, bytes of the index
CHECKSUM = struct.Struct("<I")  # of head and index
LARGEST = 64 << 20  # bytes of an index: 2% of a file are less
STAMPS = range(-(1 << 63), 1 << 63)
Written = Callable[[], bytes]


class Record(NamedTuple):
    """An index in bytes, as `Index.to_bytes` gives them, and of which file it is."""

    origin: Origin
    data: NDArray[np.uint8]


class IndexFile:
    """A file for one source in a folder that sources and processes may share.

    folder  made where there is none
    name    what tells the source from others

    Raises  SourceError if the folder cannot be made.
    """

    def __init__(self, folder: str, name: str) -> None:
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise SourceError(f"Loader.jpeg_indexes: {folder} cannot be made: {error.strerror or error}") from None
        self.path = os.path.join(folder, blake2b(name.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest())
        self.path += ENDING
        self._failed = False
        parts.sweep(folder, ENDING)

    def records(self) -> Iterator[Record]:
        """What is there, up to the first damage; nothing if there is no such file."""
        with suppress(OSError), open(self.path, "rb", opener=regular) as file:
            if file.read(len(MAGIC)) != MAGIC:
                return
            while (record := _next(file)) is not None:
                yield record

    def save(self, indexes: Mapping[Origin, Written | None]) -> bool:
        """Write these, and of what is there already all that is of other samples; whether it is done.

        It is not where another process writes just now, and never again after a disk has refused.

        indexes  of each file, what gives its bytes; None: it has none, and what is there of it is wrong
        """
        if self._failed:
            return False
        try:
            with open(f"{self.path}.lock", "ab") as lock:
                if parts.lock(lock) is False:
                    return False
                parts.publish(self.path, lambda file: self._write(file, indexes))
        except OSError as error:
            if not is_transient(error):
                self._failed = True
                warnings.warn(
                    f"{self.path}: indexes of JPEGs are not kept ({error.strerror or error})",
                    RuntimeWarning,
                    stacklevel=2,
                )
            return False
        return True

    def _write(self, file: BinaryIO, indexes: Mapping[Origin, Written | None]) -> None:
        file.write(MAGIC)
        for origin, written in indexes.items():
            if written is not None:
                _put(file, origin, written())
        known = {origin.position for origin in indexes}
        for origin, data in self.records():
            if origin.position not in known:
                _put(file, origin, data.data)


def _put(file: BinaryIO, origin: Origin, data: bytes | memoryview) -> None:
    if origin.stamp is not None and origin.stamp in STAMPS and len(data) <= LARGEST:
        head = HEAD.pack(origin.position, origin.stamp, len(data))
        file.write(head + CHECKSUM.pack(crc32(data, crc32(head))))
        file.write(data)


def _next(file: BinaryIO) -> Record | None:
    told = file.read(HEAD.size + CHECKSUM.size)
    if len(told) < HEAD.size + CHECKSUM.size:
        return None
    position, stamp, size = HEAD.unpack_from(told)
    data = file.read(size) if size <= LARGEST else b""
    (said,) = CHECKSUM.unpack_from(told, HEAD.size)
    if len(data) != size or crc32(data, crc32(told[: HEAD.size])) != said:
        return None
    return Record(Origin(position, stamp), np.frombuffer(data, np.uint8))
