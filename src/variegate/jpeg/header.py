"""The header of a JPEG, and whether this decoder reads its file."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from variegate.jpeg.codes import (
    BAD_TABLE,
    COMPONENTS,
    COUNTED,
    DEFINED,
    FIELDS,
    INTERVAL,
    SCAN,
    SOUND,
    STEP_BYTES,
    TABLES,
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
    mcus      how many units its pixels are coded in
    length    the bytes of the file
    digest    a checksum of those up to its pixels
    scratch   the bytes of scratch that reading takes; few of them are touched
    fields    address of its fields; steps: of its steps, int16 (3, 2, 64)
    tables    of each channel, that of its DC numbers and that of the others
    """

    __slots__ = ("_memory", "channels", "digest", "fields", "length", "mcus", "scratch", "size", "steps", "tables")

    def __init__(self, memory: NDArray[np.int64], address: int, length: int, digest: int, tables: list[Table]) -> None:
        height, width, self.channels, across, down, interval = memory[: INTERVAL + 1].tolist()
        self.size, self.length, self.digest = (height, width), length, digest
        self.mcus = -(-height // (8 * down)) * -(-width // (8 * across))
        self.scratch = scratch_bytes(height, width, interval, length)
        self.tables, self._memory = tables, memory
        self.fields, self.steps = address, address + 8 * FIELDS


def parse(data: bytes | memoryview) -> Header | str:
    """The header of a file; or why another decoder must read it, in words.

    >>> parse(b"GIF89a...")
    'it is no JPEG'
    """
    given = np.frombuffer(data, np.uint8)
    memory = np.zeros(FIELDS + 3 * STEP_BYTES // 8 + KNOWN, np.int64)
    src, at, steps = int(given.ctypes.data), int(memory.ctypes.data), 8 * FIELDS
    why = read_segments(src, given.size, at, at + steps, NATURAL_ADDRESS, at + steps + 3 * STEP_BYTES)
    if why != SOUND:
        return WORDS[why]
    fields = memory[:FIELDS].tolist()
    tables = []
    for n in range(2 * fields[COMPONENTS]):
        place, count = fields[DEFINED + n], fields[COUNTED + n]
        definition = STANDARD[-1 - place] if place < 0 else bytes(data[place : place + count])
        tables.append(table(definition, n % 2 == 1))
    addresses = [each.address for each in tables]
    if 0 in addresses:
        return WORDS[BAD_TABLE]
    memory[TABLES : TABLES + len(addresses)] = addresses
    return Header(memory, at, given.size, zlib.crc32(data[: fields[SCAN]]), tables)
