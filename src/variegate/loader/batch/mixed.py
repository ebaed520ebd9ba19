"""MixedTask: one batch of a pipeline in which ops mix samples, made of blocks of unmixed ones."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
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
from variegate.loader.batch.partners import Partners, Seat
from variegate.loader.batch.reader import note
from variegate.loader.batch.task import BatchTask
from variegate.loader.sampling import BLOCK, BatchSpan, EpochSamples, Positions
from variegate.loader.source.multi_hot import labels_at
from variegate.loader.stats import Counters
from variegate.pipeline import Compose
from variegate.pipeline.mix import Value, blended, put_together

if TYPE_CHECKING:
    from variegate.labels.blend_row import MixingRow
    from variegate.plan.collage import Part
    from variegate.plan.plan import Plan

Parts = tuple[tuple[int, float], ...]  # positions in the source, each with its share of the picture


class Own(NamedTuple):
    """A sample of the batch, by its number in the block in which it is."""

    block: Block
    i: int


class Mixed(NamedTuple):
    """A value, and of whose pictures it is made.

    done  to be called when its picture is not looked at any more
    """

    value: Value
    parts: Parts
    done: Callable[[], object] | None = None


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
        self._own: list[Own] = []
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
                self._todo = iter(self._order())
                return True
        self.ready = True
        return False

    def _found(self, counters: Counters, stopped: Event | None) -> bool:
        """Find the batch's samples in blocks, which are read and planned; False if all was stopped before."""
        places = self._epoch_samples.places(self._span.first, self._span.last)
        if not self._shared(places, counters, stopped):
            return False
        seats = [self._partners.at(place) for place in places.tolist()]
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
                self._samples.append(block.sample(i))
                self._own.append(Own(block, i))
        if self._samples and self._context.budget is not None:
            self.need = self._needed()
            if self._blocks and not self._context.budget.holds(self.need):
                self._context.blocks.refuse()
                self._blocks, self._samples, self._own = {}, [], []
                return self._found(counters, stopped)
        return True

    def _shared(self, places: Positions, counters: Counters, stopped: Event | None) -> bool:
        """Take the blocks that lie on this rank as a whole; False if all was stopped before."""
        context, samples = self._context, self._epoch_samples
        assert samples.deal is not None, "pipelines that mix deal blocks"
        here = places[samples.deal.whole(places)].tolist() if context.blocks.wanted else []
        for first in dict.fromkeys(place // BLOCK * BLOCK for place in here):
            block = context.blocks.take((self._span.epoch, first), partial(self._block_from, first))
            if not block.prepared(counters, stopped):
                return False
            self._blocks[first] = block
        return True

    def _block_from(self, first: int) -> Block:
        """All the samples of a block."""
        return self._block(self._partners.block(first), is_whole=True)

    def _block(self, seats: list[Seat], is_whole: bool = False) -> Block:
        return Block(self._context, self._span.epoch, seats, self._partners, is_whole)

    def _shared_block(self, seat: Seat) -> Block | None:
        return self._blocks.get(seat.place // BLOCK * BLOCK)

    def _order(self) -> list[int]:
        """In which order the batch's own samples are best made."""
        number = {own: i for i, own in enumerate(self._own)}
        blocks = dict.fromkeys(own.block for own in self._own)
        order = (Own(block, i) for block in blocks for i in block.order)
        return [number[each] for each in order if each in number]

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
        repeats = self._context.repeats
        forms = {block: block.form for block in dict.fromkeys(own.block for own in self._own)}
        shapes = [shape for block, i in self._own for shape in forms[block][0][i * repeats : (i + 1) * repeats]]
        return shapes, forms[self._own[0].block][1]

    def _place(self, i: int) -> int:
        return i

    def _sample(self, i: int, worker: Worker, counters: Counters) -> None:
        (block, number), repeats, levels = self._own[i], self._context.repeats, self._context.levels
        target = self._target()
        for repeat in range(repeats):
            n, at = i * repeats + repeat, number * repeats + repeat
            out: NDArray[Any] = target[n]
            made = self._mixed(block, at, levels, worker, counters, out)
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
                plan, row = block.row(at)
                self._carried[n] = plan.written(row, made.value.moved)
            if made.done is not None:
                made.done()
            counters[stats.KERNEL] += stats.now() - begun
        self._samples[i] = block.sample(number)  # who stands in for it, if its pixels were bad

    def _mixed(
        self, block: Block, n: int, level: int, worker: Worker, counters: Counters, out: Any = None
    ) -> Mixed | None:
        """A result after the first `level` levels of mixing ops; None if its sample was skipped.

        out  where the picture may be written
        """
        if not level:
            if self._context.collage:
                return self._side_by_side(block, n, worker, counters)
            value = block.value(n, worker, counters)
            return None if value is None else Mixed(value, ((block.position(n), 1.0),), partial(block.done, n))
        own = self._mixed(block, n, level - 1, worker, counters)
        if own is None:
            return None
        plan, row = block.row(n)
        blend = plan.blend(row, level - 1)
        if blend is None:
            return own
        try:
            for mate, at in self._mates(block, n, blend, level - 1, worker, counters):
                other = self._mixed(mate, at, level - 1, worker, counters)
                if other is not None and not mate.stood_in(at):
                    return self._blended(plan, blend, own, other, counters, out)
        except Exception as error:
            self._blame(error, block.position(n))
            raise
        counters[stats.UNMIXED] += 1
        return own

    def _mates(
        self, block: Block, n: int, row: MixingRow, level: int, worker: Worker, counters: Counters
    ) -> Iterator[tuple[Block, int]]:
        """The results with which one may be mixed: the first is, unless it is bad; then the next."""
        repeats, first = self._context.repeats, block.mates[level][n]
        if first >= 0:
            yield block, first
        seats = self._partners.of(block.seat(n // repeats), row.partners, row.partner)
        for seat in itertools.islice(seats, first >= 0, None):
            mate, i = self._at(seat, worker, counters)
            if i is not None:
                yield mate, i * repeats + n % repeats

    def _at(self, seat: Seat, worker: Worker, counters: Counters) -> tuple[Block, int | None]:
        """The block in which a partner is, of its own where it is in none at hand; and its number there."""
        block = self._shared_block(seat)
        if block is None and self._rest is not None and self._rest.number(seat) is not None:
            block = self._rest
        if block is None:
            counters[stats.AGAIN] += 1
            block = self._block([seat])
            block.prepared(counters, worker.stopped)
        return block, block.number(seat)

    def _blended(self, plan: Plan, row: MixingRow, own: Mixed, other: Mixed, counters: Counters, out: Any) -> Mixed:
        """What a mixing op of a plan makes of two values.

        out  where the picture is written, if it is of their form
        """
        begun, shelf, done = stats.now(), self._context.blocks.shelf, None
        image = own.value.image
        if out is None or out.shape != image.shape:
            out = shelf.take(image.shape, image.dtype)
            done = partial(shelf.put, out)
        try:
            value, share = blended(plan, own.value, other.value, row, out)
        except Exception as error:
            note(error, self._context.source, other.parts[0][0])
            raise
        for each in (own, other):
            if each.done is not None:
                each.done()
        shares = [(own.parts, share), (other.parts, 1 - share)]
        parts = tuple([(position, part * w) for parts, w in shares for position, part in parts])
        counters[stats.KERNEL] += stats.now() - begun
        return Mixed(value, parts, done)

    def _side_by_side(self, block: Block, n: int, worker: Worker, counters: Counters) -> Mixed | None:
        """The collage of a sample, or its result alone where it has none; None if it was skipped."""
        i, repeat = divmod(n, self._context.repeats)
        image = block.picture(i, worker, counters)
        if image is None:
            return None
        plan, row = block.row(n)
        from variegate.plan.collage import Part

        collage, own = plan.collage(row), (Part(plan, row), image, block.position(n))
        if collage is None:
            begun = stats.now()
            value = Value(plan.result(row, image, checked=True), plan.moved(row))
            counters[stats.KERNEL] += stats.now() - begun
            return Mixed(value, ((own[2], 1.0),))
        chosen = [own]
        try:
            for drawn in collage.partner:
                partners = self._partners.of(block.seat(i), collage.partners, drawn)
                found = (self._picture(partner, repeat, worker, counters) for partner in partners)
                part = next((each for each in found if each is not None), None)
                counters[stats.UNMIXED] += part is None
                chosen.append(part or own)
        except Exception as error:
            self._blame(error, own[2])
            raise
        begun, augment = stats.now(), self._context.augment
        assert isinstance(augment, Compose)
        parts, images, positions = zip(*chosen, strict=True)
        value, shares = put_together(augment, parts, images)
        counters[stats.KERNEL] += stats.now() - begun
        return Mixed(value, tuple(zip(positions, shares, strict=True)))

    def _picture(
        self, partner: Seat, repeat: int, worker: Worker, counters: Counters
    ) -> tuple[Part, NDArray[Any], int] | None:
        """The picture of a partner, and its row of a plan; None if it is bad, or another stands in for it."""
        block, i = self._at(partner, worker, counters)
        image = None if i is None else block.picture(i, worker, counters)
        if i is None or image is None or block.stood_in(n := i * self._context.repeats + repeat):
            return None
        from variegate.plan.collage import Part

        return Part(*block.row(n)), image, partner.position

    def _blame(self, error: Exception, position: int) -> None:
        """Say of an error in making a partner whose it is."""
        where = in_line(self._context.source.where(position))
        error.add_note(printable(f"variegate: it is the partner of sample {position}, {where}"))

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
