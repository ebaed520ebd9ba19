"""Gather: the samples of a batch, each read, or skipped, or stood in for by another."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from threading import Event, Thread

import numpy as np

from variegate.errors import DecodeError, InputError, ResourceError, SourceError, in_line
from variegate.labels.kind import Kind, Kinds
from variegate.loader.reading import Found, TookTooLongError, in_time, one_by_one
from variegate.loader.recipe import Decoded, Form, Recipe, Taken, note
from variegate.loader.schedule import Row, Single, Turn
from variegate.loader.shortage import goes_on, is_shortage
from variegate.loader.source.base import Room
from variegate.loader.stats import BYTES_READ
from variegate.loader.stats import Row as Times

# Samples that may stand in for one before the first error is raised after all: with half of them bad, never.
TRIES = 100
LOOKS = 1000  # samples at which to look for one with an instance, which tells what a field is

NO_MEMORY = (
    "there is not enough memory to read, decode or augment it. Let the process have more, or make batch_size or "
    "workers less; or leave such pictures out on every machine alike, by on_error=vg.OnError(..., max_pixels=...)"
)

Reading = Generator[Found[Taken], None, None]


class Gather:
    """What a turn reads. One thread at a time reads; others may ask for stand-ins meanwhile."""

    def __init__(self, recipe: Recipe, turn: Turn, row: Row | Single) -> None:
        self._recipe, self._turn = recipe, turn
        self._positions, occurrences = row.samples(turn.first, turn.last)
        self._variations = occurrences * np.uint32(recipe.repeats)

    def into(self, samples: list[Taken], times: Times, stopped: Event | None) -> bool:
        """Take every sample, or what stands in for it; False if all was stopped before."""
        room, number = self._recipe.shelf.rooms(), 0
        with closing(self._each(room, stopped)) as found:  # whatever happens, nothing is read any more
            for number, (sample, error) in enumerate(found, 1):
                sample, error = self._alike(sample, error)
                if sample is None:
                    assert error is not None
                    sample = self._instead(number - 1, error, room)
                if sample is not None:
                    samples.append(sample)
                    times[BYTES_READ] += sample.held
                if stopped is not None and stopped.is_set():
                    return False
        return number == len(self._positions)

    def _each(self, room: Room, stopped: Event | None) -> Reading:
        recipe, positions, variations = self._recipe, self._positions.tolist(), self._variations.tolist()

        def take(n: int) -> Taken:
            return recipe.take(n, positions[n], variations[n], room)

        return self._reading(take, positions, stopped)

    def _reading(self, take: Callable[[int], Taken], positions: list[int], stopped: Event | None) -> Reading:
        """The samples at positions, or their errors; each is tried again as long as something is lacking for it."""
        with closing(self._once(take, positions, stopped)) as each:
            for n, found in enumerate(each):
                yield found if found[1] is None else self._settled(found, take, n, positions[n], stopped)

    def _settled(
        self, found: Found[Taken], take: Callable[[int], Taken], n: int, position: int, stopped: Event | None
    ) -> Found[Taken]:
        """The sample for which something was lacking, tried again; or the error that stays."""
        tries = 0
        while goes_on(found[1], tries, stopped):
            tries += 1
            with closing(self._once(lambda _: take(n), [position], stopped)) as again:
                found = next(again, found)
        return found

    def _once(self, take: Callable[[int], Taken], positions: list[int], stopped: Event | None) -> Reading:
        faults = self._recipe.faults
        if faults.rule.deadline is None:
            return one_by_one(take, len(positions))

        def unless_it_hangs(n: int) -> Taken:
            if faults.hangs(positions[n]):
                raise TookTooLongError("the thread that reads it was given up, and is still at it")
            return take(n)

        def abandon(n: int, thread: Thread) -> None:
            faults.abandon(positions[n], thread)

        return in_time(unless_it_hangs, len(positions), faults.rule.deadline, stopped, abandon)

    def _alike(self, sample: Taken | None, error: BaseException | None) -> Found[Taken]:
        """A sample, unless it has not the form of the source's others: then that error."""
        recipe = self._recipe
        if sample is None:
            return None, error
        # Files have one form in any case, unless all of their bands are asked for; who holds arrays has looked at them.
        array = isinstance(sample.picture, Decoded) and sample.picture.given
        varied = (array or recipe.source.mode == "bands" or recipe.forms) and not recipe.source.held
        if recipe.labels is None and not varied:
            return sample, None
        try:
            self._form(sample).check(sample, recipe.source, recipe.labels)
        except (InputError, SourceError) as problem:
            return None, problem
        return sample, None

    def _form(self, sample: Taken) -> Form:
        """The form of the source's first sample that can be read: of a batch's first, who is odd would hang on it.

        sample  one that can be
        """
        recipe = self._recipe
        if recipe.forms:
            return recipe.forms[0]
        with recipe.forming:
            if not recipe.forms:  # nor has another thread found it meanwhile
                room = recipe.shelf.rooms()
                tried = (self._one(position, room) for position in range(len(recipe.source)))
                first = next((one for one in tried if one is not None), sample)
                recipe.forms.append(Form.of(first, recipe.source.where(first.position), self._kinds(first, room)))
        return recipe.forms[0]

    def _kinds(self, first: Taken, room: Room) -> Kinds:
        """What the labels are in all batches, by the first sample, or by the next ones that have an instance."""
        labels, kinds = self._recipe.labels, dict[str, Kind | None]()
        if labels is None:
            return {}
        for position in range(first.position, min(len(self._recipe.source), first.position + LOOKS)):
            sample = first if position == first.position else self._one(position, room)
            if sample is not None:
                where, found = self._recipe.source.where(position), labels.kinds(sample.leaves, sample.picture.size)
                told = {name: kind and kind._replace(where=where) for name, kind in found.items()}
                kinds |= {name: kind for name, kind in told.items() if kinds.get(name) is None}
                if None not in kinds.values():
                    break
        return {name: kind for name, kind in kinds.items() if kind is not None}

    def _one(self, position: int, room: Room) -> Taken | None:
        """A sample, if it can be read, and a batch could take its labels."""
        ((sample, error),) = self._reading(lambda _: self._recipe.take(0, position, 0, room), [position], None)
        if error is not None and is_shortage(error):
            self.blame(position, error)
        labels = self._recipe.labels
        try:
            if sample is not None and labels is not None:
                labels.check(sample.leaves, position, {}, sample.picture.size)
        except (InputError, SourceError):
            return None
        return sample

    def _instead(self, place: int, error: BaseException, room: Room) -> Taken | None:
        """Who stands in for a sample that could not be taken; None where it is skipped."""
        self.blame(int(self._positions[place]), error)
        return None if self._recipe.rule.policy == "skip" else next(self.stand_ins(place, 0, error, room))

    def blame(self, position: int, error: BaseException) -> None:
        """Note a bad sample.

        Raises  the error, where the errors of samples are raised, or it is none of a sample: an interrupt, or what
                tells that something is lacking, a library too, as which samples are seen may not hang on the machine.
        """
        recipe = self._recipe
        if isinstance(error, TookTooLongError):
            error = DecodeError(recipe.source.where(position), str(error))
        if isinstance(error, MemoryError):
            raise ResourceError(f"{in_line(recipe.source.where(position))}: {NO_MEMORY}") from error
        if isinstance(error, DecodeError) and is_shortage(error):  # of a library that reads files by itself
            raise ResourceError(f"{in_line(error.path)}: {error.reason}: that is not the file's fault") from error
        lacking = is_shortage(error) or isinstance(error, ImportError)
        if recipe.rule.policy == "raise" or lacking or not isinstance(error, Exception):
            note(error, recipe.source, position)
            raise error
        recipe.faults.add(position, error)

    def stand_ins(self, place: int, tried: int, first: BaseException, room: Room | None = None) -> Iterator[Taken]:
        """Samples that can be read, for a place whose own cannot be had.

        tried  how many stood in there already
        first  the error of its own sample, which is raised if none can be read
        """
        recipe, turn, room = self._recipe, self._turn, room or self._recipe.shelf.rooms()
        at = int(recipe.schedule.places(turn.first + place, turn.first + place + 1)[0])
        for attempt in range(tried, TRIES):
            position, variation = recipe.stand_in(turn.epoch, at, attempt)

            def take(_: int, position: int = position, variation: int = variation) -> Taken:
                return recipe.take(place, position, variation, room)

            for found in self._reading(take, [position], None):
                sample, error = self._alike(*found)
                if sample is None:
                    assert error is not None
                    self.blame(position, error)
                else:
                    sample.tried = attempt + 1
                    yield sample
        first.add_note(f"variegate: {TRIES} samples drawn to stand in for this one could not be taken either")
        raise first
