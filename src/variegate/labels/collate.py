"""Collate: the fields of several samples as the fields of a batch.

What becomes of a field of B samples:

                                          "list"                    Padded()
    a view, a mask or a map               one array (B, H, W ...) where they have one shape, else a list of B arrays
    boxes, points of instances, a stack   a list of B arrays        one array (B, M, ...), zeros after a sample's last
    of masks, numbers of instances        (or lists, as given)      instance; a list where rows differ in shape
    polygons; texts of instances          a list of B               a list of B
    a number a sample                     one array (B,)            one array (B,)
    points of the picture; other values   a list of B               one array where they are arrays of one shape
    of samples
    a group                               nothing                   `valid`, (B, M) bool, under the group's name

Whether a field is numbers or anything else, and of which dtype, is the same in every batch: `specs` say it, as the
first samples of a source tell them. Without specs, the samples of the batch tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.arguments import one_of, whole
from variegate.errors import FieldError, InputError
from variegate.labels.field_spec import FieldSpec, FieldSpecs, Where, conformed, holds, of_rows, of_sample, unlike
from variegate.targets import Target, Targets

FieldRows = Sequence[Mapping[str, Any]]
HERE: Where = "sample {} of the batch".format


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
        one_of(self.overflow, "Padded.overflow", ("error", "drop"))
        if self.most is None:
            if self.overflow == "drop":
                raise FieldError("Padded.overflow='drop' needs most=: without it every instance has a place")
            return
        object.__setattr__(self, "most", whole(self.most, "Padded.most", least=1, also=", or None"))


class Collated(NamedTuple):
    """The fields of a batch.

    fields   by name; also `valid` by the name of each group
    dropped  how many instances went because there was no room for them
    """

    fields: dict[str, Any]
    dropped: Counter[str]


def collate(
    targets: Targets, samples: FieldRows, specs: FieldSpecs | None = None, where: Where = HERE
) -> dict[str, Any]:
    """The samples' fields by name: pictures and masks stacked where they have one shape, numbers too, all else a list.

    Raises  InputError if a sample has something else than numbers where its field is numbers, or too large a dtype.
    """
    columns = {name: [sample[name] for sample in samples] for name in (samples[0] if samples else ())}
    return {
        name: _column(targets[name], name, values, (specs or {}).get(name), where) for name, values in columns.items()
    }


def pad(
    targets: Targets, samples: FieldRows, padded: Padded, where: Where = HERE, specs: FieldSpecs | None = None
) -> Collated:
    """The samples' fields by name, as one array each where that can be, and which instances are there.

    Raises  InputError if a sample has more instances than there may be, unless the last ones are to be dropped; or as
            of `collate`.
    """
    columns = {name: [sample[name] for sample in samples] for name in (samples[0] if samples else ())}
    specs = specs or {}
    dropped: Counter[str] = Counter()
    valid: dict[str, NDArray[np.bool_]] = {}
    for group in dict.fromkeys(targets[name].rows_of for name in columns):
        members = [name for name in columns if targets[name].rows_of == group]
        if group is None:
            columns |= {name: _column(targets[name], name, columns[name], specs.get(name), where) for name in members}
            columns |= {name: _one_array(columns[name]) for name in members}
            continue
        counts = [len(value) for value in columns[members[0]]]
        most = max(counts) if padded.most is None else padded.most
        if max(counts) > most:
            dropped[f"{group}.most"] = _overflow(padded, group, counts, most, where)
            columns |= {name: [value[:most] for value in columns[name]] for name in members}
        rows = [name for name in members if not targets[name].ragged]
        columns |= {name: _rows(name, columns[name], most, specs.get(name), where) for name in rows}
        if any(isinstance(columns[name], np.ndarray) for name in members):
            valid[group] = np.arange(most) < np.array(counts)[:, None]
    return Collated({**columns, **valid}, dropped)


def _column(target: Target, name: str, values: list[Any], spec: FieldSpec | None, where: Where) -> Any:
    if target.per == "pixel":
        if spec is not None and not target.picture:  # ops may change the dtype of a view, and do so of all
            values = [value.astype(spec.dtype, copy=False) for value in values]
        return np.stack(values) if len({(value.shape, value.dtype) for value in values}) == 1 else values
    if not target.passed_on or (spec is not None and spec.dtype is None):
        return values
    rows = [of_sample(target, value) for value in values]
    if spec is None:
        return _stacked(rows, values)
    return np.stack([conformed(name, row, spec, where, n) for n, row in enumerate(rows)])


def _stacked(rows: list[NDArray[Any] | None], values: list[Any]) -> Any:
    """Arrays of numbers of one shape as one; the values where they are none, or no dtype holds them all."""
    found = [row for row in rows if row is not None]
    if len(found) < len(rows) or len({row.shape for row in found}) > 1:
        return values
    made = np.stack(found)
    rounded = made.dtype.kind == "f" and not any(row.dtype.kind == "f" for row in found)  # int64 and uint64
    return values if rounded else made


def _overflow(padded: Padded, group: str, counts: list[int], most: int, where: Where) -> int:
    """How many instances are too many in a batch."""
    if padded.overflow == "error":
        n = int(np.argmax(np.array(counts) > most))
        raise InputError(
            f"{where(n)} has {counts[n]} instances of the group {group!r}, and Padded(most={most}) takes {most}; "
            'raise it, or let the last ones go with overflow="drop", which counts them in stats'
        )
    return sum(max(0, count - most) for count in counts)


def _rows(name: str, values: list[Any], most: int, spec: FieldSpec | None, where: Where) -> Any:
    """Rows of numbers as one array (B, most, ...); the values as they are where they are no such rows."""
    if spec is not None and spec.dtype is None:
        return values
    rows = [of_rows(value) for value in values]
    for n, row in enumerate(rows):
        if spec is not None and (row is None or (len(row) and not holds(spec, row))):
            raise unlike(name, spec, None if row is None else row[0], where(n))
    found = [row for row in rows if row is not None]
    if len(found) < len(rows):
        return values
    # What is empty says nothing of the others: [] is read as float64, and has no number of points an instance.
    telling = [row for row in found if len(row)] or found
    shapes = {row.shape[1:] for row in telling}
    if len(shapes) > 1 and telling is not found:
        return values
    dtype = np.result_type(*{row.dtype for row in telling}) if spec is None else spec.dtype
    tail = max(shapes) if spec is None or telling is not found or 0 not in max(shapes) else spec.shape
    out = np.zeros((len(found), most, *tail), dtype)
    for place, row in zip(out, found, strict=True):
        if len(row):
            place[: len(row)] = row
    return out


def _one_array(values: Any) -> Any:
    """Arrays of numbers as one array (B, ...) where they have one shape, else as they are."""
    if isinstance(values, np.ndarray) or not all(isinstance(value, np.ndarray) for value in values):
        return values
    alike = len({(value.shape, value.dtype) for value in values}) == 1
    return np.stack(values) if alike and values[0].dtype.kind in "biuf" else values
