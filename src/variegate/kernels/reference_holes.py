"""The truth of holes: which pixels they drop and what becomes of these, in plain NumPy; see `holes.py`.

Each takes a row as a tuple of channels, and changes it in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.reference_bits import uniforms, words

Row = tuple[NDArray[Any], ...]
STRETCH = 4096


def rectangles(
    row: Row, y: int, height: int, bits: Any, columns: float, count: float, noise: float, *given: float
) -> None:
    """Rectangles of whole pixels."""
    for top, bottom, left, right in np.array(given[len(row) :]).reshape(-1, 4):
        x = np.arange(len(row[0]))
        if top <= y < bottom:
            _fill(row, y, (left <= x) & (x < right), bits, noise, given)


def grid(row: Row, y: int, height: int, bits: Any, columns: float, count: float, noise: float, *given: float) -> None:
    """Squares whose centres of pixels they hold."""
    down, across, apart, size = given[len(row) :]
    x = np.arange(len(row[0]))

    def within(pixel: Any, first: float) -> Any:
        k = np.floor((pixel + 0.5 - first) / apart)
        return pixel + 0.5 < k * apart + first + size

    if within(y, down):
        _fill(row, y, within(x, across), bits, noise, given)


def dots(row: Row, y: int, height: int, bits: Any, columns: float, count: float, noise: float, *given: float) -> None:
    """A pixel is dropped by 16 bits of its own: the halves of a stretch's words, the lower ones first."""
    most, own = given[len(row) :]
    layers = len(row) if own else 1
    for layer in range(layers):
        below = [half < most for half in _halves(bits, y * layers + layer, len(row[0]))]
        for c in [layer] if own else range(len(row)):
            row[c][np.concatenate(below)] = given[c]


def _halves(bits: Any, line: int, count: int) -> Iterator[NDArray[Any]]:
    stretches = -(-count // STRETCH)
    for n in range(stretches):
        length = min(count - n * STRETCH, STRETCH)
        start = STRETCH // 2 * (line * stretches + n)
        own = words(bits, start, start + -(-length // 8) * 4)
        yield np.concatenate([own & 0xFFFF, own >> 16])[:length]


def channels_of(
    row: Row, y: int, height: int, bits: Any, columns: float, count: float, noise: float, *given: float
) -> None:
    """Whole channels."""
    for line, colour, dropped in zip(row, given, given[len(row) :], strict=False):
        if dropped:
            line[:] = colour


def spans(row: Row, y: int, height: int, bits: Any, columns: float, count: float, noise: float, *given: float) -> None:
    """Spans of whole pixels of each row."""
    numbers, x = np.array(given[len(row) :]), np.arange(len(row[0]))
    for left, right in numbers[int(numbers[y]) : int(numbers[y + 1])].reshape(-1, 2):
        _fill(row, y, (left <= x) & (x < right), bits, noise, given)


def _fill(row: Row, y: int, where: NDArray[Any], bits: Any, noise: float, given: tuple[float, ...]) -> None:
    """The dropped pixels of a row: a colour, or the uniforms of each pixel, four for every four channels begun."""
    each, width = -(-len(row) // 4) * 4, len(row[0])
    made = uniforms(bits, y * width * each, (y + 1) * width * each).reshape(width, each) if noise else None
    for c, line in enumerate(row):
        line[where] = given[c] if made is None else made[where, c]


HOLES: dict[str, Callable[..., None]] = {
    "rectangles": rectangles,
    "grid": grid,
    "dots": dots,
    "channels": channels_of,
    "spans": spans,
}
