"""Tables: the rows of a manifest by column, out of a file, a list or a data frame.

Rows count from 0; lines of a text file, as editors count them, from 1.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from variegate.errors import DecodeError, SourceError
from variegate.loader.file import opened
from variegate.loader.source.arrow import ArrowCells
from variegate.loader.source.classes import is_missing
from variegate.loader.source.json_text import parsed
from variegate.loader.source.location import contents, scheme_of
from variegate.loader.transient import read_errors, retried, retried_at

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,99}")
DECIMAL = re.compile(r"-?(?:(?:0|[1-9][0-9]{0,99})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
DIGITS = re.compile(r"[0-9]+")
ODD = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
HINTS = {
    "label": "if these are names of classes, pass all of them, classes=[...]; ",
    "id": "",
    "a field": "PerSample() in the targets= of the Manifest, under the name of the field, passes them on as texts; ",
}
KINDS = ".csv, .tsv, .parquet, .jsonl or .json"


class DataTable:
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

        Raises  SourceError, with the columns that there are, if it is not there, or several are.
        """
        if name not in self.names:
            there = ", ".join(map(repr, self.names))
            raise SourceError(f"{self.name}: there is no column {name!r} for {what}; it has the columns {there}")
        if self.names.count(name) > 1:
            raise SourceError(f"{self.name}: there are {self.names.count(name)} columns {name!r}; rename all but one")
        return self._get(name)

    def values(self, name: str, what: str, rows: Sequence[int]) -> Any:
        """A column of labels or ids as a list or an array, numbers out of texts; `rows` are those that are wanted.

        Cells of a text file are numbers where those of the rows wanted are, and texts only where no other is a number:
        of two parts of a table, the labels of one would be numbers, and names that are numbered those of the other.

        Raises  SourceError, with the line, if neither is so.
        """
        column = self.column(name, what)
        if not self.texts:
            return column.all() if isinstance(column, ArrowCells) else column
        made = numbers(column, codes=what == "id")
        if made is None and all(not column[row] or _is_number(column[row]) for row in rows):
            made = numbers([text if _is_number(text) else "" for text in column])
        return self._refuse_mixed(column, name, HINTS[what]) if made is None else made

    def field(self, name: str, told: bool) -> Any:
        """A column of a field: out of texts numbers, where all are; texts, where it is told what the field is.

        Raises  SourceError, with the line, if some cells of a text file are numbers, others are not, and it is not.
        """
        column = self.column(name, "a field")
        if not self.texts:
            return column
        made = numbers(column, odd=True)
        return (column if told else self._refuse_mixed(column, name, HINTS["a field"])) if made is None else made

    def _refuse_mixed(self, texts: Sequence[str], name: str, hint: str) -> NoReturn:
        """Say which cell makes a column neither numbers nor texts: the first of the fewer kind."""
        plain = [row for row, text in enumerate(texts) if text and _is_number(text)]
        other = [row for row, text in enumerate(texts) if text and not _is_number(text)]
        few, many = sorted((other, plain), key=len)
        number = few is plain
        raise SourceError(
            f"{self.place(few[0])}, column {name!r}: {texts[few[0]][:60]!r} is {'a' if number else 'no plain'} number, "
            f"and {texts[many[0]][:60]!r} in {self.place(many[0])} is {'none' if number else 'one'}, so whether the "
            f"column is numbers or texts cannot be told. Mend or empty the cell, or leave the row out; {hint}or save "
            "the table as .jsonl or .parquet, in which numbers and texts are told apart"
        )


def _is_number(text: str) -> bool:
    return DECIMAL.fullmatch(text.strip()) is not None


def are_names(cells: Sequence[str], classes: Sequence[str]) -> bool:
    """Whether the cells of a text file are names of these classes, and no numbers of them.

    They are, whatever they are, if a name could be taken for a number; else where they are not all numbers.

    >>> are_names(["1", "2"], ["1", "2", "NA"]), are_names(["0", "1"], ["cat", "owl"]), are_names(["cat"], ["cat"])
    (True, False, True)
    """
    if any(_is_number(str(name)) or DIGITS.fullmatch(str(name).strip()) for name in classes):
        return True
    return not all(_is_number(cell) for cell in cells if cell)


def numbers(texts: Sequence[str], *, codes: bool = False, odd: bool = False) -> list[Any] | None:
    """Texts as integers if all are such, as floats if all are numbers, as they are if none is; None of a mixture.

    An empty text among numbers is None. Digits of one width, some of which begin with zeros, are texts.

    codes  whether all cells of one width are texts, as ids in hexadecimals, of which some have no letter
    odd    whether "nan" and "inf" among numbers are floats

    >>> numbers(["1", "-20"]), numbers(["1", "", " 2.5"]), numbers(["01", "10"]), numbers(["a", "b"])
    ([1, -20], [1.0, None, 2.5], ['01', '10'], ['a', 'b'])
    >>> numbers(["1", "NA"]), numbers(["10", "NA"], codes=True), numbers(["1", "-Inf"], odd=True)
    (None, ['10', 'NA'], [1.0, -inf])
    """
    full = [text.strip() for text in texts if text]
    plain = [text for text in full if DECIMAL.fullmatch(text)]
    if plain and all(DECIMAL.fullmatch(text) or (odd and ODD.fullmatch(text)) for text in full):
        kind: Callable[[str], Any] = int if all(WHOLE.fullmatch(text) for text in full) else float
        return [kind(text) if text else None for text in texts]
    one_width = len({len(text) for text in full}) == 1
    if not plain or (one_width and (codes or all(DIGITS.fullmatch(text) for text in full))):
        return list(texts)
    return None


