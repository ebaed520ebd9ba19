"""Tables: the rows of a manifest by column, out of a file, a list or a data frame.

Rows count from 0; lines of a text file, as editors count them, from 1.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from variegate.errors import DecodeError, SourceError
from variegate.loader.file import opened
from variegate.loader.shortage import patiently
from variegate.loader.source.location import contents, scheme_of

WHOLE = re.compile(r"0|-?[1-9][0-9]*")
DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
KINDS = ".csv, .tsv, .parquet, .jsonl or .json"


class Table:
    """Columns of a table, each got when it is asked for.

    name    of the file, or what else it is, for errors
    names   of its columns
    length  rows
    get     a column by its name: a list, an array or an `ArrowCells`
    lines   the line on which each row begins; None where rows are no lines
    texts   whether all cells are texts, of which nobody knows yet whether they are numbers
    """

    def __init__(
        self,
        name: str,
        names: Sequence[str],
        length: int,
        get: Callable[[str], Any],
        *,
        lines: Sequence[int] | None = None,
        texts: bool = False,
    ) -> None:
        self.name, self.names, self.length, self._get = name, list(names), length, get
        self.lines, self.texts = lines, texts

    def place(self, row: int) -> str:
        """What leads a user to a row."""
        if self.lines is not None:
            return f"{self.name}, line {self.lines[row]}"
        return f"{self.name}[{row}]" if self.name == "table" else f"{self.name}, row {row}"

    def column(self, name: str, what: str) -> Any:
        """A column as it stands there; `what` it is wanted for.

        Raises  SourceError, with the columns that there are, if it is not there.
        """
        if name not in self.names:
            there = ", ".join(map(repr, self.names))
            raise SourceError(f"{self.name}: there is no column {name!r} for {what}; it has the columns {there}")
        return self._get(name)

    def values(self, name: str, what: str) -> Any:
        """A column as a list or an array, numbers out of texts."""
        column = self.column(name, what)
        if self.texts:
            return numbers(column)
        return column.all() if isinstance(column, ArrowCells) else column


class ArrowCells:
    """A column of Arrow's, whose cells become Python's objects when they are asked for."""

    def __init__(self, column: Any) -> None:
        self.column = column

    def __len__(self) -> int:
        return len(self.column)

    def __getitem__(self, row: int) -> Any:
        return self.column[row].as_py()

    def all(self) -> Any:
        """All cells: an array of numbers, or a list."""
        return arrow_values(self.column)

    def taken(self, rows: Any) -> ArrowCells:
        """The cells of some rows."""
        return ArrowCells(self.column.take(rows))


def arrow_values(column: Any) -> Any:
    """A column of Arrow's as an array, if it is numbers without gaps, or a list."""
    kind = str(column.type)
    if column.null_count == 0 and (kind.startswith(("int", "uint", "float", "double", "half")) or kind == "bool"):
        return column.to_numpy()
    return column.to_pylist()


def numbers(texts: Sequence[str]) -> list[Any]:
    """Texts as integers if all are such, without a leading zero; as floats if all are numbers; else as they are.

    An empty text among numbers is None.

    >>> numbers(["1", "-20"]), numbers(["1", "", "2.5"]), numbers(["1", "02"]), numbers(["1", "x"])
    ([1, -20], [1.0, None, 2.5], ['1', '02'], ['1', 'x'])
    """
    full = [text for text in texts if text]
    kind: Callable[[str], Any] | None = None
    if full and all(WHOLE.fullmatch(text) for text in full):
        kind = int
    elif full and all(DECIMAL.fullmatch(text) for text in full):
        kind = float
    return list(texts) if kind is None else [kind(text) if text else None for text in texts]


