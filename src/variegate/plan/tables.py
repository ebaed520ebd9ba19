"""Tables: the numbers of one batch of one Read, as the kernels take them.

B samples, G maps, S colour steps, C channels, T tables, F user functions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Tables(NamedTuple):
    """What drives `kernels.render`: every array C-contiguous, colours in units of white.

    maps       (B, G, 3, 3) float64: canvas k + 1 to canvas k
    canvas     (B, G + 1, 2) int64: (height, width); canvas 0 is the source, canvas G the output
    borders    (G,) int64 codes, and fills (G, C) float64: what lies outside canvas k
    steps      (B, S, STEP) float64, after (S,) int64: how many maps precede the step, and levels (S,) int64: the
               level of `Sites` whose mean it leans on
    kinds      (S,) int64: AFFINE, TABLE, CURVE or POINTWISE; picks (B, S) int64: which table or function, -1 where the
               step is not for the sample, whose row of steps is then the identity
    luts       (B, T, 256) float32; functions (F,) int64 addresses; draws (B, F, most) float64
    gain       (C,) and shift (C,) float64: from white to the output's unit
    bounds     (B,) float64, in units of white: before gain and shift, clamp to 0 up to it; below 0: no clamp
    settings   interpolation, bytes an output element, layout, the source's dtype, as codes; and how many steps the
               picture has from black to white, 0 for floats
    white      what white is in the source's own numbers
    library    (LIBRARY,) int64: the addresses of the units to call, see `kernels.library`
    """

    maps: NDArray[np.float64]
    canvas: NDArray[np.int64]
    borders: NDArray[np.int64]
    fills: NDArray[np.float64]
    steps: NDArray[np.float64]
    after: NDArray[np.int64]
    levels: NDArray[np.int64]
    kinds: NDArray[np.int64]
    picks: NDArray[np.int64]
    luts: NDArray[np.float32]
    functions: NDArray[np.int64]
    draws: NDArray[np.float64]
    gain: NDArray[np.float64]
    shift: NDArray[np.float64]
    bounds: NDArray[np.float64]
    settings: tuple[int, int, int, int, int]
    white: float
    library: NDArray[np.int64]


def arena_floats(height: int, width: int, channels: int) -> int:
    """How many float32 of scratch the reader may use for a source: pages not touched cost nothing."""
    pixels = height * width * channels
    return 2 * pixels + 200 * (width + 64) * channels + 4096


def plane_floats(rows: int, columns: int, widest: int, source_width: int, channels: int) -> int:
    """How many float32 of scratch the tail may use: a source row, a row of the widest canvas, and the last canvas."""
    groups = (channels + 2) // 3 * 3
    return groups * (widest + 64) + (source_width + 64) * channels + groups * (rows * columns + 64)
