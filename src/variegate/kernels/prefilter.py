"""The prefilter: three short symmetric filters, along x, y and a diagonal, over the part of the source that is read.

Rows stream through: each source row is filtered along x into a ring of rows, the ring is combined along y into a second
ring, and that along the diagonal into one row, which is packed. So the work stays in the cache, and the memory is a few
rows beside the result. Taps beyond the source's edge are dropped and the rest renormalised, axis by axis.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64, types

from variegate.compiled import kernel, unit
from variegate.kernels.footprint import cubic_taps, tent_taps
from variegate.kernels.memory import borrowed, fetch, hold, load_f32, store_f32, store_u32

f32, u32 = np.float32, np.uint32
RADIUS = 33  # more taps than any scale asks for: see footprint.py


@kernel
def blend_row(out, count, row, weight):
    """out[:count] += weight * row."""
    for e in range(count):
        store_f32(out, e, load_f32(out, e) + weight * load_f32(row, e))


@kernel
def edge_pixel(src, line, x, width, channels, taps, radius, out):
    """One pixel of the filter along x whose taps may lie beyond the edge; out is the pixel's address."""
    total = f32(0.0)
    for k in range(max(x - radius, 0), min(x + radius, width - 1) + 1):
        total += taps[abs(k - x)]
    for c in range(channels):
        value = f32(0.0)
        for k in range(max(x - radius, 0), min(x + radius, width - 1) + 1):
            value += taps[abs(k - x)] * fetch(src, line + k * channels + c)
        store_f32(out, c, value / total)


@kernel
def filter_x(src, y, width, channels, left, right, taps, radius, out):
    """Pixels left <= x < right of source row y, filtered along x, to the row at address out."""
    line = y * width * channels
    lo = min(max(left, radius), right)
    hi = max(min(right, width - radius), lo)
    for x in range(left, lo):
        edge_pixel(src, line, x, width, channels, taps, radius, out + 4 * (x - left) * channels)
    for x in range(hi, right):
        edge_pixel(src, line, x, width, channels, taps, radius, out + 4 * (x - left) * channels)
    first, count, inner = line + lo * channels, (hi - lo) * channels, out + 4 * (lo - left) * channels
    middle, side = f32(taps[0]), f32(taps[1])
    if radius == 0:
        for e in range(count):
            store_f32(inner, e, fetch(src, first + e))
    elif radius == 1:
        for e in range(count):
            sides = fetch(src, first + e - channels) + fetch(src, first + e + channels)
            store_f32(inner, e, middle * fetch(src, first + e) + side * sides)
    else:
        outer = f32(taps[2])
        for e in range(count):
            sides = fetch(src, first + e - channels) + fetch(src, first + e + channels)
            wings = fetch(src, first + e - 2 * channels) + fetch(src, first + e + 2 * channels)
            store_f32(inner, e, (middle * fetch(src, first + e) + side * sides) + outer * wings)
        for k in range(3, radius + 1):
            far = f32(taps[k])
            for e in range(count):
                sides = fetch(src, first + e - k * channels) + fetch(src, first + e + k * channels)
                store_f32(inner, e, load_f32(inner, e) + far * sides)


@kernel
def combine_rows(ring, slots, length, y, height, taps, radius, out):
    """Row y filtered along y: rows y - radius .. y + radius of a ring, those beyond the edge dropped."""
    lo, hi = max(y - radius, 0), min(y + radius, height - 1)
    total = f32(0.0)
    for k in range(lo, hi + 1):
        total += taps[abs(k - y)]
    centre = ring + 4 * length * (y % slots)
    if radius == 1 and hi - lo == 2:
        above, below = ring + 4 * length * (lo % slots), ring + 4 * length * (hi % slots)
        middle, side = f32(taps[0]), f32(taps[1])
        for e in range(length):
            store_f32(out, e, middle * load_f32(centre, e) + side * (load_f32(above, e) + load_f32(below, e)))
        return
    weight = f32(taps[0]) / total
    for e in range(length):
        store_f32(out, e, weight * load_f32(centre, e))
    for k in range(lo, hi + 1):
        if k != y:
            blend_row(out, length, ring + 4 * length * (k % slots), f32(taps[abs(k - y)]) / total)


@kernel
def combine_diagonal(ring, slots, length, y, height, channels, left, width, taps, radius, sign, out):
    """Row y filtered along (sign, 1): from row y + k the pixel k * sign further right; taps beyond an edge dropped."""
    pixels = length // channels
    centre = ring + 4 * length * (y % slots)
    inner_lo, inner_hi = min(radius, pixels), max(pixels - radius, min(radius, pixels))
    total = f32(0.0)
    for k in range(-radius, radius + 1):
        if 0 <= y + k < height:
            total += taps[abs(k)]
    weight = f32(taps[0]) / total
    for e in range(inner_lo * channels, inner_hi * channels):
        store_f32(out, e, weight * load_f32(centre, e))
    for k in range(-radius, radius + 1):
        if k != 0 and 0 <= y + k < height:
            row = ring + 4 * (length * ((y + k) % slots) + sign * k * channels)
            skip = inner_lo * channels
            blend_row(out + 4 * skip, (inner_hi - inner_lo) * channels, row + 4 * skip, f32(taps[abs(k)]) / total)
    for x in range(pixels):
        if inner_lo <= x < inner_hi:
            continue
        for c in range(channels):
            value, total = f32(0.0), f32(0.0)
            for k in range(-radius, radius + 1):
                at = x + sign * k
                if 0 <= y + k < height and 0 <= at + left < width and 0 <= at < pixels:
                    value += taps[abs(k)] * load_f32(ring, length * ((y + k) % slots) + at * channels + c)
                    total += taps[abs(k)]
            store_f32(out, x * channels + c, value / total)


