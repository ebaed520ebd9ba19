"""Noise on a row of planes, in units of white, in place: by the sample's bits and a pixel's place alone.

Row y of a canvas has words of its own, as many as it needs, in whole lots of LOT. They are those of `bits.words`, but
for their order, by which LLVM stores whole vectors: of each tile of words the first of all blocks, then the second, and
so on. Half a word is enough for a number that is written with 8 or 16 bits: of each word come two, by `bells` or
`evens`, and the second stands as many places behind the first as the row has words.

Each kind is a unit as `row_function_unit` makes them, but compiled once for all; `reference_noise` has the same in
NumPy. Its draws are the number of channels, whether all of them share one plane of noise, the numbers of its kind,
and the bits. That of photons is in `poisson`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import int64

from variegate.compiled import inlined, kernel, unit
from variegate.kernels.bits import block, opened
from variegate.kernels.memory import (
    STACK,
    bits_f32,
    load_f32,
    load_f64,
    load_work_f32,
    load_work_i32,
    single_of,
    stack,
    store_f32,
    store_work_f32,
    store_work_i32,
)
from variegate.kernels.strew import add, dot, multiply
from variegate.white import LUMINANCE

f32, i32 = np.float32, np.int32
LOT, TILE = 32, STACK // 5  # words; TILE of them are at work at a time, and what is made of them lies behind them
MADE, MORE = 4 * TILE, 8 * TILE  # bytes from the words to the numbers made of them, to the second ones
SQRT_HALF, LOGS = 0x3F3504F3, 0x3F800000  # the bits of sqrt(1/2) and of 1, as float32
DOUBLE_LN2 = f32(-2 * 0.6931471805599453)
# -2 log(1 + f) / f; and the sine and the cosine of a quarter of a turn: minimax, within 1e-4, 7e-5 and 7e-6.
L0, L1, L2, L3, L4 = f32(-1.99994566), f32(0.99877299), f32(-0.67186519), f32(0.54406728), f32(-0.36205859)
S0, S1, S2 = f32(0.99969677), f32(-0.16567308), f32(0.00751438)
C0, C1, C2, C3 = f32(0.9999933), f32(-0.49991244), f32(0.04148775), f32(-0.00127121)
ANGLE = f32(np.pi / 8192)
RED, GREEN, BLUE = f32(LUMINANCE[0]), f32(LUMINANCE[1]), f32(LUMINANCE[2])


@kernel
def lots(count):
    """So many words, or some more: whole lots."""
    return (count + LOT - 1) // LOT * LOT


@kernel
def fill(key, first, count, words):
    """Words from number `first` on, whole lots of them, in the order of a tile (see above)."""
    blocks, begin = count >> 2, first >> 2
    second, third, fourth = words + 4 * blocks, words + 8 * blocks, words + 12 * blocks
    for n in range(blocks):
        four = block(begin + n, key)
        store_work_i32(words, n, i32(four[0]))
        store_work_i32(second, n, i32(four[1]))
        store_work_i32(third, n, i32(four[2]))
        store_work_i32(fourth, n, i32(four[3]))


@inlined
def bell(word):
    """Two normals, none beyond 5.2: the radius of 18 bits of a word, a direction of 14, by Box and Muller (1958)."""
    place = f32(i32(((word >> 13) & 0x7FFFF) | 1))  # of 2**19 there are that many odd ones
    bits = i32(bits_f32(place) + (LOGS - SQRT_HALF))
    f = single_of(i32((bits & 0x7FFFFF) + SQRT_HALF)) - f32(1.0)
    log = f * ((((L4 * f + L3) * f + L2) * f + L1) * f + L0)
    far = np.sqrt(f32(i32((bits >> 23) - (127 + 19))) * DOUBLE_LN2 + log)
    x = (f32(i32(word & 0x1FFF)) - f32(4095.5)) * ANGLE
    z = x * x
    sine = x * ((S2 * z + S1) * z + S0)
    cosine = ((C3 * z + C2) * z + C1) * z + C0
    return far * single_of(i32(bits_f32(cosine) ^ ((word << 18) & 0x80000000))), far * sine


@kernel
def bells(words, count, made):
    """Two normals of each word of a tile: the first ones, and those TILE behind them."""
    one, two = made, made + 4 * TILE
    for n in range(count):
        pair = bell(load_work_i32(words, n))
        store_work_f32(one, n, pair[0])
        store_work_f32(two, n, pair[1])


@kernel
def evens(words, count, made):
    """Two numbers in (-1, 1), of 16 bits, of each word of a tile, alike."""
    one, two, step = made, made + 4 * TILE, f32(2.0**-15)
    for n in range(count):
        word = load_work_i32(words, n)
        store_work_f32(one, n, (f32(i32(word & 0xFFFF)) - f32(32767.5)) * step)
        store_work_f32(two, n, (f32(i32((word >> 16) & 0xFFFF)) - f32(32767.5)) * step)


@kernel
def placed(row, plane, count, draws):
    """(place, address of the numbers of a kind): see `strew`."""
    shared = load_f64(draws, 1) != 0
    return (row, plane, count, int64(load_f64(draws, 0)), shared), draws + 16


@kernel
def size(place):
    """How many numbers a row takes."""
    return place[2] if place[4] else place[2] * place[3]


def strewn(make: Callable[..., Any], put: Callable[..., Any]) -> Any:
    """over(place, key, y, words, one, other): a row by two numbers of each word, made by `make`, put by `put`."""

    @kernel
    def over(place, key, y, words, one, other):
        half = lots((size(place) + 1) >> 1)
        for start in range(0, half, TILE):
            length = min(half - start, TILE)
            fill(key, y * half + start, length, words)
            make(words, length, words + MADE)
            put(place, start, start + length, words + MADE, one, other)
            put(place, half + start, half + start + length, words + MORE, one, other)

    return over


add_bells, multiply_bells = strewn(bells, add), strewn(bells, multiply)
add_evens, dot_evens = strewn(evens, add), strewn(evens, dot)


@unit(int64, int64, int64, int64, int64, int64, int64)
def gaussian(row, count, plane, y, height, draws, report):
    """v + std n + mean; numbers: std, mean."""
    place, numbers = placed(row, plane, count, draws)
    std, mean = f32(load_f64(numbers, 0)), f32(load_f64(numbers, 1))
    add_bells(place, opened(numbers + 16), y, stack(), std, mean)


@unit(int64, int64, int64, int64, int64, int64, int64)
def uniform(row, count, plane, y, height, draws, report):
    """v + amplitude n; numbers: amplitude."""
    place, numbers = placed(row, plane, count, draws)
    add_evens(place, opened(numbers + 8), y, stack(), f32(load_f64(numbers, 0)), f32(0.0))


@unit(int64, int64, int64, int64, int64, int64, int64)
def speckle(row, count, plane, y, height, draws, report):
    """v + v std n; numbers: std."""
    place, numbers = placed(row, plane, count, draws)
    multiply_bells(place, opened(numbers + 8), y, stack(), f32(load_f64(numbers, 0)), f32(0.0))


@unit(int64, int64, int64, int64, int64, int64, int64)
def salt_and_pepper(row, count, plane, y, height, draws, report):
    """0 with one probability, 1 with another; numbers: that of pepper, that of salt, each in steps of 2**-16."""
    place, numbers = placed(row, plane, count, draws)
    black, white = f32(2.0 * load_f64(numbers, 0) - 1.0), f32(1.0 - 2.0 * load_f64(numbers, 1))
    dot_evens(place, opened(numbers + 16), y, stack(), black, white)


@kernel
def grain(row, plane, count, made, intensity, color):
    """Camera noise on pixels of three channels: n of brightness, and three less their luminance of colour."""
    second, third, step = row + 4 * plane, row + 8 * plane, 4 * TILE
    one, two, three = made + step, made + 2 * step, made + 3 * step
    for x in range(count):
        r, g, b = load_f32(row, x), load_f32(second, x), load_f32(third, x)
        light = (RED * r + GREEN * g) + BLUE * b
        far = np.sqrt(light if light > f32(0.0) else f32(0.0))
        u, v, w = load_work_f32(one, x), load_work_f32(two, x), load_work_f32(three, x)
        bright = intensity * load_work_f32(made, x) - color * ((RED * u + GREEN * v) + BLUE * w)
        store_f32(row, x, r + far * (bright + color * u))
        store_f32(second, x, g + far * (bright + color * v))
        store_f32(third, x, b + far * (bright + color * w))


@kernel
def grey_grain(row, count, made, intensity):
    """The same on one channel, which has no colour."""
    for x in range(count):
        v = load_f32(row, x)
        far = np.sqrt(v if v > f32(0.0) else f32(0.0))
        store_f32(row, x, v + far * (intensity * load_work_f32(made, x)))


@unit(int64, int64, int64, int64, int64, int64, int64)
def iso(row, count, plane, y, height, draws, report):
    """Noise as of a camera's sensor; numbers: intensity, color. Of two words for each pixel come four normals."""
    numbers, words, channels = draws + 16, stack(), int64(load_f64(draws, 0))
    key, intensity, color = opened(numbers + 16), f32(load_f64(numbers, 0)), f32(load_f64(numbers, 1))
    whole = lots(count)
    for start in range(0, whole, TILE):
        length, there = min(whole - start, TILE), min(count - start, TILE)
        fill(key, 2 * y * whole + start, length, words)
        bells(words, length, words + MADE)
        if channels == 1:
            grey_grain(row + 4 * start, there, words + MADE, intensity)
            continue
        fill(key, (2 * y + 1) * whole + start, length, words)
        bells(words, length, words + 3 * MADE)
        grain(row + 4 * start, plane, there, words + MADE, intensity, color)
