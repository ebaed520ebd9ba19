"""Holes in a row: the pixels that an op drops, whatever is there, become a colour or noise.

A row is in whatever units it comes in, so that no pass over it is needed to change them: `white` says what white is.
The numbers of a sample are float64: how many columns there are, how many numbers of the kind's own, whether the fill is
noise, the colour, those numbers, and behind the last column four words of bits.

rectangles  four numbers each: the first row and the one after the last, the first column and the one after the last
grid        of squares: where the first begins, down and across, how far one is from the next, how large each is
dots        how many of 65,536 pixels, and whether each channel has dots of its own
channels    a number for each channel: not 0 where it is dropped, all of it
spans       where those of each row begin, and where the last's end; of each its first column, the one after its last

A row may lie mirrored in memory, `across` not 0: then column 0 is the last pixel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float64, int64

from variegate.compiled import kernel, unit
from variegate.kernels.bits import block, opened, uniform
from variegate.kernels.memory import load_f32, load_f64, load_work_i32, stack, store_f32, store_work_i32

f32, i32 = np.float32, np.int32
COLUMNS, COUNT, NOISE, COLOUR = range(4)  # of a sample's numbers, the first
STRETCH = 4096  # pixels whose dots are decided at once
HALF = STRETCH // 2  # words that do it, two pixels each


@kernel
def fill_noise(place, start, stop, key, white):
    """Even noise in columns start to stop. A block is 4 channels."""
    row, plane, channels, first, count, across = place
    own, groups = opened(key), (channels + 3) >> 2
    for g in range(groups):
        line, left = row + 16 * plane * g, channels - 4 * g
        for x in range(start, stop):
            four, at = block((first + x) * groups + g, own), count - 1 - x if across else x
            store_f32(line, at, uniform(four[0]) * white)
            if left > 1:
                store_f32(line + 4 * plane, at, uniform(four[1]) * white)
            if left > 2:
                store_f32(line + 8 * plane, at, uniform(four[2]) * white)
            if left > 3:
                store_f32(line + 12 * plane, at, uniform(four[3]) * white)


@kernel
def fill_line(line, start, stop, value):
    """One channel's columns start to stop."""
    for x in range(start, stop):
        store_f32(line, x, value)


@kernel
def fill(place, start, stop, numbers, white):
    """Columns start to stop of a row; place: (row, plane, channels, the number of its first pixel, count, across)."""
    row, plane, channels, _, count, across = place
    if load_f64(numbers, NOISE) != 0.0:
        fill_noise(place, start, stop, numbers + 8 * int64(load_f64(numbers, COLUMNS)), f32(white))
        return
    if across:
        start, stop = count - stop, count - start
    for c in range(channels):
        fill_line(row + 4 * plane * c, start, stop, f32(load_f64(numbers, COLOUR + c) * white))


@unit(*[int64] * 8, float64)
def rectangles(row, count, plane, channels, y, height, numbers, across, white):
    """See above."""
    place, begin = (row, plane, channels, y * count, count, across), COLOUR + channels
    for at in range(begin, begin + int64(load_f64(numbers, COUNT)), 4):
        if load_f64(numbers, at) <= y and y < load_f64(numbers, at + 1):
            left, right = int64(load_f64(numbers, at + 2)), int64(load_f64(numbers, at + 3))
            fill(place, max(left, 0), min(right, count), numbers, white)


@kernel
def edge(k, first, apart, more):
    """The first pixel whose centre is beyond an edge of the k-th square."""
    return int64(np.ceil(k * apart + first + more - 0.5))


@unit(*[int64] * 8, float64)
def grid(row, count, plane, channels, y, height, numbers, across, white):
    """See above."""
    place, begin = (row, plane, channels, y * count, count, across), COLOUR + channels
    down, right = load_f64(numbers, begin), load_f64(numbers, begin + 1)
    apart, size = load_f64(numbers, begin + 2), load_f64(numbers, begin + 3)
    if y >= edge(np.floor((y + 0.5 - down) / apart), down, apart, size):
        return
    k = np.floor((0.5 - right) / apart)
    while edge(k, right, apart, 0.0) < count:
        start, stop = edge(k, right, apart, 0.0), edge(k, right, apart, size)
        fill(place, max(start, 0), min(stop, count), numbers, white)
        k += 1.0


@kernel
def put_words(start, count, key, out):
    """Words from position `start` on, a multiple of 4, to address out; count: a multiple of 4 too."""
    own = opened(key)
    for n in range(count >> 2):
        four = block((start >> 2) + n, own)
        store_work_i32(out, 4 * n, i32(four[0]))
        store_work_i32(out, 4 * n + 1, i32(four[1]))
        store_work_i32(out, 4 * n + 2, i32(four[2]))
        store_work_i32(out, 4 * n + 3, i32(four[3]))


def dotter(step: int) -> Any:
    """The kernel for pixels that lie `step` apart: written out, it is vectorised."""

    @kernel
    def dot(line, count, made, words, most, value):
        """Pixels 0 to count of a line, dropped where half a word is below `most`; word w has pixels w, words + w."""
        for x in range(min(words, count)):
            low = load_work_i32(made, x) & i32(0xFFFF)
            store_f32(line, step * x, value if low < most else load_f32(line, step * x))
        for x in range(count - words):
            high, at = (load_work_i32(made, x) >> i32(16)) & i32(0xFFFF), step * (words + x)
            store_f32(line, at, value if high < most else load_f32(line, at))

    return dot


dot, dot_back = dotter(1), dotter(-1)


@unit(*[int64] * 8, float64)
def dots(row, count, plane, channels, y, height, numbers, across, white):
    """See above."""
    begin, made = COLOUR + channels, stack()
    most, own = i32(load_f64(numbers, begin)), load_f64(numbers, begin + 1) != 0.0
    key, stretches = numbers + 8 * int64(load_f64(numbers, COLUMNS)), (count + STRETCH - 1) // STRETCH
    layers = channels if own else 1
    for layer in range(layers):
        for n in range(stretches):
            length = min(count - n * STRETCH, STRETCH)
            words = (length + 7) // 8 * 4
            put_words(HALF * ((y * layers + layer) * stretches + n), words, key, made)
            for c in range(layer if own else 0, layer + 1 if own else channels):
                value = f32(load_f64(numbers, COLOUR + c) * white)
                line = row + 4 * plane * c
                if across:
                    dot_back(line + 4 * (count - 1 - n * STRETCH), length, made, words, most, value)
                else:
                    dot(line + 4 * n * STRETCH, length, made, words, most, value)


@unit(*[int64] * 8, float64)
def channels_of(row, count, plane, channels, y, height, numbers, across, white):
    """See above."""
    for c in range(channels):
        if load_f64(numbers, COLOUR + channels + c) != 0.0:
            fill_line(row + 4 * plane * c, 0, count, f32(load_f64(numbers, COLOUR + c) * white))


@unit(*[int64] * 8, float64)
def spans(row, count, plane, channels, y, height, numbers, across, white):
    """See above."""
    place, begin = (row, plane, channels, y * count, count, across), COLOUR + channels
    many = int64(load_f64(numbers, COUNT))
    if y + 1 >= many:
        return
    first, last = int64(load_f64(numbers, begin + y)), min(int64(load_f64(numbers, begin + y + 1)), many - 1)
    for at in range(begin + max(first, 0), begin + last, 2):
        left, right = int64(load_f64(numbers, at)), int64(load_f64(numbers, at + 1))
        fill(place, max(left, 0), min(right, count), numbers, white)


HOLES = {"rectangles": rectangles, "grid": grid, "dots": dots, "channels": channels_of, "spans": spans}
