"""Partners: which samples of an epoch a mixing op may take for a sample, by its key, in an order of their own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from variegate.loader.batch.context import LoaderContext
from variegate.loader.sampling import BLOCK, EpochSamples, Positions, at_places
from variegate.plan.mates import beside

MOST = 100  # of which one is tried after the other where they are bad


class Seat(NamedTuple):
    """One occurrence of a sample in an epoch.

    place       of the epoch's order; -1: none, the sample is one of the source
    position    in the source
    occurrence  which time it comes
    """

    place: int
    position: int
    occurrence: int


class Partners:
    """The partners of the samples of one epoch."""

    def __init__(self, context: LoaderContext, epoch_samples: EpochSamples) -> None:
        self._context, self._samples = context, epoch_samples
        self._seats: dict[int, list[Seat]] = {}  # of blocks, by their first place

    def of(self, seat: Seat, who: str, drawn: float) -> Iterator[Seat]:
        """Who may be the partner of a sample: the first is, unless it is bad; then the next.

        who    as `MixingOp.partners` says
        drawn  from 0 to below 1: where among them to begin
        """
        who = self.among(who)
        if who in ("class", "other class"):
            members = self._context.members.of(seat.position, who == "class", drawn)
            yield from (Seat(-1, position, 0) for position in itertools.islice(members, MOST))
            return
        length = self._samples.order.length
        own = seat.place % length if seat.place >= 0 else -1
        first, last = (0, length) if who == "source" else block_of(own, length)
        others = last - first - (own >= 0)
        for step in range(min(others, MOST)):
            yield self.at(first + beside(own - first, others, drawn, step))

    def among(self, who: str) -> str:
        """Whom `partners=` of an op means in this epoch: where it is not shuffled, a block may be of one class."""
        ordered = not self._context.shuffle and self._context.edges is None
        return "source" if who == "block" and ordered else who

    def at(self, place: int) -> Seat:
        """The sample at a place."""
        if place >= self._samples.order.length:
            return self.seats(np.array([place], np.int64))[0]
        return self.block(place // BLOCK * BLOCK)[place % BLOCK]

    def block(self, first: int) -> list[Seat]:
        """The samples of the block that begins at a place."""
        found = self._seats.get(first)
        if found is None:
            first, last = block_of(first, self._samples.order.length)
            positions, occurrences = self._samples.around(first, last)
            found = list(map(Seat, range(first, last), positions.tolist(), occurrences.tolist()))
            self._seats[first] = found
        return found

    def seats(self, places: Positions) -> list[Seat]:
        """The samples at some places."""
        positions, occurrences = at_places(self._samples.order, places)
        return list(map(Seat, places.tolist(), positions.tolist(), occurrences.tolist()))


def block_of(place: int, length: int) -> tuple[int, int]:
    """The first place of the block in which a place lies, and the first behind it."""
    first = place // BLOCK * BLOCK
    return first, min(first + BLOCK, length)
