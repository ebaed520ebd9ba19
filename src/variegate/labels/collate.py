"""Collate: the fields of several samples as the fields of a batch.

What becomes of a field of B samples:

                                          "list"                    Padded()
    a view, a mask or a map               one array (B, H, W ...) where they have one shape, else a list of B arrays
    boxes, points of instances, a stack   a list of B arrays        one array (B, M, ...), zeros after a sample's last
    of masks, numbers of instances        (or lists, as given)      instance; a list where rows differ in shape
    polygons; texts of instances          a list of B               a list of B
    points of the picture; PerSample      a list of B               one array where they are numbers of one shape
    a group                               nothing                   `valid`, (B, M) bool, under the group's name
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import FieldError, InputError
from variegate.targets import Image, Mask, Polygons, Targets

Samples = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Padded:
    """Fields of instances as arrays (B, M, ...): M instances a sample, those that are not there zeros.

    most      M; None: as many as the batch's sample with most instances has, so that M differs from batch to batch
    overflow  of a sample with more than `most`: "error", or "drop" the last ones, counted in stats under
              "<group>.most"

    For each group of fields there is an array (B, M) bool under the group's name, "instances" by default: True where
    there is an instance. Polygons, and per-instance lists of anything but numbers, have no array and stay lists.

    >>> Padded(most=100)
    Padded(most=100, overflow='error')

    Raises  FieldError if a field has a value that it cannot have.
    """

    most: int | None = None
    overflow: Literal["error", "drop"] = "error"

    def __post_init__(self) -> None:
        if self.overflow not in ("error", "drop"):
            raise FieldError(f"Padded.overflow is 'error' or 'drop', got {self.overflow!r}")
        if self.most is None:
            if self.overflow == "drop":
                raise FieldError("Padded.overflow='drop' needs most=: without it every instance has a place")
            return
        if isinstance(self.most, bool) or not hasattr(self.most, "__index__") or operator.index(self.most) < 1:
            raise FieldError(f"Padded.most is an integer of 1 or more, or None; got {self.most!r}")
        object.__setattr__(self, "most", operator.index(self.most))


class Collated(NamedTuple):
    """The fields of a batch.

    fields   by name; also `valid` by the name of each group
    dropped  how many instances went because there was no room for them
    """

    fields: dict[str, Any]
    dropped: Counter[str]


def collate(targets: Targets, samples: Samples) -> dict[str, Any]:
    """The samples' fields by name: pictures and masks stacked where they have one shape, all else a list."""
    if not samples:
        return {}
    return {name: _column(targets[name], [sample[name] for sample in samples]) for name in samples[0]}


def pad(
    targets: Targets, samples: Samples, padded: Padded, where: Callable[[int], str] = "sample {} of the batch".format
) -> Collated:
    """The samples' fields by name, as one array each where that can be, and which instances are there.

    where  what to call a sample of the batch, for errors

    Raises  InputError if a sample has more instances than there may be, unless the last ones are to be dropped.
    """
    columns = {name: [sample[name] for sample in samples] for name in (samples[0] if samples else ())}
    dropped: Counter[str] = Counter()
    valid: dict[str, NDArray[np.bool_]] = {}
    for group in dict.fromkeys(targets[name].rows_of for name in columns):
        members = [name for name in columns if targets[name].rows_of == group]
        if group is None:
            columns |= {name: _one_array(columns[name]) for name in members}
            continue
        counts = [len(value) for value in columns[members[0]]]
        most = max(counts) if padded.most is None else padded.most
        if max(counts) > most:
            dropped[f"{group}.most"] = _overflow(padded, group, counts, most, where)
            columns |= {name: [value[:most] for value in columns[name]] for name in members}
        columns |= {name: _rows(columns[name], most) for name in members if not isinstance(targets[name], Polygons)}
        if any(isinstance(columns[name], np.ndarray) for name in members):
            valid[group] = np.arange(most) < np.array(counts)[:, None]
    return Collated({**columns, **valid}, dropped)


def _column(target: Any, values: list[Any]) -> Any:
    whole = isinstance(target, Image) or (isinstance(target, Mask) and not target.stack)
    if whole and len({(value.shape, value.dtype) for value in values}) == 1:
        return np.stack(values)
    return values


def _overflow(padded: Padded, group: str, counts: list[int], most: int, where: Callable[[int], str]) -> int:
    """How many instances are too many in a batch."""
    if padded.overflow == "error":
        n = int(np.argmax(np.array(counts) > most))
        raise InputError(
            f"{where(n)} has {counts[n]} instances of the group {group!r}, and Padded(most={most}) takes {most}; "
            'raise it, or let the last ones go with overflow="drop", which counts them in stats'
        )
    return sum(max(0, count - most) for count in counts)


def _rows(values: list[Any], most: int) -> Any:
    """Rows of numbers as one array (B, most, ...); the values as they are where they are no such rows."""
    rows = [_numbers(value) for value in values]
    found = [row for row in rows if row is not None]
    if len(found) < len(rows):
        return values
    # What is empty says nothing of the others: [] is read as float64, and has no number of points an instance.
    telling = [row for row in found if len(row)] or found
    shapes = {row.shape[1:] for row in telling}
    if len(shapes) > 1 and telling is not found:
        return values
    out = np.zeros((len(found), most, *max(shapes)), np.result_type(*{row.dtype for row in telling}))
    for place, row in zip(out, found, strict=True):
        if len(row):
            place[: len(row)] = row
    return out


def _numbers(value: Any) -> NDArray[Any] | None:
    """An array of numbers, or a list of them as an array; None of anything else."""
    if isinstance(value, np.ndarray):
        return value if value.dtype.kind in "biuf" else None
    if not all(isinstance(item, (int, float, np.number, np.bool_)) for item in value):
        return None
    array = np.asarray(value) if len(value) else np.zeros(0, np.int64)  # most lists of numbers are classes
    return array if array.dtype.kind in "biuf" else None


def _one_array(values: list[Any]) -> Any:
    """Numbers or arrays of numbers as one array (B, ...) where they have one shape, else as they are."""
    if all(isinstance(value, np.ndarray) for value in values):
        alike = len({(value.shape, value.dtype) for value in values}) == 1
        return np.stack(values) if alike and values[0].dtype.kind in "biuf" else values
    numbers = _numbers(values)
    return values if numbers is None else numbers
