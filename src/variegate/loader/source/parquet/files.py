"""Rows of Parquet and Arrow files by position, without all of a file in memory.

A unit is what is loaded at once: of Parquet a row group, which is decoded as a whole for any of its rows; of an Arrow
file a record batch, of which single rows are read where its bytes lie there as they are, and all where they are packed.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

from variegate.errors import DecodeError, SourceError
from variegate.loader.source.arrow import ArrowCells, FileRow, Layout, Loaded, UnreadableError, layout_of
from variegate.loader.source.base import fresh
from variegate.loader.source.json_text import parsed
from variegate.loader.source.location import scheme_of
from variegate.loader.source.parquet.footer import Chunk, chunks_of
from variegate.loader.source.shards import RemoteShard, Shard
from variegate.loader.transient import read_errors, retried

ASKED = re.compile(r"size (\d+)")  # how much memory there was none of, as PyArrow says it
WIDTHS = {"INT64": 8, "DOUBLE": 8, "INT96": 8, "BOOLEAN": 0.125}  # bytes of a number; 4 of all others


class RowFile(ABC):
    """A file of rows; `columns` are those that are loaded with a sample, `most` the bytes that a unit may take.

    schema  of all its columns, PyArrow's
    counts  rows of each unit
    sizes   bytes of each unit when it is loaded; 0 where it never is as a whole, or they are not known before
    by_row  whether single rows can be read
    unit    what a unit is called, and `smaller` how a file with smaller ones is written
    """

    schema: Any
    counts: list[int]
    sizes: list[int]
    by_row = False
    unit: str
    smaller: str

    def __init__(self, shard: Shard, columns: Sequence[str], most: int) -> None:
        self.shard, self.columns, self._most = shard, list(columns), most

    @abstractmethod
    def load(self, unit: int) -> Loaded:
        """The columns of a unit.

        Raises  DecodeError if it cannot be read, or the file has changed; UnreadableError if it is damaged.
        """

    def row(self, unit: int, row: int) -> AbstractContextManager[FileRow]:
        """A row of a unit while the file is open, where single rows can be read.

        Raises  DecodeError if it cannot be read, or the file has changed.
        """
        raise NotImplementedError

    def column(self, name: str) -> Any:
        """Another column, whole, as an array of numbers, or a list.

        Raises  SourceError if it cannot be read, is damaged, or is not of as many rows as the file says.
        """
        path, count = self.shard.path, sum(self.counts)
        self._check_once(name)
        try:
            found = self._column(name)
        except DecodeError as error:
            raise SourceError(f"{path}: {error.reason}") from error
        if len(found) != count:
            raise SourceError(f"{path}: the file is damaged: its column {name!r} has {len(found)} of {count} rows")
        return ArrowCells(found, f"{path}, column {name!r}").all()

    @abstractmethod
    def _column(self, name: str) -> Any:
        """The same, as the file has it."""

    def class_names(self, name: str) -> list[str] | None:
        """The names of classes that Hugging Face's datasets noted for a column of labels, if they did."""
        with suppress(KeyError, TypeError, ValueError):
            noted = parsed(self.schema.metadata[b"huggingface"], self.shard.path)["info"]["features"][name]["names"]
            return [str(each) for each in noted]
        return None

    def _check_once(self, name: str) -> None:
        if (count := self.schema.names.count(name)) > 1:
            raise SourceError(f"{self.shard.path}: there are {count} columns {name!r}; write it with one")

    def _check_columns(self) -> None:
        """Refuse a file without these columns."""
        there = self.schema.names
        for name in self.columns:
            self._check_once(name)
            if name not in there:
                told = ", ".join(f"{field.name!r} ({field.type})" for field in self.schema)
                raise SourceError(f"{self.shard.path}: there is no column {name!r}; it has the columns {told}")


