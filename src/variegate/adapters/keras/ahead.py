"""Ahead: the batches of one pass, which the loader's threads make ahead of Keras, as long as its call runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from threading import RLock
from typing import Any
from weakref import ref

from variegate.loader import Loader

PATIENCE = 5.0  # seconds to wait for a thread of Keras that is being handed a batch


class Ahead:
    """The batches of a pass, as many as an epoch has, or without end, for whoever asks in order.

    place    of the first of them, in the endless row of all epochs' batches

    How the threads end. `fit` that returns within a pass (steps_per_epoch, stop_training, an exception in a callback)
    tells a PyDataset nothing, and Keras, TensorFlow above all, holds on to the data until the model goes. But a call of
    Keras has something of its own that goes when it returns or raises: its list of callbacks. So `until` watches that.
    """

    def __init__(self, loader: Loader, place: int, endless: bool = False) -> None:
        self._batches: Iterator[dict[str, Any]] | None = _from(loader, *divmod(place, len(loader)))
        self._place, self._end = place, None if endless else place + len(loader)
        # The collector may run `end` in a thread that is within `take`.
        self._lock = RLock()
        self._owner: ref[Any] | None = None

    def take(self, place: int) -> dict[str, Any] | None:
        """The batch at a place, if it is the next; else None. Any thread may call."""
        with self._lock:
            return self._next() if place == self._place else None

    def _next(self) -> dict[str, Any] | None:
        batches = self._batches  # of this frame's own, so that `end` may drop it meanwhile
        if batches is None:
            return None
        try:
            batch = next(batches)
        except BaseException:
            self._batches = None
            raise
        self._place += 1
        if self._place == self._end:
            self._batches = None
        return batch

    def until(self, owner: object) -> None:
        """End when `owner` goes, if not before."""
        own = ref(self)
        self._owner = ref(owner, lambda _: _end(own()))

    def end(self) -> None:
        """End the threads. A thread that is being handed a batch gets it; no other will be."""
        self._batches = None
        if self._lock.acquire(timeout=PATIENCE):
            self._lock.release()


def _from(loader: Loader, epoch: int, number: int) -> Iterator[dict[str, Any]]:
    """The batches of an epoch from one on, then those of all that follow."""
    yield from loader.epoch(epoch, number * loader.schedule.batch * loader.schedule.world_size)
    for later in itertools.count(epoch + 1):
        yield from loader.epoch(later)


def _end(ahead: Ahead | None) -> None:
    if ahead is not None:
        ahead.end()
