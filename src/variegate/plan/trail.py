"""Trail: the maps of a batch, all segments together, as labels follow them: for them nothing has to be cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from variegate.kernels.cut import NO
from variegate.kernels.row_layout import RowLayout, lay, room
from variegate.ops.effect import Geometric, Ints
from variegate.plan.entries import EntryTables, NodeSettings
from variegate.plan.lower import Lowered


def trail(lowered: Sequence[Lowered], settings: NodeSettings, sizes: Ints) -> RowLayout:
    """The maps of each sample as one row."""
    count = len(sizes)
    entry_tables = EntryTables(
        [each for each in lowered if each.effects and isinstance(each.effects[0], Geometric)], settings, 0
    )
    entries, applies = entry_tables.entries(), entry_tables.applies(count)
    segments = np.zeros((len(entry_tables.gates), count), np.int64)
    for line, gate in zip(segments, entry_tables.gates, strict=True):
        if gate != NO:
            line[~applies[gate]] = NO
    row_layout = room(count, count, len(entries.maps), 0, 0, entry_tables.lattices())
    ones, nothing = np.ones(count, np.int64), np.zeros(count)
    lay(segments, ones, *entries, sizes, (1.0, 1.0), nothing, (0, 0), False, row_layout)  # type: ignore[no-untyped-call]
    return row_layout