class ParquetRows(RowFile):
    """A Parquet file, opened anew for each row group; its footer is kept."""

    unit = "row group"
    smaller = "with few rows a group: pq.write_table(pq.read_table(path), other, row_group_size=10)"

    def __init__(self, shard: Shard, columns: Sequence[str], most: int) -> None:
        super().__init__(shard, columns, most)
        self._metadata: Any = None
        self.schema, self._metadata = retried(self._read_footer)
        self._check_columns()
        self.counts = [self._metadata.row_group(n).num_rows for n in range(self._metadata.num_row_groups)]
        if min(self.counts, default=0) < 0:
            raise SourceError(f"{shard.path}: the file is damaged: a row group has {min(self.counts)} rows")
        try:
            groups = chunks_of(retried(self._footer))
        except UnreadableError as error:
            raise SourceError(f"{shard.path}: {error}") from error
        if len(groups) != len(self.counts):
            raise SourceError(f"{shard.path}: the file has changed while it was read; make the source again")
        chunks = [[chunk for chunk in group if self._wanted(chunk.path_in_schema)] for group in groups]
        self.sizes = [sum(map(_least, each)) for each in chunks]
        self._once = [[chunk.path_in_schema for chunk in each if _kept_once(chunk, most)] for each in chunks]

    def _read_footer(self) -> tuple[Any, Any]:
        with self._opened() as file:
            return file.schema_arrow, file.metadata

    def _footer(self) -> bytes:
        """The bytes of the footer, which stands before its length and four letters at the end."""
        size = self.shard.size
        length = int.from_bytes(self.shard.read(size - 8, 4, fresh), "little")
        return bytes(self.shard.read(size - 8 - length, length, fresh))

    def _wanted(self, path: str) -> bool:
        return any(f"{path}.".startswith(f"{name}.") for name in self.columns)

    @contextmanager
    def _opened(self, once: Sequence[str] = ()) -> Iterator[Any]:
        """The file; the columns `once` are read as dictionaries, which hold each value once."""
        from pyarrow import parquet

        path = self.shard.path
        remote = self.shard.open(patient=False) if isinstance(self.shard, RemoteShard) else nullcontext(path)
        options = {"metadata": self._metadata, "read_dictionary": once, "page_checksum_verification": True}
        with size_errors(self.shard, self._most), remote as place, parquet.ParquetFile(place, **options) as file:
            yield file

    def load(self, unit: int) -> Loaded:
        """The columns of a row group."""
        with self._opened(self._once[unit]) as file:
            table = file.read_row_group(unit, columns=self.columns, use_threads=False)
        return Loaded(table, self.counts[unit])

    def _column(self, name: str) -> Any:
        def read() -> Any:
            with self._opened() as file:
                return file.read([name])[name]

        return retried(read)


def _least(chunk: Chunk) -> int:
    """The bytes that the values of a chunk take at least: a constant is a few bytes in the file, whatever its rows."""
    return int(max(chunk.total_uncompressed_size, chunk.num_values * WIDTHS.get(chunk.physical_type, 4)))


def _kept_once(chunk: Chunk, most: int) -> bool:
    """Whether texts or bytes are to be read as a dictionary, each once: where they might be more than `most` bytes if
    every row had the largest that its dictionary holds. To look for equal values takes up to twice as long."""
    if chunk.physical_type != "BYTE_ARRAY" or chunk.dictionary_page_offset is None:
        return False
    packed = chunk.data_page_offset - chunk.dictionary_page_offset
    largest = packed * chunk.total_uncompressed_size / max(chunk.total_compressed_size, 1)
    return bool(chunk.total_uncompressed_size + chunk.num_values * largest > most)


