"""Each sample's row of effects, those that apply to it, cut into segments: the decision, once a batch.

What may stand together is the answer of `plan.fuse`, asked once a pipeline and laid down as an automaton: a segment is
in some state, and an effect of some symbol either joins it, which leads to another state, or begins the next segment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry

START = 0  # the state of a sample before its first effect
NO = -1
MOST_MAPS = 250  # of a segment: border codes are bytes


class Automaton(NamedTuple):
    """How segments grow.

    joins   (states, symbols) int64: the state after the effect has joined, or NO
    begins  (symbols,) int64: the state of a segment that begins with the effect
    maps    (symbols,) bool: whether the effect is a map of the plane
    reads   (states,) bool: whether the segment is read (`codes.READ`), as every sample's last is
    """

    joins: NDArray[np.int64]
    begins: NDArray[np.int64]
    maps: NDArray[np.bool_]
    reads: NDArray[np.bool_]


@entry
def cut(joins, begins, maps, reads, symbols, gates, applies, segments, counts):
    """For each effect and sample, in which of the sample's segments it is; NO where it does not apply.

    Returns how many segments there are in all.

    joins, ...  an `Automaton`
    symbols     (E,) int64: of each effect, in declared order
    gates       (E,) int64: the row of `applies`, (gates, B) bool, that says whether it applies; NO: it always does
    segments    (E, B) int64, filled; counts: (B,) int64, filled: how many segments, the empty one that writes included
    """
    total = 0
    for i in range(counts.size):
        state, count, many = START, 0, 0
        for e in range(symbols.size):
            segments[e, i] = NO
            if gates[e] != NO and not applies[gates[e], i]:
                continue
            symbol = symbols[e]
            goal = joins[state, symbol]
            if goal == NO or (maps[symbol] and many == MOST_MAPS):
                goal, count, many = begins[symbol], count + 1, 0
            elif state == START:
                count = 1
            state = goal
            many += 1 if maps[symbol] else 0
            segments[e, i] = count - 1
        counts[i] = count if reads[state] else count + 1
        total += counts[i]
    return total
