"""Block: samples that are each read once and made once, unmixed, for whoever asks first; then others mix them."""

from __future__ import annotations

import math
from collections import Counter
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from variegate.labels.carry import MovedLabels
from variegate.loader import stats
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.deadline import Worker
from variegate.loader.batch.partners import Seat
from variegate.loader.batch.sample import Sample
from variegate.loader.batch.task import BatchTask
from variegate.loader.pipeline import SamplePlan
from variegate.loader.sampling import BatchSpan, GivenSamples
from variegate.loader.stats import Counters
from variegate.pipeline.mix import Value

if TYPE_CHECKING:
    from variegate.plan.plan import Plan


class Block(BatchTask):
    """Some samples of an epoch, as a batch that is never handed out."""

    def __init__(self, context: LoaderContext, epoch: int, seats: list[Seat]) -> None:
        places, positions, occurrences = (np.array(column, np.int64) for column in zip(*seats, strict=True))
        span = BatchSpan(epoch, 0, len(seats), (epoch, 0))
        super().__init__(context, span, GivenSamples(positions, occurrences, places))
        self._seats, self._lock, self._is_prepared = seats, Lock(), False
        self._rows: dict[int, tuple[Plan, int]] = {}  # of each result the row of a plan by which it was made
        self._at: dict[Seat, int] = {}  # those that could be read, by their number
        self._locks: list[Lock] = []
        self._pictures: dict[int, NDArray[Any]] = {}
        self._finished: set[int] = set()

    def prepared(self, counters: Counters, stopped: Event | None) -> bool:
        """Read and plan the samples, if nobody has; False if all was stopped before.

        Raises  the error of a sample that could not be read, where such errors are raised.
        """
        with self._lock:
            if not self._is_prepared:
                self.prepare(counters, stopped)
                if self._errors:
                    raise self._errors[min(self._errors)]
                if stopped is not None and stopped.is_set():
                    return False
                self._at = {self._seats[sample.place]: i for i, sample in enumerate(self._samples)}
                self._locks = [Lock() for _ in self._samples]
                self._is_prepared = True
        return True

    def prepare(self, counters: Counters, stopped: Event | None = None) -> bool:
        more = super().prepare(counters, stopped)
        if self.need is not None and self._context.collage:
            shapes = [(*sample.picture.size, sample.picture.channels) for sample in self._samples]
            kept = sum(math.prod(shape) for shape in shapes) * self._samples[0].picture.dtype.itemsize
            self.need = self.need._replace(slot=kept)
        return more

    def sample(self, seat: Seat) -> Sample | None:
        """What was read for a seat; None if it was skipped."""
        i = self._at.get(seat)
        return None if i is None else self._samples[i]

    def has(self, seat: Seat) -> bool:
        """Whether a sample was asked for."""
        return seat in self._seats

    @property
    def form(self) -> tuple[list[tuple[int, ...]], np.dtype[Any]]:
        """The shapes of all results, and their dtype."""
        return self._form

    def rows_at(self, seat: Seat) -> slice:
        """Where the results for a seat are among them, one a repeat."""
        first = self._at[seat] * self._context.repeats
        return slice(first, first + self._context.repeats)

    def value(self, seat: Seat, repeat: int, worker: Worker, counters: Counters) -> Value | None:
        """The unmixed value of a sample; None if it was skipped."""
        i = self._at.get(seat)
        if i is None:
            return None
        with self._locks[i]:
            if i not in self._finished:
                self._sample(i, worker, counters)
                self._finished.add(i)
        if i in self._gone:
            return None
        n = i * self._context.repeats + repeat
        image: NDArray[Any] = self._loose[n] if n in self._loose else self._target()[n]
        return Value(image, self._carried.get(n) or MovedLabels({}, Counter()))

    def picture(self, seat: Seat, worker: Worker, counters: Counters) -> NDArray[Any] | None:
        """The picture of a sample, for ops that put several side by side; None if it was skipped."""
        i = self._at.get(seat)
        if i is None:
            return None
        with self._locks[i]:
            if i not in self._pictures and i not in self._gone:
                self._decode(i, worker, counters)
        return self._pictures.get(i)

    def _decode(self, i: int, worker: Worker, counters: Counters) -> None:
        """Decode a sample's picture, or that of who stands in for it, into memory of its own."""
        repeats, plan = self._context.repeats, self._plan
        first, begun = i * repeats, stats.now()
        try:
            found = self._decoder.decoded(self._samples[i], plan, first, worker)  # type: ignore[arg-type]
        except Exception as error:
            self._reader.blame(self._samples[i].position, error)
            if self._context.rule.policy == "skip":
                self._gone.add(i)
                return
            _, found, plan = self._substitute(i, error, worker)
            first = 0
        made = cast("Plan", plan)
        self._rows |= {i * repeats + repeat: (made, first + repeat) for repeat in range(repeats)}
        self._pictures[i] = found.image if self._context.source.held else found.image.copy()
        counters[stats.DECODE] += stats.now() - begun
        counters[stats.BYTES_DECODED] += found.nbytes

    def row(self, seat: Seat, repeat: int) -> tuple[Plan, int]:
        """The plan by which a value was made, and its row there."""
        return self._rows[self._at[seat] * self._context.repeats + repeat]

    def stood_in(self, seat: Seat) -> bool:
        """Whether another sample stands in for that of a seat."""
        i = self._at.get(seat)
        return i is not None and self._samples[i].tried > 0

    def _labels(self, plan: SamplePlan, row: int) -> MovedLabels:
        return cast("Plan", plan).moved(row)

    def _result(self, n: int, plan: SamplePlan, row: int, *rest: Any) -> None:
        super()._result(n, plan, row, *rest)
        self._rows[n] = cast("Plan", plan), row
