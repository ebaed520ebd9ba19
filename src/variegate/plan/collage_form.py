"""CollageForm: a pipeline in which an op puts pictures side by side, as it is known before any batch."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from variegate.ops.effect.mixing import SLOT
from variegate.plan.cutter import Cutter
from variegate.plan.draw import DrawnColumns, applied
from variegate.plan.ir import Node


class CollageRow(NamedTuple):
    """Who is in the collage of one sample.

    path      of the op
    partner   for each place but the first, from 0 to below 1: where among those that may be its partner
    partners  who these are
    """

    path: str
    partner: tuple[float, ...]
    partners: str


class CollageForm:
    """What is known of a pipeline with a collage before any batch."""

    def __init__(self, head: tuple[Node, ...], collage: Node, tail: tuple[Node, ...]) -> None:
        tile = Node(collage.op.tile(), collage.path)  # type: ignore[attr-defined]
        self.collage, self.tail = collage, tail
        self.before = (*head, tile)
        self.alone = Cutter((*head, replace(tile, gates=collage.gates), *tail))  # of one row alone, with or without
        own = {path for node in head for path in (node.path, *(gate.path for gate in node.gates))}
        self.own = own - {gate.path for gate in collage.gates}
        self.whole = Cutter((*self.before, *tail))
        segment = next(nodes for nodes in self.whole.segments if tile in nodes)
        last = self.whole.segments[-1]
        joined = [node for node in tail if node in segment or node in self.whole.output]
        self.fused = len(tail) if segment is last else tail.index(joined[-1]) + 1 if joined else 0

    @functools.lru_cache(maxsize=8)  # noqa: B019  # it lives as long as the pipeline
    def split(self, count: int) -> tuple[Cutter, Cutter]:
        """What stands together with the tile, with so many of the ops behind it; and what goes on from there."""
        return Cutter((*self.before, *self.tail[:count])), Cutter(self.tail[count:])

    def placed(self, columns: DrawnColumns, count: int) -> DrawnColumns:
        """Drawn numbers, of samples that each take the first place."""
        path = self.collage.path
        return {**columns, path: {**columns[path], SLOT: np.zeros(count)}}

    def row(self, columns: DrawnColumns, i: int) -> CollageRow | None:
        """Who is in the collage of sample i; None if it has none."""
        flags = applied(self.collage.gates, columns)
        if flags is not None and not flags[i]:
            return None
        own, path = columns[self.collage.path], self.collage.path
        return CollageRow(path, tuple(np.atleast_1d(own["partner"][..., i]).tolist()), self.collage.op.partners)  # type: ignore[attr-defined]
