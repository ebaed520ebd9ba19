"""SampleDecoder: the pixels of a sample that has been read."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from variegate.errors import InputError, in_line
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.deadline import DeadlineError, Worker
from variegate.loader.batch.sample import Decoded, Sample
from variegate.loader.memory import DecodeScratch
from variegate.loader.pipeline import SamplePlan
from variegate.loader.transient import retried


class SampleDecoder:
    """Decodes samples, and keeps them in the cache. Threads share it."""

    def __init__(self, context: LoaderContext) -> None:
        self._context = context

    def reduction(self, sample: Sample, plan: SamplePlan, row: int) -> int:
        """By how much a sample's picture may be decoded smaller for a row of its plan."""
        if not self._context.scaled or isinstance(sample.picture, Decoded):
            return 1
        return int(plan.reduction(row))  # type: ignore[attr-defined]

    def decoded(self, sample: Sample, plan: SamplePlan, row: int, worker: Worker) -> NDArray[Any]:
        """A sample's picture for a row of its plan, with numbers that the plan can take.

        It is had in time, and tried again as long as something is lacking for it.
        """
        if worker.decoder is None:
            return retried(lambda: self._checked(sample, plan, row, worker.scratch), worker.stopped)
        return retried(lambda: self._in_time(sample, plan, row, worker), worker.stopped)

    def _in_time(self, sample: Sample, plan: SamplePlan, row: int, worker: Worker) -> NDArray[Any]:
        """What `_checked` gives, of a thread that is given up with the memory it has, if it takes too long.

        Raises  DeadlineError; what `_checked` raises.
        """
        assert worker.decoder is not None
        lent, faults = worker.scratch.handed_on(), self._context.faults
        try:
            image = worker.decoder.do(
                lambda: self._checked(sample, plan, row, lent), lambda thread: faults.abandon(sample.position, thread)
            )
        except Exception as error:  # an interrupt leaves it at work
            if not isinstance(error, DeadlineError):
                worker.scratch.take_back(lent)
            raise
        worker.scratch.take_back(lent)
        return image

    def _checked(self, sample: Sample, plan: SamplePlan, row: int, scratch: DecodeScratch) -> NDArray[Any]:
        """A sample's picture, with numbers that its plan can take; one that stays in memory is looked at once."""
        image, context = self._pixels(sample, self.reduction(sample, plan, row), scratch), self._context
        stays = context.source.held or (isinstance(sample.picture, Decoded) and not sample.picture.given)
        if not (stays and context.checked[sample.position]):
            try:
                plan.check(image, scaled=sample.picture.scaled)
            except InputError as error:
                raise InputError(f"{in_line(context.source.where(sample.position))}: {error}") from None
            if stays:
                context.checked[sample.position] = True
        return image

    def _pixels(self, sample: Sample, reduction: int, scratch: DecodeScratch) -> NDArray[Any]:
        """A sample's picture, each side divided by `reduction`."""
        cache, picture = self._context.cache, sample.picture
        if reduction > 1 and not isinstance(picture, Decoded):
            return picture.decode(scratch.of(picture.nbytes_at(reduction)), reduction)
        image = picture.image if isinstance(picture, Decoded) else picture.decode(scratch.of(picture.nbytes))
        if cache is None or (isinstance(picture, Decoded) and picture.cached):
            return image
        return cache.put(sample.position, image, picture.size)
