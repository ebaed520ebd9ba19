"""Block: samples that are each read once and made once, unmixed, for whoever asks first; then others mix them."""

from __future__ import annotations

import functools
import math
import sys
from collections import Counter
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from variegate.errors import in_line, printable
from variegate.labels.carry import MovedLabels
from variegate.loader import stats
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.course import course, readings
from variegate.loader.batch.deadline import Worker
from variegate.loader.batch.partners import Partners, Seat
from variegate.loader.batch.sample import Sample
from variegate.loader.batch.task import BatchTask
from variegate.loader.pipeline import SamplePlan
from variegate.loader.sampling import BatchSpan, GivenSamples
from variegate.loader.stats import Counters
from variegate.pipeline.mix import Value
from variegate.plan.mates import beside

if TYPE_CHECKING:
    from variegate.plan.plan import Plan


ASK = -1  # instead of a mate: it must be looked for
NO_LABELS = MovedLabels({}, Counter())


class Block(BatchTask):
    """Some samples of an epoch, as a batch that is never handed out. They are known by their number here.

    seats     whose they are; some may be skipped
    partners  who may be mixed with them
    is_whole  whether they are all of those that are mixed with each other
    """

    def __init__(
        self, context: LoaderContext, epoch: int, seats: list[Seat], partners: Partners, is_whole: bool = False
    ) -> None:
        places, positions, occurrences = (np.array(column, np.int64) for column in zip(*seats, strict=True))
        span = BatchSpan(epoch, 0, len(seats), (epoch, 0))
        super().__init__(context, span, GivenSamples(positions, occurrences, places))
        self._seats, self._partners, self._is_whole = seats, partners, is_whole
        self._lock, self._is_prepared = Lock(), False
        self._at: dict[Seat, int] = {}  # those that could be read, by their number
        self._locks: list[Lock] = []
        self._rows: dict[int, tuple[Plan, int]] = {}  # of each result the row of a plan by which it was made
        self._values: dict[int, NDArray[Any]] = {}  # results, as long as they are asked for
        self._wanted: list[int] = []  # of each result, how many more times that will be
        self._reading: list[int] = []  # and by how many it is looked at now
        self._pictures: dict[int, NDArray[Any]] = {}
        self._finished: set[int] = set()
        self.mates: list[list[int]] = []  # of each level and result, with which it is mixed, if all goes well; or ASK
        self.order: list[int] = []  # in which the samples are best mixed

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
                if self._samples:
                    self._settle(cast("Plan", self._plan))
                self._is_prepared = True
        return True

    def prepare(self, counters: Counters, stopped: Event | None = None) -> bool:
        more = super().prepare(counters, stopped)
        if self.need is not None and self._context.collage:
            shapes = [(*sample.picture.size, sample.picture.channels) for sample in self._samples]
            kept = sum(math.prod(shape) for shape in shapes) * self._samples[0].picture.dtype.itemsize
            self.need = self.need._replace(slot=kept)
        return more

    def _settle(self, plan: Plan) -> None:
        """Find with whom the samples are mixed, in which order, and how often the value of each is asked for."""
        repeats, size = self._context.repeats, len(self._samples)
        self._rows = {n: (plan, n) for n in range(len(plan))}
        ops: list[Any] = [node.op for level in plan.levels for node in level]
        among = {self._partners.among(op.partners) for op in ops}
        count, self.order = size * repeats, list(range(size))
        self._reading, self._wanted = [0] * count, [sys.maxsize] * count  # anybody may come for them
        if self._is_whole and among == {"block"}:
            self.mates = [self._mates(plan, level) for level in range(len(plan.levels))]
            self._wanted = readings(self.mates, count)
            self.order = course([mate // repeats for mate in self.mates[-1][::repeats]])
        else:
            self.mates = [[ASK] * count for _ in plan.levels]

    def _mates(self, plan: Plan, level: int) -> list[int]:
        """With which result each is mixed; ASK where there is none, or it is bad."""
        repeats, others = self._context.repeats, len(self._seats) - 1
        number = dict.fromkeys(range(others + 1), ASK) | {each.place: i for i, each in enumerate(self._samples)}
        mates = [ASK] * len(plan)
        for n in range(len(plan) if others else 0):
            blend = plan.blend(n, level)
            if blend is not None:
                i = number[beside(self._samples[n // repeats].place, others, blend.partner)]
                mates[n] = i * repeats + n % repeats if i >= 0 else ASK
        return mates

    def number(self, seat: Seat) -> int | None:
        """Which sample is that of a seat; None if it was skipped, or not asked for."""
        return self._at.get(seat)

    def seat(self, i: int) -> Seat:
        """Whose a sample is, or for whom it stands in."""
        return self._seats[self._samples[i].place]

    def sample(self, i: int) -> Sample:
        """What was read."""
        return self._samples[i]

    @functools.cached_property
    def form(self) -> tuple[list[tuple[int, ...]], np.dtype[Any]]:
        """The shapes of all results, and their dtype."""
        return self._form

    def value(self, n: int, worker: Worker, counters: Counters) -> Value | None:
        """An unmixed result, as long as it is not `done` with; None if its sample was skipped."""
        i = n // self._context.repeats
        with self._locks[i]:
            if i not in self._finished:
                self._sample(i, worker, counters)
                self._finished.add(i)
            if i in self._gone:
                return None
            self._reading[n] += 1
            image = self._values.get(n)
        if image is None:
            return self._again(n, worker, counters)
        return Value(image, self._carried.get(n, NO_LABELS))

    def done(self, n: int) -> None:
        """Say that a result is not looked at any more."""
        with self._locks[n // self._context.repeats]:
            self._reading[n] -= 1
            self._wanted[n] -= 1
            if self._wanted[n] <= 0 and not self._reading[n] and n in self._values:
                self._context.blocks.shelf.put(self._values.pop(n))

    def _again(self, n: int, worker: Worker, counters: Counters) -> Value | None:
        """A result that all who were expected are done with: the first mate of somebody is bad, and it is the next."""
        counters[stats.AGAIN] += 1
        i, repeat = divmod(n, self._context.repeats)
        block = Block(self._context, self._span.epoch, [self.seat(i)], self._partners)
        there = block.prepared(counters, worker.stopped) and block.number(self.seat(i)) is not None
        return block.value(repeat, worker, counters) if there else None

    def picture(self, i: int, worker: Worker, counters: Counters) -> NDArray[Any] | None:
        """The picture of a sample, for ops that put several side by side; None if it was skipped."""
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
        for repeat in range(repeats):
            self._made_by(i * repeats + repeat, made, first + repeat)
        self._pictures[i] = found.image if self._context.source.held else found.image.copy()
        counters[stats.DECODE] += stats.now() - begun
        counters[stats.BYTES_DECODED] += found.nbytes

    def row(self, n: int) -> tuple[Plan, int]:
        """The plan by which a result is made, and its row there; another's, once the sample's pixels are found bad."""
        return self._rows[n]

    def position(self, n: int) -> int:
        """Of the sample of a result, in the source."""
        return self._samples[n // self._context.repeats].position

    def blame(self, error: Exception, n: int) -> None:
        """Say of an error in making the partner of a sample whose it is."""
        position = self.position(n)
        where = in_line(self._context.source.where(position))
        error.add_note(printable(f"variegate: it is the partner of sample {position}, {where}"))

    def stood_in(self, n: int) -> bool:
        """Whether another sample stands in for that of a result."""
        return self._samples[n // self._context.repeats].tried > 0

    def _out(self, n: int, plan: SamplePlan, row: int) -> NDArray[Any]:
        shapes, dtype = self.form if plan is self._plan else (plan.shapes, plan.dtype)
        out = self._values[n] = self._context.blocks.shelf.take(shapes[row], dtype)
        return out

    def _labels(self, plan: SamplePlan, row: int) -> MovedLabels:
        return cast("Plan", plan).moved(row)

    def _result(self, n: int, plan: SamplePlan, row: int, *rest: Any) -> None:
        super()._result(n, plan, row, *rest)
        self._made_by(n, cast("Plan", plan), row)

    def _made_by(self, n: int, plan: Plan, row: int) -> None:
        """Say by which plan a result is made: another's draws are others, and so is whom it is mixed with."""
        self._rows[n] = plan, row
        if plan is not self._plan:
            for mates in self.mates:
                mates[n] = ASK
