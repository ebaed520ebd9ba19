"""The user's function of one pixel, compiled into a unit that works on a row of planes.

A unit returns nothing, and Numba prints what is raised in one and goes on. So this unit catches it and leaves word in a
`report`, memory that belongs to one call of the kernel: the caller looks there afterwards, and has the function raise
it once more, in Python.
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
from numpy.typing import NDArray

from variegate.compiled import Unit
from variegate.errors import InputError
from variegate.kernels.memory import load_f32, load_f64, load_i64, store_f64, store_i64

# Of a report's row: the address of the pixel at work, or the number of the row; the width and the height of that row's
# canvas; whether the function failed; and the pixel's values.
AT, WIDTH, HEIGHT, FAILED, PIXEL = range(5)


def reports(functions: int, channels: int) -> NDArray[np.float64]:
    """A row of nothing told yet for each function."""
    return np.zeros((functions, PIXEL + channels))


@functools.lru_cache(maxsize=256)
def pixel_function_unit(function: Callable[..., Any], channels: int, numbers: int) -> Unit:
    """The unit void(row, count, plane, draws, report) for a function(pixel, *draws) -> pixel.

    row, plane  planes of float32, `plane` apart, in units of white; changed in place
    draws       address of float64, `numbers` of them
    report      address of a row of `reports`; once it tells of a failure, nothing is done any more

    Raises  InputError if Numba cannot compile the function, with Numba's reason, or it returns no such pixel.
    """
    pixel_function = jitted(function)
    pixel_at, numbers_at = tuple_at(channels, types.float32), tuple_at(numbers, types.float64)

    @numba.njit
    def pixels(at, end, plane, draws, report):
        drawn = numbers_at(draws, 8)
        while at < end:
            store_i64(report, AT, at)
            given = pixel_at(at, plane)
            made = pixel_function(given, *drawn)
            if not _finite(made) and _finite(given):
                raise ArithmeticError
            _store_pixel(at, plane, made)
            at += 4

    def row_of_pixels(row, count, plane, draws, report):
        if load_f64(report, FAILED) != 0:
            return
        try:
            pixels(row, row + 4 * count, 4 * plane, draws, report)
        except Exception:
            at = load_i64(report, AT)
            store_f64(report, FAILED, 1.0)
            for c in range(channels):
                store_f64(report, PIXEL + c, np.float64(load_f32(at + 4 * c * plane, 0)))

    unit = Unit(row_of_pixels, numba.void(int64, int64, int64, int64, int64), cache=False)
    try:
        _check(pixel_function, channels, numbers)
        assert unit.address
    except NumbaError as error:
        said = f"the function cannot be compiled for {channels} channel{'s' * (channels != 1)}"
        raise InputError(f"{said}. {_wanted(channels, numbers)}. Numba says: {error}") from error
    return unit


def jitted(function: Callable[..., Any]) -> Any:
    """The function compiled by Numba, or as it is if it is so already."""
    return function if hasattr(function, "py_func") else _jitted(function)


@functools.lru_cache(maxsize=256)
def _jitted(function: Callable[..., Any]) -> Any:
    if str(function.__module__).startswith("variegate."):  # a function of ours is known to stay within its row
        return numba.njit(function, error_model="numpy")
    # Its error model is Python's, and so are its indices: one beyond an array would otherwise write into other memory.
    return numba.njit(function, boundscheck=True)


def raised(function: Callable[..., Any], report: NDArray[np.float64], draws: Sequence[float]) -> InputError:
    """The error for a function whose report tells of a failure; its cause is what the function raises for that pixel.

    draws  the numbers drawn for the sample
    """
    given = tuple(report[PIXEL:].tolist()), *draws
    try:
        made = jitted(function)(*given)
    except Exception as error:
        again = InputError(f"the function raised {type(error).__name__}: {error}; it was called with {given}")
        again.__cause__ = error
        return again
    told = "as of the logarithm of zero, is no colour"
    return InputError(f"the function made {made} when it was called with {given}: a number that is not finite, {told}")


def _wanted(channels: int, numbers: int) -> str:
    """What a pixel's function takes and returns, in words."""
    drawn = f" and {numbers} drawn number{'s' * (numbers != 1)}" if numbers else ""
    return f"A pixel's function takes a tuple of {_floats(channels)}{drawn}, and returns such a tuple"


def _floats(count: int) -> str:
    return f"{count} float{'s' * (count != 1)}"


def _check(pixel_function: Any, channels: int, numbers: int) -> None:
    """Look at the type of what a function returns.

    Raises  InputError if that is no tuple of one real number a channel; Numba's own error if there is no telling.
    """
    given = (types.UniTuple(types.float64, channels), *[types.float64] * numbers)
    made = numba.typeof(pixel_function).get_call_type(cpu_target.typing_context, given, {}).return_type
    real = (types.Float, types.Integer, types.Boolean)
    if isinstance(made, types.BaseTuple) and len(made) == channels and all(isinstance(each, real) for each in made):
        return
    told = f"a tuple of {len(made)}, {made}" if isinstance(made, types.BaseTuple) else str(made)
    raise InputError(f"the function returns {told}. {_wanted(channels, numbers)}")


def tuple_at(count: int, number: Any) -> Any:
    """The intrinsic (address, step) -> tuple of `count` float64, loaded `step` bytes apart."""
    made = types.UniTuple(types.float64, count) if count else types.Tuple(())
    double, element = ir.DoubleType(), ir.FloatType() if number == types.float32 else ir.DoubleType()

    @intrinsic
    def loaded_tuple(typing, address, step):
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            values, at = [], args[0]
            for _ in range(count):
                value = builder.load(builder.inttoptr(at, element.as_pointer()), align=4)
                values.append(value if number == types.float64 else builder.fpext(value, double))
                at = builder.add(at, args[1])
            return context.make_tuple(builder, made, values)

        return made(types.int64, types.int64), codegen

    return loaded_tuple


@intrinsic
def _finite(typing, pixel):
    """Whether all of a tuple's numbers are finite as float32: no infinity, and no NaN."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        total = ir.Constant(ir.FloatType(), 0)
        for n, kind in enumerate(pixel):
            value = context.cast(builder, builder.extract_value(args[0], n), kind, types.float32)
            total = builder.fadd(total, builder.fsub(value, value))  # 0, or NaN
        return builder.fcmp_ordered("==", total, total)

    return types.boolean(pixel), codegen


@intrinsic
def _store_pixel(typing, address, step, pixel):
    """Store a tuple of numbers as float32, `step` bytes apart."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = args[0]
        for n, kind in enumerate(pixel):
            value = context.cast(builder, builder.extract_value(args[2], n), kind, types.float32)
            builder.store(value, builder.inttoptr(at, ir.FloatType().as_pointer()), align=4)
            at = builder.add(at, args[1])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, pixel), codegen
