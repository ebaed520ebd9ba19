"""Manifest: a table that lists picture files, with their labels and whatever else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import InputError, SourceError
from variegate.loader.source.arrow import ArrowCells
from variegate.loader.source.base import Room
from variegate.loader.source.cell import check_once, field_of, ids_of
from variegate.loader.source.classes import SEVERAL, classed, is_missing, names_in, passes_on
from variegate.loader.source.folder import Files
from variegate.loader.source.json_text import parsed
from variegate.loader.source.location import (
    above,
    check_schemes,
    contents,
    joined,
    named_in_data,
    no_path,
    scheme_of,
    settled,
)
from variegate.loader.source.shards import declared, named_fields
from variegate.loader.source.table import DataTable, are_names, matching, read_table
from variegate.targets import Target, Targets


class Manifest(Files):
    """The picture files that a table lists, a row each, in its order.

    table    the path of a .csv, .tsv, .parquet, .jsonl or .json file; a list of dicts; a data frame of pandas or
             Polars; or a table of PyArrow
    image    the column of paths, below `root` or absolute; or of URLs, such as s3://bucket/1.jpg, which fsspec reads:
             those of the protocol and host, or bucket, of `root`
    label    the column of labels: texts are classes, numbered in the order of their names; numbers stay; lists, in a
             text file as JSON (["sea", "sun"]), are rows of 0 and 1, one for each class
    root     the folder of the pictures, or a URL, of which "s3://" has all buckets; None: that of the table's file
    id       the column of ids: integers, or texts, which are hashed; None: the hash of the path as written
    fields   the columns that samples have beside the picture, by name; or a dict of names and columns
    targets  what these fields are; None where the pipeline says
    mode     "RGB", "L", "RGBA" or "bands", all that a file has: into what every picture is decoded
    dtype    "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); a file of more bits is an error
    classes  the names of classes 0, 1, 2, ...; None: those of the whole table, also of rows that `where` leaves out
    where    the rows wanted, by column: {"split": "train"}, or several values, {"split": ["train", "val"]}

    The cells of a CSV file's column are numbers or texts, all of them: a "NA" among numbers is an error, but in rows
    that `where` leaves out. With `classes`, a label is a name whatever the cells are if a class is called by a number
    ("1", "01"); else it is a name, or the number of a class. A field of numbers may have "nan" and "inf", one that has
    a target may have both numbers and texts, which are all texts then. A field that is declared a Mask or an Image has
    the path of its file; any other that has a target but PerSample may be JSON: "[[0, 0, 4, 4]]". In messages, lines
    of a text file count from 1, rows from 0.

    >>> rows = [{"path": "a.jpg", "kind": "owl", "part": 1}, {"path": "b.jpg", "kind": "cat", "part": 2}]
    >>> source = Manifest(rows, label="kind", root="/data", where={"part": 1})
    >>> source.where(0), source.classes, source.labels
    ('/data/a.jpg', ['cat', 'owl'], array([1]))

    Raises  SourceError, with file, line and column, if the table cannot be read, a column is not there, a path or a
            label is missing, a URL is of elsewhere than `root`, or two rows have one id.
    """

    def __init__(
        self,
        table: Any,
        image: str = "path",
        label: str | None = None,
        root: str | os.PathLike[str] | None = None,
        id: str | None = None,
        fields: Iterable[str] | Mapping[str, str] = (),
        targets: Targets | Mapping[str, Target] | None = None,
        mode: str = "RGB",
        *,
        dtype: DTypeLike = "uint8",
        classes: Sequence[str] | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> None:
        self._decode_into(mode, dtype)
        columns = named_fields(fields, "Manifest")
        self.targets = declared(targets, columns, (), "Manifest")
        file = os.fspath(table) if isinstance(table, (str, os.PathLike)) else ""
        self.root = settled(above(file) if root is None else os.fspath(root))
        self.table, read = file or type(table).__name__, read_table(table)
        self._rows = _chosen(read, where or {})
        self._place(read, image, id)
        self._label(read, label, classes)
        self._fields_of(read, columns)

    def _place(self, table: DataTable, image: str, id: str | None) -> None:
        """The paths and the ids of the rows chosen."""
        column = table.column(image, "image")
        paths = [column[row] for row in self._rows.tolist()]
        for n, path in enumerate(paths):
            if is_missing(path) or not isinstance(path, (str, os.PathLike)):
                raise SourceError(f"{table.place(self._rows[n])}: {image!r} is the path of a picture, got {path!r}")
            if said := no_path(os.fspath(path)):
                raise SourceError(f"{table.place(self._rows[n])}: {said}, got {path!r} for {image!r}")
        self._at([os.fspath(path) for path in paths])
        for n, path in enumerate(self.paths):
            if "://" in path or scheme_of(self.root):
                try:
                    named_in_data(self.root, path, anywhere=True)
                except InputError as error:
                    raise SourceError(f"{table.place(int(self._rows[n]))}, column {image!r}: {error}") from None
        check_schemes([self.root, *self.paths], table.name)
        self.remote = bool(scheme_of(self.root)) or any("://" in path for path in self.paths)

        def place(n: int) -> str:
            return f"{table.place(int(self._rows[n]))}, column {(id or image)!r}"

        if id is None:
            check_once(self.ids, self.paths, place, "; say in which column: id=...")
        else:
            self.ids = ids_of(_taken(table.values(id, "id", self._rows.tolist()), self._rows), place)

    def _label(self, table: DataTable, label: str | None, classes: Sequence[str] | None) -> None:
        """The labels and the names of classes."""
        if label is None:
            self.classes = list(classes or [])
            return
        column = _labels(table, label, self._rows.tolist(), classes)
        names = names_in(column) if classes is None else classes
        chosen = _taken(column, self._rows)
        if classes is None and names is not None and not any(isinstance(value, (str, *SEVERAL)) for value in chosen):
            names = None  # numbers, and texts only in rows that are left out

        def place(n: int) -> str:
            return f"{table.place(int(self._rows[n]))}, column {label!r}"

        self.labels, self.classes = classed(chosen, place, names, "Manifest", passes_on(self.targets))

    def _fields_of(self, table: DataTable, columns: Mapping[str, str]) -> None:
        """The columns of the fields, and where their rows stand, for errors."""
        known = dict((self.targets or Targets()).fields)
        self._targets = {name: known.get(name) for name in columns}
        self._columns: dict[str, Any] = {}
        for name, column in columns.items():
            self._columns[name] = _taken(table.field(column, known.get(name) is not None), self._rows)
        lines = table.lines
        self._lines = None if lines is None or not columns else np.array(lines, np.int64)[self._rows]

    def fields(self, i: int) -> dict[str, Any]:
        """The fields of the row at position i."""
        return {
            name: field_of(cells[i], self._targets[name], self._cell(i, name), self.root, anywhere=True)
            for name, cells in self._columns.items()
        }

    def _cell(self, i: int, name: str) -> str:
        row = f"row {self._rows[i]}" if self._lines is None else f"line {self._lines[i]}"
        return f"{self.table}, {row}, field {name!r}"

    def where(self, i: int) -> str:
        """The path or the URL of the picture at position i."""
        return joined(self.root, self.paths[i])

    def stamp(self, i: int) -> int | None:  # type: ignore[override]  # a URL has no date that is cheap to ask for
        """The size and the date of the file at position i, as one number; None of a URL."""
        return None if self.remote and scheme_of(self.where(i)) else super().stamp(i)

    def read(self, i: int) -> bytes:
        """The bytes of the file at position i."""
        return contents(self.where(i)) if self.remote else super().read(i)

    def read_into(self, i: int, room: Room) -> bytes | memoryview:  # type: ignore[override]  # as what fsspec gives
        """The same, in memory from `room` where it is a path."""
        return contents(self.where(i)) if self.remote else super().read_into(i, room)

    def __repr__(self) -> str:
        return f"Manifest({self.table!r}, {len(self)} pictures{self._unusual})"


def _chosen(table: DataTable, where: Mapping[str, Any]) -> NDArray[np.int64]:
    """The rows that are wanted.

    Raises  SourceError, which says what values there are, if there are none.
    """
    chosen = np.ones(table.length, bool)
    for name, wanted in where.items():
        several = isinstance(wanted, SEVERAL)
        options = list(wanted) if several else [wanted]
        column = table.column(name, "where")
        column = column.all() if isinstance(column, ArrowCells) else column
        column = column.tolist() if isinstance(column, np.ndarray) else column
        gaps = any(map(_is_gap, options))
        found = matching(column, options) if table.texts else (_among(value, options, gaps) for value in column)
        chosen &= np.fromiter(found, bool, table.length)
        if not chosen.any():
            seen = ", ".join(dict.fromkeys(map(repr, column[:10000])))
            raise SourceError(f"{table.name}: no row has {name}={wanted!r}; the column has {seen[:200]}")
    if not table.length:
        raise SourceError(f"{table.name}: the table has no rows")
    return np.flatnonzero(chosen)


def _among(value: Any, options: list[Any], gaps: bool) -> bool:
    """Whether a cell is one of some values, or a gap where those are wanted."""
    if gaps and _is_gap(value):
        return True
    try:
        return value in options
    except (TypeError, ValueError):  # of what pandas has for a gap, and of arrays: they are equal to nothing
        return False


def _is_gap(value: Any) -> bool:
    return not isinstance(value, str) and is_missing(value)


def _labels(table: DataTable, label: str, rows: list[int], classes: Sequence[str] | None) -> Any:
    """A column of labels: out of the texts of a text file, lists where all are such, or numbers.

    rows     those that are wanted
    classes  the names of all classes, if they are told

    Raises  SourceError, with the line, if they are of several kinds.
    """
    texts = table.column(label, "label")
    if not table.texts:
        return table.values(label, "label", rows)
    if not any(text.startswith("[") for text in texts):
        if classes is not None and are_names([texts[row] for row in rows], classes):
            return texts
        return table.values(label, "label", rows)
    made: list[Any] = [None] * len(texts)
    wanted = set(rows)
    for row, text in enumerate(texts):
        if text.startswith("[") or (text and row in wanted):
            made[row] = parsed(text, f"{table.place(row)}, column {label!r}, a list of labels")
        if text and row in wanted and not isinstance(made[row], list):
            raise SourceError(f"{table.place(row)}, column {label!r}: others are lists of labels, got {text[:60]!r}")
    return made


def _taken(column: Any, rows: NDArray[np.int64]) -> Any:
    """The cells of some rows."""
    if isinstance(column, ArrowCells):
        return column.take(rows)
    return column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows.tolist()]
