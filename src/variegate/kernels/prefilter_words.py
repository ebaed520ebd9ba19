"""The prefilter of uint8 pictures that are read bilinearly, in 16-bit whole numbers: see `prefilter.py` for the plan.

A row holds 256 times the level. A weight is a whole number of 1/65536, and a product keeps its upper 16 bits, which is
one instruction for 32 numbers; what is cut off stays below 1/50 of a level. The result is packed to quarter levels.
"""

from __future__ import annotations

import numpy as np
from numba import types

from variegate.compiled import kernel, unit
from variegate.kernels.footprint import tent_taps
from variegate.kernels.memory import borrowed, fetch, fetch_u8, hold, load_u16, store_u16, store_u32
from variegate.kernels.prefilter import ARGUMENTS, RADIUS

u16, u32 = np.uint16, np.uint32


@kernel
def part(value, weight):
    """value * weight / 65536, rounded down."""
    return u16((u32(value) * u32(weight)) >> u32(16))


@kernel
def sixteen(src, index):
    """256 times a level."""
    return u16(u32(fetch_u8(src, index)) << u32(8))


@kernel
def parts_of(taps, radius, low, high, out):
    """Weights of offsets -radius..radius in 1/65536, which sum to 65536; outside low..high they are dropped."""
    total, spent = 0.0, 0
    for k in range(low, high + 1):
        total += taps[abs(k)]
    for k in range(low, high + 1):
        if k != 0:
            out[radius + k] = u16(np.rint(taps[abs(k)] / total * 65536.0))
            spent += int(out[radius + k])
    out[radius] = u16(min(65536 - spent, 65535))


@kernel
def edge_pixel(src, line, x, width, channels, taps, radius, out):
    """One pixel of the filter along x whose taps may lie beyond the edge; out is the pixel's address."""
    low, high = max(x - radius, 0), min(x + radius, width - 1)
    total = 0.0
    for k in range(low, high + 1):
        total += taps[abs(k - x)]
    for c in range(channels):
        value = 0.0
        for k in range(low, high + 1):
            value += taps[abs(k - x)] * fetch(src, line + k * channels + c)
        store_u16(out, c, u16(value / total * 256.0 + 0.5))


@kernel
def filter_x(src, y, width, channels, left, right, taps, parts, radius, out):
    """Pixels left <= x < right of source row y, filtered along x, to the row at address out."""
    line = y * width * channels
    lo = min(max(left, radius), right)
    hi = max(min(right, width - radius), lo)
    for x in range(left, lo):
        edge_pixel(src, line, x, width, channels, taps, radius, out + 2 * (x - left) * channels)
    for x in range(hi, right):
        edge_pixel(src, line, x, width, channels, taps, radius, out + 2 * (x - left) * channels)
    first, count, inner = line + lo * channels, (hi - lo) * channels, out + 2 * (lo - left) * channels
    middle = parts[radius]
    if radius == 0:
        for e in range(count):
            store_u16(inner, e, sixteen(src, first + e))
        return
    side = parts[radius + 1]
    if radius == 1:
        for e in range(count):
            before, after = sixteen(src, first + e - channels), sixteen(src, first + e + channels)
            here = part(sixteen(src, first + e), middle)
            store_u16(inner, e, u16(here + part(before, side) + part(after, side)))
        return
    wing, two = parts[radius + 2], 2 * channels
    for e in range(count):
        before, after = sixteen(src, first + e - channels), sixteen(src, first + e + channels)
        here = u16(part(sixteen(src, first + e), middle) + part(before, side) + part(after, side))
        wings = u16(part(sixteen(src, first + e - two), wing) + part(sixteen(src, first + e + two), wing))
        store_u16(inner, e, u16(here + wings))
    for k in range(3, radius + 1):
        far = parts[radius + k]
        for e in range(count):
            before, after = sixteen(src, first + e - k * channels), sixteen(src, first + e + k * channels)
            store_u16(inner, e, u16(load_u16(inner, e) + part(before, far) + part(after, far)))


@kernel
def ring_row(ring, slots, length, line, at):
    """The address of number `at` of a line in a ring of rows."""
    return ring + 2 * (length * (line % slots) + at)


@kernel
def combine(ring, slots, length, y, height, step, skip, count, taps, parts, radius, out):
    """Rows y - radius .. y + radius of a ring, each `step` numbers further along than the one above, weighted.

    step  0 along y; a pixel's channels, or minus that, along a diagonal; skip, count: where along the row
    """
    low, high = max(-radius, -y), min(radius, height - 1 - y)
    parts_of(taps, radius, low, high, parts)
    here, to = ring_row(ring, slots, length, y, skip), out + 2 * skip
    middle = parts[radius]
    if low == -1 and high == 1:
        above, below = (
            ring_row(ring, slots, length, y - 1, skip - step),
            ring_row(ring, slots, length, y + 1, skip + step),
        )
        side = parts[radius + 1]
        for e in range(count):
            sides = part(load_u16(above, e), side) + part(load_u16(below, e), side)
            store_u16(to, e, u16(part(load_u16(here, e), middle) + sides))
        return
    if low == -2 and high == 2:
        first, fifth = (
            ring_row(ring, slots, length, y - 2, skip - 2 * step),
            ring_row(ring, slots, length, y + 2, skip + 2 * step),
        )
        second, fourth = (
            ring_row(ring, slots, length, y - 1, skip - step),
            ring_row(ring, slots, length, y + 1, skip + step),
        )
        side, wing = parts[radius + 1], parts[radius + 2]
        for e in range(count):
            sides = u16(part(load_u16(second, e), side) + part(load_u16(fourth, e), side))
            wings = u16(part(load_u16(first, e), wing) + part(load_u16(fifth, e), wing))
            store_u16(to, e, u16(part(load_u16(here, e), middle) + u16(sides + wings)))
        return
    for e in range(count):
        store_u16(to, e, part(load_u16(here, e), middle))
    for k in range(low, high + 1):
        if k != 0:
            row, weight = ring_row(ring, slots, length, y + k, skip + k * step), parts[radius + k]
            for e in range(count):
                store_u16(to, e, u16(load_u16(to, e) + part(load_u16(row, e), weight)))