def matching(texts: Sequence[str], options: Sequence[Any]) -> list[bool]:
    """Which cells of a text file are one of some values, each by itself: as a text, or as the number written there.

    >>> matching(["3", "x", "3.0"], [3]), matching(["3", "x", "3.0"], ["3", "x"])
    ([True, False, True], [True, True, False])
    """
    known = {text: text in options or (numbers([text]) or [text])[0] in options for text in set(texts)}
    return [known[text] for text in texts]


def read_table(table: Any) -> DataTable:
    """A table out of a path, a list of dicts, a data frame of pandas or Polars, or a table of PyArrow.

    Raises  SourceError, with the line, if it cannot be read.
    """
    if isinstance(table, (str, os.PathLike)):
        return _read_file(os.fspath(table))
    if hasattr(table, "column_names") and hasattr(table, "schema"):
        return DataTable(
            "table", table.column_names, len(table), lambda name: ArrowCells(table[name], f"table, column {name!r}")
        )
    if hasattr(table, "__len__") and hasattr(table, "columns"):
        told = {str(name): name for name in table.columns}  # which may be numbers
        return DataTable("table", list(map(str, table.columns)), len(table), lambda name: _series(table[told[name]]))
    if isinstance(table, Sequence) and table and all(isinstance(row, Mapping) for row in table):
        return _of_rows("table", table)
    got = "an empty list" if isinstance(table, list) and not table else type(table).__name__
    raise SourceError(
        f"Manifest takes the path of a {KINDS} file, a list of dicts, or a data frame in memory; got {got}"
    )


def _series(series: Any) -> Any:
    """A column of a data frame."""
    array = np.asarray(series)
    if array.dtype.kind == "f" and "Int" in str(series.dtype):  # integers with gaps, which were made floats
        return [None if is_missing(cell) else cell for cell in series.to_list()]
    return array if array.dtype.kind in "biuf" else series.to_list()


def _of_rows(name: str, rows: Sequence[Mapping[str, Any]], lines: Sequence[int] | None = None) -> DataTable:
    names = list(dict.fromkeys(key for row in rows for key in row))
    return DataTable(name, names, len(rows), lambda key: [row.get(key) for row in rows], lines=lines)


def _read_file(path: str) -> DataTable:
    ending = os.path.splitext(path)[1].lower()
    if ending in (".parquet", ".pq"):
        return _read_parquet(path)
    if ending not in (".csv", ".tsv", ".jsonl", ".ndjson", ".json"):
        raise SourceError(f"{path}: a manifest is a {KINDS} file")
    try:
        text = retried_at(path, lambda: contents(path)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: it is no UTF-8: {error}; save it so") from None
    if ending in (".csv", ".tsv"):
        return _read_csv(path, text, "\t" if ending == ".tsv" else ",")
    return _read_json(path, text) if ending == ".json" else _read_json_lines(path, text)


def _read_csv(path: str, text: str, delimiter: str) -> DataTable:
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
    return DataTable(
        path, names, len(rows) - 1, lambda name: [row[at[name]] for row in rows[1:]], lines=lines[1:], texts=True
    )


def _read_json_lines(path: str, text: str) -> DataTable:
    rows, lines = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            rows.append(parsed(line, f"{path}, line {number}"))
            lines.append(number)
            if not isinstance(rows[-1], dict):
                raise SourceError(f"{path}, line {number}: a line is an object, got {line[:60]!r}")
    if not rows:
        raise SourceError(f"{path}: the table is empty")
    return _of_rows(path, rows, lines)


def _read_json(path: str, text: str) -> DataTable:
    rows = parsed(text, path)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise SourceError(f"{path}: the file is a list of objects, one a sample; got {text[:60]!r}")
    return _of_rows(path, rows)


def _read_parquet(path: str) -> DataTable:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise SourceError(f'{path}: Parquet needs PyArrow: pip install "variegate[arrow]"') from None

    def open_file(place: Any) -> Any:
        with read_errors(path):
            if place is path:
                with opened(path):  # which refuses what is no regular file, as a FIFO
                    pass
            return parquet.ParquetFile(place, page_checksum_verification=True)

    try:
        place = pa.BufferReader(retried_at(path, lambda: contents(path))) if scheme_of(path) else path
        file = retried(lambda: open_file(place))
        names, count = file.schema_arrow.names, file.metadata.num_rows
    except DecodeError as error:
        raise SourceError(f"{path}: {error.reason}") from error
    except (pa.ArrowException, UnicodeDecodeError) as error:  # the last of a name of a column
        raise SourceError(f"{path}: it cannot be read ({error})") from error
    if count < 0:
        raise SourceError(f"{path}: the file is damaged: it has {count} rows")

    def get(name: str) -> ArrowCells:
        try:
            column = file.read([name])[name]
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{path}: its column {name!r} cannot be read ({error})") from error
        if len(column) != count:
            raise SourceError(f"{path}: the file is damaged: its column {name!r} has {len(column)} of {count} rows")
        return ArrowCells(column, f"{path}, column {name!r}")

    return DataTable(path, names, count, get)
