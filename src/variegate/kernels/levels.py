"""Levels: what a row's steps make of each of 256, where a picture of bytes goes through nothing else.

A step that looks at one channel of one pixel makes the same of the same byte, wherever it lies. So all the steps of a
row are done once, on a ramp of the 256 levels, by the very units that do them on pixels; then every byte is looked up.
"""

from __future__ import annotations

import numpy as np
from numba import int64

from variegate.compiled import kernel, unit
from variegate.kernels.codes import AFFINE, LEVELS, POINTWISE, STEP_SORT
from variegate.kernels.memory import input_f32, input_u8, load_f32, store_f32
from variegate.kernels.survey import FILTERED, UPRIGHT

REACH = 40  # pixels of a reduced picture: no prefilter looks further


@kernel
def by_levels(kinds, steps):
    """Whether there is a step that is no affine one, and each looks at one channel of one pixel."""
    found = False
    for s in range(kinds.shape[0]):
        step = steps[s]
        if kinds[s, STEP_SORT] != AFFINE:
            found = True
            if kinds[s, STEP_SORT] >= POINTWISE:  # of the user, or by a pixel's place
                return False
        elif (
            step[1] != 0.0
            or step[2] != 0.0
            or step[3] != 0.0
            or step[5] != 0.0
            or step[6] != 0.0
            or step[7] != 0.0
            or step[12] != 0.0
            or step[13] != 0.0
        ):
            return False
    return found


@kernel
def put_ramp(row, channels):
    """The 256 levels, as planes of float32 at address row."""
    for c in range(channels):
        for v in range(LEVELS):
            store_f32(row, c * LEVELS + v, np.float32(v))


@kernel
def are_alike(table, channels):
    """Whether all channels of a table (address of LEVELS x channels float32) are the same, to the bit."""
    found = True
    for v in range(LEVELS):
        for c in range(1, channels):
            found = found and load_f32(table, v * channels + c) == load_f32(table, v * channels)
    return found


@kernel
def read_part(state, way, height, width):
    """(left, top, right, bottom): the part of a picture that a site reads, all that its filters look at included."""
    by_x, by_y = state[3], state[4]
    more_x, more_y = np.int64(0), np.int64(0)
    if state[2] == UPRIGHT:  # whose taps that weigh nothing are read, too
        more_x, more_y = np.int64(4.0 * max(abs(way[0, 0]), 1.0)) + 8, np.int64(4.0 * max(abs(way[1, 1]), 1.0)) + 8
    elif state[2] == FILTERED:
        more_x, more_y = np.int64(REACH), np.int64(REACH)
    left, top = max(by_x * (state[5] - more_x), 0), max(by_y * (state[6] - more_y), 0)
    return left, top, min(by_x * (state[7] + more_x), width), min(by_y * (state[8] + more_y), height)


@unit(*[int64] * 9)
def expand(src, line, table, alike, rows, count, channels, out, pitch):
    """Rows of `count` packed pixels of bytes to float32, each looked up in a table of LEVELS x channels float32.

    line, pitch  bytes from one row to the next, of the bytes and of the floats
    alike        whether the table's first channel does for all: then the table has no other
    """
    for y in range(rows):
        row, to = src + y * line, out + y * pitch
        if alike:
            for e in range(count * channels):
                store_f32(to, e, input_f32(table, int64(input_u8(row, e))))
        else:
            for c in range(channels):
                for x in range(count):
                    value = input_f32(table, int64(input_u8(row, x * channels + c)) * channels + c)
                    store_f32(to, x * channels + c, value)
