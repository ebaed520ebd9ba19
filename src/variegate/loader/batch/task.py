"""BatchTask: one batch in the making, by one thread or by several at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import ResourceError, VariegateError
from variegate.loader import stats
from variegate.loader.batch.budget import BatchMemory
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.deadline import DeadlineThread, Worker
from variegate.loader.batch.decoder import Pixels, SampleDecoder
from variegate.loader.batch.plan import planned, positions, variations
from variegate.loader.batch.reader import NO_MEMORY, SampleReader, note
from variegate.loader.batch.sample import Decoded, Sample
from variegate.loader.batch.samples import BatchSamples
from variegate.loader.memory import DecodeScratch
from variegate.loader.pipeline import SamplePlan
from variegate.loader.sampling import BatchSpan, EpochSamples, GivenSamples
from variegate.loader.source.multi_hot import labels_at
from variegate.loader.stats import Counters
from variegate.loader.transient import retried
from variegate.picture import empty_batch

if TYPE_CHECKING:
    from variegate.plan.carried import CarriedLabels

Batch = dict[str, Any]


class BatchTask:
    """One batch in the making: `prepare` by one thread, then `work` by any number of them, then `batch`.

    Threads share the samples by drawing numbers from `_todo`, which is atomic, and so is the count of those done.
    """

    def __init__(self, context: LoaderContext, span: BatchSpan, epoch_samples: EpochSamples | GivenSamples) -> None:
        self._context, self._span = context, span
        self._reader, self._decoder = SampleReader(context), SampleDecoder(context)
        self._batch_samples = BatchSamples(context, self._reader, span, epoch_samples)
        self._todo: Iterator[int] = count()
        self._done = count(1)
        self._samples: list[Sample] = []
        self._plan: SamplePlan | None = None
        self._image: Any = None  # where the samples are written; taken when the first of them is
        self._loose: dict[int, NDArray[Any]] = {}  # results that do not fit there
        self._taking = Lock()
        self._carried: dict[int, Any] = {}  # what becomes of labels, by the place of the result
        self._fields: dict[str, Any] = {}  # those of the whole batch
        self._dropped: Mapping[str, int] = {}
        self._gone: set[int] = set()  # samples that were skipped when their pixels turned out bad
        self._errors: dict[int, BaseException] = {}  # by the sample's place in the batch
        self.need: BatchMemory | None = None  # of memory, when prepared
        self.open = False  # whether a thread that looks for work may find some here
        self.ready = False

    def prepare(self, counters: Counters, stopped: Event | None = None) -> bool:
        """Read every sample and its header, then plan the batch; whether there is anything left to do."""
        try:
            begun = stats.now()
            whole = self._batch_samples.read(self._samples, counters, stopped)
            counters[stats.READ] += (read := stats.now()) - begun
            if not whole:
                return False
            if self._samples:
                self._plan = planned(self._context, self._span.epoch, self._samples)
                if self._context.budget is not None:
                    self.need = BatchMemory.of(self._plan, self._samples, self._context.source)
            counters[stats.PLAN] += stats.now() - read
        except BaseException as error:
            self._errors[len(self._samples)] = error
        else:
            if self._samples:
                return True
        self.ready = True
        return False

    def _target(self) -> Any:
        """The batch's memory. It is taken late: by then the consumer has let go of a batch that it is done with."""
        with self._taking:
            if self._image is None:
                self._image = empty_batch(*self._form, self._context.pool.take)
            return self._image

    @property
    def _form(self) -> tuple[list[tuple[int, ...]], np.dtype[Any]]:
        """The shapes of the results, and their dtype."""
        assert self._plan is not None
        return self._plan.shapes, self._plan.dtype

    def work(self, scratch: DecodeScratch, counters: Counters, stopped: Event | None = None) -> bool:
        """Make samples until none is left or `stopped` is set; whether this thread made the batch's last."""
        size, last, deadline = len(self._samples), False, self._context.rule.deadline
        worker = Worker(scratch, stopped, None if deadline is None else DeadlineThread(deadline))
        try:
            for i in self._todo:
                if i >= size or (stopped is not None and stopped.is_set()):
                    break
                try:
                    self._sample(i, worker, counters)
                except KeyboardInterrupt:  # only where the consumer's own thread makes the batch
                    raise
                except BaseException as error:
                    self._errors[self._place(i)] = error
                last = next(self._done) == size
        finally:
            if worker.decoder is not None:
                worker.decoder.end()
        if last and self._carried and not self._errors:
            self._collate(counters)
        self.open = False
        return last

    def _place(self, i: int) -> int:
        """Where a sample stands in the batch, so that of several errors the first is raised."""
        return self._samples[i].place

    def _sample(self, i: int, worker: Worker, counters: Counters) -> None:
        """Make the results of a sample, or of who stands in for it; of more than one, at any size that they want."""
        sample, repeats = self._samples[i], self._context.repeats
        plan, first = self._plan, i * repeats
        assert plan is not None
        image: NDArray[Any] | None = None
        reduction = n = 0
        while n < repeats:
            if image is None or reduction != self._decoder.reduction(sample, plan, first + n):
                begun = stats.now()
                try:
                    image, nbytes = self._decoder.decoded(sample, plan, first + n, worker)
                except Exception as error:
                    self._reader.blame(sample.position, error)
                    if self._context.rule.policy == "skip":
                        self._gone.add(i)
                        return
                    sample, (image, nbytes), plan = self._substitute(i, error, worker)
                    first = n = 0
                reduction = self._decoder.reduction(sample, plan, first + n)
                counters[stats.DECODE] += stats.now() - begun
                counters[stats.BYTES_DECODED] += nbytes
            self._result(i * repeats + n, plan, first + n, image, sample, reduction, worker, counters)
            n += 1
        sample.picture = None  # type: ignore[assignment]  # the file's bytes are of no use any more

    def _result(
        self,
        n: int,
        plan: SamplePlan,
        row: int,
        image: NDArray[Any],
        sample: Sample,
        reduction: int,
        worker: Worker,
        counters: Counters,
    ) -> None:
        """Make result n, of a row of a plan, tried again as long as memory or handles for it are lacking."""
        begun = stats.now()
        try:
            retried(lambda: self._run(plan, row, image, self._out(n, plan, row), sample, reduction), worker.stopped)
            counters[stats.KERNEL] += (done := stats.now()) - begun
            if sample.leaves:
                self._carried[n] = retried(lambda: self._labels(plan, row), worker.stopped)
                counters[stats.CARRY] += stats.now() - done
        except MemoryError as error:
            self._reader.blame(sample.position, error)
        except BaseException as error:
            note(error, self._context.source, sample.position)
            raise

    def _labels(self, plan: SamplePlan, row: int) -> Any:
        """The other fields of a row of a plan, as they are kept until the batch is whole."""
        carried: CarriedLabels = plan.carry(row)  # type: ignore[attr-defined]
        return carried

    @staticmethod
    def _run(
        plan: SamplePlan, row: int, image: NDArray[Any], out: NDArray[Any], sample: Sample, reduction: int
    ) -> None:
        if reduction == 1 or isinstance(sample.picture, Decoded):
            plan.run(row, image, out, checked=True)
        else:
            plan.run(row, image, out, covers=sample.picture.covers(reduction), checked=True)  # type: ignore[call-arg]

    def _substitute(self, i: int, error: Exception, worker: Worker) -> tuple[Sample, Pixels, SamplePlan]:
        """A sample whose pixels are sound, for one whose pixels are not; its plan is of it alone."""
        bad = self._samples[i]
        for sample in self._batch_samples.stand_ins(bad.place, bad.tried, error):
            plan = planned(self._context, self._span.epoch, [sample])
            try:
                found = self._decoder.decoded(sample, plan, 0, worker)
            except Exception as worse:
                self._reader.blame(sample.position, worse)
                continue
            self._samples[i] = sample
            return sample, found, plan
        raise AssertionError("stand-ins end with an error")

    def _out(self, n: int, plan: SamplePlan, row: int) -> NDArray[Any]:
        """Where result n is written."""
        target: NDArray[Any] = self._target()[n]
        if plan is not self._plan and plan.shapes[row] != target.shape:
            target = self._loose[n] = np.empty(plan.shapes[row], plan.dtype)
        return target

    def _kept(self) -> list[int]:
        """The results that are there, by their place."""
        repeats = self._context.repeats
        return [n for n in range(len(self._samples) * repeats) if n // repeats not in self._gone]

    def _collate(self, counters: Counters) -> None:
        """Put the labels of the batch together, in the thread that made its last sample."""
        begun, labels = stats.now(), self._context.labels
        assert labels is not None
        try:
            kept = self._kept()
            index = positions(self._samples, self._context.repeats)[kept]
            specs = self._context.specs[0].field_specs
            carried = [self._carried[n] for n in kept]
            self._fields, self._dropped = retried(lambda: labels.collate(index, carried, specs))
            self._carried, self._plan = {}, None  # the masks that they hold are of no use any more
            for sample in self._samples:
                sample.leaves = {}
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._errors[0] = error
        counters[stats.CARRY] += stats.now() - begun

    def batch(self, counters: Counters) -> Batch:
        """The finished batch, which this object lets go of.

        Raises  the first error, by place in the batch, of those met in making it.
        """
        if self._errors:
            error = self._errors[min(self._errors)]
            if isinstance(error, MemoryError):  # of the batch as a whole
                raise ResourceError(f"a batch of {len(self._samples)} samples: {NO_MEMORY}") from error
            raise error
        context, source, samples, kept = self._context, self._context.source, self._samples, self._kept()
        counters[stats.BATCHES] += 1
        if context.reader is not None:
            context.reader.tend()
        if not kept:
            return self._blank(stats.Stats().counters())
        image = self._images(kept)
        index = positions(samples, context.repeats)[kept]
        variation = variations(samples, context.repeats)[kept]
        batch = {"image": image, **self._fields, "index": index, "id": source.ids[index]}
        if context.varying:
            batch["variation"] = variation
        if self._dropped:
            context.stats.drop(self._dropped)
        if context.column is not None:
            batch["label"] = self._column(index, kept)
        counters[stats.SAMPLES] += len(index)
        counters[stats.BYTES_MADE] += sum(each.nbytes for each in ([image] if isinstance(image, np.ndarray) else image))
        self._image = self._plan = None
        self._samples, self._carried, self._fields = [], {}, {}
        return batch

    def _column(self, index: NDArray[np.int64], kept: list[int]) -> Any:
        """The labels that are known before their samples, of the results that are there."""
        return labels_at(self._context.column, index)

    def _images(self, kept: list[int]) -> Any:
        """The results: an array where they have one shape, else a list."""
        image = self._image
        if not self._loose and not self._gone:
            return image
        if isinstance(image, np.ndarray) and not self._loose:  # moved together in place: a copy is not counted
            for n, row in enumerate(kept):
                if n < row:
                    image[n] = image[row]
            return image[: len(kept)]
        rows = [self._loose.get(n, image[n]) for n in kept]
        return np.stack(rows) if len({row.shape for row in rows}) == 1 else rows

    def _blank(self, counters: Counters) -> Batch:
        """A batch that has lost all its samples: of the form of one of the first sample that can be had, without it.

        Raises  VariegateError if none can.
        """
        context = self._context
        for position in range(len(context.source)):
            one = BatchTask(context, self._span._replace(first=0, last=1), GivenSamples.single(position))
            if one.prepare(counters):
                one.work(DecodeScratch(), counters)
            if one._errors or one._kept():
                return {name: value[:0] for name, value in one.batch(counters).items()}
        raise VariegateError(f"no sample of {context.source!r} can be taken")
