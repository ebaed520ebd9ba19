"""Numbers of a row strewn over its pixels: added, multiplied, or made black and white."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import int64

from variegate.compiled import inlined, kernel
from variegate.kernels.memory import load_f32, load_work_f32, store_f32

f32 = np.float32


@inlined
def added(value, noise, one, other):
    """Noise, multiplied by one number, and another number."""
    return value + (noise * one + other)


@inlined
def scaled(value, noise, one, other):
    """A part of the value: the noise, multiplied by a number."""
    return value + value * (noise * one)


@inlined
def dotted(value, noise, one, other):
    """0 where the noise lies below one number, 1 where it is at least the other."""
    return f32(0.0) if noise < one else (f32(1.0) if noise >= other else value)


def strewer(change: Callable[..., Any]) -> Any:
    """strew(place, start, stop, made, one, other): v = change(v, noise, one, other) for places start to stop of a row.

    place  (row, plane, count, channels, whether all channels share the noise); made: the address of the noise
    Places count on from channel to channel; beyond the last there is nothing to do.
    """

    @kernel
    def strew(place, start, stop, made, one, other):
        row, plane, count, channels, shared = place
        n, end, c = start, min(stop, count if shared else count * channels), start // count
        x = start - c * count
        while n < end:
            noise, length = made + 4 * (n - start), min(count - x, end - n)
            for again in range(channels if shared else 1):
                line = row + 4 * (plane * (c + again) + x)
                for k in range(length):
                    store_f32(line, k, change(load_f32(line, k), load_work_f32(noise, k), one, other))
            n, c, x = n + length, c + 1, int64(0)

    return strew


add, multiply, dot = strewer(added), strewer(scaled), strewer(dotted)
