"""A row of planes, left and right exchanged."""

from __future__ import annotations

from numba import int64

from variegate.compiled import unit
from variegate.kernels.memory import load_f32, store_work_f32


@unit(*[int64] * 6)
def mirror_row(row, plane, to, pitch, channels, count):
    """`channels` planes of `count` float32, `plane` apart, to address to, `pitch` apart; they may not overlap."""
    for c in range(channels):
        line, other = row + 4 * (plane * c + count - 1), to + 4 * pitch * c
        for x in range(count):
            store_work_f32(other, x, load_f32(line, -x))
