"""SampleReader: one sample of a source, read as far as its header and its labels."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from threading import Event, Thread
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import DecodeError, InputError, ResourceError, SourceError, in_line, printable
from variegate.labels.field_spec import FieldSpec, FieldSpecs
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.deadline import DeadlineError, Outcome, within_deadline, without_deadline
from variegate.loader.batch.sample import Decoded, Sample, SampleSpec
from variegate.loader.decode import Encoded, limited_planes
from variegate.loader.source.base import Room, Source
from variegate.loader.transient import is_transient, tries_again
from variegate.picture import pixels
from variegate.targets.leaf import plane_of

LOOKS = 1000  # samples at which to look for one with an instance, which tells what a field is
NO_MEMORY = (
    "there is not enough memory to read, decode or augment it. Let the process have more, or make batch_size or "
    "workers less; or leave such pictures out on every machine alike, by on_error=vg.OnError(..., max_pixels=...)"
)

Reading = Generator[Outcome[Sample], None, None]


class SampleRequest(NamedTuple):
    """A sample to be read.

    place      its number among the places of the batch
    position   in the source
    variation  the first of its repeats
    """

    place: int
    position: int
    variation: int


class SampleReader:
    """Reads samples, and says of each that cannot be taken what is to be said. Threads share it."""

    def __init__(self, context: LoaderContext) -> None:
        self._context = context

    def read(self, request: SampleRequest, room: Room) -> Sample:
        """A sample's file and its header, and its labels."""
        context, (place, position, variation) = self._context, request
        source, labels = context.source, context.labels
        cached = None if context.cache is None else context.cache.get(position)
        stamp = None if context.reader is None or cached is not None else source.stamp(position)
        fields: dict[str, Any] | None = None
        picture: Encoded | Decoded
        file_bytes, said = 0, None if labels is None else source.size_of_labels(position)
        if cached is not None:
            assert context.cache is not None
            picture = Decoded(cached, True, context.cache.size(position))
        else:
            # Of labels that say for which size they are, nothing is made before it is known to be the picture's.
            if labels is None or said is not None:
                data = source.read_into(position, room)
            else:
                with limited_planes(context.rule.max_pixels):
                    data, fields = source.sample(position, room)
            picture = self._opened(position, data)
            file_bytes = 0 if source.held else data.nbytes if isinstance(data, np.ndarray | memoryview) else len(data)
        if labels is None:
            return Sample(place, position, variation, picture, {}, file_bytes, 0, stamp)
        source.check_size(position, picture.size, said)
        if fields is None:
            with limited_planes(context.rule.max_pixels):
                fields = source.fields(position)
        leaves = labels.read(fields, picture.size)
        plane_bytes = sum(plane.nbytes for leaf in leaves.values() if (plane := plane_of(leaf)) is not None)
        return Sample(place, position, variation, picture, leaves, file_bytes, plane_bytes, stamp)

    def _opened(self, position: int, data: bytes | memoryview | NDArray[Any]) -> Encoded | Decoded:
        source, cache = self._context.source, self._context.cache
        if isinstance(data, bytes | memoryview):
            return source.header(position, data, self._context.rule.max_pixels)
        where = source.where(position)
        if not isinstance(data, np.ndarray):
            said = f"{type(source).__name__}.read gives the bytes of a picture file, or an array (H, W) or (H, W, C)"
            raise InputError(f"{where}: {said}; got {type(data).__name__}")
        return Decoded(pixels(data, where), cache is None or source.held)

    def each(self, requests: Sequence[SampleRequest], room: Room, stopped: Event | None = None) -> Reading:
        """The samples asked for, or their errors; each is tried again as long as something is lacking for it."""
        with closing(self._once(requests, room, stopped)) as found:
            for one, request in zip(found, requests, strict=False):
                yield one if one[1] is None else self._settled(one, request, room, stopped)

    def _settled(
        self, found: Outcome[Sample], request: SampleRequest, room: Room, stopped: Event | None
    ) -> Outcome[Sample]:
        """The sample for which something was lacking, tried again; or the error that stays."""
        tries = 0
        while tries_again(found[1], tries, stopped):
            tries += 1
            with closing(self._once([request], room, stopped)) as again:
                found = next(again, found)
        return found

    def _once(self, requests: Sequence[SampleRequest], room: Room, stopped: Event | None) -> Reading:
        faults = self._context.faults
        if faults.rule.deadline is None:
            return without_deadline(lambda n: self.read(requests[n], room), len(requests))

        def unless_it_hangs(n: int) -> Sample:
            if faults.hangs(requests[n].position):
                raise DeadlineError("the thread that reads it was given up, and is still at it")
            return self.read(requests[n], room)

        def abandon(n: int, thread: Thread) -> None:
            faults.abandon(requests[n].position, thread)

        return within_deadline(unless_it_hangs, len(requests), faults.rule.deadline, stopped, abandon)

    def alike(self, sample: Sample | None, error: BaseException | None) -> Outcome[Sample]:
        """A sample, unless it is not as the source's others are: then that error."""
        context = self._context
        if sample is None:
            return None, error
        # Files are alike in any case, unless all of their bands are asked for; who holds arrays has looked at them.
        array = isinstance(sample.picture, Decoded) and sample.picture.given
        varied = (array or context.source.mode == "bands" or context.specs) and not context.source.held
        if context.labels is None and not varied:
            return sample, None
        try:
            self._spec(sample).check(sample, context.source, context.labels)
        except (InputError, SourceError) as problem:
            return None, problem
        return sample, None

    def _spec(self, sample: Sample) -> SampleSpec:
        """That of the source's first sample that can be read: of a batch's first, who is odd would hang on it.

        sample  one that can be
        """
        context = self._context
        if context.specs:
            return context.specs[0]
        with context.spec_lock:
            if not context.specs:  # nor has another thread found it meanwhile
                room = context.arena.allocator()
                tried = (self._one(position, room) for position in range(len(context.source)))
                first = next((one for one in tried if one is not None), sample)
                where = context.source.where(first.position)
                context.specs.append(SampleSpec.of(first, where, self._field_specs(first, room)))
        return context.specs[0]

    def _field_specs(self, first: Sample, room: Room) -> FieldSpecs:
        """What the labels are in all batches, by the first sample, or by the next ones that have an instance."""
        source, labels, specs = self._context.source, self._context.labels, dict[str, FieldSpec | None]()
        if labels is None:
            return {}
        for position in range(first.position, min(len(source), first.position + LOOKS)):
            sample = first if position == first.position else self._one(position, room)
            if sample is not None:
                where, found = source.where(position), labels.specs(sample.leaves, sample.picture.size)
                told = {name: spec and spec._replace(where=where) for name, spec in found.items()}
                specs |= {name: spec for name, spec in told.items() if specs.get(name) is None}
                if None not in specs.values():
                    break
        return {name: spec for name, spec in specs.items() if spec is not None}

    def _one(self, position: int, room: Room) -> Sample | None:
        """A sample, if it can be read, and a batch could take its labels."""
        ((sample, error),) = self.each([SampleRequest(0, position, 0)], room)
        if error is not None and is_transient(error):
            self.blame(position, error)
        labels = self._context.labels
        try:
            if sample is not None and labels is not None:
                labels.check(sample.leaves, position, {}, sample.picture.size)
        except (InputError, SourceError):
            return None
        return sample

    def blame(self, position: int, error: BaseException) -> None:
        """Note a bad sample.

        Raises  the error, where the errors of samples are raised, or it is none of a sample: an interrupt, or what
                tells that something is lacking, a library too, as which samples are seen may not hang on the machine.
        """
        source, rule = self._context.source, self._context.rule
        if isinstance(error, DeadlineError):
            error = DecodeError(source.where(position), str(error))
        if isinstance(error, MemoryError):
            raise ResourceError(f"{in_line(source.where(position))}: {NO_MEMORY}") from error
        if isinstance(error, DecodeError) and is_transient(error):  # of a library that reads files by itself
            raise ResourceError(f"{in_line(error.path)}: {error.reason}: that is not the file's fault") from error
        lacking = is_transient(error) or isinstance(error, ImportError)
        if rule.policy == "raise" or lacking or not isinstance(error, Exception):
            note(error, source, position)
            raise error
        self._context.faults.add(position, error)


def note(error: BaseException, source: Source, position: int) -> None:
    """Add to an error which sample was being made."""
    if not isinstance(error, DecodeError):  # which names its path itself
        error.add_note(printable(f"variegate: this was in making sample {position}, {in_line(source.where(position))}"))
