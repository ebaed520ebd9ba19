"""Trail: a group's maps one after the other, over all its passes, and what the labels look like along the way."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from variegate.ops.base import Facts, Op
from variegate.ops.effect import Floats, Ints, Map
from variegate.plan.ir import Defaults
from variegate.plan.steps import stack
from variegate.targets import Targets
from variegate.targets.leaf import Leaves

if TYPE_CHECKING:
    from variegate.labels.track import Track


class Trail:
    """The maps so far; a lowering adds to it.

    targets, leaves  what the fields of each sample are, and the fields
    fill             what lies outside, whatever the ops say; None: what they say
    ranged           (B,) which samples an op of colour has changed so far: whose numbers have a range from then on
    looked           the maps that hung on labels, by the path of their op: a replay has no labels to look at
    """

    def __init__(
        self,
        sizes: Ints,
        defaults: Defaults,
        targets: Targets,
        leaves: Sequence[Leaves] = (),
        fill: float | None = None,
    ) -> None:
        self.count, self.defaults, self.targets, self.leaves, self.fill = len(sizes), defaults, targets, leaves, fill
        self.maps: list[Floats] = []
        self.canvas: list[Ints] = [sizes]
        self.borders: list[int] = []
        self.looked: dict[str, Map] = {}
        self.ranged = np.zeros(self.count, np.bool_)

    def add(self, matrix: Floats, size: Ints, border: int) -> None:
        """One map more, for all samples."""
        self.maps.append(matrix)
        self.canvas.append(size)
        self.borders.append(border)

    @functools.cached_property
    def track(self) -> Track:
        """Where labels go; asked for when all maps are there."""
        return self._track()

    def _track(self) -> Track:
        from variegate.labels.track import Track

        return Track(
            stack(self.maps, (self.count, 0, 3, 3), np.float64),
            stack(self.canvas, (self.count, 0, 2), np.int64),
            np.array(self.borders, np.int64),
            self.defaults,
        )

    def seen_by(self, op: Op, facts: Facts, rows: Any) -> Facts:
        """The facts with what an op may look at: the labels of these samples on the canvas that it sees."""
        from variegate.labels.sight import boxes_at, masks_at

        if not self.leaves:
            return facts
        track = self._track()
        chosen = range(self.count) if isinstance(rows, slice) else rows.tolist()
        shown = [(self.targets, self.leaves[i], track.way(i)) for i in chosen]
        if op.looks == "boxes":
            return replace(facts, boxes=[boxes_at(*each) for each in shown])
        return replace(facts, masks=[masks_at(*each) for each in shown])
