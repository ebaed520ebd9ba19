"""AtHand: the blocks of which one batch is made."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import NamedTuple

import numpy as np

from variegate.loader import stats
from variegate.loader.batch.block import Block
from variegate.loader.batch.budget import BatchMemory
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.deadline import Worker
from variegate.loader.batch.partners import Partners, Seat
from variegate.loader.sampling import BLOCK, EpochSamples, Positions
from variegate.loader.stats import Counters


class Own(NamedTuple):
    """A sample of the batch, by its number in the block in which it is."""

    block: Block
    i: int


class AtHand:
    """Those that are shared with other batches, and one of the batch's samples that are in none of these.

    partners  of the epoch's samples
    own       the batch's samples, once they are found
    """

    def __init__(self, context: LoaderContext, epoch: int, epoch_samples: EpochSamples) -> None:
        self._context, self._epoch, self._samples = context, epoch, epoch_samples
        self.partners = Partners(context, epoch_samples)
        self._blocks: dict[int, Block] = {}  # by their first place
        self._rest: Block | None = None
        self.own: list[Own] = []

    def find(self, places: Positions, counters: Counters, stopped: Event | None) -> bool:
        """Find the samples at some places in blocks, which are read and planned; False if all was stopped before."""
        self.own = []
        if not self._shared(places, counters, stopped):
            return False
        seats = [self.partners.at(place) for place in places.tolist()]
        blocks = [self._shared_block(seat) for seat in seats]
        rest = [seat for seat, block in zip(seats, blocks, strict=True) if block is None]
        if rest:
            self._rest = self._block(rest)
            if not self._rest.prepared(counters, stopped):
                return False
        for seat, shared in zip(seats, blocks, strict=True):
            block = shared or self._rest
            assert block is not None
            i = block.number(seat)
            if i is not None:
                self.own.append(Own(block, i))
        return True

    def _shared(self, places: Positions, counters: Counters, stopped: Event | None) -> bool:
        """Take the blocks that lie on this rank as a whole; False if all was stopped before."""
        context, deal = self._context, self._samples.deal
        assert deal is not None, "pipelines that mix deal blocks"
        here = places[deal.whole(places)].tolist() if context.blocks.wanted else []
        for first in dict.fromkeys(place // BLOCK * BLOCK for place in here):
            block = context.blocks.take((self._epoch, first), partial(self._block_from, first))
            if not block.prepared(counters, stopped):
                return False
            self._blocks[first] = block
        return True

    def _block_from(self, first: int) -> Block:
        """All the samples of a block."""
        return self._block(self.partners.block(first), is_whole=True)

    def _block(self, seats: list[Seat], is_whole: bool = False) -> Block:
        return Block(self._context, self._epoch, seats, self.partners, is_whole)

    def _shared_block(self, seat: Seat) -> Block | None:
        return self._blocks.get(seat.place // BLOCK * BLOCK)

    def share_none(self) -> bool:
        """Let go of the blocks that are shared, and of all to come; False if there are none."""
        if not self._blocks:
            return False
        self._context.blocks.refuse()
        self._blocks = {}
        return True

    def at(self, seat: Seat, worker: Worker, counters: Counters) -> tuple[Block, int | None]:
        """The block in which a sample is, of its own where it is in none at hand; and its number there."""
        block = self._holding(seat)
        if block is None:
            counters[stats.AGAIN] += 1
            block = self._block([seat])
            block.prepared(counters, worker.stopped)
        return block, block.number(seat)

    def known(self, seat: Seat) -> Own | None:
        """A sample, if it is in a block at hand."""
        block = self._holding(seat)
        i = None if block is None else block.number(seat)
        return None if block is None or i is None else Own(block, i)

    def _holding(self, seat: Seat) -> Block | None:
        """The block at hand in which a sample was asked for."""
        in_rest = self._rest is not None and self._rest.number(seat) is not None
        return self._shared_block(seat) or (self._rest if in_rest else None)

    def order(self) -> list[int]:
        """In which order the batch's own samples are best made."""
        number = {own: n for n, own in enumerate(self.own)}
        blocks = dict.fromkeys(own.block for own in self.own)
        order = (Own(block, i) for block in blocks for i in block.order)
        return [number[each] for each in order if each in number]

    @property
    def need(self) -> BatchMemory:
        """What the batch takes, and the blocks of which it is made."""
        needs = [
            each.need for each in (*self._blocks.values(), self._rest) if each is not None and each.need is not None
        ]
        own = sum(int(np.prod(shape)) for shape in self.form[0]) * self.form[1].itemsize
        largest = max(needs, key=lambda need: need.pixels)
        slot = own + sum(need.slot for need in needs)
        return BatchMemory(slot, sum(need.files for need in needs), largest.pixels, largest.where)

    @property
    def form(self) -> tuple[list[tuple[int, ...]], np.dtype[np.generic]]:
        """The shapes of the batch's results, and their dtype."""
        repeats = self._context.repeats
        forms = {block: block.form for block in dict.fromkeys(own.block for own in self.own)}
        shapes = [shape for block, i in self.own for shape in forms[block][0][i * repeats : (i + 1) * repeats]]
        return shapes, forms[self.own[0].block][1]
