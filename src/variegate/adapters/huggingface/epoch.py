"""Epoch: a number that processes share."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.context import get_spawning_popen
from multiprocessing.sharedctypes import RawValue
from typing import Any

from variegate.key import Key


class Epoch:
    """An epoch, 0 to 2**32 - 1: a worker process, forked or spawned, sees what its parent sets.

    A copy within a process is the same epoch, as `datasets` copies what it is given; one that was pickled otherwise is
    on its own, with the same number.

    >>> epoch = Epoch(3)
    >>> epoch.now
    3

    Raises  InputError if it is out of range.
    """

    def __init__(self, now: int = 0) -> None:
        self._cell = RawValue("Q", Key(epoch=now).epoch)

    @property
    def now(self) -> int:
        """The number."""
        return int(self._cell.value)

    def set(self, now: int) -> None:
        """Make it another.

        Raises  InputError if it is out of range.
        """
        self._cell.value = Key(epoch=now).epoch

    def __copy__(self) -> Epoch:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Epoch:
        return self

    def __reduce__(self) -> tuple[Callable[[Any], Epoch], tuple[Any]]:
        # Shared memory may go to a process that is being started, and nowhere else.
        return (Epoch, (self.now,)) if get_spawning_popen() is None else (_of_cell, (self._cell,))


def _of_cell(cell: Any) -> Epoch:
    epoch = Epoch.__new__(Epoch)
    epoch._cell = cell
    return epoch