class ArrowRows(RowFile):
    """An Arrow IPC file or stream. It is mapped into memory while the source is made, and never after."""

    unit = "record batch"
    smaller = "without compression, or with few rows a batch: file.write_table(table, max_chunksize=10)"

    def __init__(self, shard: Shard, columns: Sequence[str], most: int, stream: bool) -> None:
        super().__init__(shard, columns, most)
        self._stream = stream
        with size_errors(shard, most):
            whole = self._whole()
            reader = self._reader(whole)
            self.schema = reader.schema
            self._check_columns()
            self.counts, self._layouts = [], list[dict[str, Layout]]()
            try:
                for batch in self._batches(reader):
                    self.counts.append(batch.num_rows)
                    self._layouts.append({name: layout_of(batch.column(name), whole) for name in self.columns})
                self.by_row = True
            except UnreadableError as error:
                if stream:
                    raise SourceError(
                        f"{shard.path}: rows of an Arrow stream can only be read from the start where its columns are "
                        f"{error}; write it as a file: pyarrow.ipc.new_file"
                    ) from None
                little = [min(self.schema.names, key=lambda name: name in columns)]  # which takes no time to unpack
                self.counts = [batch.num_rows for batch in self._batches(self._reader(whole, little))]
        self.sizes = [0] * len(self.counts)

    def _whole(self) -> Any:
        import pyarrow as pa

        if scheme_of(self.shard.path):
            raise SourceError(f"{self.shard.path}: an Arrow file is mapped into memory, so it lies on this machine")
        return retried(lambda: pa.memory_map(self.shard.path).read_buffer())

    def _reader(self, whole: Any, columns: Sequence[str] | None = None) -> Any:
        """A reader of some columns, or of all; `whole` is a map of the file, or the file, out of which it copies."""
        from pyarrow import ipc

        included = [self.schema.names.index(name) for name in columns or ()]
        options = ipc.IpcReadOptions(included_fields=included)
        return (ipc.open_stream if self._stream else ipc.open_file)(whole, options=options)

    def _batches(self, reader: Any) -> Iterator[Any]:
        return iter(reader) if self._stream else map(reader.get_batch, range(reader.num_record_batches))

    def load(self, unit: int) -> Loaded:
        """The columns of a record batch."""
        import pyarrow as pa

        with size_errors(self.shard, self._most), pa.OSFile(self.shard.path) as file:
            batch = self._reader(file, self.columns).get_batch(unit)
        return Loaded(pa.Table.from_batches([batch]), self.counts[unit])

    @contextmanager
    def row(self, unit: int, row: int) -> Iterator[FileRow]:
        """A row of a record batch."""
        with self.shard.parts() as read:
            yield FileRow(read, self._layouts[unit], row)

    def _column(self, name: str) -> Any:
        with size_errors(self.shard, self._most):
            return self._reader(self._whole(), None if self.by_row else [name]).read_all()[name]


def open_rows(shard: Shard, columns: Sequence[str], most: int) -> RowFile:
    """A Parquet or Arrow file, told apart by its first bytes; a unit may take `most` bytes.

    Raises  SourceError if it is neither, cannot be read, or lacks a column.
    """
    with shard.open() as file:
        start = file.read(6)
    try:
        if start[:4] == b"PAR1":
            with size_errors(shard, most):
                return ParquetRows(shard, columns, most)
        if start == b"ARROW1" or start[:4] == b"\xff\xff\xff\xff":
            with size_errors(shard, most):
                return ArrowRows(shard, columns, most, stream=start != b"ARROW1")
    except DecodeError as error:
        raise SourceError(f"{shard.path}: {error.reason}") from error
    except ImportError:
        raise SourceError(
            f'{shard.path}: Parquet and Arrow files need PyArrow: pip install "variegate[arrow]"'
        ) from None
    raise SourceError(f"{shard.path}: it is neither a Parquet nor an Arrow file; it begins with {start!r}")


@contextmanager
def size_errors(shard: Shard, most: int) -> Iterator[None]:
    """Says with the path what goes wrong, and that the file has changed if it has.

    Raises  DecodeError; ResourceError of what is lacking now.
    """
    import pyarrow as pa

    try:
        with read_errors(shard.path):
            found = None if scheme_of(shard.path) else os.stat(shard.path)
            if found is not None and (found.st_size, str(found.st_mtime_ns)) != (shard.size, shard.stamp):
                raise DecodeError(shard.path, "the file has changed since the source was made; make it again")
            yield
    except pa.ArrowMemoryError as error:
        asked = ASKED.search(str(error))
        if asked is None or int(asked[1]) <= most:
            raise  # which is no fault of the file
        raise DecodeError(shard.path, f"it says that a part of it takes {asked[1]} bytes; keep is {most}") from None
    except pa.ArrowException as error:
        raise DecodeError(shard.path, f"it cannot be read ({error})") from error
