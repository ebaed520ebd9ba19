"""The cells of one row of Arrow's: out of a table in memory, or out of a file by their places in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from variegate.loader.source.arrow_layout import Layout, Read


class TableRow:
    """A row of a table in memory."""

    def __init__(self, table: Any, row: int) -> None:
        self._table, self._row = table, row

    def value(self, name: str) -> Any:
        """A cell as an object of Python's."""
        return self._table[name][self._row].as_py()

    def picture(self, name: str) -> bytes | memoryview | None:
        """The bytes of an encoded picture in a cell, or None if it has none, or several."""
        return picture_cell(self._table[name][self._row])


class FileRow:
    """A row of a record batch in an open file."""

    def __init__(self, read: Read, layouts: Mapping[str, Layout], row: int) -> None:
        self._read, self._layouts, self._row = read, layouts, row

    def value(self, name: str) -> Any:
        """A cell as an object of Python's."""
        return self._layouts[name].rows(self._read, self._row, self._row + 1)[0].as_py()

    def picture(self, name: str) -> bytes | None:
        """The bytes of an encoded picture in a cell, or None if it has none, or several."""
        return self._layouts[name].blob(self._read, self._row)


Row = TableRow | FileRow


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
