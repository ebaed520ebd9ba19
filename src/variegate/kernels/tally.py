"""Tallies of a picture of bytes, for the mean of one that nothing was done to yet: no number becomes a float."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import int64, types
from numba.core.cgutils import alloca_once, for_range
from numba.extending import intrinsic

from variegate.compiled import kernel, unit
from variegate.kernels.memory import BYTE, INT64, SHORT, WORD, address_of, hold, load_f64, load_u8, store_f64

VECTOR, LANES = 32, 96  # bytes of a vector, and bytes side by side: a whole number of pixels of 1, 2, 3 and 4 channels
LINES = 255  # whose sums 16 bits hold, and how many of a column are high 8 bits
HIGH = 127  # the first byte that rounds up, see `fixed_byte`


@kernel
def fixed_byte(v):
    """A byte as `colour.fixed` has it where white is 255: 257 v + v / 257, rounded up from 127 on.

    From 127.5 on it should be, but float32 rounds 32639.998 to 32640 on the way.
    """
    return 257 * int64(v) + (1 if v >= HIGH else 0)


def _tally(builder: Any, kind: Any) -> Any:
    """A vector to which one can add, at first zeros."""
    place = alloca_once(builder, kind)
    builder.store(ir.Constant(kind, [0] * VECTOR), place)
    return place


def _add(builder: Any, value: Any, place: Any) -> None:
    builder.store(builder.add(builder.load(place), value), place)


@intrinsic
def add_lines(typing, src, lines, sums):
    """Lines of LANES bytes from address src on, up to LINES of them: of each column the sum, to int32 at `sums`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        bytes_, shorts, words = (ir.VectorType(each, VECTOR) for each in (BYTE, SHORT, WORD))
        places = range(0, LANES, VECTOR)
        levels, high = [_tally(builder, shorts) for _ in places], [_tally(builder, bytes_) for _ in places]
        with for_range(builder, args[1]) as loop:
            line = builder.add(args[0], builder.mul(loop.index, INT64(LANES)))
            for n, place in enumerate(places):
                pointer = builder.inttoptr(builder.add(line, INT64(place)), bytes_.as_pointer())
                values = builder.load(pointer, align=1)
                above = builder.icmp_unsigned(">=", values, ir.Constant(bytes_, [HIGH] * VECTOR))
                _add(builder, builder.zext(values, shorts), levels[n])
                _add(builder, builder.zext(above, bytes_), high[n])
        for n, place in enumerate(places):
            total = builder.mul(builder.zext(builder.load(levels[n]), words), ir.Constant(words, [257] * VECTOR))
            total = builder.add(total, builder.zext(builder.load(high[n]), words))
            pointer = builder.inttoptr(builder.add(args[2], INT64(4 * place)), words.as_pointer())
            builder.store(total, pointer, align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@unit(int64, int64, int64, int64)
def sum_bytes(src, count, channels, sums):
    """Add to sums[c] (address of float64) what `sum_row` adds for `count` packed pixels, where white is 255.

    channels  a divisor of LANES
    """
    columns, size = np.empty(LANES, np.int32), count * channels
    at, end = src, src + size // LANES * LANES
    while at < end:
        lines = min((end - at) // LANES, LINES)
        add_lines(at, lines, address_of(columns))
        at += lines * LANES
        for c in range(channels):
            total = int64(0)
            for k in range(c, LANES, channels):
                total += columns[k]
            store_f64(sums, c, load_f64(sums, c) + total)
    for k in range(src + size - end):
        store_f64(sums, k % channels, load_f64(sums, k % channels) + fixed_byte(load_u8(end, k)))
    hold(columns)
