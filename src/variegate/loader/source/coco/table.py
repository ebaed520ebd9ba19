"""The lists of a COCO JSON file, read once and checked, with their fields as columns."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from variegate.errors import SourceError
from variegate.loader.file import read_bytes
from variegate.loader.source.json_text import parsed, short, text_of

CocoObject = dict[str, Any]
Id: TypeAlias = int | str | None  # of a picture, an annotation or a category; None where it has none

ABSENT: Any = object()
LISTS = ("images", "annotations", "categories")


class AnnotationTable:
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
        self.rows: list[CocoObject] = rows
        self._all = rows

    def keep(self, rows: list[CocoObject]) -> None:
        """Leave all others out."""
        self.rows = rows

    def error(self, row: CocoObject, said: str) -> SourceError:
        """What is wrong with an object, with its place in the file."""
        place = next(n for n, other in enumerate(self._all) if other is row)
        known = f" (id {short(row['id'])})" if "id" in row else ""
        return SourceError(f"{self.path}: {self.name}[{place}]{known}: {said}")

    def value(self, row: CocoObject, key: str, kinds: type | tuple[type, ...], what: str) -> Any:
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
        values = [row.get(key, missing) for row in self.rows]
        found = _numbers(values, width)
        if found is None:
            what = f"a list of {width} numbers" if width else "a number"
            raise self._culprit(key, missing, lambda value: _numbers([value], width) is not None, what)
        return found

    def wholes(self, key: str, missing: Any = ABSENT) -> NDArray[np.int64]:
        """A column of integers, (rows,); a float that is whole, such as 3.0, is one, and true is none."""
        values = [_whole(row.get(key, missing)) for row in self.rows]
        if not all(map(in_64_bits, values)):
            raise self._culprit(key, missing, lambda value: in_64_bits(_whole(value)), "an integer")
        return np.array(values, np.int64)

    def flags(self, key: str) -> NDArray[np.int64]:
        """A column of 0 and 1, (rows,), of which false and true are others' words; 0 where there is none."""
        values = [row.get(key, 0) for row in self.rows]
        if not all(map(_is_flag, values)):
            raise self._culprit(key, 0, _is_flag, "0 or 1")
        return np.array(values, np.int64)

    def ids(self, key: str, missing: Any = ABSENT) -> list[Id]:
        """A column of ids: integers, of which whole floats are some, or texts; None only where it stands for missing.

        Raises  SourceError if one is neither.
        """
        values = [_whole(row.get(key, missing)) for row in self.rows]
        if set(map(type, values)) <= ({int, str} if missing is not None else {int, str, type(None)}):
            return values
        row = next(row for row, value in zip(self.rows, values, strict=True) if type(value) not in (int, str))
        raise self._wrong(row, key, "an integer or a text")

    def _culprit(self, key: str, missing: Any, fits: Callable[[Any], bool], what: str) -> SourceError:
        """The error of the first object whose value does not fit."""
        return self._wrong(next(row for row in self.rows if not fits(row.get(key, missing))), key, what)

    def _wrong(self, row: CocoObject, key: str, what: str) -> SourceError:
        if key not in row:
            return self.error(row, f'it has no "{key}", which is {what}')
        value = row[key]
        huge = type(_whole(value)) is int and not in_64_bits(_whole(value))
        return self.error(row, f'"{key}" is {what}{" of 64 bits" if huge else ""}, got {short(value)}')


def _numbers(values: Sequence[Any], width: int) -> NDArray[np.float64] | None:
    """Numbers of JSON, or lists of so many, as one array; None if one is a text, a boolean, null, NaN or infinite."""
    if width and not (set(map(type, values)) <= {list} and set(map(len, values)) <= {width}):
        return None
    flat = list(chain.from_iterable(values)) if width else values
    if not set(map(type, flat)) <= {int, float}:
        return None
    try:
        found = np.array(flat, np.float64)
    except OverflowError:
        return None
    return found.reshape((len(values), width) if width else len(values)) if np.isfinite(found).all() else None


def in_64_bits(value: Any) -> bool:
    """Whether a value is an integer that int64 holds."""
    return type(value) is int and -1 << 63 <= value < 1 << 63


def _whole(value: Any) -> Any:
    """An integer that was written as a float, as one; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_flag(value: Any) -> bool:
    return isinstance(value, (int, float)) and value in (0, 1)


def read_coco(path: str, outlines: bool) -> dict[str, AnnotationTable]:
    """The lists of images, annotations and categories of a file; of the last there may be none.

    outlines  keep the annotations' segmentations: rings as arrays of double, which take a quarter of a list's memory

    By msgspec, where it is installed, it takes half the time.

    Raises  SourceError if it cannot be read, is no JSON, or has no such lists.
    """
    text, hook = text_of(read_bytes(path), path), _packed if outlines else _stripped
    content = _decoded(text, hook) or parsed(text, path, hook=hook)
    if not isinstance(content, dict) or (absent := [name for name in ("images", "annotations") if name not in content]):
        got = f"has no {absent[0]}" if isinstance(content, dict) else f"is {short(content)}"
        raise SourceError(f"{path}: a COCO file is an object with images, annotations and categories; this one {got}")
    return {name: AnnotationTable(path, name, content.get(name, [])) for name in LISTS}


def _decoded(text: str, hook: Callable[[CocoObject], CocoObject]) -> dict[str, list[CocoObject]] | None:
    """The lists, by msgspec; None where it is not installed, or a text is not as it wants it.

    It refuses NaN and halves of letters, which Python's reader takes; and of a mistake it tells the byte, not the line.
    """
    try:
        import msgspec
    except ImportError:
        return None
    raw = list[msgspec.Raw]
    kind = msgspec.defstruct("Coco", [("images", raw), ("annotations", raw), ("categories", raw, [])])
    decode = msgspec.json.Decoder(CocoObject).decode
    try:
        lists = msgspec.json.decode(text, type=kind)
        # Object by object, so that only one outline at a time is a list of Python's numbers.
        return {name: [hook(decode(row)) for row in getattr(lists, name)] for name in LISTS}
    except (msgspec.DecodeError, RecursionError):
        return None


def _packed(row: CocoObject) -> CocoObject:
    """Called for each object as it is read, so that never more than one outline is a list of Python's numbers."""
    outline = row.get("segmentation")
    if type(outline) is list:
        with suppress(OverflowError):  # what is no ring is refused where its place in the file is known
            if all(type(ring) is list and set(map(type, ring)) <= {int, float} for ring in outline):
                row["segmentation"] = [array("d", ring) for ring in outline]
    return row


def _stripped(row: CocoObject) -> CocoObject:
    row.pop("segmentation", None)
    return row
