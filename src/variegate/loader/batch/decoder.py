"""SampleDecoder: the pixels of a sample that has been read."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from variegate.errors import InputError, in_line
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.deadline import DeadlineError, Worker
from variegate.loader.batch.sample import Decoded, Sample
from variegate.loader.decode import Encoded, Origin, area, union
from variegate.loader.decode.encoded import ByteBuffer
from variegate.loader.memory import DecodeScratch
from variegate.loader.pipeline import SamplePlan
from variegate.loader.transient import retried


class Pixels(NamedTuple):
    """A decoded picture, and how many bytes of it were decoded: of one that was read by window, those of the window."""

    image: NDArray[Any]
    nbytes: int


class SampleDecoder:
    """Decodes samples, and keeps them in the cache. Threads share it."""

    def __init__(self, context: LoaderContext) -> None:
        self._context = context

    def reduction(self, sample: Sample, plan: SamplePlan, row: int) -> int:
        """By how much a sample's picture may be decoded smaller for a row of its plan."""
        if not self._context.scaled or isinstance(sample.picture, Decoded):
            return 1
        return int(plan.reduction(row))  # type: ignore[attr-defined]

    def decoded(self, sample: Sample, plan: SamplePlan, row: int, worker: Worker) -> Pixels:
        """A sample's picture for a row of its plan, with numbers that the plan can take.

        It is had in time, and tried again as long as something is lacking for it.
        """
        if worker.decoder is None:
            return retried(lambda: self._checked(sample, plan, row, worker.scratch), worker.stopped)
        return retried(lambda: self._in_time(sample, plan, row, worker), worker.stopped)

    def _in_time(self, sample: Sample, plan: SamplePlan, row: int, worker: Worker) -> Pixels:
        """What `_checked` gives, of a thread that is given up with the memory it has, if it takes too long.

        Raises  DeadlineError; what `_checked` raises.
        """
        assert worker.decoder is not None
        lent, faults = worker.scratch.handed_on(), self._context.faults
        try:
            found = worker.decoder.do(
                lambda: self._checked(sample, plan, row, lent), lambda thread: faults.abandon(sample.position, thread)
            )
        except Exception as error:  # an interrupt leaves it at work
            if not isinstance(error, DeadlineError):
                worker.scratch.take_back(lent)
            raise
        worker.scratch.take_back(lent)
        return found

    def _checked(self, sample: Sample, plan: SamplePlan, row: int, scratch: DecodeScratch) -> Pixels:
        """A sample's picture, with numbers that its plan can take; one that stays in memory is looked at once."""
        found, context = self._pixels(sample, plan, row, scratch), self._context
        stays = context.source.held or (isinstance(sample.picture, Decoded) and not sample.picture.given)
        if not (stays and context.checked[sample.position]):
            try:
                plan.check(found.image, scaled=sample.picture.scaled)
            except InputError as error:
                raise InputError(f"{in_line(context.source.where(sample.position))}: {error}") from None
            if stays:
                context.checked[sample.position] = True
        return found

    def _pixels(self, sample: Sample, plan: SamplePlan, row: int, scratch: DecodeScratch) -> Pixels:
        """A sample's picture as a row of its plan wants it: smaller, or only what the plan looks at."""
        cache, picture, reduction = self._context.cache, sample.picture, self.reduction(sample, plan, row)
        if isinstance(picture, Decoded):
            image = picture.image
            if cache is not None and not picture.cached:
                image = cache.put(sample.position, image, picture.size)
            return Pixels(image, image.nbytes)
        if reduction > 1:
            image = picture.decode(scratch.of(picture.nbytes_at(reduction)), reduction)
            return Pixels(image, image.nbytes)
        kept = cache is not None and cache.wants(sample.position, picture.nbytes)
        out = scratch.of(picture.nbytes)
        # Side by side, a picture is seen in other parts in each of its places.
        whole = kept or self._context.collage
        found = self._by_window(picture, None if whole else plan, row, out, sample.origin)
        if found is None:
            image = picture.decode(out)
            found = Pixels(image, image.nbytes)
        if cache is not None and kept:
            image = cache.put(sample.position, found.image, picture.size)
            return Pixels(image, image.nbytes)
        return found

    def _by_window(self, picture: Encoded, plan: Any, row: int, out: ByteBuffer, origin: Origin) -> Pixels | None:
        """A picture of which that is decoded at which the plan looks for all repeats from a row on; no plan: all of it.

        None: it is to be read whole, by who reads any.
        """
        reader, window = self._context.reader, (0, picture.size[0], 0, picture.size[1])
        if reader is None:
            return None
        if hasattr(plan, "window") and not plan.inspects:
            window = union(plan.window(row + n) for n in range(self._context.repeats))
        image = picture.decode_window(out, window, reader, origin)
        return None if image is None else Pixels(image, area(window) * picture.channels * image.itemsize)
