"""Trail: the maps of a batch, all segments together, as labels follow them: for them nothing has to be cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from variegate.kernels.chain import Chain, Lattices
from variegate.kernels.cut import NO
from variegate.kernels.lay import Entries, Laid, lay, room
from variegate.ops.effect import Geometric, Ints
from variegate.plan.entries import Gathered, Marks
from variegate.plan.ir import BORDER, ENTRY, FILL, FILTER, KIND, MAP, PICK, READING, START, STEP, UNSAID
from variegate.plan.lower import Lowered


def trail(lowered: Sequence[Lowered], marks: Marks, sizes: Ints) -> Laid:
    """The maps of each sample as one row."""
    count = len(sizes)
    gathered = Gathered([each for each in lowered if each.effects and isinstance(each.effects[0], Geometric)], marks, 0)
    entries, applies = gathered.entries(), gathered.applies(count)
    segments = np.zeros((len(gathered.gates), count), np.int64)
    for line, gate in zip(segments, gathered.gates, strict=True):
        if gate != NO:
            line[~applies[gate]] = NO
    laid = room(count, count, len(entries.maps), 0, 0, gathered.lattices())
    ones, nothing = np.ones(count, np.int64), np.zeros(count)
    lay(segments, ones, *entries, sizes, (1.0, 1.0), nothing, (0, 0), False, laid)  # type: ignore[no-untyped-call]
    return laid


def chained(chain: Chain, reading: int = 0, antialias: bool = False) -> Laid:
    """One sample's maps as a row that reads a picture and writes the result; a fill of its own for each."""
    maps, canvas, borders, fields = chain
    count, codes = len(maps), np.zeros((len(maps), ENTRY), np.int64)
    codes[:, START] = codes[:, FILL] = np.arange(count)
    codes[:, KIND], codes[:, BORDER], codes[:, READING], codes[:, FILTER] = MAP, borders, UNSAID, UNSAID
    codes[:, PICK] = fields.which if len(fields.which) else UNSAID
    laid = room(1, 1, count, 0, 0, Lattices(fields.grids, fields.nodes))
    entries = Entries(codes, np.ascontiguousarray(maps), np.ascontiguousarray(canvas[1:]), np.zeros((0, STEP)))
    segments, ones, nothing = np.zeros((count, 1), np.int64), np.ones(1, np.int64), np.full(1, -1.0)
    sizes, how = np.ascontiguousarray(canvas[:1]), (reading, int(antialias))
    lay(segments, ones, *entries, sizes, (1.0, 1.0), nothing, how, False, laid)  # type: ignore[no-untyped-call]
    return laid
