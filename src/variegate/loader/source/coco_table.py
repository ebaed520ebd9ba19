"""The lists of a COCO JSON file, read once and checked, with their fields as columns."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import SourceError
from variegate.loader.file import regular

Row = dict[str, Any]
ABSENT: Any = object()


class Table:
    """One list of objects in a file.

    path  the file, for errors
    name  of the list: "annotations"
    rows  the objects; `keep` leaves some out
    """

    def __init__(self, path: str, name: str, rows: Any) -> None:
        self.path, self.name = path, name
        if not isinstance(rows, list):
            raise SourceError(f'{path}: "{name}" is a list of objects, got {short(rows)}')
        wrong = next((n for n, row in enumerate(rows) if not isinstance(row, dict)), None)
        if wrong is not None:
            raise SourceError(f"{path}: {name}[{wrong}] is an object, got {short(rows[wrong])}")
        self.rows: list[Row] = rows
        self._all = rows

    def keep(self, rows: list[Row]) -> None:
        """Leave all others out."""
        self.rows = rows

    def error(self, row: Row, said: str) -> SourceError:
        """What is wrong with an object, with its place in the file."""
        place = next(n for n, other in enumerate(self._all) if other is row)
        known = f" (id {row['id']})" if "id" in row else ""
        return SourceError(f"{self.path}: {self.name}[{place}]{known}: {said}")

    def value(self, row: Row, key: str, kinds: type | tuple[type, ...], what: str) -> Any:
        """One value that must be there and be of a kind."""
        value = row.get(key, ABSENT)
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise self._wrong(row, key, what)
        return value

    def once(self, key: str, values: Sequence[Any]) -> None:
        """Refuse a value of a key that two objects have; `values` are those of all rows."""
        if len(set(values)) < len(values):
            first: dict[Any, int] = {}
            twice = next(n for n, value in enumerate(values) if first.setdefault(value, n) != n)
            other = f"{self.name}[{first[values[twice]]}]"
            raise self.error(self.rows[twice], f'"{key}" is {short(values[twice])}, as of {other}; each has its own')

    def numbers(self, key: str, width: int, missing: Any = ABSENT) -> NDArray[np.float64]:
        """A column of lists of so many numbers, (rows, width); (rows,) where the width is 0, for bare numbers."""
        shape = (len(self.rows), width) if width else (len(self.rows),)
        if not self.rows:
            return np.empty(shape)
        found = self._column(key, missing, np.float64)
        if found is None or found.shape != shape:
            what = f"a list of {width} numbers" if width else "a number"
            raise self._culprit(key, missing, lambda value: _is_numbers(value, width), what)
        return found

    def wholes(self, key: str, missing: Any = ABSENT) -> NDArray[np.int64]:
        """A column of integers, (rows,)."""
        if not self.rows:
            return np.empty(0, np.int64)
        found = self._column(key, missing, None)
        if found is None or found.ndim != 1 or found.dtype.kind not in "ib":
            raise self._culprit(key, missing, lambda value: isinstance(value, int), "an integer")
        return found.astype(np.int64)

    def _column(self, key: str, missing: Any, dtype: Any) -> NDArray[Any] | None:
        """The values of a key in one array, or None where they make none."""
        try:
            found = np.array([row.get(key, missing) for row in self.rows], dtype)
        except (TypeError, ValueError, OverflowError):
            return None
        return found

    def _culprit(self, key: str, missing: Any, fits: Callable[[Any], bool], what: str) -> SourceError:
        """The error of the first object whose value does not fit."""
        for row in self.rows:
            if not fits(row.get(key, missing)):
                return self._wrong(row, key, what)
        return SourceError(f'{self.path}: the values of "{key}" in {self.name} do not fit 64 bits')

    def _wrong(self, row: Row, key: str, what: str) -> SourceError:
        if key not in row:
            return self.error(row, f'it has no "{key}", which is {what}')
        return self.error(row, f'"{key}" is {what}, got {short(row[key])}')


def _is_numbers(value: Any, width: int) -> bool:
    if not width:
        return isinstance(value, (int, float))
    return isinstance(value, list) and len(value) == width and all(isinstance(v, (int, float)) for v in value)


def read_coco(path: str, outlines: bool) -> dict[str, Table]:
    """The lists of images, annotations and categories of a file.

    outlines  keep the annotations' segmentations: rings as arrays of double, which take a quarter of a list's memory

    Raises  SourceError if it cannot be read, is no JSON, or has no such lists.
    """
    try:
        with open(path, encoding="utf-8-sig", opener=regular) as file:
            content = json.load(file, object_hook=_packed if outlines else _stripped)
    except OSError as error:
        raise SourceError(f"{path}: it cannot be read ({error.strerror or error})") from error
    except json.JSONDecodeError as error:
        raise SourceError(f"{path}, line {error.lineno}, column {error.colno}: it is no JSON: {error.msg}") from None
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: it is no JSON: byte {error.start} is no UTF-8") from None
    names = ("images", "annotations", "categories")
    if not isinstance(content, dict) or (absent := [name for name in names if name not in content]):
        got = f"has no {absent[0]}" if isinstance(content, dict) else f"is {short(content)}"
        raise SourceError(f"{path}: a COCO file is an object with images, annotations and categories; this one {got}")
    return {name: Table(path, name, content[name]) for name in names}


def _packed(row: Row) -> Row:
    """Called for each object as it is read, so that never more than one outline is a list of Python's numbers."""
    outline = row.get("segmentation")
    if type(outline) is list:
        with suppress(TypeError, OverflowError):  # what is no ring is refused where its place in the file is known
            row["segmentation"] = [array("d", ring) for ring in outline]
    return row


def _stripped(row: Row) -> Row:
    row.pop("segmentation", None)
    return row


def short(value: Any) -> str:
    """A value of JSON, as far as a line of an error holds it."""
    if isinstance(value, dict):
        return f"an object with {', '.join(list(value)[:4]) or 'nothing'}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