@kernel
def diagonal_edges(ring, slots, length, y, height, channels, sign, taps, radius, out):
    """The pixels at both ends of a row, where the diagonal leaves it: taps beyond the ends are dropped."""
    pixels = length // channels
    left = min(radius, pixels)
    for n in range(left + pixels - max(pixels - radius, left)):
        x = n if n < left else max(pixels - radius, left) + n - left
        for c in range(channels):
            value, total = 0.0, 0.0
            for k in range(max(-radius, -y), min(radius, height - 1 - y) + 1):
                if 0 <= x + sign * k < pixels:
                    at = length * ((y + k) % slots) + (x + sign * k) * channels + c
                    value += taps[abs(k)] * load_u16(ring, at)
                    total += taps[abs(k)]
            store_u16(out, x * channels + c, u16(value / total + 0.5))


@kernel
def pack_row(row, count, channels, words, plane):
    """To quarter levels, three channels a word; groups of three channels lie a plane apart."""
    for group in range((channels + 2) // 3):
        first, out = row + 2 * 3 * group, words + 4 * plane * group
        if channels == 3:
            for x in range(count):
                a, b, c = load_u16(first, 3 * x), load_u16(first, 3 * x + 1), load_u16(first, 3 * x + 2)
                store_u32(out, x, quarter(a) | (quarter(b) << u32(10)) | (quarter(c) << u32(20)))
            continue
        second = 1 if channels - 3 * group > 1 else 0
        third = 2 if channels - 3 * group > 2 else 0
        for x in range(count):
            a, b = load_u16(first, x * channels), load_u16(first, x * channels + second)
            c = load_u16(first, x * channels + third)
            store_u32(out, x, quarter(a) | (quarter(b) << u32(10)) | (quarter(c) << u32(20)))


@kernel
def quarter(value):
    """256 times the level to 4 times the level, rounded."""
    return (u32(value) + u32(32)) >> u32(6)


@unit(types.CPointer(types.uint8), *ARGUMENTS)
def prefilter_words(
    src, height, width, channels, left, top, right, bottom, x, y, diagonal, sign, bicubic, rings, words, out
):
    """Filter a region of a uint8 source into words at `out`; the arguments are those of `prefilter.prefilter_bytes`."""
    own_taps, own_parts = np.zeros((3, RADIUS), np.float64), np.zeros((3, 2 * RADIUS + 1), np.uint16)
    taps, parts = borrowed(own_taps), borrowed(own_parts)
    rx, ry, rd = tent_taps(x, taps[0]), tent_taps(y, taps[1]), tent_taps(diagonal, taps[2])
    parts_of(taps[0], rx, -rx, rx, parts[0])
    wide_left, wide_right = max(left - rd, 0), min(right + rd, width)
    length, count = (wide_right - wide_left) * channels, right - left
    nought = np.int64(0)  # a literal would be a type of its own, and compile `combine` twice
    slots_x, slots_y = 2 * ry + 1, 2 * rd + 1
    ring_y = rings + 2 * length * slots_x
    last = ring_y + 2 * length * slots_y
    next_x, next_y = max(top - rd - ry, 0), max(top - rd, 0)
    for line in range(top, bottom):
        while next_y <= min(line + rd, height - 1):
            below = ring_y + 2 * length * (next_y % slots_y)
            if ry == 0:  # nothing to do along y: filter straight into the second ring
                filter_x(src, next_y, width, channels, wide_left, wide_right, taps[0], parts[0], rx, below)
            else:
                while next_x <= min(next_y + ry, height - 1):
                    row = rings + 2 * length * (next_x % slots_x)
                    filter_x(src, next_x, width, channels, wide_left, wide_right, taps[0], parts[0], rx, row)
                    next_x += 1
                combine(rings, slots_x, length, next_y, height, nought, nought, length, taps[1], parts[1], ry, below)
            next_y += 1
        row = ring_y + 2 * length * (line % slots_y)
        if rd > 0:
            skip = min(rd * channels, length)
            step, inner = sign * channels, max(length - 2 * skip, 0)
            combine(ring_y, slots_y, length, line, height, step, skip, inner, taps[2], parts[2], rd, last)
            diagonal_edges(ring_y, slots_y, length, line, height, channels, sign, taps[2], rd, last)
            row = last
        row += 2 * (left - wide_left) * channels
        pack_row(row, count, channels, out + 4 * count * (line - top), count * (bottom - top))
    hold((own_taps, own_parts))
