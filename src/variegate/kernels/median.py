"""The median of the pixels around each: columns sorted once a row of the result, and of these what can be the median.

All is minima and maxima of whole rows, without a branch: networks, see `kernels.network`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import int64, types
from numba.core import cgutils
from numba.extending import intrinsic

from variegate.compiled import entry, unit
from variegate.kernels.codes import EDGE
from variegate.kernels.memory import FLOAT, INT64, address_of, hold, invoke, scopes
from variegate.kernels.network import Pairs, choosing, sorting
from variegate.kernels.stencil import put_row

SIZES = 3, 5, 7
Emit = Callable[[Any, int, Callable[[int, int], Any], Callable[[int, Any], None]], None]


def compare(builder: Any, values: list[Any], pairs: Pairs) -> None:
    """Let a network run on values, which change their places."""
    for a, b in pairs:
        first, second = values[a], values[b]
        ordered = builder.fcmp_ordered("<", first, second)
        values[a], values[b] = builder.select(ordered, first, second), builder.select(ordered, second, first)


def sort_column(builder: Any, size: int, load: Callable[[int, int], Any], store: Callable[[int, Any], None]) -> None:
    """A column of each of `size` rows, sorted."""
    values = [load(j, 0) for j in range(size)]
    compare(builder, values, sorting(size))
    for j, value in enumerate(values):
        store(j, value)


def take_median(builder: Any, size: int, load: Callable[[int, int], Any], store: Callable[[int, Any], None]) -> None:
    """The median of size x size numbers, sorted down each column."""
    values = [load(j, i) for j in range(size) for i in range(size)]
    pairs, middle = choosing(size)
    compare(builder, values, pairs)
    store(0, values[middle])


def each_place(emit: Emit) -> Any:
    """loop(size, count, step, rows, long, out): what is emitted for a size of SIZES, at `count` places of rows.

    load(j, i) is the number `i` steps behind the place, in the row j of `long` float32; store(j, v) puts one into the
    row j at address out, at the place.
    """

    def loop(typing: Any, size: Any, count: Any, step: Any, rows: Any, long: Any, out: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            for each in SIZES:
                with builder.if_then(builder.icmp_signed("==", args[0], INT64(each))):
                    _emit_loop(builder, emit, each, args[1:])
            return context.get_dummy_value()

        return types.void(*[int64] * 6), codegen

    return intrinsic(loop)


def _emit_loop(builder: Any, emit: Emit, size: int, args: Any) -> None:
    count, step, rows, long, out = args
    source, target = (builder.inttoptr(each, FLOAT.as_pointer()) for each in (rows, out))
    with cgutils.for_range(builder, count) as at:

        def place(j: int, i: int) -> Any:
            return builder.add(at.index, builder.add(builder.mul(long, INT64(j)), builder.mul(step, INT64(i))))

        def load(j: int, i: int) -> Any:
            value = builder.load(builder.gep(source, [place(j, i)]), align=4)
            value.set_metadata("alias.scope", scopes(builder, ("input",)))
            return value

        def store(j: int, value: Any) -> None:
            stored = builder.store(value, builder.gep(target, [place(j, 0)]), align=4)
            stored.set_metadata("noalias", scopes(builder, ("input",)))

        emit(builder, size, load, store)


sort_each, take_each = each_place(sort_column), each_place(take_median)


@unit(*[int64] * 6)
def sort_columns(size, count, step, rows, long, out):
    """Columns of `size` rows of `count` float32, which lie `long` from each other, sorted, to as many rows."""
    sort_each(size, count, step, rows, long, out)


@unit(*[int64] * 6)
def medians(size, count, step, rows, long, out):
    """The medians of size x size numbers of such rows, `step` numbers from one column to the next."""
    take_each(size, count, step, rows, long, out)


@entry
def median(units, src, shape, scale, size, last, rows, out):
    """A picture at address src, packed, to its medians of size x size pixels, at address out; its edge goes on.

    units  addresses: what makes its dtype float32, `sort_columns`, `medians`, and what writes a row, or 0
    shape, scale, last  as for `stencil`; rows: address of scratch, as `room` has it
    """
    widen, sort, choose, writing = units
    height, width, channels = shape[:3]
    reach, values, (bound, gain, shift, bytes_) = size // 2, width * channels, last
    long = (width + 2 * reach) * channels
    ordered_rows, made = rows + 4 * long * size, rows + 8 * long * size
    for y in range(height):
        for j in range(size if y == 0 else 1):  # the rows that are new
            above = y + (j if y == 0 else size - 1) - reach
            put_row(widen, src, shape, above, np.int64(EDGE), scale, reach, rows + 4 * long * (above % size))
        invoke(sort, (size, long, channels, rows, long, ordered_rows))  # which of them is which does not matter
        goal = made if writing != 0 else out + 4 * y * values
        invoke(choose, (size, values, channels, ordered_rows, long, goal))
        if writing != 0:
            to, one = out + bytes_ * y * values, np.int64(1)
            invoke(writing, (goal, values, one, values, bound, address_of(gain), address_of(shift), to, one, one))
    hold((gain, shift))


def room(size: int, width: int, channels: int) -> int:
    """How many float32 of scratch `median` uses: rows of the picture, the sorted ones, and one that is written."""
    return (2 * size + 1) * channels * (width + 2 * (size // 2))
