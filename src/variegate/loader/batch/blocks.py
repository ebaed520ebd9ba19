"""Blocks: those that batches share, each as long as one of them is in the making, and the last one used."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from variegate.loader.batch.shelf import Shelf

Name = tuple[int, int]  # the epoch and the first place


class Blocks:
    """What threads share of the blocks of a loader.

    wanted  whether there is memory for them
    shelf   memory of values that were mixed
    """

    def __init__(self, wanted: bool = True) -> None:
        self.wanted, self.shelf = wanted, Shelf()
        self._known: WeakValueDictionary[Name, Any] = WeakValueDictionary()
        self._last: Any = None  # a batch may be handed out before the next one begins
        self._lock = Lock()

    def take(self, name: Name, make: Callable[[], Any]) -> Any:
        """A block, made if nobody has it."""
        with self._lock:
            found = self._known.get(name)
            if found is None:
                found = self._known[name] = make()
            self._last = found
            return found

    def refuse(self) -> None:
        """Have no more of them: they do not fit into memory."""
        self.wanted = False
        self.clear()

    def clear(self) -> None:
        """Let go of the last one."""
        with self._lock:
            self._last = None
            self.shelf.clear()
