"""The taps of a filter: which rows are read, how far to the side, and times what; see `kernels.stencil`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Taps(NamedTuple):
    """Numbers of one filter of m x n weights.

    rows, columns  (T,): of a tap, as the weights lie; factors (T,)
    nested         whether rows count, instead of rows of the picture, sums about the middle one: 0 is that row, 1 it
                   and the two beside it, 2 those and the next two, ...
    height, width  m and n
    """

    rows: Ints
    columns: Ints
    factors: Floats
    nested: bool
    height: int
    width: int


def taps(weights: Floats) -> Taps:
    """The taps of weights (m, n): one for each, or, where they are fewer, of nested sums.

    A column of a disc is mostly ones: as a sum about the middle row it is one tap instead of as many as it is high. In
    general, weights w0, w1, w2, ... outwards, the same up and down, are w0 - w1 times the first sum, w1 - w2 times the
    second, and so on; that is nothing where neighbours are equal.
    """
    m, n = weights.shape
    rows, columns = map(np.ascontiguousarray, np.nonzero(weights))
    plain = Taps(rows, columns, weights[rows, columns], False, m, n)
    if m < 5 or n == 1 or not (weights == weights[::-1]).all():
        return plain
    half = weights[m // 2 :]
    steps = half.copy()
    steps[:-1] -= half[1:]
    holes = ((half[:-1] == 0) & (half[1:] != 0)).any()  # a sum would hold a pixel that weighs nothing
    outer, across = map(np.ascontiguousarray, np.nonzero(steps))
    if holes or len(outer) + 2 * (m // 2) >= len(rows):
        return plain
    return Taps(outer, across, steps[outer, across], True, m, n)
