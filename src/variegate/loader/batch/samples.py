"""BatchSamples: the samples of a batch, each read, or skipped, or stood in for by another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from threading import Event

import numpy as np

from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.reader import SampleReader, SampleRequest
from variegate.loader.batch.sample import Sample
from variegate.loader.hash import digest, mixed
from variegate.loader.sampling import BatchSpan, EpochSamples, GivenSamples, at_share, unit
from variegate.loader.source.base import Room
from variegate.loader.stats import BYTES_READ, Counters

STAND_INS = 1 << 31  # the variations of samples that stand in for others begin here
# Samples that may stand in for one before the first error is raised after all: with half of them bad, never.
TRIES = 100


class BatchSamples:
    """What is read for one batch. One thread at a time reads; others may ask for stand-ins meanwhile."""

    def __init__(
        self, context: LoaderContext, reader: SampleReader, span: BatchSpan, epoch_samples: EpochSamples | GivenSamples
    ) -> None:
        self._context, self._reader, self._span, self._epoch_samples = context, reader, span, epoch_samples
        self._positions, occurrences = epoch_samples.at(span.first, span.last)
        self._variations = occurrences * np.uint32(context.repeats)

    def read(self, samples: list[Sample], counters: Counters, stopped: Event | None) -> bool:
        """Add every sample, or what stands in for it, to a list; False if all was stopped before."""
        room, number, reader = self._context.arena.allocator(), 0, self._reader
        places = enumerate(zip(self._positions.tolist(), self._variations.tolist(), strict=True))
        requests = [SampleRequest(place, *which) for place, which in places]
        with closing(reader.each(requests, room, stopped)) as found:  # whatever happens, nothing is read any more
            for number, (sample, error) in enumerate(found, 1):
                sample, error = reader.alike(sample, error)
                if sample is None:
                    assert error is not None
                    sample = self._instead(number - 1, error, room)
                if sample is not None:
                    samples.append(sample)
                    counters[BYTES_READ] += sample.file_bytes
                if stopped is not None and stopped.is_set():
                    return False
        return number == len(self._positions)

    def _instead(self, place: int, error: BaseException, room: Room) -> Sample | None:
        """Who stands in for a sample that could not be taken; None where it is skipped."""
        self._reader.blame(int(self._positions[place]), error)
        return None if self._context.rule.policy == "skip" else next(self.stand_ins(place, 0, error, room))

    def stand_ins(self, place: int, tried: int, first: BaseException, room: Room | None = None) -> Iterator[Sample]:
        """Samples that can be read, for a place whose own cannot be had.

        tried  how many stood in there already
        first  the error of its own sample, which is raised if none can be read
        """
        span, reader, room = self._span, self._reader, room or self._context.arena.allocator()
        at = int(self._epoch_samples.places(span.first + place, span.first + place + 1)[0])
        for attempt in range(tried, TRIES):
            request = SampleRequest(place, *self._stand_in(at, attempt))
            for found in reader.each([request], room):
                sample, error = reader.alike(*found)
                if sample is None:
                    assert error is not None
                    reader.blame(request.position, error)
                else:
                    sample.tried = attempt + 1
                    yield sample
        first.add_note(f"variegate: {TRIES} samples drawn to stand in for this one could not be taken either")
        raise first

    def _stand_in(self, place: int, tried: int) -> tuple[int, int]:
        """(position, variation) of the sample that stands in at a place of the epoch, after so many bad ones."""
        context = self._context
        key = np.frombuffer(digest("stand-in", context.seed, self._span.epoch, tried), "<u8").astype(np.uint64)
        word = mixed(key + mixed(key ^ np.uint64(place)))
        if context.edges is None:
            position = int(word[0] % np.uint64(len(context.source)))
        else:  # as likely as the weights say
            position = int(at_share(context.edges, unit(word))[0])
        return position, STAND_INS | (place * context.repeats) % STAND_INS
