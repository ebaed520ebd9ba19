"""The user's function of one pixel, compiled into a unit that works on a row of planes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import int64
from numba.core.errors import NumbaError
from numba.np.unsafe.ndarray import to_fixed_tuple

from variegate.compiled import Unit
from variegate.errors import InputError
from variegate.kernels.memory import load_f32, load_f64, store_f32


@functools.lru_cache(maxsize=256)
def row_function(function: Callable[..., Any], channels: int, numbers: int) -> Unit:
    """The unit void(row, count, plane, draws) for a function(pixel, *draws) -> pixel.

    row, plane  planes of float32, `plane` apart, in units of white; changed in place
    draws       address of float64, `numbers` of them

    Raises  InputError if Numba cannot compile the function, with Numba's reason.
    """
    pixel_function = function if hasattr(function, "py_func") else numba.njit(error_model="numpy")(function)

    def row_of_pixels(row, count, plane, draws):
        pixel, drawn = np.empty(channels), np.empty(numbers)
        for n in range(numbers):
            drawn[n] = load_f64(draws, n)
        fields = to_fixed_tuple(drawn, numbers)
        for x in range(count):
            for c in range(channels):
                pixel[c] = load_f32(row, c * plane + x)
            result = pixel_function(to_fixed_tuple(pixel, channels), *fields)
            for c in range(channels):
                store_f32(row, c * plane + x, np.float32(result[c]))

    unit = Unit(row_of_pixels, numba.void(int64, int64, int64, int64), cache=False)
    try:
        assert unit.address
    except NumbaError as error:
        name = getattr(function, "__name__", repr(function))
        raise InputError(
            f"the pointwise function {name} cannot be compiled for {channels} channels. It takes a tuple of {channels} "
            f"floats{f' and {numbers} drawn numbers' if numbers else ''}, and returns such a tuple. Numba says: {error}"
        ) from error
    return unit
