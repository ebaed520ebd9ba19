"""Rows of Parquet and Arrow files by position, without all of a file in memory.

A unit is what is loaded at once: of Parquet a row group, which is decoded as a whole for any of its rows; of an Arrow
file all of it, by memory map, as its bytes lie there as they are. A compressed Arrow file is loaded by record batch.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from variegate.errors import DecodeError, SourceError
from variegate.loader.source.json_text import parsed
from variegate.loader.source.location import scheme_of
from variegate.loader.source.shards import Shard


class RowFile(ABC):
    """A file of rows; `columns` are those that are loaded with a sample.

    schema  of all its columns, PyArrow's
    counts  rows of each unit
    sizes   bytes of each unit when it is loaded; 0 where it is mapped, or not known before
    mapped  whether what is loaded is the file itself, which takes no memory
    """

    schema: Any
    counts: list[int]
    sizes: list[int]
    mapped = False

    def __init__(self, shard: Shard, columns: Sequence[str]) -> None:
        self.shard, self.columns = shard, list(columns)

    @abstractmethod
    def load(self, unit: int) -> Any:
        """The columns of a unit, as a table of PyArrow's.

        Raises  DecodeError if it cannot be read, or the file has changed.
        """

    @abstractmethod
    def column(self, name: str) -> Any:
        """Another column, whole."""

    def class_names(self, name: str) -> list[str] | None:
        """The names of classes that Hugging Face's datasets noted for a column of labels, if they did."""
        with suppress(KeyError, TypeError, ValueError):
            noted = parsed(self.schema.metadata[b"huggingface"], self.shard.path)["info"]["features"][name]["names"]
            return [str(each) for each in noted]
        return None

    def _check_columns(self) -> None:
        """Refuse a file without these columns."""
        there = self.schema.names
        for name in self.columns:
            if name not in there:
                told = ", ".join(f"{field.name!r} ({field.type})" for field in self.schema)
                raise SourceError(f"{self.shard.path}: there is no column {name!r}; it has the columns {told}")


class ParquetRows(RowFile):
    """A Parquet file, opened anew for each row group; its footer is kept."""

    def __init__(self, shard: Shard, columns: Sequence[str]) -> None:
        super().__init__(shard, columns)
        self._metadata: Any = None
        with self._opened() as file:
            self.schema, self._metadata = file.schema_arrow, file.metadata
        self._check_columns()
        groups = [self._metadata.row_group(n) for n in range(self._metadata.num_row_groups)]
        self.counts = [group.num_rows for group in groups]
        self.sizes = [sum(map(self._size, map(group.column, range(group.num_columns)))) for group in groups]

    def _size(self, chunk: Any) -> int:
        wanted = any(f"{chunk.path_in_schema}.".startswith(f"{name}.") for name in self.columns)
        return int(chunk.total_uncompressed_size) if wanted else 0

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        from pyarrow import parquet

        path = self.shard.path
        remote = self.shard.open() if scheme_of(path) else nullcontext(path)
        with said(self.shard), remote as place, parquet.ParquetFile(place, metadata=self._metadata) as file:
            yield file

    def load(self, unit: int) -> Any:
        """The columns of a row group."""
        with self._opened() as file:
            return file.read_row_group(unit, columns=self.columns, use_threads=False)

    def column(self, name: str) -> Any:
        """Another column, whole."""
        with self._opened() as file:
            return file.read([name])[name]


class ArrowRows(RowFile):
    """An Arrow IPC file or stream, mapped into memory."""

    def __init__(self, shard: Shard, columns: Sequence[str], stream: bool) -> None:
        super().__init__(shard, columns)
        self._stream = stream
        with said(shard):
            whole = self._whole()
            reader = self._reader(whole)
            self.schema = reader.schema
            self._check_columns()
            first = next(self._batches(reader), None)
            self.mapped = first is None or _lies_in(first, whole)
            if stream and not self.mapped:
                raise SourceError(
                    f"{shard.path}: rows of a compressed Arrow stream can only be read from the start; write it as a "
                    "file: pyarrow.ipc.new_file"
                )
            little = [min(self.schema.names, key=lambda name: name in columns)]  # a column that takes no time to unpack
            reader = self._reader(whole, None if self.mapped else little)
            counts = [batch.num_rows for batch in self._batches(reader)]
        self.counts = [sum(counts)] if self.mapped else counts
        self.sizes = [0] * len(self.counts)

    def _whole(self) -> Any:
        import pyarrow as pa

        if scheme_of(self.shard.path):
            raise SourceError(f"{self.shard.path}: an Arrow file is mapped into memory, so it lies on this machine")
        return pa.memory_map(self.shard.path).read_buffer()

    def _reader(self, whole: Any, columns: Sequence[str] | None = None) -> Any:
        """A reader of some columns, which copies them out of the map, or of all, which does not."""
        from pyarrow import BufferReader, ipc

        included = [self.schema.names.index(name) for name in columns or ()]
        options = ipc.IpcReadOptions(included_fields=included)
        return (ipc.open_stream if self._stream else ipc.open_file)(BufferReader(whole), options=options)

    def _batches(self, reader: Any) -> Iterator[Any]:
        return iter(reader) if self._stream else map(reader.get_batch, range(reader.num_record_batches))

    def load(self, unit: int) -> Any:
        """The columns of the file; of a record batch where it is compressed."""
        import pyarrow as pa

        with said(self.shard):
            if self.mapped:
                return self._reader(self._whole()).read_all().select(self.columns)
            return pa.Table.from_batches([self._reader(self._whole(), self.columns).get_batch(unit)])

    def column(self, name: str) -> Any:
        """Another column, whole."""
        with said(self.shard):
            return self._reader(self._whole(), None if self.mapped else [name]).read_all()[name]


def open_rows(shard: Shard, columns: Sequence[str]) -> RowFile:
    """A Parquet or Arrow file, told apart by its first bytes.

    Raises  SourceError if it is neither, cannot be read, or lacks a column.
    """
    with shard.open() as file:
        start = file.read(6)
    try:
        if start[:4] == b"PAR1":
            return ParquetRows(shard, columns)
        if start == b"ARROW1" or start[:4] == b"\xff\xff\xff\xff":
            return ArrowRows(shard, columns, stream=start != b"ARROW1")
    except DecodeError as error:
        raise SourceError(f"{shard.path}: {error.reason}") from error
    except ImportError:
        raise SourceError(
            f'{shard.path}: Parquet and Arrow files need PyArrow: pip install "variegate[arrow]"'
        ) from None
    raise SourceError(f"{shard.path}: it is neither a Parquet nor an Arrow file; it begins with {start!r}")


@contextmanager
def said(shard: Shard) -> Iterator[None]:
    """Says with the path what goes wrong, and that the file has changed if it has."""
    import pyarrow as pa

    try:
        found = None if scheme_of(shard.path) else os.stat(shard.path)
        if found is not None and (found.st_size, str(found.st_mtime_ns)) != (shard.size, shard.stamp):
            raise DecodeError(shard.path, "the file has changed since the source was made; make it again")
        yield
    except (pa.ArrowException, OSError) as error:
        raise DecodeError(shard.path, f"it cannot be read ({error})") from error


def _lies_in(batch: Any, whole: Any) -> bool:
    """Whether the buffers of a batch are parts of the file, and no copies."""
    first, last = whole.address, whole.address + whole.size
    buffers = [buffer for column in batch.columns for buffer in column.buffers() if buffer is not None and buffer.size]
    return all(first <= buffer.address < last for buffer in buffers)
