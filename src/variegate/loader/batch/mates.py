"""BatchMates: the samples of one batch of a loader, where ops have their partners among them or share draws."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from variegate.key import Keys
from variegate.labels.blend_row import MixingRow
from variegate.loader.batch.context import LoaderContext
from variegate.loader.batch.partners import Partners, Seat
from variegate.loader.sampling import Positions
from variegate.ops.mixing import WITHIN
from variegate.pipeline import Compose
from variegate.plan.mates import Mates, partners_of

if TYPE_CHECKING:
    from variegate.plan.draw import DrawnColumns
    from variegate.plan.plan import Plan


class BatchMates:
    """The seats of one batch, each at its place in it whatever becomes of its sample.

    Who is bad is passed over as a partner, but has its place, and what others share with it is drawn by its key. Where
    samples are repeated, the variations of one number are each other's partners, as if they were a batch.
    """

    def __init__(self, context: LoaderContext, epoch: int, partners: Partners, places: Positions) -> None:
        self._context, self._epoch = context, epoch
        self._seats = [partners.at(place) for place in places.tolist()] if context.within else []
        self._places = {seat: place for place, seat in enumerate(self._seats)}
        self._of = lru_cache(maxsize=None)(self._mates)

    def of(self, seat: Seat, row: MixingRow) -> Iterator[Seat] | None:
        """Who may be the partner of a sample, if it is of the batch; else None."""
        if row.partners not in WITHIN:
            return None
        others = partners_of(row.partners, self._places[seat], len(self._seats), row.partner)
        return (self._seats[other] for other in others)

    def row(self, plan: Plan, i: int, level: int, seat: Seat, repeat: int) -> MixingRow | None:
        """What a level of mixing ops does to a sample, of which row i of a plan is one repeat."""
        place = self._places.get(seat)  # of a partner beyond the batch all draws are its own
        return plan.blend(i, level) if place is None else self._of(repeat).row(plan, i, level, place)

    def _mates(self, repeat: int) -> Mates:
        """Those of one variation of each sample."""
        return Mates(self._compose.compiler.levels, len(self._seats), lambda place: self._columns(place, repeat))

    def _columns(self, place: int, repeat: int) -> DrawnColumns:
        n = place * self._context.repeats + repeat
        drawn = self._drawn.items()
        return {path: {name: each[..., n : n + 1] for name, each in fields.items()} for path, fields in drawn}

    @cached_property
    def _drawn(self) -> DrawnColumns:
        """The numbers of all of them."""
        context, repeats = self._context, self._context.repeats
        positions = np.repeat([seat.position for seat in self._seats], repeats)
        first = np.repeat([seat.occurrence * repeats for seat in self._seats], repeats)
        variations = (first + np.tile(np.arange(repeats), len(self._seats))).astype(np.uint32)
        keys = Keys.at(context.seed, self._epoch, context.source.ids[positions], variations)
        return self._compose.compiler.drawing.columns(keys)

    @property
    def _compose(self) -> Compose:
        assert isinstance(self._context.augment, Compose)
        return self._context.augment
