"""Stream: the threads of one epoch, which make its batches ahead of the consumer.

A thread with nothing to do takes a sample of the earliest batch that has some left; else it begins the next batch, if
that is not too far ahead. So threads share a batch evenly, and one prepares the next while another finishes the last.
Threads hold the stream and the recipe, never the loader nor the generator that the consumer has: when that generator
goes, for whatever reason, the threads end.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterator
from threading import Condition, Event, Thread, current_thread

from variegate.errors import VariegateError
from variegate.loader.batch import Batch, Making, Recipe
from variegate.loader.pool import Scratch
from variegate.loader.stats import WAIT, Row, Stats, now

PATIENCE = 5.0  # seconds that a closing stream waits for a thread, which ends after the sample it is at
PULSE = 1.0  # seconds between two looks at signals and dead threads; some systems interrupt no wait


class Stream:
    """One epoch, from its first batch to its last, by `workers` threads.

    prefetch  how many batches, begun or finished, may be ahead of the one that the consumer has
    """

    def __init__(self, recipe: Recipe, epoch: int, workers: int, prefetch: int, stats: Stats) -> None:
        self._recipe, self._epoch, self._prefetch, self._stats = recipe, epoch, prefetch, stats
        self._order = recipe.order(epoch)
        self._process = os.getpid()
        self._change = Condition()
        self._stopped = Event()
        self._queue: deque[Making] = deque()  # from the consumer's next batch to the last begun
        self._begun = 0
        self._limit = prefetch  # how many batches may have been begun; the consumer may yet hold the last epoch's last
        self._failure: BaseException | None = None
        self._rows = [stats.row() for _ in range(workers + 1)]
        self._threads = [
            Thread(target=self._run, args=(row,), name=f"variegate-{i}", daemon=True)
            for i, row in enumerate(self._rows[1:])
        ]

    def batches(self) -> Iterator[Batch]:
        """The batches in order; threads start with the first and end with this iterator."""
        try:
            for thread in self._threads:
                thread.start()
            for number in range(len(self._recipe)):
                yield self._next(number)
        finally:
            self._close()

    def _next(self, number: int) -> Batch:
        if os.getpid() != self._process:
            raise VariegateError("this epoch was begun before a fork, which copies no threads; begin one afterwards")
        begun = now()
        with self._change:
            self._allow(number + 1)
            while not (self._queue and self._queue[0].ready):
                self._change.wait(PULSE)
                if self._failure is not None:
                    raise self._failure
            making = self._queue.popleft()
            self._allow(number + 1 + self._prefetch)
        self._rows[0][WAIT] += now() - begun
        return making.batch()

    def _allow(self, limit: int) -> None:
        if limit > self._limit:
            self._limit = limit
            self._change.notify_all()

    def _run(self, row: Row) -> None:
        """A thread's life."""
        scratch = Scratch()
        try:
            while (task := self._task()) is not None:
                self._do(*task, scratch, row)
        except BaseException as error:  # of this file's own making: whatever a sample raises is kept with its batch
            with self._change:
                self._failure = error
                self._change.notify_all()

    def _task(self) -> tuple[Making, bool] | None:
        """A batch to work at, and whether it is prepared; None when the stream has stopped."""
        with self._change:
            while not self._stopped.is_set():
                for making in self._queue:
                    if making.open:
                        return making, True
                if self._begun < min(self._limit, len(self._recipe)):
                    making = self._recipe.making(self._order, self._epoch, self._begun)
                    self._queue.append(making)
                    self._begun += 1
                    return making, False
                self._change.wait()
        return None

    def _do(self, making: Making, prepared: bool, scratch: Scratch, row: Row) -> None:
        if prepared:
            if not making.work(scratch, row, self._stopped):
                return
            making.ready = True
        else:
            making.open = making.prepare(row, self._stopped)
        with self._change:
            self._change.notify_all()

    def _close(self) -> None:
        # After a fork the threads are not there, and the lock may be held for ever.
        if os.getpid() != self._process:
            return
        self._stopped.set()
        with self._change:
            self._change.notify_all()
        # At the interpreter's end no other thread runs any more; and the collector may close this in one of its own.
        if not sys.is_finalizing() and current_thread() not in self._threads:
            for thread in self._threads:
                if thread.ident is not None:
                    thread.join(PATIENCE)
        self._queue.clear()
        self._stats.fold(self._rows)
