"""CacheShard: one Arrow IPC file of pictures, written once and read by memory map.

A row is a picture: its columns here, and `pixels`, large binary, at multiples of 64 bytes. A file is a single record
batch, so that all of it lies where the footer says. What Arrow does not notice of damage the checksum of a row does: it
covers the row's columns and pixels, and is looked at once a process. The folder is trusted to be ours alone: a shard is
never written again once it has its name, and whoever cuts one that is mapped ends the process.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO, Literal, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from variegate.loader.cache.store import KEPT, Size
from variegate.loader.file import regular

MAGIC = b"ARROW1"
COLUMNS: dict[str, Literal["Q", "I"]] = {  # name -> struct code
    **{"id": "Q", "stamp": "Q", "height": "I", "width": "I"},
    **{"original_height": "I", "original_width": "I", "channels": "I", "dtype": "I", "checksum": "I"},
}
HEADER = struct.Struct("<QQIIIIII")
TYPES = {"Q": "uint64", "I": "uint32"}
ROW_BYTES = 64  # that a row takes in a file beside its pixels, and more
FILE_BYTES = 4096  # that a file takes beside its rows, and more


class DamagedError(Exception):
    """A file is no shard of this folder, or not a whole one."""


class ShardRow(NamedTuple):
    """A picture's columns, and where its pixels begin in the block that is written."""

    id: int
    stamp: int
    height: int
    width: int
    original_height: int
    original_width: int
    channels: int
    dtype: int
    checksum: int
    start: int

    @classmethod
    def of(cls, name: int, stamp: int, pixels: NDArray[Any], size: Size, start: int = 0) -> ShardRow:
        """The row of a C-contiguous picture."""
        (height, width, channels), dtype = pixels.shape, KEPT.index(pixels.dtype)
        header = name, stamp, height, width, *size, channels, dtype
        return cls(*header, checksum(header, pixels), start)


def checksum(header: tuple[int, ...], pixels: NDArray[Any]) -> int:
    """CRC-32 of a row."""
    return crc32(pixels.data, crc32(HEADER.pack(*header)))


def schema(facts: dict[str, Any]) -> Any:
    """Arrow's schema of a shard; the facts are in its metadata."""
    import pyarrow as pa

    fields = [pa.field(name, pa.type_for_alias(TYPES[code]), nullable=False) for name, code in COLUMNS.items()]
    told = {"variegate": json.dumps(facts, sort_keys=True), "dtypes": " ".join(each.name for each in KEPT)}
    return pa.schema([*fields, pa.field("pixels", pa.large_binary(), nullable=False)], told)


def write(file: BinaryIO, rows: Sequence[ShardRow], block: NDArray[np.uint8], facts: dict[str, Any]) -> None:
    """Write the pictures of a block.

    rows   in the order of their starts; the pixels of one end where the next begins, those of the last with the block

    Raises  OSError if the disk is full.
    """
    import pyarrow as pa

    columns = [
        pa.array(np.array([getattr(row, name) for row in rows], code), pa.type_for_alias(TYPES[code]))
        for name, code in COLUMNS.items()
    ]
    offsets = np.array([*(row.start for row in rows), block.nbytes], np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(block)]
    pixels = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(rows), buffers)
    form = schema(facts)
    with pa.ipc.new_file(file, form) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays([*columns, pixels], schema=form))


class CacheShard:
    """The pictures of a file, by row.

    Raises  DamagedError if it is not whole, or of other facts; FileNotFoundError if it is gone.
    """

    def __init__(self, path: str, facts: dict[str, Any]) -> None:
        _check_ends(path)
        batch = _batch(path, facts)
        self.path, self.rows = path, batch.num_rows
        self._columns = {name: self._column(batch, name, code) for name, code in COLUMNS.items()}
        self.ids = np.frombuffer(self._columns["id"], np.uint64)
        self.stamps = self._columns["stamp"]
        _, offsets, self._pixels = batch.column("pixels").buffers()
        if self._pixels is None or offsets is None or offsets.size < 8 * (self.rows + 1):
            raise DamagedError("its offsets are cut off")
        self._offsets = memoryview(offsets).cast("B")[: 8 * (self.rows + 1)].cast("q")
        self._checked = bytearray(self.rows)

    def _column(self, batch: Any, name: str, code: Literal["Q", "I"]) -> memoryview[int]:
        buffer, size = batch.column(name).buffers()[1], struct.calcsize(code) * self.rows
        if buffer is None or buffer.size < size:
            raise DamagedError(f"its column {name} is cut off")
        bare: memoryview[int] = memoryview(buffer).cast("B")
        return bare[:size].cast(code)

    def sound(self, row: int) -> bool:
        """Whether a row is as it was written; looked at once."""
        if not self._checked[row]:
            self._checked[row] = self._is_sound(row)
        return bool(self._checked[row])

    def _is_sound(self, row: int) -> bool:
        *header, said = (column[row] for column in self._columns.values())
        height, width, _, _, channels, dtype = header[2:]
        if dtype >= len(KEPT) or 0 in (height, width, channels):
            return False
        start, size = self._offsets[row], height * width * channels * KEPT[dtype].itemsize
        if not 0 <= start <= start + size <= min(self._offsets[row + 1], self._pixels.size):
            return False
        return checksum(tuple(header), self.picture(row)) == said

    def picture(self, row: int) -> NDArray[Any]:
        """The pixels of a row that is sound, (height, width, channels), in the memory map."""
        columns = self._columns
        shape = columns["height"][row], columns["width"][row], columns["channels"][row]
        return np.ndarray(shape, KEPT[columns["dtype"][row]], self._pixels, self._offsets[row])

    def size(self, row: int) -> Size:
        """(height, width) before a picture was reduced."""
        return self._columns["original_height"][row], self._columns["original_width"][row]


def _check_ends(path: str) -> None:
    """Refuse, before anything is mapped, a file whose end is not the footer of its beginning.

    To read a map beyond the end of its file is the end of the process.
    """
    with open(path, "rb", buffering=0, opener=regular) as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(len(MAGIC))
        file.seek(-min(size, 4 + len(MAGIC)), os.SEEK_END)
        end = file.read()
    if start != MAGIC or end[4:] != MAGIC or int.from_bytes(end[:4], "little", signed=True) not in range(1, size):
        raise DamagedError("it is cut off")


def _batch(path: str, facts: dict[str, Any]) -> Any:
    """The record batch, mapped. The file itself is closed again: a cache has more of them than a process may open."""
    import pyarrow as pa

    try:
        with pa.memory_map(path) as file:
            reader = pa.ipc.open_file(file)
            if not reader.schema.equals(schema(facts), check_metadata=True):
                raise DamagedError("it is of another cache")
            if reader.num_record_batches != 1:
                raise DamagedError("its footer is damaged")
            batch = reader.get_batch(0)
    except FileNotFoundError:
        raise
    except Exception as error:  # Arrow's own errors are OSError, ValueError, MemoryError and more
        raise error if isinstance(error, DamagedError) else DamagedError(str(error)) from error
    if batch.num_rows < 1 or any(column.offset or len(column) != batch.num_rows for column in batch.columns):
        raise DamagedError("its record batch is damaged")
    return batch
