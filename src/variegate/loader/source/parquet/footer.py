"""What the footer of a Parquet file says of its row groups' columns.

    FileMetaData { 4: list<RowGroup> }    RowGroup { 1: list<ColumnChunk> }    ColumnChunk { 3: ColumnMetaData }

by apache/parquet-format's parquet.thrift, in Thrift's compact protocol. PyArrow's own `RowGroupMetaData.column` (26.0)
ends the process where a footer is damaged, as its C++ raises what Cython was not told of; so it is not called.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from variegate.loader.source.arrow import UnreadableError

TRUE, FALSE, BYTE, WHOLE, DOUBLE, BINARY, LISTS, STRUCT = 1, 2, 3, (4, 5, 6), 7, 8, (9, 10), 12  # kinds of values
TYPES = "BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"
DEEPEST = 16  # structures within each other; those of Parquet are 5


class Chunk(NamedTuple):
    """A column of a row group; its fields are called as the format calls them. No dictionary: None."""

    path_in_schema: str
    physical_type: str
    num_values: int
    total_uncompressed_size: int
    total_compressed_size: int
    data_page_offset: int
    dictionary_page_offset: int | None


def chunks_of(footer: bytes) -> list[list[Chunk]]:
    """The columns of each row group.

    Raises  UnreadableError if it is damaged.
    """
    try:
        groups = _Values(footer).struct(0)[4]
        return [[_chunk(column[3]) for column in group[1]] for group in groups]
    except (LookupError, TypeError, ValueError, AttributeError) as error:  # what is not there, or of another kind
        raise UnreadableError(f"its footer is damaged: {error or type(error).__name__}") from error


def _chunk(told: dict[int, Any]) -> Chunk:
    path = b".".join(told[3]).decode()
    if not all(isinstance(told.get(field, 0), int) and told.get(field, 0) >= 0 for field in (1, 5, 6, 7, 9, 11)):
        raise ValueError(f"a size of {path!r} is negative")
    return Chunk(path, TYPES[told[1]], told[5], told[6], told[7], told[9], told.get(11))


class _Values:
    """Values one after another."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def struct(self, depth: int) -> dict[int, Any]:
        """The fields of a structure, by number."""
        if depth > DEEPEST:
            raise ValueError("it is nested too deep")
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._signed()
            kind = head & 15
            found[number] = kind == TRUE if kind in (TRUE, FALSE) else self._value(kind, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if kind in WHOLE:
            return self._signed()
        if kind == BINARY:
            return self._bytes(self._number())
        if kind == STRUCT:
            return self.struct(depth + 1)
        if kind in LISTS:
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._number()
            return [self._value(head & 15, depth + 1) for _ in range(count)]
        if kind in (TRUE, FALSE, BYTE):  # the first two of a list
            return self._byte()
        if kind == DOUBLE:
            return self._bytes(8)
        raise ValueError(f"a value of kind {kind}")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, size: int) -> bytes:
        self._at += size
        if self._at > len(self._data):
            raise ValueError("it ends before its last value")
        return self._data[self._at - size : self._at]

    def _number(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError("a number that does not end")
        return value | byte << shift

    def _signed(self) -> int:
        number = self._number()
        return number >> 1 ^ -(number & 1)
