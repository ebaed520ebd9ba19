"""MultiHot: labels as rows of 0 and 1, of several classes a sample or of one; and the labels of some or all sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from variegate.errors import SourceError

SourceLabels: TypeAlias = "NDArray[Any] | Sequence[Any] | MultiHot"
NameOf = Callable[[int], str]  # of a row, for errors


class MultiHot:
    """Labels as rows of 0 and 1, (N, classes) float32: 1 for each class that a sample has.

    Rows are made when they are asked for: those of a million samples would take gigabytes.

    ends     (N,) int64: where the classes of each sample end in `numbers`
    numbers  the classes of all samples, one after the other
    count    how many classes there are

    >>> hot = MultiHot.of([[0, 2], [], [1]], 3)
    >>> hot[np.array([0, 1])]
    array([[1., 0., 1.],
           [0., 0., 0.]], dtype=float32)
    """

    ndim = 2
    dtype = np.dtype(np.float32)

    def __init__(self, ends: NDArray[np.int64], numbers: NDArray[np.int64], count: int) -> None:
        self.ends, self.numbers, self.count = ends, numbers, count

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]], count: int) -> MultiHot:
        """Of the classes of each sample."""
        ends = np.cumsum([len(row) for row in rows], dtype=np.int64)
        return cls(ends, np.array([number for row in rows for number in row], np.int64), count)

    @property
    def shape(self) -> tuple[int, int]:
        """(N, classes)."""
        return len(self.ends), self.count

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, rows: Any) -> NDArray[np.float32]:
        """A row, or several by their positions."""
        at = np.arange(len(self))[rows]
        made = np.zeros((*at.shape, self.count), np.float32)
        for row, i in zip(made.reshape(-1, self.count), at.ravel().tolist(), strict=True):
            row[self.numbers[self.ends[i - 1] if i else 0 : self.ends[i]]] = 1
        return made

    def take(self, rows: NDArray[np.int64]) -> MultiHot:
        """The labels of some samples."""
        starts = np.concatenate([[0], self.ends])[rows]
        lengths = self.ends[rows] - starts
        ends = np.cumsum(lengths)
        places = np.arange(lengths.sum()) + np.repeat(starts - (ends - lengths), lengths)
        return MultiHot(ends, self.numbers[places], self.count)


def one_hot(labels: Any, count: int, place: NameOf) -> Any:
    """Labels of one class each as rows of 0 and 1, (..., count); -1, which is none, as zeros. Rows stay as they are.

    Raises  SourceError if one is no class.
    """
    if isinstance(labels, MultiHot) or (isinstance(labels, np.ndarray) and labels.shape[1:] == (count,) and count > 1):
        return labels
    numbers = np.asarray(labels) if isinstance(labels, np.ndarray) else np.zeros(len(labels), object)
    numbers = numbers.reshape(-1) if numbers.shape[1:] == (1,) else numbers
    if numbers.dtype.kind != "i" or numbers.ndim > 1:
        first = labels[0].tolist() if isinstance(labels, np.ndarray) else labels[0]
        raise SourceError(
            f"{place(0)}: its label is {first!r}, and one_hot takes the number of a class; number them from 0"
        )
    wrong = np.flatnonzero((numbers < -1) | (numbers >= count))
    if wrong.size:
        row = int(wrong[0])
        raise SourceError(f"{place(row)}: the label is {numbers[row]}, and there are {count} classes, 0 to {count - 1}")
    return MultiHot(np.cumsum(numbers >= 0), numbers[numbers >= 0], count)


def labels_at(labels: SourceLabels | None, positions: NDArray[np.int64]) -> Any:
    """The labels at these positions: an array of an array or of rows of 0 and 1, a list of a list, None of None."""
    if labels is None:
        return None
    return labels[positions] if isinstance(labels, np.ndarray | MultiHot) else [labels[i] for i in positions]


def joined_labels(columns: Sequence[SourceLabels | None]) -> Any:
    """The labels of several sources as one column.

    Raises  SourceError if only some have labels, or of other kinds.
    """
    if all(labels is None for labels in columns):
        return None
    kinds = {type(labels) if not isinstance(labels, np.ndarray) else labels.shape[1:] for labels in columns}
    if len(kinds) > 1:
        raise SourceError("sources that are joined all have labels of one kind, or none has")
    if all(isinstance(labels, np.ndarray) for labels in columns):
        return np.concatenate(columns)  # type: ignore[arg-type]
    rows: list[Any] = [label for labels in columns for label in labels]  # type: ignore[union-attr]
    if not isinstance(columns[0], MultiHot):
        return rows
    return MultiHot.of([np.flatnonzero(row).tolist() for row in rows], columns[0].count)
