"""MixedTask: one batch of a pipeline in which ops mix samples, made of blocks of unmixed ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from variegate.loader import stats
from variegate.loader.batch.at_hand import AtHand
from variegate.loader.batch.block import Block
from variegate.loader.batch.collages import Collages
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.deadline import Worker
from variegate.loader.batch.mates import BatchMates
from variegate.loader.batch.mixed import Mixed, Parts
from variegate.loader.batch.reader import note
from variegate.loader.batch.task import BatchTask
from variegate.loader.sampling import BatchSpan, EpochSamples
from variegate.loader.source.multi_hot import labels_at
from variegate.loader.stats import Counters
from variegate.pipeline.mix import blended

if TYPE_CHECKING:
    from variegate.labels.blend_row import MixingRow
    from variegate.plan.plan import Plan


class MixedTask(BatchTask):
    """One batch in the making, as `BatchTask`.

    A block of 64 places is read and made once for all batches that it touches, as long as one of them is in the making.
    What lies outside of the blocks at hand, or does not fit into the loader's memory with them, is made for the batch
    alone, with the same bytes.
    """

    def __init__(self, context: LoaderContext, span: BatchSpan, epoch_samples: EpochSamples) -> None:
        super().__init__(context, span, epoch_samples)
        self._places = epoch_samples.places(span.first, span.last)
        self._at_hand = AtHand(context, span.epoch, epoch_samples)
        self._collages = Collages(context, self._at_hand)
        self._batch = BatchMates(context, span.epoch, self._at_hand.partners, self._places)
        self._parts: dict[int, Parts] = {}  # by the place of the result

    def prepare(self, counters: Counters, stopped: Event | None = None) -> bool:
        """Read and plan the blocks of the batch; whether there is anything left to do."""
        try:
            if not self._found(counters, stopped):
                return False
            begun = stats.now()
            if self._context.collage:
                self._collages.plan()
            counters[stats.PLAN] += stats.now() - begun
        except BaseException as error:
            self._errors[0] = error
        else:
            if self._samples:
                self._todo = iter(self._at_hand.order())
                return True
        self.ready = True
        return False

    def _found(self, counters: Counters, stopped: Event | None) -> bool:
        """Find the batch's samples in blocks that fit into memory; False if all was stopped before."""
        hand, budget = self._at_hand, self._context.budget
        if not hand.find(self._places, counters, stopped):
            return False
        self._samples = [block.sample(i) for block, i in hand.own]
        if self._samples and budget is not None:
            self.need = hand.need
            if not budget.holds(self.need) and hand.share_none():
                return self._found(counters, stopped)
        return True

    @property
    def _form(self) -> tuple[list[tuple[int, ...]], np.dtype[Any]]:
        return self._at_hand.form

    def _place(self, i: int) -> int:
        return i

    def _sample(self, i: int, worker: Worker, counters: Counters) -> None:
        (block, number), repeats, levels = self._at_hand.own[i], self._context.repeats, self._context.levels
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
                return self._collages.made(block, n, worker, counters, out)
            value = block.value(n, worker, counters)
            return None if value is None else Mixed(value, ((block.position(n), 1.0),), partial(block.done, n))
        own = self._mixed(block, n, level - 1, worker, counters)
        if own is None:
            return None
        i, repeat = divmod(n, self._context.repeats)
        plan, row = block.row(n)
        blend = self._batch.row(plan, row, level - 1, block.seat(i), repeat)
        if blend is None:
            return own
        try:
            for mate, at in self._mates(block, n, blend, level - 1, worker, counters):
                other = self._mixed(mate, at, level - 1, worker, counters)
                if other is not None and not mate.stood_in(at):
                    return self._blended(plan, blend, own, other, counters, out)
        except Exception as error:
            block.blame(error, n)
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
        seat = block.seat(n // repeats)
        seats = self._batch.of(seat, row) or self._at_hand.partners.of(seat, row.partners, row.partner)
        for seat in itertools.islice(seats, first >= 0, None):
            mate, i = self._at_hand.at(seat, worker, counters)
            if i is not None:
                yield mate, i * repeats + n % repeats

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
