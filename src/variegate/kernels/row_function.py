"""A function of one row of the canvas, compiled into a unit; see `ops.effect.RowFunction` for what it is given.

What it raises is caught, as in `user`: the unit leaves word in its report, and the function is called once more in
Python, on a grey row as wide.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import int64, types
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array
from numpy.typing import NDArray

import variegate.kernels.bits  # noqa: F401 - from here on Numba knows what a function may make of its bits
from variegate.compiled import Unit
from variegate.errors import InputError
from variegate.kernels.memory import load_f64, store_f64, store_i64
from variegate.kernels.pixel_function import AT, FAILED, HEIGHT, WIDTH, jitted, tuple_at

GREY = 0.5  # of the row on which a function that raised is tried again
ROW, WORDS = types.Array(types.float32, 1, "C"), types.Array(types.uint32, 1, "C")


@functools.lru_cache(maxsize=256)
def row_function_unit(function: Callable[..., Any], channels: int, numbers: int, bits: bool) -> Unit:
    """The unit void(row, count, plane, y, height, draws, report) for a function(row, y, height, [bits,] *draws).

    row, plane  planes of float32, `plane` apart, in units of white; changed in place
    draws       address of float64, `numbers` of them, and behind them, if the function takes bits, four uint32
    report      address of a row of `user.reports`; once it tells of a failure, nothing is done any more

    Raises  InputError if Numba cannot compile the function, with Numba's reason.
    """
    own, rows_at, numbers_at = jitted(function), _rows_at(channels), tuple_at(numbers, types.float64)

    if bits:

        def call(row, count, plane, y, height, draws):
            own(rows_at(row, count, plane), y, height, _words_at(draws + 8 * numbers), *numbers_at(draws, 8))

    else:

        def call(row, count, plane, y, height, draws):
            own(rows_at(row, count, plane), y, height, *numbers_at(draws, 8))

    compiled = numba.njit(call)

    def one_row(row, count, plane, y, height, draws, report):
        if load_f64(report, FAILED) != 0:
            return
        try:
            compiled(row, count, plane, y, height, draws)
        except Exception:
            store_i64(report, AT, y)
            store_i64(report, WIDTH, count)
            store_i64(report, HEIGHT, height)
            store_f64(report, FAILED, 1.0)

    unit = Unit(one_row, numba.void(*[int64] * 7), cache=False)
    try:
        _check(own, channels, numbers, bits)
        assert unit.address
    except NumbaError as error:
        raise InputError(
            f"the function of a row cannot be compiled for {channels} channels. {_wanted(numbers, bits)}. "
            f"Numba says: {error}"
        ) from error
    return unit


def raised_in_row(
    function: Callable[..., Any],
    report: NDArray[np.float64],
    channels: int,
    draws: Sequence[float],
    bits: NDArray[np.uint32] | None,
) -> InputError:
    """The error for a function whose report tells of a failure; its cause is what it raises on a grey row, if it does.

    draws, bits  what was drawn for the sample
    """
    y, width, height = report.view(np.int64)[[AT, WIDTH, HEIGHT]].tolist()
    given = (y, height, *([] if bits is None else [bits]), *draws)
    row = tuple(np.full(width, GREY, np.float32) for _ in range(channels))
    told = f"the function raised {{}} at row {y}; it was called with the numbers {tuple(draws)}"
    try:
        jitted(function)(row, *given)
    except Exception as error:
        again = InputError(told.format(f"{type(error).__name__}: {error}"))
        again.__cause__ = error
        return again
    return InputError(told.format("an error that it does not raise on a grey row"))


def _wanted(numbers: int, bits: bool) -> str:
    """What a row's function takes, in words."""
    drawn = f", and {numbers} drawn number{'s' * (numbers != 1)}" if numbers else ""
    return (
        "It takes (row, y, height" + ", bits" * bits + f"){drawn}: row is a tuple of float32 arrays, one a channel, "
        "which it changes in place; and it returns nothing"
    )


def _check(own: Any, channels: int, numbers: int, bits: bool) -> None:
    """Look at what a function returns.

    Raises  InputError if that is anything; Numba's own error if it does not compile.
    """
    given = (types.UniTuple(ROW, channels), int64, int64, *[WORDS] * bits, *[types.float64] * numbers)
    made = numba.typeof(own).get_call_type(cpu_target.typing_context, given, {}).return_type
    if made != types.none:
        raise InputError(f"the function of a row returns {made}. {_wanted(numbers, bits)}")


def _rows_at(channels: int) -> Any:
    """The intrinsic (address, count, plane) -> tuple of `channels` arrays of `count` float32, `plane` floats apart."""
    made = types.UniTuple(ROW, channels)

    @intrinsic
    def rows_at(typing, address, count, plane):
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            at, rows = args[0], []
            apart = builder.mul(args[2], ir.Constant(ir.IntType(64), 4))
            for _ in range(channels):
                rows.append(_array(context, builder, ROW, at, args[1], 4))
                at = builder.add(at, apart)
            return context.make_tuple(builder, made, rows)

        return made(types.int64, types.int64, types.int64), codegen

    return rows_at


@intrinsic
def _words_at(typing, address):
    """Four uint32 at an address, as an array."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _array(context, builder, WORDS, args[0], ir.Constant(ir.IntType(64), 4), 4)

    return WORDS(types.int64), codegen


def _array(context: Any, builder: Any, kind: Any, address: Any, count: Any, size: int) -> Any:
    """An array over memory that it does not own."""
    made = context.make_array(kind)(context, builder)
    data = builder.inttoptr(address, context.get_data_type(kind.dtype).as_pointer())
    itemsize = ir.Constant(ir.IntType(64), size)
    parts = {"data": data, "shape": (count,), "strides": (itemsize,), "itemsize": itemsize, "meminfo": None}
    populate_array(made, **parts)
    return made._getvalue()
