"""Tables: the numbers of one batch's rows, as the kernels take them; `kernels.row_layout` says what a row is.

R rows, G maps, S steps, C channels, T tables, F user functions, D rows of draws for them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.chain import Displacements, MapChain
from variegate.kernels.codes import FIRST_MAP, FIRST_STEP, ROW_FILTER, ROW_FORM, ROW_READING, TO_RESULT


class Tables(NamedTuple):
    """What drives `kernels.render`: every array C-contiguous, colours in units of white.

    rows, units, maps, borders, fills, canvas, steps, kinds    as in `kernels.row_layout.RowLayout`
    colours    (n, C) float64: what lies outside, which `fills` counts
    luts       (T, C, 256) float32
    functions  (F,) int64 addresses; calls: (D,) int64, the function of each row of draws, (D, most) float64
    gain       (C,) and shift (C,) float64: from white to the result's unit
    settings   bytes an element of the result, its layout and the pictures' dtype as codes, and how many steps they have
               from black to white, 0 for floats
    library    (FORMS, LIBRARY) int64: the addresses of the units to call, see `kernels.library`
    fields     what bends the maps: see `kernels.chain`
    """

    rows: NDArray[np.int64]
    units: NDArray[np.float64]
    maps: NDArray[np.float64]
    borders: NDArray[np.int64]
    fills: NDArray[np.int64]
    canvas: NDArray[np.int64]
    steps: NDArray[np.float64]
    kinds: NDArray[np.int64]
    colours: NDArray[np.float64]
    luts: NDArray[np.float32]
    functions: NDArray[np.int64]
    calls: NDArray[np.int64]
    draws: NDArray[np.float64]
    gain: NDArray[np.float64]
    shift: NDArray[np.float64]
    settings: tuple[int, int, int, int]
    library: NDArray[np.int64]
    fields: Displacements

    def row(self, r: int) -> RowTables:
        """One row by itself."""
        (line, after), channels = self.rows[r : r + 2], self.gain.size
        m, n = line[FIRST_MAP], after[FIRST_MAP]
        steps = slice(line[FIRST_STEP], after[FIRST_STEP])
        final = bool(line[ROW_FORM] & TO_RESULT)
        white, goal, bound = self.units[r].tolist()
        return RowTables(
            self.maps[m:n],
            self.canvas[m + r : n + r + 1],
            self.borders[m:n],
            self.colours[self.fills[m:n]].reshape(-1, channels),
            self.steps[steps],
            self.kinds[steps],
            int(line[ROW_READING]),
            bool(line[ROW_FILTER]),
            self.gain if final else np.full(channels, goal),
            self.shift if final else np.zeros(channels),
            self.settings[1] if final else 0,
            white,
            bound,
            self.fields.part(int(m), int(n)),
        )


class RowTables(NamedTuple):
    """What one row's tables say, for people and for the reference; G maps, S steps.

    maps (G, 3, 3), canvas (G + 1, 2), borders (G,), fills (G, C), steps (S, STEP), kinds (S, STEP_CODES)
    interpolation  a code; antialias: whether what shrinks is filtered
    gain, shift    (C,): from white to the numbers written; layout: a code
    fields         what bends its maps
    white          what white is in the picture read; bound: in units of white, below 0 there is none
    """

    maps: NDArray[np.float64]
    canvas: NDArray[np.int64]
    borders: NDArray[np.int64]
    fills: NDArray[np.float64]
    steps: NDArray[np.float64]
    kinds: NDArray[np.int64]
    interpolation: int
    antialias: bool
    gain: NDArray[np.float64]
    shift: NDArray[np.float64]
    layout: int
    white: float
    bound: float
    fields: Displacements

    @property
    def chain(self) -> MapChain:
        """Its maps alone."""
        return MapChain(self.maps, self.canvas, self.borders, self.fields)


def arena_floats(height: int, width: int, channels: int) -> int:
    """How many float32 of scratch the reader may use for a source: pages not touched cost nothing."""
    pixels = height * width * channels
    return 2 * pixels + 200 * (width + 64) * channels + 4096


def plane_floats(rows: int, columns: int, widest: int, source_width: int, channels: int) -> int:
    """How many float32 of scratch the tail may use: a source row, a row of the widest canvas, and the last canvas."""
    groups = (channels + 2) // 3 * 3
    return groups * (widest + 64) + (source_width + 64) * channels + groups * (rows * columns + 64)
