"""Shelf: memory of pictures that are done with, for the next ones; what was put there last is taken first.

It is then still in the processor's cache: a picture that is made and read soon after never goes out to memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Shelf:
    """Arrays of no meaning. Threads share it: a list gives and takes atomically."""

    def __init__(self) -> None:
        self._free: dict[tuple[tuple[int, ...], np.dtype[Any]], list[NDArray[Any]]] = {}

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """An array whose numbers may be any."""
        free = self._free.get((shape, dtype))
        try:
            return free.pop() if free else np.empty(shape, dtype)
        except IndexError:  # another thread was faster
            return np.empty(shape, dtype)

    def put(self, array: NDArray[Any]) -> None:
        """Lay down an array that was taken, and that nobody looks at any more."""
        self._free.setdefault((array.shape, array.dtype), []).append(array)

    def clear(self) -> None:
        """Let go of all."""
        self._free = {}
