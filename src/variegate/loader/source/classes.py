"""Classes: the labels of a source, one a sample: numbers, or names that are numbered; or several of them, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import SourceError
from variegate.loader.source.instances import class_names
from variegate.loader.source.multi_hot import MultiHot, NameOf
from variegate.targets import Targets
from variegate.targets.unsaid import unsaid

LEAST, MOST = -(1 << 63), (1 << 63) - 1
SEVERAL = (list, tuple, set, frozenset, np.ndarray)


LabelColumn = NDArray[Any] | list[Any] | MultiHot


class Classed(NamedTuple):
    """Labels as a source has them, and the names of their classes, if they have any."""

    labels: LabelColumn | None
    classes: list[str]


def passes_on(targets: Targets | None) -> bool:
    """Whether somebody said of the field `label` that it is passed on, whatever it is."""
    target = None if targets is None else targets["label"]
    return target is not None and target.passed_on and not target.undeclared


def label_column(
    labels: Any, length: int, place: NameOf = "labels[{}]".format, any_form: bool = False
) -> NDArray[Any] | list[Any] | None:
    """Labels as an array where they are numbers (integers as int64), else as a list; one a sample.

    any_form  whether they may be what could lie on the pictures

    Raises  SourceError if there are more or fewer, one may lie on its picture, is no integer of 64 bits, or infinite.
    """
    if labels is None:
        return None
    labels = one_each(labels, length)
    try:
        column = np.asarray(labels)
    except ValueError:  # rows of several lengths
        column = np.zeros(0, object)
    if column.dtype.kind in "ufO":
        _check_range(labels, place)
    kept = column if column.dtype.kind in "buif" else list(labels)
    if not any_form:
        _check_finite(kept, place)
        _check_form(kept, place)
    return kept.astype(np.int64) if isinstance(kept, np.ndarray) and kept.dtype.kind in "bui" else kept


def one_each(labels: Any, length: int) -> NDArray[Any] | list[Any]:
    """Labels as an array or a list, one a sample.

    Raises  SourceError if there are more or fewer.
    """
    if not isinstance(labels, np.ndarray):
        labels = np.asarray(labels) if hasattr(labels, "__array__") else list(labels)
    if len(labels) != length:
        raise SourceError(f"there are {length} pictures and {len(labels)} labels; there must be one label a picture")
    return labels  # type: ignore[no-any-return]


def _check_range(labels: NDArray[Any] | list[Any], place: NameOf) -> None:
    """Refuse integers that int64 does not hold: NumPy would wrap them, or round them to floats."""
    if isinstance(labels, np.ndarray) and labels.dtype.kind != "O":
        wrong = np.argwhere(labels > MOST) if labels.dtype.kind == "u" else ()
        found = ((int(at[0]), labels[tuple(at)]) for at in wrong)
    else:
        found = ((row, one) for row, label in enumerate(labels) for one in _wholes(label) if not LEAST <= one <= MOST)
    row, value = next(found, (0, None))
    if value is not None:
        raise SourceError(f"{place(row)}: the label is {value}; a label is an integer of -2**63 to 2**63 - 1")


def _wholes(label: Any) -> list[int]:
    """The integers of a label."""
    items = label if isinstance(label, SEVERAL) and getattr(label, "shape", True) != () else [label]
    return [int(item) for item in items if isinstance(item, Integral)]


def _check_finite(labels: NDArray[Any] | list[Any], place: NameOf) -> None:
    """Refuse labels that are infinite, as what no float holds: 1e400. NaN may be a gap that the user knows of."""
    if isinstance(labels, np.ndarray) and labels.dtype.kind == "f" and (wrong := np.argwhere(np.isinf(labels))).size:
        row, value = int(wrong[0][0]), labels[tuple(wrong[0])]
        raise SourceError(f"{place(row)}: the label is {value}; a label is a finite number, mend it or leave it out")


def _check_form(labels: NDArray[Any] | list[Any], place: NameOf) -> None:
    """Refuse labels that may lie on their pictures, and would stay behind."""
    row: int | None
    if isinstance(labels, np.ndarray) and labels.ndim <= 2:  # at once, as rows may be a million
        odd = (labels != 0) & (labels != 1) if labels.ndim == 2 and labels.shape[1] > 1 else np.zeros((1, 1), bool)
        row = int(np.argmax(odd.any(axis=1))) if odd.any() else None
    else:
        row = next((row for row, label in enumerate(labels) if unsaid(label) is not None), None)
    if row is not None:
        raise SourceError(
            f"{place(row)}: the label is a {unsaid(labels[row])}, and what it is was not said: as a label it would "
            'never move with the picture. Make it one of the fields, declared as by targets={"boxes": Boxes("coco")}; '
            'targets={"label": PerSample()} of the source passes it on as it is, never moved'
        )


def names_in(values: Iterable[Any]) -> list[str] | None:
    """The texts among labels, and in those that are lists, in their order; None if there are none."""
    found: set[str] = set()
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        return None
    for value in values:
        found.update(item for item in (value if isinstance(value, SEVERAL) else [value]) if isinstance(item, str))
    return sorted(found - {""}) or None


def classed(
    values: Any, place: NameOf, known: Sequence[str] | None, owner: str, any_form: bool = False, numbers: bool = False
) -> Classed:
    """Labels out of a column: texts as the number of their class, lists of them as rows of 0 and 1, others as they are.

    known     the names of classes 0, 1, 2, ...; None: those in the column, sorted
    any_form  as of `label_column`
    numbers   whether numbers in lists are those of classes for sure; else rows of 0 and 1, as many as there are
              classes, stay what they are

    Raises  SourceError if a label is missing, or of no class.
    """
    names = names_in(values) if known is None else class_names(known, owner)
    if not (isinstance(values, np.ndarray) and values.dtype.kind in "biu"):
        missing = next((row for row, value in enumerate(values) if is_missing(value)), None)
        if missing is not None:
            raise SourceError(f"{place(missing)}: there is no label")
    several = any(isinstance(value, SEVERAL) for value in values)
    if several and names is not None and (numbers or not _are_vectors(values, len(names))):
        return Classed(_several(values, place, names), names)
    if several or not any(isinstance(value, str) for value in values):
        labels = label_column(values, len(values), place, any_form)
        assert labels is not None
        check_numbers(labels, names, place)
        return Classed(labels, names or [])
    assert names is not None
    number = {name: n for n, name in enumerate(names)}
    wrong = next((row for row, value in enumerate(values) if not isinstance(value, str) or value not in number), None)
    if wrong is not None:
        raise SourceError(f"{place(wrong)}: the label is {values[wrong]!r}, which is none of the classes {_few(names)}")
    return Classed(np.array([number[value] for value in values], np.int64), names)


def _are_vectors(values: Any, count: int) -> bool:
    """Whether labels are rows of a number for each class already: of 0 and 1, or of fractions."""
    if not all(isinstance(value, SEVERAL) and len(value) == count for value in values):
        return False
    items = [item for value in values for item in value]
    if not all(isinstance(item, (int, float, np.number, np.bool_)) for item in items):
        return False
    return all(item in (0, 1) for item in items) or any(item != int(item) for item in items)


def _several(values: Any, place: NameOf, names: list[str]) -> MultiHot:
    """The classes of labels that are lists of names, or of numbers."""
    number: dict[Any, int] = {name: n for n, name in enumerate(names)}
    rows: list[list[int]] = []
    for row, value in enumerate(values):
        if not isinstance(value, SEVERAL):
            raise SourceError(
                f"{place(row)}: the label is {value!r}, and others are lists of classes; give a list, [{value!r}]"
            )
        rows.append([])
        for item in value:
            whole = isinstance(item, Integral) and not isinstance(item, bool) and 0 <= int(item) < len(names)
            if not whole and not (isinstance(item, str) and item in number):
                raise SourceError(
                    f"{place(row)}: the labels are {list(value)!r:.80}, and {item!r} is none of the classes "
                    f"{_few(names)}"
                )
            rows[-1].append(int(item) if whole else number[item])
    return MultiHot.of(rows, len(names))


def check_numbers(labels: LabelColumn | None, names: list[str] | None, place: NameOf) -> None:
    """Refuse an integer label that none of the classes has, where they are named; -1 is none, as datasets have it."""
    if names is None or not isinstance(labels, np.ndarray) or labels.dtype.kind != "i" or labels.ndim != 1:
        return
    wrong = np.flatnonzero((labels < -1) | (labels >= len(names)))
    if wrong.size:
        row = int(wrong[0])
        raise SourceError(f"{place(row)}: the label is {labels[row]}; the classes {_few(names)} are {len(names)}")


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")


def is_missing(value: Any) -> bool:
    """Whether a cell is empty: None, an empty text, NaN or what pandas has for it."""
    if isinstance(value, str) or value is None:
        return not value
    return type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
