"""Deal: how the places of an epoch are dealt to ranks where samples are mixed, so that a block of them lies on one.

The places consumed by all ranks together are the first of a row of them, the dealt ones; dealt place q is that of rank
q mod world. Which place of the epoch's order that is:

    what is left of a round that another number of ranks had begun, place by place;
    rounds of 64 * world places, in each of which every rank has one block, from its first place to its last;
    the rest of the epoch, too few for a round, place by place.

So a run may stop anywhere, and go on with other ranks: what was consumed is known from how it was dealt so far.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from variegate.loader.sampling.order import Positions

BLOCK = 64  # places whose samples may be each other's partners
History = tuple[tuple[int, int], ...]  # (places consumed, ranks among which it was dealt from there on)


@dataclass(frozen=True)
class Deal:
    """The dealt places of an epoch.

    length  of the epoch
    world   among how many ranks
    begun   how many places had been consumed before
    rest    (n,): the places of open rounds, which are dealt first

    >>> deal = Deal(128 + 6, world=2)
    >>> deal[np.array([0, 1, 2, 3, 128, 129])].tolist()
    [0, 64, 1, 65, 128, 129]
    """

    length: int
    world: int
    begun: int = 0
    rest: Positions = field(default_factory=lambda: np.zeros(0, np.int64))

    @classmethod
    def of(cls, length: int, history: Iterable[tuple[int, int]]) -> Deal:
        """That of an epoch which was dealt anew whenever the number of ranks changed."""
        (_, world), *others = history
        deal = cls(length, world)
        for consumed, ranks in others:
            deal = deal.then(consumed, ranks)
        return deal

    @property
    def _first(self) -> int:
        """The dealt place at which rounds begin, and the place too: all before it are consumed or dealt."""
        return self.begun + len(self.rest)

    @property
    def _last(self) -> int:
        """Where rounds end."""
        whole = BLOCK * self.world
        return self._first + max(self.length - self._first, 0) // whole * whole

    def __getitem__(self, dealt: Positions) -> Positions:
        """The places of the epoch that these are; those consumed before, and beyond its length, stay what they are."""
        found = dealt.astype(np.int64).copy()
        early = (dealt >= self.begun) & (dealt < self._first)
        found[early] = self.rest[dealt[early] - self.begun]
        rounds = (dealt >= self._first) & (dealt < self._last)
        within = dealt[rounds]
        turn, step = np.divmod(within - self._first, BLOCK * self.world)
        found[rounds] = self._first + (turn * self.world + within % self.world) * BLOCK + step // self.world
        return found

    def whole(self, places: Positions) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Whether all the block of a place is dealt to the rank that has it."""
        return np.asarray((places >= self._first) & ((places < self._last) | (self.world == 1)))

    def then(self, consumed: int, world: int) -> Deal:
        """What is dealt to another number of ranks when so many places are consumed."""
        if consumed <= self._first:
            end = self._first
        elif consumed >= self._last:
            end = max(self.length, consumed)
        else:
            whole = BLOCK * self.world
            end = self._first - (self._first - consumed) // whole * whole
        return Deal(self.length, world, consumed, self[np.arange(consumed, end, dtype=np.int64)])
