"""ClassMembers: the samples of a source by their class, of which ops that mix take partners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


class ClassMembers:
    """Who is of a sample's class, and who of another.

    column   (N,): the label of each sample
    allowed  (N,) bool: who may be a partner; None: all

    >>> members = ClassMembers(np.array([3, 5, 3, 5, 3]))
    >>> list(members.of(2, True, 0.0)), list(members.of(2, False, 0.5))
    ([0, 4], [3, 1])
    """

    def __init__(self, column: NDArray[Any], allowed: NDArray[np.bool_] | None = None) -> None:
        values, self._classes = np.unique(column, return_inverse=True)
        there = np.arange(len(column)) if allowed is None else np.flatnonzero(allowed)
        self._sorted = there[np.argsort(self._classes[there], kind="stable")]
        self._starts = np.searchsorted(self._classes[self._sorted], np.arange(len(values) + 1)).tolist()
        self._rank = np.full(len(column), -1, np.int64)
        self._rank[self._sorted] = np.arange(len(there))

    def of(self, position: int, same: bool, drawn: float) -> Iterator[int]:
        """Samples of the class of one, or of others, never that one: from one of them on, and round.

        drawn  from 0 to below 1: where among them to begin
        """
        which, own = int(self._classes[position]), int(self._rank[position])
        begin, end = self._starts[which], self._starts[which + 1]
        count = end - begin - (own >= 0) if same else len(self._sorted) - (end - begin)
        first = int(drawn * count)
        for step in range(count):
            k = (first + step) % count
            if same:
                k += begin + (0 <= own <= begin + k)
            elif k >= begin:
                k += end - begin
            yield int(self._sorted[k])
