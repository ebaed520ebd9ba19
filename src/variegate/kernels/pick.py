"""Rows of pixels picked by index from planes of whole numbers of 1, 2, 4 or 8 bytes; only their bits count.

An instance's mask is mostly empty. So each plane of a stack has an *extent*, from the first of its pixels that is not 0
to the last, and each tile of indices its least and most: where the two do not meet, there is nothing to pick.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64

from variegate.compiled import Unit, kernel, unit
from variegate.kernels.memory import (
    input_f64,
    input_i64,
    input_u8,
    load_u16,
    load_work_i32,
    store_i64,
    store_u8,
    store_u16,
    store_u32,
)

i32, u32 = np.int32, np.uint32


@unit(*[int64] * 3, *[float64] * 4, *[int64] * 6)
def index_row(us, vs, codes, a, b, c, d, lo, hi, count, height, width, index):
    """Where each pixel of a row lies in a plane, as int32; -1 where it shows none of it.

    us, vs, codes   addresses of coordinates and border codes; or 0, and lo <= x < hi are inside, at the coordinates
                    u = a * (x + 0.5) + b and v = c * (x + 0.5) + d
    """
    last_i, last_j, wide, none = float(width - 1), float(height - 1), i32(width), np.uint32(0xFFFFFFFF)
    if us != 0:
        for x in range(count):
            i, j = i32(min(max(input_f64(us, x), 0.0), last_i)), i32(min(max(input_f64(vs, x), 0.0), last_j))
            store_u32(index, x, none if input_u8(codes, x) != 0 else np.uint32(i32(j * wide + i)))
        return
    for x in range(lo):
        store_u32(index, x, none)
    for x in range(lo, hi):
        u, v = a * (x + 0.5) + b, c * (x + 0.5) + d
        i, j = i32(min(max(u, 0.0), last_i)), i32(min(max(v, 0.0), last_j))
        store_u32(index, x, np.uint32(i32(j * wide + i)))
    for x in range(hi, count):
        store_u32(index, x, none)


PICKER = [int64] * 5


@unit(*PICKER)
def pick_bytes(index, count, plane, fill, out):
    """`count` pixels of 1 byte from a plane into out, in the order of the indices; fill where an index is -1."""
    outside = np.uint8(fill)
    for n in range(count):
        at = load_work_i32(index, n)
        value = input_u8(plane, max(at, i32(0)))
        store_u8(out, n, outside if at < 0 else value)


@unit(*PICKER)
def pick_shorts(index, count, plane, fill, out):
    """The same for pixels of 2 bytes."""
    outside = np.uint16(fill)
    for n in range(count):
        at = load_work_i32(index, n)
        value = load_u16(plane, max(at, i32(0)))
        store_u16(out, n, outside if at < 0 else value)


@unit(*PICKER)
def pick_words(index, count, plane, fill, out):
    """The same for pixels of 4 bytes."""
    outside = np.uint32(fill)
    for n in range(count):
        at = load_work_i32(index, n)
        value = np.uint32(load_work_i32(plane, max(at, i32(0))))
        store_u32(out, n, outside if at < 0 else value)


@unit(*PICKER)
def pick_longs(index, count, plane, fill, out):
    """The same for pixels of 8 bytes."""
    for n in range(count):
        at = load_work_i32(index, n)
        value = input_i64(plane, max(at, i32(0)))
        store_i64(out, n, fill if at < 0 else value)


@unit(*PICKER)
def pick_shown(index, count, plane, fill, out):
    """1 where an index is not -1, else 0, as bytes; there is no plane."""
    for n in range(count):
        store_u8(out, n, np.uint8(load_work_i32(index, n) >= 0))


PICKERS: dict[int, Unit] = {1: pick_bytes, 2: pick_shorts, 4: pick_words, 8: pick_longs}


TILE = 64  # indices
BLOCK = 1024  # bytes


@unit(*[int64] * 3)
def bound_tiles(index, count, bounds):
    """The least and the most of each tile of indices, into pairs of int64: (2 ** 32 - 1, -1) where all are -1."""
    for tile in range((count + TILE - 1) // TILE):
        least, most = u32(0xFFFFFFFF), i32(-1)
        for n in range(tile * TILE, min(tile * TILE + TILE, count)):
            at = load_work_i32(index, n)
            least, most = min(least, u32(at)), max(most, at)
        store_i64(bounds, 2 * tile, int64(least))
        store_i64(bounds, 2 * tile + 1, int64(most))


@kernel
def blank(plane, start, stop):
    """Whether all these bytes of a plane are 0."""
    found = np.uint8(0)
    for n in range(start, stop):
        found |= input_u8(plane, n)
    return found == 0


@unit(*[int64] * 4)
def find_extent(plane, count, size, extent):
    """The first and the last of `count` pixels that are not 0, a block more at most, into a pair of int64."""
    start, stop = 0, count * size
    while start < stop and blank(plane, start, min(start + BLOCK, stop)):
        start += BLOCK
    while stop > start and blank(plane, max(stop - BLOCK, start), stop):
        stop -= BLOCK
    store_i64(extent, 0, start // size)
    store_i64(extent, 1, stop // size)
