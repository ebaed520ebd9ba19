"""MixedTask: one batch of a pipeline in which ops mix samples, made of blocks of unmixed ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import in_line, printable
from variegate.loader import stats
from variegate.loader.batch.block import Block
from variegate.loader.batch.budget import BatchMemory
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.deadline import Worker
from variegate.loader.batch.partners import Partners, Seat, block_of
from variegate.loader.batch.reader import note
from variegate.loader.batch.task import BatchTask
from variegate.loader.sampling import BatchSpan, EpochSamples
from variegate.loader.source.multi_hot import labels_at
from variegate.loader.stats import Counters
from variegate.pipeline import Compose
from variegate.pipeline.mix import Value, blended, put_together

if TYPE_CHECKING:
    from variegate.plan.collage import Part

Parts = tuple[tuple[int, float], ...]  # positions in the source, each with its share of the picture


class Mixed(NamedTuple):
    """A value, and of whose pictures it is made."""

    value: Value
    parts: Parts


class MixedTask(BatchTask):
    """One batch in the making, as `BatchTask`.

    A block of 64 places is read and made once for all batches that it touches, as long as one of them is in the making.
    What lies outside of the blocks at hand, or does not fit into the loader's memory with them, is made for the batch
    alone, with the same bytes.
    """

    def __init__(self, context: LoaderContext, span: BatchSpan, epoch_samples: EpochSamples) -> None:
        super().__init__(context, span, epoch_samples)
        self._epoch_samples, self._partners = epoch_samples, Partners(context, epoch_samples)
        self._blocks: dict[int, Block] = {}  # by their first place
        self._rest: Block | None = None  # of the batch's own samples that are in none of these
        self._own: list[Seat] = []  # of each sample
        self._parts: dict[int, Parts] = {}  # by the place of the result

    def prepare(self, counters: Counters, stopped: Event | None = None) -> bool:
        """Read and plan the blocks of the batch; whether there is anything left to do."""
        try:
            if not self._found(counters, stopped):
                return False
        except BaseException as error:
            self._errors[0] = error
        else:
            if self._samples:
                return True
        self.ready = True
        return False

    def _found(self, counters: Counters, stopped: Event | None) -> bool:
        """Find the batch's samples in blocks, which are read and planned; False if all was stopped before."""
        places = self._epoch_samples.places(self._span.first, self._span.last)
        seats = self._partners.seats(places)
        if not self._shared(seats, counters, stopped):
            return False
        rest = [seat for seat in seats if self._shared_block(seat) is None]
        if rest:
            self._rest = self._block(rest)
            if not self._rest.prepared(counters, stopped):
                return False
        for seat in seats:
            sample = self._at_hand(seat).sample(seat)
            if sample is not None:
                self._samples.append(sample)
                self._own.append(seat)
        if self._samples and self._context.budget is not None:
            self.need = self._needed()
            if self._blocks and not self._context.budget.holds(self.need):
                self._context.blocks.refuse()
                self._blocks, self._samples, self._own = {}, [], []
                return self._found(counters, stopped)
        return True

    def _shared(self, seats: list[Seat], counters: Counters, stopped: Event | None) -> bool:
        """Take the blocks that lie on this rank as a whole; False if all was stopped before."""
        context, samples = self._context, self._epoch_samples
        assert samples.deal is not None, "pipelines that mix deal blocks"
        whole = samples.deal.whole(np.array([seat.place for seat in seats], np.int64))
        firsts = [
            block_of(seat.place, samples.order.length)[0]
            for seat, all_here in zip(seats, whole, strict=True)
            if all_here
        ]
        for first in dict.fromkeys(firsts if context.blocks.wanted else ()):
            block = context.blocks.take((self._span.epoch, first), partial(self._block_from, first))
            if not block.prepared(counters, stopped):
                return False
            self._blocks[first] = block
        return True

    def _block_from(self, first: int) -> Block:
        """All the samples of a block."""
        return self._block(self._partners.block(first))

    def _block(self, seats: list[Seat]) -> Block:
        return Block(self._context, self._span.epoch, seats)

    def _shared_block(self, seat: Seat) -> Block | None:
        return self._blocks.get(block_of(seat.place, self._epoch_samples.order.length)[0]) if seat.place >= 0 else None

    def _at_hand(self, seat: Seat) -> Block:
        """The block in which one of the batch's own samples is."""
        found = self._shared_block(seat) or self._rest
        assert found is not None
        return found

    def _needed(self) -> BatchMemory:
        """What the batch takes, and the blocks of which it is made."""
        assert self._context.budget is not None
        needs = [
            each.need for each in (*self._blocks.values(), self._rest) if each is not None and each.need is not None
        ]
        own = sum(int(np.prod(shape)) for shape in self._form[0]) * self._form[1].itemsize
        largest = max(needs, key=lambda need: need.pixels)
        slot = own + sum(need.slot for need in needs)
        return BatchMemory(slot, sum(need.files for need in needs), largest.pixels, largest.where)

    @property
    def _form(self) -> tuple[list[tuple[int, ...]], np.dtype[Any]]:
        blocks = [self._at_hand(seat) for seat in self._own]
        forms = {id(block): block.form for block in blocks}
        shapes = [
            shape
            for seat, block in zip(self._own, blocks, strict=True)
            for shape in forms[id(block)][0][block.rows_at(seat)]
        ]
        return shapes, forms[id(blocks[0])][1]

    def _place(self, i: int) -> int:
        return i

    def _sample(self, i: int, worker: Worker, counters: Counters) -> None:
        seat, repeats, levels = self._own[i], self._context.repeats, self._context.levels
        block = self._at_hand(seat)
        for repeat in range(repeats):
            n = i * repeats + repeat
            out: NDArray[Any] = self._target()[n]
            made = self._mixed(block, seat, repeat, levels, worker, counters, out)
            if made is None:
                self._gone.add(i)
                return
            begun, image = stats.now(), made.value.image
            if image is not out:
                if image.shape == out.shape:
                    out[...] = image
                else:
                    self._loose[n] = image.copy()
            self._parts[n] = made.parts
            if made.value.moved.leaves:
                plan, row = block.row(seat, repeat)
                self._carried[n] = plan.written(row, made.value.moved)
            counters[stats.KERNEL] += stats.now() - begun
        sample = block.sample(seat)
        assert sample is not None
        self._samples[i] = sample  # who stands in for it, if its pixels were bad

    def _mixed(
        self, block: Block, seat: Seat, repeat: int, level: int, worker: Worker, counters: Counters, out: Any = None
    ) -> Mixed | None:
        """The value of a sample after the first `level` levels of mixing ops; None if it was skipped.

        out  where the picture may be written
        """
        if not level:
            if self._context.collage:
                return self._side_by_side(block, seat, repeat, worker, counters)
            value, sample = block.value(seat, repeat, worker, counters), block.sample(seat)
            return None if value is None or sample is None else Mixed(value, ((sample.position, 1.0),))
        own = self._mixed(block, seat, repeat, level - 1, worker, counters)
        if own is None:
            return None
        plan, row = block.row(seat, repeat)
        blend = plan.blend(row, level - 1)
        if blend is None or blend.rests:
            return own
        for partner in self._partners.of(seat, blend.partners, blend.partner):
            other = self._partner(partner, seat, repeat, level - 1, worker, counters)
            if other is not None:
                begun = stats.now()
                room = out if out is not None and out.shape == own.value.image.shape else None
                with self._blamed(seat, partner):
                    value, share = blended(plan, own.value, other.value, blend, room)
                counters[stats.KERNEL] += stats.now() - begun
                shares = [(own.parts, share), (other.parts, 1 - share)]
                return Mixed(value, tuple((position, part * w) for parts, w in shares for position, part in parts))
        counters[stats.UNMIXED] += 1
        return own

    def _side_by_side(self, block: Block, seat: Seat, repeat: int, worker: Worker, counters: Counters) -> Mixed | None:
        """The collage of a sample, or its result alone where it has none; None if it was skipped."""
        image = block.picture(seat, worker, counters)
        if image is None:
            return None
        plan, row = block.row(seat, repeat)
        from variegate.plan.collage import Part

        collage, own = plan.collage(row), (Part(plan, row), image, self._position(block, seat))
        if collage is None:
            begun = stats.now()
            value = Value(plan.result(row, image, checked=True), plan.moved(row))
            counters[stats.KERNEL] += stats.now() - begun
            return Mixed(value, ((own[2], 1.0),))
        chosen = [own]
        for drawn in collage.partner:
            partners = self._partners.of(seat, collage.partners, drawn)
            found = (self._picture(partner, seat, repeat, worker, counters) for partner in partners)
            part = next((each for each in found if each is not None), None)
            counters[stats.UNMIXED] += part is None
            chosen.append(part or own)
        begun, augment = stats.now(), self._context.augment
        assert isinstance(augment, Compose)
        parts, images, positions = zip(*chosen, strict=True)
        value, shares = put_together(augment, parts, images)
        counters[stats.KERNEL] += stats.now() - begun
        return Mixed(value, tuple(zip(positions, shares, strict=True)))

    def _picture(
        self, partner: Seat, seat: Seat, repeat: int, worker: Worker, counters: Counters
    ) -> tuple[Part, NDArray[Any], int] | None:
        """The picture of a partner, and its row of a plan; None if it is bad, or another stands in for it."""
        with self._blamed(seat):
            block = self._block_of(partner, worker, counters)
            image = block.picture(partner, worker, counters)
            if image is None or block.stood_in(partner):
                return None
            from variegate.plan.collage import Part

            return Part(*block.row(partner, repeat)), image, partner.position

    @staticmethod
    def _position(block: Block, seat: Seat) -> int:
        sample = block.sample(seat)
        assert sample is not None
        return sample.position

    def _partner(
        self, partner: Seat, seat: Seat, repeat: int, level: int, worker: Worker, counters: Counters
    ) -> Mixed | None:
        """The value of a partner; None if it is bad, or another sample stands in for it."""
        with self._blamed(seat):
            block = self._block_of(partner, worker, counters)
            made = self._mixed(block, partner, repeat, level, worker, counters)
            return None if made is None or block.stood_in(partner) else made

    def _block_of(self, partner: Seat, worker: Worker, counters: Counters) -> Block:
        """The block in which a partner is; of its own where it is in none at hand."""
        block = self._shared_block(partner)
        if block is None and self._rest is not None and self._rest.has(partner):
            block = self._rest
        if block is None:
            counters[stats.AGAIN] += 1
            block = self._block([partner])
            block.prepared(counters, worker.stopped)
        return block

    @contextmanager
    def _blamed(self, seat: Seat, partner: Seat | None = None) -> Iterator[None]:
        """Say of an error whose partner the sample is that it names, or this one, of which it names none."""
        try:
            yield
        except Exception as error:
            if partner is not None:
                note(error, self._context.source, partner.position)
            where = in_line(self._context.source.where(seat.position))
            error.add_note(printable(f"variegate: it is the partner of sample {seat.position}, {where}"))
            raise

    def _column(self, index: NDArray[np.int64], kept: list[int]) -> Any:
        """Rows of classes, each those of the pictures that a result is made of, by their shares."""
        rows = labels_at(self._context.column, index)
        if self._context.classes is None:  # declared as what is passed on: that of the sample whose place it is
            return rows
        rows = rows.astype(np.float32)
        for row, n in zip(rows, kept, strict=True):
            parts = self._parts[n]
            if len(parts) > 1:
                own = labels_at(self._context.column, np.array([position for position, _ in parts]))
                row[:] = sum(np.float32(share) * each for each, (_, share) in zip(own, parts, strict=True))
        return self._context.classes.smoothed(rows)
