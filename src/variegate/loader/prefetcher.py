"""Prefetcher: the threads that make batches ahead of the consumer, of one epoch or of one after the other without end.

A thread with nothing to do takes a sample of the earliest batch that has some left; else it begins the next batch, if
that is not too far ahead. So threads share a batch evenly, and one prepares the next while another finishes the last.
Threads hold the stream and the context, never the loader nor the generator that the consumer has: when that generator
goes, for whatever reason, the threads end.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections import deque
from collections.abc import Generator, Iterator
from threading import Condition, Event, Thread, current_thread
from time import monotonic

from variegate.errors import VariegateError
from variegate.loader.batch import Batch, BatchTask, LoaderContext, task_of
from variegate.loader.memory import DecodeScratch
from variegate.loader.sampling import BatchSpan, EpochSamples
from variegate.loader.stats import ASKED, READY, WAIT, Counters, now

PATIENCE = 5.0  # seconds that a closing stream waits for its threads, which end after the samples they are at
PULSE = 1.0  # seconds between two looks at signals and dead threads; some systems interrupt no wait


class Prefetcher:
    """Some batches, in order, by `workers` threads; there may be no end to them.

    prefetch  how many batches, begun or finished, may be ahead of the one that the consumer has
    """

    def __init__(self, context: LoaderContext, spans: Iterator[BatchSpan], workers: int, prefetch: int) -> None:
        self._context, self._spans, self._prefetch, self._budget = context, spans, prefetch, context.budget
        self._epoch: tuple[int, EpochSamples] | None = None  # of the epoch that the last batch begun is of
        self._process = os.getpid()
        self._change = Condition()
        self._stopped = Event()
        self._queue: deque[BatchTask] = deque()  # from the consumer's next batch to the last begun
        self._handed = self._begun = 0
        self._limit = prefetch  # how many batches may have been begun; the consumer may yet hold another stream's last
        self._ended = False  # no batch is left to begin
        self._failure: BaseException | None = None
        self._counters = [context.stats.counters() for _ in range(workers + 1)]
        self._threads = [
            Thread(target=self._run, args=(counters,), name=f"variegate-{i}", daemon=True)
            for i, counters in enumerate(self._counters[1:])
        ]

    def batches(self) -> Generator[Batch, None, None]:
        """The batches in order; threads start with the first and end with this iterator."""
        try:
            for thread in self._threads:
                thread.start()
            while (task := self._next()) is not None:
                yield task.batch(self._counters[0])
                del task
        finally:
            self._close()
            self._context.flush()

    def _next(self) -> BatchTask | None:
        """The next batch, finished; None if there is none."""
        if os.getpid() != self._process:
            raise VariegateError("this epoch was begun before a fork, which copies no threads; begin one afterwards")
        counters, begun = self._counters[0], now()
        with self._change:
            counters[ASKED] += 1
            counters[READY] += sum(task.ready for task in self._queue)
            self._allow(self._handed + 1)
            while not (self._queue and self._queue[0].ready):
                if self._ended and not self._queue:
                    return None
                self._change.wait(PULSE)
                if self._failure is not None:
                    raise self._failure
            task = self._queue.popleft()
            self._handed += 1
            self._allow(self._handed + self._prefetch)
        counters[WAIT] += now() - begun
        return task

    def _allow(self, limit: int) -> None:
        if limit > self._limit or self._budget is not None:
            self._limit = max(limit, self._limit)
            self._change.notify_all()

    def _run(self, counters: Counters) -> None:
        """A thread's life."""
        scratch = DecodeScratch()
        try:
            while (task := self._task()) is not None:
                self._do(*task, scratch, counters)
        except BaseException as error:  # of this file's own task: whatever a sample raises is kept with its batch
            with self._change:
                self._failure = error
                self._change.notify_all()

    def _task(self) -> tuple[BatchTask, bool] | None:
        """A batch to work at, and whether it is prepared; None when the stream has stopped."""
        with self._change:
            while not self._stopped.is_set():
                for number, task in enumerate(self._queue):
                    if task.open and self._fits(number + 1):
                        return task, True
                if self._begun < self._limit and not self._ended and self._fits(len(self._queue) + 1):
                    begun = self._begin()
                    if begun is not None:
                        return begun, False
                else:
                    self._change.wait()
        return None

    def _fits(self, count: int) -> bool:
        """Whether so many batches may be in memory: always one, and more as the budget allows."""
        if self._budget is None or count == 1:
            return True
        known = [(task.need, task.ready) for task in itertools.islice(self._queue, count)]
        return self._budget.fits([*known, *[(None, False)] * (count - len(known))])

    def _begin(self) -> BatchTask | None:
        """The next batch, about to be made; None if none is left."""
        span = next(self._spans, None)
        if span is None:
            self._ended = True
            self._change.notify_all()
            return None
        if self._epoch is None or self._epoch[0] != span.epoch:
            self._epoch = span.epoch, self._context.epoch_samples(span.epoch)
        task = task_of(self._context, span, self._epoch[1])
        self._queue.append(task)
        self._begun += 1
        return task

    def _do(self, task: BatchTask, prepared: bool, scratch: DecodeScratch, counters: Counters) -> None:
        if prepared:
            if not task.work(scratch, counters, self._stopped):
                return
            task.ready = True
        else:
            opened = task.prepare(counters, self._stopped)
            with self._change:
                if task.need is not None and self._budget is not None:
                    self._budget.see(task.need)
                task.open = opened
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
            end = monotonic() + PATIENCE
            for thread in self._threads:
                if thread.ident is not None:
                    thread.join(max(0.0, end - monotonic()))
        self._queue.clear()
        self._context.stats.fold(self._counters)
