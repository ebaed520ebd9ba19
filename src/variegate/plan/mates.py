"""Mates: the samples of one batch, where an op has their partners among them, or draws once for several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from variegate.labels.blend_row import MixingRow
from variegate.ops.effect import Ints

if TYPE_CHECKING:
    from variegate.plan.draw import DrawnColumns
    from variegate.plan.mixing import Level
    from variegate.plan.plan import Plan


def beside(own: int, others: int, drawn: float, step: int = 0) -> int:
    """Which number is drawn among one's own and so many others: never the own.

    own    below 0: it is not among them
    drawn  from 0 to below 1
    step   how many of those drawn first are bad

    >>> [beside(1, 3, drawn) for drawn in (0.0, 0.5, 0.9)]
    [0, 2, 3]
    """
    found = (int(drawn * others) + step) % others
    return found + (found >= own >= 0)


def partners_of(who: str, place: int, count: int, drawn: float) -> Iterator[int]:
    """Which places of a batch may have the partner of one of them: the first, unless it is bad; then the next.

    who    one of `ops.mixing.WITHIN`
    count  of the batch
    drawn  from 0 to below 1

    >>> [next(partners_of("roll", place, 4, 0.0)) for place in range(4)]
    [3, 0, 1, 2]
    >>> [next(partners_of("flip", place, 4, 0.0)) for place in range(4)]
    [3, 2, 1, 0]
    """
    if who == "random":
        yield from (beside(place, count - 1, drawn, step) for step in range(count - 1))
        return
    first = count - 1 - place if who == "flip" else (place - 1) % count
    if first != place:  # the middle of an odd batch that is flipped has none
        yield from (other for step in range(count) if (other := (first - step) % count) != place)


class Mates:
    """The samples of a batch, by their places in it.

    count    how many there are
    columns  the numbers of the sample at a place, alone
    """

    def __init__(self, levels: Sequence[Level], count: int, columns: Callable[[int], DrawnColumns]) -> None:
        from variegate.plan.mixing import one_per

        self._levels, self._count, self._columns = levels, count, columns
        self._per = [one_per(level) for level in levels]
        self._rows: dict[tuple[int, int, tuple[int, ...], int], MixingRow | None] = {}

    def row(self, plan: Plan, i: int, level: int, place: int) -> MixingRow | None:
        """What a level does to sample i of a plan, at a place of the batch, by the draw that is its own or shared.

        Which partner is always its own draw.
        """
        from variegate.plan.mixing import blend_rows, lowered_levels

        per = self._per[level]
        if per == "sample":
            return plan.blend(i, level)
        # By the numbers of the first of the batch or of the pair, which hang on its key, be it good or bad.
        lead = 0 if per == "batch" else min(place, self._count - 1 - place)
        size: Ints = plan.bound.after[i]
        known = level, lead, tuple(size.tolist()), plan.spec.channels
        if known not in self._rows:
            columns = self._columns(lead)
            lowered = lowered_levels([self._levels[level]], columns, size[np.newaxis], plan.spec.channels)
            self._rows[known] = blend_rows(lowered[0], columns, 1)[0]
        row = self._rows[known]
        return None if row is None else row._replace(partner=float(plan.bound.columns[row.path]["partner"][..., i]))
