"""Cells of Arrow's, of a row or a column: out of a table in memory, or out of a file by their places in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from variegate.errors import DecodeError, SourceError
from variegate.loader.source.arrow.layout import Layout, Read, UnreadableError


class Loaded:
    """The columns of a unit in memory, as a table of PyArrow's.

    PyArrow believes what a file says of places: of a damaged one it would read beyond its buffers. So the table is
    held against itself once; where it does not agree, each row by itself, so that the sound ones are not lost.

    count  the rows that the file says there are
    size   its bytes

    Raises  UnreadableError if a column has more or fewer.
    """

    def __init__(self, table: Any, count: int) -> None:
        for name, column in zip(table.column_names, table.columns, strict=True):
            if len(column) != count:
                raise UnreadableError(f"the column {name!r} has {len(column)} of {count} rows")
        self.table, self._sound = table, damage_of(table) is None
        self.size: int = table.nbytes if self._sound else table.get_total_buffer_size()  # which believes nothing

    def row(self, row: int) -> TableRow:
        """One of its rows.

        Raises  UnreadableError if it is damaged.
        """
        if not self._sound and (said := damage_of(self.table.slice(row, 1))):
            raise UnreadableError(said)
        return TableRow(self.table, row)


def damage_of(values: Any) -> str | None:
    """What is wrong with a table, or a column, of PyArrow's: lengths, places beyond its memory, texts that are none."""
    from pyarrow import ArrowException

    try:
        values.validate(full=True)
    except ArrowException as error:
        return str(error)
    return None


class TableRow:
    """A row of a table in memory."""

    def __init__(self, table: Any, row: int) -> None:
        self._table, self._row = table, row

    def value(self, name: str) -> Any:
        """A cell as an object of Python's."""
        return _object(self._table[name][self._row])

    def picture(self, name: str) -> bytes | memoryview | None:
        """The bytes of an encoded picture in a cell, or None if it has none, or several."""
        return picture_cell(self._table[name][self._row])


class ArrowCells:
    """A column of a table in memory, whose cells become Python's objects when they are asked for.

    place  what it is called in errors

    Raises  SourceError if it is damaged.
    """

    def __init__(self, column: Any, place: str) -> None:
        self.column, self.place = column, place
        if said := damage_of(column):
            raise SourceError(f"{place}: it is damaged, and cannot be read ({said})")

    def __len__(self) -> int:
        return len(self.column)

    def __getitem__(self, row: int) -> Any:
        try:
            return _object(self.column[row])
        except UnreadableError as error:
            raise DecodeError(self.place, f"one of its cells cannot be read ({error})") from error

    def all(self) -> Any:
        """All cells: an array of numbers where they are such without gaps, or a list.

        Raises  SourceError if one cannot be read.
        """
        kind = str(self.column.type)
        numbers = kind.startswith(("int", "uint", "float", "double", "half")) or kind == "bool"
        if numbers and self.column.null_count == 0:
            return self.column.to_numpy()
        try:
            return self.column.to_pylist()
        except (ValueError, OverflowError) as error:  # of a date that is beyond Python's
            raise SourceError(f"{self.place}: one of its cells cannot be read ({error})") from error

    def take(self, rows: Any) -> ArrowCells:
        """The cells of some rows."""
        return ArrowCells(self.column.take(rows), self.place)


class FileRow:
    """A row of a record batch in an open file."""

    def __init__(self, read: Read, layouts: Mapping[str, Layout], row: int) -> None:
        self._read, self._layouts, self._row = read, layouts, row

    def value(self, name: str) -> Any:
        """A cell as an object of Python's."""
        return _object(self._layouts[name].rows(self._read, self._row, self._row + 1)[0])

    def picture(self, name: str) -> bytes | None:
        """The bytes of an encoded picture in a cell, or None if it has none, or several."""
        return self._layouts[name].blob(self._read, self._row)


ArrowRow = TableRow | FileRow


def _object(cell: Any) -> Any:
    """A cell of Arrow's as an object of Python's.

    Raises  UnreadableError if there is none: of letters that are no text, of a date that is beyond Python's.
    """
    try:
        return cell.as_py()
    except (ValueError, OverflowError) as error:
        raise UnreadableError(str(error)) from error


def picture_cell(cell: Any) -> memoryview | None:
    """The bytes of an encoded picture in a cell of Arrow's, or None if it has none, or several.

    PyArrow copies them to make the cell, so nothing of its column is held.

    >>> import pyarrow as pa
    >>> bytes(picture_cell(pa.array([{"bytes": b"abc", "path": None}])[0]))
    b'abc'
    >>> bytes(picture_cell(pa.array([[b"abc"]])[0])), bytes(picture_cell(pa.array([b"abc"]).dictionary_encode()[0]))
    (b'abc', b'abc')
    """
    if not cell.is_valid:
        return None
    if hasattr(cell, "dictionary"):
        return picture_cell(cell.value)
    if hasattr(cell, "keys"):
        return picture_cell(cell["bytes"])
    if hasattr(cell, "values"):
        return picture_cell(cell[0]) if len(cell) == 1 else None
    return memoryview(cell.as_buffer()).cast("B")  # PyArrow says its bytes are signed
