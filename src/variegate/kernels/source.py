"""The source made ready to be read, and read a row at a time.

A *reader* is a tuple of numbers: (kind, address, height, width, stride, pixel, bits, group, total).

kind    WORDS or FLOATS, read at coordinates (strides in bytes, or in floats), or EXACT, the upright kernel
group   bytes from one group of three channels to the next (WORDS)
total   how many bytes the words span, where the last word would end outside the array; 0 if none does
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import kernel
from variegate.kernels.codes import BICUBIC, UINT8, UINT16
from variegate.kernels.library import (
    AXIS_TAPS,
    PREFILTER_FLOATS,
    PREFILTER_SOURCE,
    SAMPLE_FLOATS,
    SAMPLE_WORDS,
    UPRIGHT_SOURCE,
    WHOLE_FLOATS,
    WHOLE_WORDS,
)
from variegate.kernels.memory import address_of, hold, invoke, load_f64, load_i64, touch
from variegate.kernels.prefilter import RING_ROWS
from variegate.kernels.resize import most_taps
from variegate.kernels.survey import FILTERED, UPRIGHT

WORDS, FLOATS, EXACT = range(3)


@kernel
def axis(library, count, scale, shift, size, interpolation):
    """(first, counts, weights) of the taps along one axis; empty for a count of 0."""
    most = most_taps(scale, interpolation, size)
    first, counts = np.empty(count, np.int64), np.empty(count, np.int64)
    weights = np.empty((count, most), np.float32)
    if count > 0:
        taps = address_of(first), address_of(counts), address_of(weights)
        invoke(library[AXIS_TAPS], (count, scale, shift, size, interpolation, most, taps[0], taps[1], taps[2]))
    return first, counts, weights


@kernel
def taps_of(axis):
    """The taps of an axis as numbers: addresses of first, counts and weights, taps a pixel, and pixels."""
    return address_of(axis[0]), address_of(axis[1]), address_of(axis[2]), axis[2].shape[1], axis[0].size


@kernel
def exact_row(unit, address, width, channels, y, columns, lines, row, out, pixel, plane):
    """Output row y of the upright kernel; columns and lines as `taps_of` gives them."""
    line, count, taps = load_i64(lines[0], y), load_i64(lines[1], y), lines[2] + 4 * lines[3] * y
    first, _, weights, most, pixels = columns
    invoke(unit, (address, width, channels, line, count, taps, first, weights, most, pixels, row, out, pixel, plane))


@kernel
def reduce_source(library, address, height, width, channels, by_x, by_y, interpolation, arena):
    """The source shrunk by whole factors with the exact kernel, as float32 pixels at the arena's beginning."""
    h, w = (height + by_y - 1) // by_y, (width + by_x - 1) // by_x
    columns = axis(library, w, float(by_x), 0.0, width, interpolation)
    lines = axis(library, h, float(by_y), 0.0, height, interpolation)
    unit, across, down = library[UPRIGHT_SOURCE], taps_of(columns), taps_of(lines)
    row = arena + 4 * h * w * channels
    for y in range(h):
        out = arena + 4 * y * w * channels
        exact_row(unit, address, width, channels, y, across, down, row, out, channels, np.int64(1))
    hold((columns, lines))
    return h, w


@kernel
def bring_near(src, width, size, state):
    """Touch the part of the source that will be read, line by line.

    A turned row reads all over the source; from memory that is one wait a cache line, where a straight walk has many
    lines under way at once. Measured on a picture that is in no cache: 0.52 to 0.22 ms; no loss where it is in one.
    """
    for y in range(state[6], state[8]):
        start, stop = src + (y * width + state[5]) * size, src + (y * width + state[7]) * size
        for at in range(start, stop, 64):
            touch(at)


