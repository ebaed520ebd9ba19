"""Trail: the maps of a batch, all segments together, as labels follow them: for them nothing has to be cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from variegate.kernels.cut import NO
from variegate.kernels.row_layout import RowLayout, lay, room
from variegate.ops.effect import Geometric, Ints
from variegate.plan.entries import EntryTables, NodeSettings
from variegate.plan.lower import Lowered


def trail(lowered: Sequence[Lowered], marks: NodeSettings, sizes: Ints) -> RowLayout:
    """The maps of each sample as one row."""
    count = len(sizes)
    gathered = EntryTables(
        [each for each in lowered if each.effects and isinstance(each.effects[0], Geometric)], marks, 0
    )
    entries, applies = gathered.entries(), gathered.applies(count)
    segments = np.zeros((len(gathered.gates), count), np.int64)
    for line, gate in zip(segments, gathered.gates, strict=True):
        if gate != NO:
            line[~applies[gate]] = NO
    laid = room(count, count, len(entries.maps), 0, 0, gathered.lattices())
    ones, nothing = np.ones(count, np.int64), np.zeros(count)
    lay(segments, ones, *entries, sizes, (1.0, 1.0), nothing, (0, 0), False, laid)  # type: ignore[no-untyped-call]
    return laid
