"""Instances: the labels of a whole data set in a few arrays.

A data set of COCO's size has a million objects; as Python objects their numbers would fill gigabytes, and pickling them
to another process would take minutes. Here a field is one array for all pictures, in which each has its run of rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from variegate.errors import SourceError
from variegate.loader.source.json_text import LENGTH, short

FEW = 10  # objects of which nobody takes a warning
Flat = NDArray[np.float64]  # x0, y0, x1, y1, ...


class InstanceColumn(Protocol):
    """One field of every instance."""

    def rows(self, first: int, last: int) -> Any:
        """The values of the instances from `first` up to and without `last`, which are the caller's to change."""


class Values:
    """A column of numbers, (instances, ...)."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    def rows(self, first: int, last: int) -> NDArray[Any]:
        """A copy of these rows."""
        return self.values[first:last].copy()


class ValueColumn:
    """A column of anything else, such as texts."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def rows(self, first: int, last: int) -> list[Any]:
        """A copy of these rows."""
        return self.values[first:last]


class RingColumn:
    """A column of outlines: for each instance any number of rings [x0, y0, x1, y1, ...].

    >>> RingColumn([[[0, 0, 4, 0, 4, 4]], [], [[1, 1, 2, 1, 2, 2], [5, 5, 6, 5, 6, 6]]]).rows(1, 3)
    [[], [array([1., 1., 2., 1., 2., 2.]), array([5., 5., 6., 5., 6., 6.])]]
    """

    def __init__(self, outlines: Sequence[Sequence[Sequence[float]]]) -> None:
        rings = [ring for outline in outlines for ring in outline]
        self.instances = starts([len(outline) for outline in outlines])  # where the rings of each begin
        self.points = starts([len(ring) for ring in rings])  # where the numbers of each ring begin
        self.numbers = np.empty(self.points[-1])
        for ring, start, stop in zip(rings, self.points[:-1].tolist(), self.points[1:].tolist(), strict=True):
            self.numbers[start:stop] = ring

    def rows(self, first: int, last: int) -> list[list[Flat]]:
        """The rings of these instances."""
        bounds = self.instances[first : last + 1].tolist()
        places = self.points[bounds[0] : bounds[-1] + 1]
        numbers = self.numbers[places[0] : places[-1]].copy()
        cuts, base = (places - places[0]).tolist(), bounds[0]
        return [
            [numbers[cuts[ring - base] : cuts[ring - base + 1]] for ring in range(start, stop)]
            for start, stop in pairwise(bounds)
        ]


class Instances:
    """Columns whose rows are grouped by picture: those of picture 0, then those of picture 1, ...

    counts   instances of each picture
    columns  name -> the values of all instances, in that order

    >>> Instances([2, 0, 1], {"labels": ValueColumn(np.array([7, 8, 9]))}).of(0, ["labels"])
    {'labels': array([7, 8])}
    """

    def __init__(self, counts: Sequence[int] | NDArray[np.int64], columns: Mapping[str, InstanceColumn]) -> None:
        self.starts = starts(counts)
        self.columns = dict(columns)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def of(self, i: int, names: Iterable[str]) -> dict[str, Any]:
        """The values of picture i in those of the columns that are named."""
        first, last = self.span(i)
        return {name: self.columns[name].rows(first, last) for name in names if name in self.columns}

    def span(self, i: int) -> tuple[int, int]:
        """The first instance of picture i, and the first that is not its any more."""
        return int(self.starts[i]), int(self.starts[i + 1])


def starts(counts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Where runs of these lengths begin, and where the last ends.

    >>> starts([2, 0, 1])
    array([0, 2, 2, 3])
    """
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))


def chosen(fields: Iterable[str], choices: Collection[str], owner: str) -> tuple[str, ...]:
    """The fields asked for, each once; `owner` is the source that is asked.

    Raises  SourceError if one is not among the choices, or there are none.
    """
    names = (fields,) if isinstance(fields, str) else tuple(dict.fromkeys(fields))
    wrong = [name for name in names if name not in choices]
    if wrong or not names:
        got = f"got {wrong[0]!r}" if wrong else "got none; for pictures without labels take ImageFolder"
        raise SourceError(f"{owner}.fields are some of {', '.join(choices)}; {got}")
    return names


def class_names(classes: Iterable[str], owner: str) -> list[str]:
    """The names of classes 0, 1, 2, ..., checked: texts, none twice.

    Raises  SourceError if they are not.
    """
    names = [classes] if isinstance(classes, str) else list(classes)
    wrong = next((name for name in names if not isinstance(name, str)), None)
    if isinstance(classes, str) or wrong is not None:
        raise SourceError(f"{owner}.classes is a list of names, got {short(classes if wrong is None else wrong)}")
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise SourceError(f"{owner}.classes has {short(twice)} twice; a name is of one class")
    return names


def are_most(count: int, total: int) -> bool:
    """Whether so many objects are a sign that the file means something else, and worth a warning.

    >>> are_most(11, 20), are_most(11, 22), are_most(3, 4)
    (True, False, False)
    """
    return count > max(FEW, total / 2)


def first_of(names: Sequence[str], most: int = 20) -> str:
    """Names in an error: the first, and how many more there are.

    >>> first_of(["cat", "dog", "owl"], most=2)
    'cat, dog and 1 more'
    """
    told = ", ".join(name if len(name) <= LENGTH else f"{name[: LENGTH - 3]}..." for name in names[:most])
    return told if len(names) <= most else f"{told} and {len(names) - most} more"
