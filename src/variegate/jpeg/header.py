"""The header of a JPEG, and whether this decoder reads its file."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from variegate.jpeg.codes import (
    ACROSS,
    BAD_TABLE,
    COMPONENTS,
    COUNTED,
    DEFINED,
    DOWN,
    FIELDS,
    HEIGHT,
    INTERVAL,
    SCAN,
    SOUND,
    STEP_BYTES,
    TABLES,
    WIDTH,
    WORDS,
)
from variegate.jpeg.entropy import NATURAL
from variegate.jpeg.huffman import STANDARD, Table, table
from variegate.jpeg.segments import KNOWN, read_segments
from variegate.jpeg.shape import scratch_bytes

NATURAL_ADDRESS = int(NATURAL.ctypes.data)


class Header:
    """What compiled code needs to know of a file, and its tables.

    size      (height, width) in pixels, as stored
    channels  1 or 3, as stored
    digest    a checksum of the file's bytes up to its pixels
    tables    of each channel, that of its DC numbers and that of the others
    """

    __slots__ = ("_fields", "channels", "digest", "fields", "length", "size", "steps", "tables")

    def __init__(self, fields: NDArray[np.int64], length: int, digest: int, tables: list[Table]) -> None:
        self.size = int(fields[HEIGHT]), int(fields[WIDTH])
        self.channels, self.length, self.digest = int(fields[COMPONENTS]), length, digest
        self.tables, self._fields = tables, fields
        self.fields = int(fields.ctypes.data)
        self.steps = self.fields + 8 * FIELDS

    @property
    def mcus(self) -> int:
        """How many units its pixels are coded in."""
        across, down = int(self._fields[ACROSS]), int(self._fields[DOWN])
        return -(-self.size[0] // (8 * down)) * -(-self.size[1] // (8 * across))

    @property
    def scratch(self) -> int:
        """The bytes of scratch that reading takes; few of them are touched."""
        return scratch_bytes(*self.size, int(self._fields[INTERVAL]), self.length)


def parse(data: bytes | memoryview) -> Header | str:
    """The header of a file; or why another decoder must read it, in words.

    >>> parse(b"GIF89a...")
    'it is no JPEG'
    """
    given = np.frombuffer(data, np.uint8)
    fields = np.zeros(FIELDS + 3 * STEP_BYTES // 8 + KNOWN, np.int64)
    src, at = int(given.ctypes.data), int(fields.ctypes.data)
    why = read_segments(src, given.size, at, at + 8 * FIELDS, NATURAL_ADDRESS, at + 8 * FIELDS + 3 * STEP_BYTES)
    if why != SOUND:
        return WORDS[why]
    tables = []
    for n in range(2 * int(fields[COMPONENTS])):
        place, count = int(fields[DEFINED + n]), int(fields[COUNTED + n])
        definition = STANDARD[-1 - place] if place < 0 else bytes(data[place : place + count])
        found = table(definition, n % 2 == 1)
        if not found.address:
            return WORDS[BAD_TABLE]
        fields[TABLES + n] = found.address
        tables.append(found)
    return Header(fields, given.size, zlib.crc32(data[: fields[SCAN]]), tables)
