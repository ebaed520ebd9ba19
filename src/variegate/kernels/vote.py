"""A pixel of a class mask put to the vote of its sub-pixels: which class wins.

First come the kept classes, in the order given: one that is met wins however few its votes. Then the class with the
most votes, the smallest of equals. The ignored class and what lies outside win only where there is nothing else;
between the two, again the one with more votes.

Classes are compared by their *keys*: the bits of a pixel, as an integer of 64 bits, exclusive-or a `flip` by which
signed and unsigned pixels of every width keep their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64

from variegate.compiled import kernel, unit
from variegate.kernels.memory import (
    load_i64,
    load_u8,
    load_u16,
    load_work_i32,
    store_i64,
    store_u8,
    store_u16,
    store_u32,
)

MOST = 16  # sub-pixels a side
TALLY = 2 * MOST * MOST  # int64 of scratch: the keys met, then their votes


def flip_of(dtype: np.dtype[Any]) -> int:
    """What turns the bits of a pixel of bool or an integer dtype into its key."""
    if dtype.itemsize == 8:
        return -(1 << 63) if dtype.kind == "u" else 0
    return 1 << (8 * dtype.itemsize - 1) if dtype.kind == "i" else 0


def key_of_value(value: int, dtype: np.dtype[Any]) -> int:
    """The key of a value of that dtype."""
    return int(np.array(value, dtype).view(f"u{dtype.itemsize}").astype(np.int64)) ^ flip_of(dtype)


@kernel
def key_of(picked, n, size, flip):
    """The key of pixel n of a buffer."""
    if size == 1:
        return np.int64(load_u8(picked, n)) ^ flip
    if size == 2:
        return np.int64(load_u16(picked, n)) ^ flip
    if size == 4:
        return np.int64(np.uint32(load_work_i32(picked, n))) ^ flip
    return load_i64(picked, n) ^ flip


@kernel
def store_key(out, n, size, flip, key):
    """Pixel n of a buffer, from its key."""
    bits = key ^ flip
    if size == 1:
        store_u8(out, n, np.uint8(bits))
    elif size == 2:
        store_u16(out, n, np.uint16(bits))
    elif size == 4:
        store_u32(out, n, np.uint32(bits))
    else:
        store_i64(out, n, bits)


@kernel
def tally(index, picked, start, across, down, stride, size, flip, seen):
    """The votes of one pixel, into seen; returns how many classes were met, and how many sub-pixels show none."""
    found, last, outside = 0, 0, 0
    for line in range(down):
        for n in range(start + line * stride, start + line * stride + across):
            if load_work_i32(index, n) < 0:
                outside += 1
                continue
            key = key_of(picked, n, size, flip)
            if found == 0 or key != load_i64(seen, last):  # mostly it is the class that was met last
                last = 0
                while last < found and load_i64(seen, last) != key:
                    last += 1
                if last == found:
                    store_i64(seen, last, key)
                    store_i64(seen, MOST * MOST + last, 0)
                    found += 1
            store_i64(seen, MOST * MOST + last, load_i64(seen, MOST * MOST + last) + 1)
    return found, outside


@kernel
def winner(seen, found, outside, ignores, ignored, fill, keep, kept):
    """The key of the class that wins."""
    for k in range(kept):
        for n in range(found):
            if load_i64(seen, n) == load_i64(keep, k):
                return load_i64(keep, k)
    best, most, missed = fill, 0, 0
    for n in range(found):
        key, votes = load_i64(seen, n), load_i64(seen, MOST * MOST + n)
        if ignores != 0 and key == ignored:
            missed = votes
        elif votes > most or (votes == most and key < best):
            best, most = key, votes
    if most == 0 and (missed > outside or (missed == outside and ignored < fill)):
        return ignored
    return best


@unit(*[int64] * 15)
def vote_row(index, picked, centres, plane, size, across, down, count, flip, ignores, ignored, fill, keep, seen, out):
    """One row of `count` pixels, each of across x down sub-pixels.

    index, picked   addresses of `down` rows of sub-pixels: indices, of which -1 shows none, and pixels of `size` bytes
    centres, plane  address of the indices of the pixels' centres, into the plane at that address
    ignores         whether there is an ignored class; ignored, fill: keys
    keep            address of int64: how many classes are kept, and their keys
    seen            scratch of TALLY int64
    """
    kept, stride = load_i64(keep, 0), across * count
    for x in range(count):
        found, outside = tally(index, picked, x * across, across, down, stride, size, flip, seen)
        key, centre = fill, np.int64(load_work_i32(centres, x))
        if found > 0:
            key = winner(seen, found, outside, ignores, ignored, fill, keep + 8, kept)
        elif centre >= 0:
            key = key_of(plane, centre, size, flip)
        store_key(out, x, size, flip, key)