@kernel
def pack_row(row, count, channels, words, plane):
    """Levels 0..255 to quarter levels, three channels a word; groups of three channels lie a plane apart."""
    for group in range((channels + 2) // 3):
        first, out = row + 4 * 3 * group, words + 4 * plane * group
        second = 1 if channels - 3 * group > 1 else 0
        third = 2 if channels - 3 * group > 2 else 0
        for x in range(count):
            a = u32(load_f32(first, x * channels) * f32(4.0) + f32(0.5))
            b = u32(load_f32(first, x * channels + second) * f32(4.0) + f32(0.5))
            c = u32(load_f32(first, x * channels + third) * f32(4.0) + f32(0.5))
            store_u32(out, x, a | (b << u32(10)) | (c << u32(20)))


@kernel
def copy_row(row, count, out):
    """out[:count] = row."""
    for e in range(count):
        store_f32(out, e, load_f32(row, e))


@kernel
def filter_region(src, height, width, channels, left, top, right, bottom, taps, radii, sign, rings, words, out):
    """Filter the region left..right, top..bottom of a source; taps (3, RADIUS) and radii (3,) along x, y, diagonal."""
    rx, ry, rd = radii[0], radii[1], radii[2]
    wide_left, wide_right = max(left - rd, 0), min(right + rd, width)
    length, count = (wide_right - wide_left) * channels, right - left
    slots_y, slots_d = 2 * ry + 1, 2 * rd + 1
    ring_d = rings + 4 * length * slots_y
    last = ring_d + 4 * length * slots_d
    next_x, next_y = max(top - rd - ry, 0), max(top - rd, 0)
    for y in range(top, bottom):
        while next_y <= min(y + rd, height - 1):
            while next_x <= min(next_y + ry, height - 1):
                row = rings + 4 * length * (next_x % slots_y)
                filter_x(src, next_x, width, channels, wide_left, wide_right, taps[0], rx, row)
                next_x += 1
            row = ring_d + 4 * length * (next_y % slots_d)
            combine_rows(rings, slots_y, length, next_y, height, taps[1], ry, row)
            next_y += 1
        row = ring_d + 4 * length * (y % slots_d)
        if rd > 0:
            combine_diagonal(ring_d, slots_d, length, y, height, channels, wide_left, width, taps[2], rd, sign, last)
            row = last
        row += 4 * (left - wide_left) * channels
        if words:
            pack_row(row, count, channels, out + 4 * count * (y - top), count * (bottom - top))
        else:
            copy_row(row, count * channels, out + 4 * count * channels * (y - top))


@kernel
def filter_scaled(src, height, width, channels, left, top, right, bottom, scales, sign, bicubic, rings, words, out):
    """`filter_region` with the taps for three scales."""
    own_taps, own_radii = np.zeros((3, RADIUS), np.float64), np.zeros(3, np.int64)
    taps, radii = borrowed(own_taps), borrowed(own_radii)
    for n in range(3):
        radii[n] = cubic_taps(scales[n], taps[n]) if bicubic else tent_taps(scales[n], taps[n])
    filter_region(src, height, width, channels, left, top, right, bottom, taps, radii, sign, rings, words != 0, out)
    hold((own_taps, own_radii))


ARGUMENTS = [int64] * 7 + [float64] * 3 + [int64] * 5


@unit(types.CPointer(types.uint8), *ARGUMENTS)
def prefilter_bytes(
    src, height, width, channels, left, top, right, bottom, x, y, diagonal, sign, bicubic, rings, words, out
):
    """Filter a region of a uint8 source (height, width, channels) into `out`, which has the size of the region.

    x, y, diagonal, sign  the scales, see `footprint`; rings: scratch, see `RING_ROWS`; words: pack, or keep float32
    """
    scales = x, y, diagonal
    filter_scaled(src, height, width, channels, left, top, right, bottom, scales, sign, bicubic, rings, words, out)


@unit(types.CPointer(types.uint16), *ARGUMENTS)
def prefilter_shorts(
    src, height, width, channels, left, top, right, bottom, x, y, diagonal, sign, bicubic, rings, words, out
):
    """The same for a uint16 source."""
    scales = x, y, diagonal
    filter_scaled(src, height, width, channels, left, top, right, bottom, scales, sign, bicubic, rings, words, out)


@unit(types.CPointer(types.float32), *ARGUMENTS)
def prefilter_floats(
    src, height, width, channels, left, top, right, bottom, x, y, diagonal, sign, bicubic, rings, words, out
):
    """The same for a float32 source."""
    scales = x, y, diagonal
    filter_scaled(src, height, width, channels, left, top, right, bottom, scales, sign, bicubic, rings, words, out)


RING_ROWS = 4 * RADIUS  # scratch rows of a source's width