def read_table(table: Any) -> Table:
    """A table out of a path, a list of dicts, a data frame of pandas or a table of PyArrow.

    Raises  SourceError, with the line, if it cannot be read.
    """
    if isinstance(table, (str, os.PathLike)):
        return _read_file(os.fspath(table))
    if hasattr(table, "column_names") and hasattr(table, "schema"):
        return Table("table", table.column_names, len(table), lambda name: ArrowCells(table[name]))
    if hasattr(table, "columns") and hasattr(table, "__getitem__"):
        return Table("table", [str(name) for name in table.columns], len(table), lambda name: _series(table[name]))
    if isinstance(table, Sequence) and table and all(isinstance(row, Mapping) for row in table):
        return _of_rows("table", table)
    got = "an empty list" if isinstance(table, list) and not table else type(table).__name__
    raise SourceError(f"Manifest takes the path of a {KINDS} file, a list of dicts, or a data frame; got {got}")


def _series(series: Any) -> Any:
    """A column of a data frame."""
    array = np.asarray(series)
    return array if array.dtype.kind in "biuf" else series.to_list()


def _of_rows(name: str, rows: Sequence[Mapping[str, Any]], lines: Sequence[int] | None = None) -> Table:
    names = list(dict.fromkeys(key for row in rows for key in row))
    return Table(name, names, len(rows), lambda key: [row.get(key) for row in rows], lines=lines)


def _read_file(path: str) -> Table:
    ending = os.path.splitext(path)[1].lower()
    if ending in (".parquet", ".pq"):
        return _read_parquet(path)
    if ending not in (".csv", ".tsv", ".jsonl", ".ndjson", ".json"):
        raise SourceError(f"{path}: a manifest is a {KINDS} file")
    try:
        text = patiently(lambda: contents(path)).decode("utf-8-sig")
    except DecodeError as error:
        raise SourceError(f"{path}: {error.reason}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: it is no UTF-8: {error}; save it so") from None
    if ending in (".csv", ".tsv"):
        return _read_csv(path, text, "\t" if ending == ".tsv" else ",")
    return _read_json(path, text) if ending == ".json" else _read_json_lines(path, text)


def _read_csv(path: str, text: str, delimiter: str) -> Table:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    begun = 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(begun)
                if len(row) != len(rows[0]):
                    raise SourceError(f"{path}, line {begun}: it has {len(row)} cells, the header {len(rows[0])}")
            begun = reader.line_num + 1
    except csv.Error as error:
        hint = "; csv.field_size_limit(...) allows longer ones" if "limit" in str(error) else ""
        raise SourceError(f"{path}, line {begun}: {error}{hint}") from None
    names = rows[0] if rows else []
    if len(rows) < 2 or len(set(names)) < len(names):
        raise SourceError(f"{path}: a table has a header, of different names, and rows; got {len(rows)} lines, {names}")
    at = {name: n for n, name in enumerate(names)}
    return Table(
        path, names, len(rows) - 1, lambda name: [row[at[name]] for row in rows[1:]], lines=lines[1:], texts=True
    )


def _read_json_lines(path: str, text: str) -> Table:
    rows, lines = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            rows.append(_parsed(line, f"{path}, line {number}"))
            lines.append(number)
            if not isinstance(rows[-1], dict):
                raise SourceError(f"{path}, line {number}: a line is an object, got {line[:60]!r}")
    if not rows:
        raise SourceError(f"{path}: the table is empty")
    return _of_rows(path, rows, lines)


def _read_json(path: str, text: str) -> Table:
    rows = _parsed(text, path)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise SourceError(f"{path}: the file is a list of objects, one a sample; got {text[:60]!r}")
    return _of_rows(path, rows)


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SourceError(f"{place}: it is no JSON: {error}") from None


def _read_parquet(path: str) -> Table:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise SourceError(f'{path}: Parquet needs PyArrow: pip install "variegate[arrow]"') from None
    try:
        if not scheme_of(path):
            with opened(path):  # which refuses what is no regular file, as a FIFO
                pass
        file = parquet.ParquetFile(pa.BufferReader(patiently(lambda: contents(path))) if scheme_of(path) else path)
    except (pa.ArrowException, OSError, DecodeError) as error:
        raise SourceError(f"{path}: it cannot be read ({error})") from error
    names = file.schema_arrow.names
    return Table(path, names, file.metadata.num_rows, lambda name: ArrowCells(file.read([name])[name]))