@kernel
def open_reader(library, src, source, shape, state, scale, interpolation, arena):
    """The reader for one picture at one site, and `fit`, (scale x, shift x, scale y, shift y) to its plane.

    src    address of the picture, of the dtype code `source`; shape: (height, width, channels)
    arena  address of scratch memory
    """
    height, width, channels = shape
    eight = source == UINT8
    tiny = eight and height * width * channels < 4 + 3 * channels  # no whole word to load
    if state[2] == UPRIGHT:
        return (EXACT, src, height, width, 0, channels, 8, 0, 0), (1.0, 0.0, 1.0, 0.0)
    # uint16 is made float32, as by a prefilter of one tap: the samplers know no third kind of number.
    if state[2] != FILTERED and not tiny and source != UINT16:
        bring_near(src, width, channels * (1 if eight else 4), state)
        stride, here = width * channels, (1.0, 0.0, 1.0, 0.0)
        if eight:
            return (WORDS, src, height, width, stride, channels, 8, 3, height * stride), here
        return (FLOATS, src, height, width, stride, channels, 8, 0, 0), here
    unit, by_x, by_y = library[PREFILTER_SOURCE], state[3], state[4]
    if by_x > 1 or by_y > 1:
        h, w = reduce_source(library, src, height, width, channels, by_x, by_y, interpolation, arena)
        src, height, width, unit, arena = arena, h, w, library[PREFILTER_FLOATS], arena + 4 * h * w * channels
    words = eight and (interpolation != BICUBIC or state[2] != FILTERED)
    left, top, right, bottom = state[5], state[6], state[7], state[8]
    out, h, w = arena + 4 * RING_ROWS * width * channels, bottom - top, right - left
    bicubic, packed = 1 if interpolation == BICUBIC else 0, 1 if words else 0
    x, y, diagonal, sign = scale[0], scale[1], scale[2], int(scale[3])
    window = src, height, width, channels, left, top, right, bottom
    invoke(unit, (*window, x, y, diagonal, sign, bicubic, arena, packed, out))
    if source == UINT16 and state[2] != FILTERED:  # as it is: read where it was, so that no coordinate is rounded anew
        start = out - 4 * channels * (top * w + left)
        return (FLOATS, start, height, width, w * channels, channels, 8, 0, 0), (1.0, 0.0, 1.0, 0.0)
    fit = (1.0 / by_x, -float(left), 1.0 / by_y, -float(top))
    if words:
        return (WORDS, out, h, w, 4 * w, 4, 10, 4 * h * w, 0), fit
    return (FLOATS, out, h, w, w * channels, channels, 8, 0, 0), fit


@kernel
def row_unit(library, kind, whole):
    """The unit that reads a row for a reader of this kind; whole: of pixels that are the source's own."""
    if kind == EXACT:
        return library[UPRIGHT_SOURCE]
    if kind == WORDS:
        return library[WHOLE_WORDS if whole else SAMPLE_WORDS]
    return library[WHOLE_FLOATS if whole else SAMPLE_FLOATS]


@kernel
def read_row(unit, reader, channels, y, lo, hi, us, vs, line, work, room, axes, scratch, row, plane):
    """Output row y, pixels lo <= x < hi, into planes of float32 at address row, `plane` floats apart.

    unit     its address, from `row_unit`
    us, vs   addresses of the row's coordinates, or 0 and `line`: (a, b, c, d) as the samplers take it
    work     scratch of 3 x room numbers of 32 bits; axes: `taps_of` columns and lines
    """
    kind, base, height, width, stride, pixel, bits, group, total = reader
    if lo >= hi:
        return
    if kind == EXACT:
        columns, lines = axes
        exact_row(unit, base, width, channels, y, columns, lines, scratch, row, np.int64(1), plane)
        return
    shape, span = (width, height, stride, pixel, bits), (us, vs, *line, lo, hi, work, room)
    if kind == FLOATS:
        invoke(unit, (base, *shape, -1, *span, row, plane))
        return
    last_lines = total > 0 and reaches(vs, line, lo, hi, height - 4.0)
    for n in range((channels + 2) // 3):
        # Only in the last lines do words end beyond the array.
        limit = total - 4 - group * n if last_lines else -1
        invoke(unit, (base + group * n, *shape, limit, *span, row + 12 * plane * n, plane))


@kernel
def reaches(vs, line, lo, hi, depth):
    """Whether any v of a row is beyond a depth. No maximum is sought, of which LLVM makes no vectors."""
    if vs == 0:
        return max(line[2] * (lo + 0.5), line[2] * (hi - 0.5)) + line[3] > depth
    found = np.int64(0)
    for x in range(lo, hi):
        found |= np.int64(1) if load_f64(vs, x) > depth else np.int64(0)
    return found != 0
