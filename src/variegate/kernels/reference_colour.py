"""The truth of colour: each kind of step in plain float64 NumPy, on colours (..., channels); see `reference.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import POSTERIZE, POWER, SOLARIZE_ADD, TABLE
from variegate.white import LUMINANCE

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
PixelCallable = Callable[..., Any]


def affine(v: Floats, step: Floats, mean: Floats) -> Floats:
    """An affine step on colours (..., channels); mean: of each channel of the canvas at this point."""
    if v.shape[-1] != 3:
        return np.asarray(step[0] * v + step[9] + step[12] * mean.mean() + step[13] * mean)
    return np.asarray(v @ step[:9].reshape(3, 3).T + step[9:12] + step[12] * (mean @ LUMINANCE) + step[13] * mean)


def looked_up(v: Floats, table: NDArray[np.float32]) -> Floats:
    """A table step (C, 256), on colours (..., C): clamped, rounded half to even, looked up."""
    levels = np.rint(255 * np.clip(v, 0, 1)).astype(int)
    return np.stack([own[levels[..., c]] for c, own in enumerate(table)], axis=-1).astype(np.float64)


def ramped(v: Floats, table: NDArray[np.float32]) -> Floats:
    """The same on the lines between the table's values."""
    values = 255 * np.clip(v, 0, 1)
    return np.stack([np.interp(values[..., c], np.arange(256), own) for c, own in enumerate(table)], axis=-1)


def histogram(v: Floats) -> NDArray[np.int64]:
    """(C, 256): how many pixels of each channel are next to each level, half to even; NaN counts as 0."""
    levels = np.rint(255 * np.clip(np.nan_to_num(v, nan=0), 0, 1)).astype(int)
    return np.stack([np.bincount(levels[..., c].ravel(), minlength=256) for c in range(v.shape[-1])])


def tied(v: Floats) -> bool:
    """Whether float32 may count some value at the level beside the one that `histogram` finds."""
    return bool(on_level(v[np.isfinite(v)]).any())


def on_level(v: Floats, slack: float = 5e-5) -> Flags:
    """Which values lie in the middle between two of 256 levels."""
    level = 255 * v
    near = np.abs(level - np.floor(level) - 0.5) < slack
    return np.asarray(near & (level > -1) & (level < 256))


def curved(v: Floats, step: Floats) -> Floats:
    """A curve step: clamped, rounded half to even where there are steps, and put through its formula."""
    code, a, b, steps = step[:4]
    v = np.clip(v, 0, 1)
    v = np.rint(v * steps) / steps if steps else v
    if code == POWER:
        return np.asarray(b * v**a)
    if code == POSTERIZE and not steps:
        return np.asarray(np.minimum(np.floor(v * a), a - 1) / a)
    if code == POSTERIZE:  # the levels 0 .. steps in `a` parts of one size: level n belongs to part n a // (steps + 1)
        parts = np.floor((2 * np.rint(v * steps) + 1) * a / (2 * (steps + 1)))
        darkest = -(
            -(2 * (steps + 1) * parts - a) // (2 * a)
        )  # the first level n with (2 n + 1) a >= 2 (steps + 1) part
        return np.asarray(darkest / steps)
    if code == SOLARIZE_ADD:
        return np.asarray(np.where(v < a, np.clip(v + b, 0, 1), v))
    return np.asarray(np.where(v >= a, 1 - v, v))


def on_step(v: Floats, kind: int, step: Floats, slack: float) -> Flags:
    """Where the answer hangs on the last bits of a value: between two levels, or two parts of a curve."""
    steps = 255 if kind == TABLE else step[3]
    if steps:
        level = steps * v
        near = np.abs(level - np.floor(level) - 0.5) <= slack * max(1, steps / 255)
        return np.asarray(near & (level > -1) & (level < steps + 1))
    if step[0] == POWER:
        return np.zeros(v.shape, bool)
    edge = v * step[1] if step[0] == POSTERIZE else v - step[1]
    return np.asarray(np.abs(edge - np.rint(edge)) <= slack / 255 * max(1, step[1]))


def pixelwise(v: Floats, function: PixelCallable, draws: Floats) -> Floats:
    """The user's function, a pixel at a time."""
    pixels = [function(tuple(pixel), *draws) for pixel in v.reshape(-1, v.shape[-1])]
    return np.array(pixels, np.float64).reshape(v.shape)


def rowwise(v: Floats, function: PixelCallable, given: tuple[Any, ...]) -> Floats:
    """The user's function, a row at a time; given: its arguments after the row's number and the height."""
    out = v.copy()
    for y, line in enumerate(out):
        function(tuple(line[:, c] for c in range(out.shape[2])), y, len(out), *given)
    return out
