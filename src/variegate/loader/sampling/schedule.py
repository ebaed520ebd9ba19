"""Schedule: which places of an epoch are this rank's, and in which batches they come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from variegate.errors import SourceError
from variegate.loader.sampling.deal import Deal
from variegate.loader.sampling.order import Positions

BLOCK = 4096  # places worked out at once: NumPy's cost a call is then nothing a sample


class EpochOrder(Protocol):
    """The order of one epoch's samples."""

    length: int

    def __getitem__(self, places: Positions) -> Positions:
        """The positions in the source of the samples at these places, 0 to length - 1."""

    def occurrences(self, places: Positions) -> Positions:
        """Numbers that differ wherever the sample does not."""


class BatchSpan(NamedTuple):
    """One batch of a rank.

    epoch  that it is of
    first  of the rank's own places in the epoch, the first that is in it
    last   the first that is not
    after  (epoch, places consumed by all ranks together): where a run stands when this batch is done
    """

    epoch: int
    first: int
    last: int
    after: tuple[int, int]


@dataclass(frozen=True)
class Schedule:
    """Place p of an epoch is that of rank p mod world_size.

    length     places an epoch
    batch      places a batch
    rank       0 to world_size - 1
    world_size      how many ranks share an epoch
    pad        every rank has the same number of places: the epoch's first come again at its end
    drop_last  leave out a batch of fewer places, and the places that would give some ranks one more than others

    >>> schedule = Schedule(length=10, batch=2, rank=1, world_size=3)
    >>> [(span.first, span.last, span.after) for span in schedule.spans(epoch=0)]
    [(0, 2, (0, 6)), (2, 3, (1, 0))]
    """

    length: int
    batch: int
    rank: int = 0
    world_size: int = 1
    pad: bool = False
    drop_last: bool = False

    @property
    def own(self) -> int:
        """How many places of an epoch are this rank's."""
        return self._left(0)

    def _left(self, position: int) -> int:
        """How many places from there on are this rank's; the same for all ranks where they are to be even."""
        rest = max(0, self.length - position)
        if self.pad:
            return -(-rest // self.world_size)
        if self.drop_last:
            return rest // self.world_size
        return max(0, -(-(self.length - self.rank) // self.world_size) - self._first(position))

    def _first(self, position: int) -> int:
        """Which of the rank's own places is the first from there on."""
        return max(0, -(-(position - self.rank) // self.world_size))

    @property
    def end(self) -> int:
        """The first position that no epoch has."""
        return self.own * self.world_size + 1 if self.pad else self.length + 1

    def _batches(self, places: int) -> int:
        full, rest = divmod(places, self.batch)
        return full + (rest > 0 and not self.drop_last)

    def __len__(self) -> int:
        return self._batches(self.own)

    def check(self) -> None:
        """Refuse a schedule without batches.

        Raises  SourceError, with the sum.
        """
        if not len(self):
            share = f" for rank {self.rank} of {self.world_size}" if self.world_size > 1 else ""
            hint = "; give pad=True, or fewer ranks" if self.world_size > max(1, self.length) and not self.pad else ""
            raise SourceError(
                f"{self.length} samples make no batch of {self.batch}{share} (drop_last={self.drop_last}, "
                f"pad={self.pad}){hint}"
            )

    def places(self, first: int, last: int) -> Positions:
        """The places of the epoch that are the rank's own numbers first to last - 1."""
        return np.arange(first, last, dtype=np.int64) * self.world_size + self.rank

    def span(self, epoch: int, number: int) -> BatchSpan:
        """Batch `number`, 0 to len - 1, of an epoch that is run from its beginning."""
        return next(self.spans(epoch, number * self.batch * self.world_size))

    def spans(self, epoch: int, position: int = 0, endless: bool = False) -> Iterator[BatchSpan]:
        """The batches of an epoch.

        position  how many of its places all ranks together have consumed already
        endless   go on with the next epoch, and the next
        """
        while True:
            first, left = self._first(position), self._left(position)
            for number in range(self._batches(left)):
                begin = first + number * self.batch
                position += self.batch * self.world_size
                yield BatchSpan(epoch, begin, min(begin + self.batch, first + left), self._after(epoch, position))
            if not endless:
                return
            epoch, position = epoch + 1, 0

    def _after(self, epoch: int, position: int) -> tuple[int, int]:
        """Where a run stands at a position: the same for all ranks, so the epoch is over when it is for every one."""
        even = self.pad or self.drop_last
        left = self._batches(self._left(position)) if even else self.length - position
        return (epoch, position) if left > 0 else (epoch + 1, 0)


class EpochSamples:
    """The samples of a rank in one epoch. Threads share it.

    deal  how places are dealt to ranks; None: place p to rank p mod world_size
    """

    def __init__(self, order: EpochOrder, schedule: Schedule, deal: Deal | None = None) -> None:
        self.order, self._schedule, self.deal = order, schedule, deal
        self._block: tuple[int, Positions, Positions] | None = None  # of the rank's own places
        self._around: tuple[int, Positions, Positions] | None = None  # of all

    def places(self, first: int, last: int) -> Positions:
        """The places of the epoch that are the rank's own numbers first to last - 1."""
        dealt = self._schedule.places(first, last)
        return dealt if self.deal is None else self.deal[dealt]

    def at(self, first: int, last: int) -> tuple[Positions, NDArray[np.uint32]]:
        """Positions in the source, and which time each comes, of the rank's own places first to last - 1."""
        parts = [self._from_block(at, last) for at in [first, *range(first - first % BLOCK + BLOCK, last, BLOCK)]]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _from_block(self, first: int, last: int) -> tuple[Positions, NDArray[np.uint32]]:
        number = first // BLOCK
        known = self._block  # read once: another thread may replace it, as a whole
        if known is None or known[0] != number or len(known[1]) < min(last - number * BLOCK, BLOCK):
            places = self.places(number * BLOCK, min((number + 1) * BLOCK, max(last, self._schedule.own)))
            known = self._block = number, *at_places(self.order, places)
        part = slice(first - number * BLOCK, last - number * BLOCK)
        return known[1][part].copy(), known[2][part].astype(np.uint32)

    def around(self, first: int, last: int) -> tuple[Positions, Positions]:
        """Positions in the source, and which time each comes, of the epoch's places first to last - 1, whoever's.

        These lie in one block of `BLOCK`.
        """
        number = first // BLOCK
        known = self._around
        if known is None or known[0] != number:
            places = np.arange(number * BLOCK, min((number + 1) * BLOCK, self.order.length), dtype=np.int64)
            known = self._around = number, *at_places(self.order, places)
        part = slice(first - number * BLOCK, last - number * BLOCK)
        return known[1][part], known[2][part]


class GivenSamples:
    """Samples of a source, wherever they stand.

    positions  (n,): in the source; occurrences: (n,), which time each comes; given: (n,), the places that they have
    """

    def __init__(self, positions: Positions, occurrences: Positions, given: Positions) -> None:
        self._positions, self._occurrences, self._given = positions, occurrences.astype(np.uint32), given

    @classmethod
    def single(cls, position: int) -> GivenSamples:
        """One sample alone."""
        return cls(np.array([position], np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64))

    def at(self, first: int, last: int) -> tuple[Positions, NDArray[np.uint32]]:
        """Positions, and which time each comes, of numbers first to last - 1."""
        return self._positions[first:last].copy(), self._occurrences[first:last].copy()

    def places(self, first: int, last: int) -> Positions:
        """The places of numbers first to last - 1."""
        return self._given[first:last]


def at_places(order: EpochOrder, places: Positions) -> tuple[Positions, Positions]:
    """Positions in the source, and which time each comes, of the samples at these places."""
    return order[places % order.length], order.occurrences(places)
