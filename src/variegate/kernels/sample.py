"""Reading a picture at given coordinates: one row of pixels, into planes of float32.

Coordinates are continuous, in the source's plane (pixel j covers [j, j + 1)), and lie inside it. A tap beyond the edge
is dropped and the rest renormalised; for two taps that is the same as clamping the coordinate.

Two kinds of source. *Words* hold up to three channels in one 32-bit load: plain uint8 pixels (8 bits a channel, any
number of bytes a pixel) or prefiltered ones (10 bits, so a quarter of a level). *Floats* are float32 pixels of any
number of channels, `pixel` of them, one after the other.

Long, because samplers of words and of floats must read alike, and are read side by side. Every unit here has one
signature:
    base, width, height   the source: its address and its size in pixels
    stride, pixel         from a row to the next and from a pixel to the next: bytes for words, floats for floats
    bits                  of a channel in a word: 8, or 10 for quarter levels
    limit                 the last byte offset at which a whole word can be loaded; -1 if every pixel's can
    us, vs                addresses of the row's coordinates, float64; 0 for an affine map, whose coordinates are
    a, b, c, d            u = a * (x + 0.5) + b and v = c * (x + 0.5) + d
    work, room            scratch of 3 x room numbers of 32 bits; room is the row's length or more
    lo, hi, out, plane    pixels lo <= x < hi go to float32 out[x], and the next channels a plane further on
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float64, int64

from variegate.compiled import Unit, kernel, unit
from variegate.kernels.codes import BICUBIC, BILINEAR, NEAREST
from variegate.kernels.memory import (
    channel_of,
    input_f32,
    input_f64,
    input_u8,
    load_word,
    load_work_f32,
    load_work_i32,
    store_f32,
    store_work_f32,
    store_work_i32,
)

f32, i32, u32 = np.float32, np.int32, np.uint32


SAMPLER = [int64] * 9 + [float64] * 4 + [int64] * 6


@kernel
def guarded_word(base, offset, limit):
    """The word at an offset; with a limit, never a byte beyond it (the last pixel's word ends outside the array)."""
    if limit is None:
        return load_word(base, offset)
    return load_word(base, min(offset, limit)) >> (u32(8) * u32(max(offset - limit, i32(0))))


@kernel
def place(us, vs, a, b, c, d, x):
    """The coordinate of pixel x of the row."""
    if us == 0:
        return a * (x + 0.5) + b, c * (x + 0.5) + d
    return input_f64(us, x), input_f64(vs, x)


@kernel
def lerp(a, b, c, d, fu, fv):
    """Bilinear mix of four neighbours: a, b above, c, d below."""
    top, low = a + fu * (b - a), c + fu * (d - c)
    return top + fv * (low - top)


@kernel
def mix(a, b, f):
    """a at f = 0 and b at f = 1, to the bit; between them a line, which rounding never takes beyond either."""
    value = (f32(1.0) - f) * a + f * b
    low, high = (a, b) if a < b else (b, a)
    value = low if value < low else value  # a NaN stays one
    value = high if value > high else value
    value = a if f == f32(0.0) else value
    return b if f == f32(1.0) else value


@kernel
def mixed(a, b, c, d, shift, mask, fu, fv):
    """One channel of four words, mixed."""
    above = channel_of(a, shift, mask), channel_of(b, shift, mask)
    below = channel_of(c, shift, mask), channel_of(d, shift, mask)
    return lerp(above[0], above[1], below[0], below[1], fu, fv)


@kernel
def corner(u, v, last_u, last_v, last_i, last_j):
    """The upper left tap (column, row) and the two fractions at a coordinate."""
    u, v = min(max(u - 0.5, 0.0), last_u), min(max(v - 0.5, 0.0), last_v)
    i, j = min(i32(u), last_i), min(i32(v), last_j)
    return i, j, f32(u - i), f32(v - j)


@kernel
def within(a, b, lo, hi, last):
    """Whether no coordinate of a row need be clamped: they lie between those of its ends, but for rounding."""
    first, final = a * (lo + 0.5) + b - 0.5, a * (hi - 0.5) + b - 0.5
    return min(first, final) > 1e-6 and max(first, final) < last - 1e-6


@kernel
def corners(width, height, stride, pixel, us, vs, a, b, c, d, lo, hi, work, room):
    """For each pixel of a row the offset of its upper left tap (int32) and the two fractions (float32), into work.

    A loop of its own, because it is in float64: the loop that gathers then runs with twice the lanes.
    """
    last_u, last_v = float(width - 1), float(height - 1)
    last_i, last_j = i32(max(width - 2, 0)), i32(max(height - 2, 0))
    row, step = i32(stride), i32(pixel)
    if us == 0 and within(a, b, lo, hi, last_u) and within(c, d, lo, hi, last_v):
        for x in range(lo, hi):  # the same without clamps
            u, v = a * (x + 0.5) + b - 0.5, c * (x + 0.5) + d - 0.5
            i, j = i32(u), i32(v)
            store_work_i32(work, x, j * row + i * step)
            store_work_f32(work + 4 * room, x, f32(u - i))
            store_work_f32(work + 8 * room, x, f32(v - j))
        return
    if us == 0:
        for x in range(lo, hi):
            i, j, fu, fv = corner(a * (x + 0.5) + b, c * (x + 0.5) + d, last_u, last_v, last_i, last_j)
            store_work_i32(work, x, j * row + i * step)
            store_work_f32(work + 4 * room, x, fu)
            store_work_f32(work + 8 * room, x, fv)
        return
    for x in range(lo, hi):
        i, j, fu, fv = corner(input_f64(us, x), input_f64(vs, x), last_u, last_v, last_i, last_j)
        store_work_i32(work, x, j * row + i * step)
        store_work_f32(work + 4 * room, x, fu)
        store_work_f32(work + 8 * room, x, fv)


@kernel
def bilinear_span(base, right, down, bits, limit, lo, hi, work, room, out, plane):
    """Bilinear, three channels, from `corners`; limit is None or an int32."""
    mask, zero, one, two = u32((1 << bits) - 1), u32(0), u32(bits), u32(2 * bits)
    scale = f32(1.0) / f32(1 << (bits - 8))
    for x in range(lo, hi):
        at, fu, fv = load_work_i32(work, x), load_work_f32(work + 4 * room, x), load_work_f32(work + 8 * room, x)
        a, b = guarded_word(base, at, limit), guarded_word(base, i32(at + right), limit)
        c, d = guarded_word(base, i32(at + down), limit), guarded_word(base, i32(at + down + right), limit)
        store_f32(out, x, scale * mixed(a, b, c, d, zero, mask, fu, fv))
        store_f32(out, x + plane, scale * mixed(a, b, c, d, one, mask, fu, fv))
        store_f32(out, x + 2 * plane, scale * mixed(a, b, c, d, two, mask, fu, fv))


@unit(*SAMPLER)
def bilinear_words(base, width, height, stride, pixel, bits, limit, us, vs, a, b, c, d, lo, hi, work, room, out, plane):
    """Bilinear, three channels."""
    right, down = i32(pixel if width > 1 else 0), i32(stride if height > 1 else 0)
    corners(width, height, stride, pixel, us, vs, a, b, c, d, lo, hi, work, room)
    if limit < 0:
        bilinear_span(base, right, down, bits, None, lo, hi, work, room, out, plane)
    else:
        bilinear_span(base, right, down, bits, i32(limit), lo, hi, work, room, out, plane)


@unit(*SAMPLER)
def bilinear_floats(
    base, width, height, stride, pixel, bits, limit, us, vs, a, b, c, d, lo, hi, work, room, out, plane
):
    """Bilinear, all channels of float32."""
    right, down = i32(pixel if width > 1 else 0), i32(stride if height > 1 else 0)
    corners(width, height, stride, pixel, us, vs, a, b, c, d, lo, hi, work, room)
    for channel in range(pixel):
        own, to = base + 4 * channel, out + 4 * plane * channel
        for x in range(lo, hi):
            at, fu, fv = load_work_i32(work, x), load_work_f32(work + 4 * room, x), load_work_f32(work + 8 * room, x)
            first, second = input_f32(own, at), input_f32(own, at + right)
            third, fourth = input_f32(own, at + down), input_f32(own, at + down + right)
            store_f32(to, x, mix(mix(first, second, fu), mix(third, fourth, fu), fv))


@kernel
def straight(us, a, b, c, d, lo, hi, width, height):
    """(step, column, line): a row that is one of the source's, from a column on, step 1 or -1; step 0 if it is none."""
    if us != 0 or c != 0.0 or not (a == 1.0 or a == -1.0):
        return int64(0), int64(0), int64(0)
    first, final, line = np.floor(a * (lo + 0.5) + b), np.floor(a * (hi - 0.5) + b), np.floor(d)
    if min(first, final) < 0.0 or max(first, final) >= width or line < 0.0 or line >= height:
        return int64(0), int64(0), int64(0)
    return int64(a), int64(first), int64(line)


def _copier(load: Any, pixel: int, step: int) -> Any:
    """The kernel that takes pixels of so many channels apart, from an address on; written out, it is vectorised."""

    @kernel
    def copy(src, count, out, plane):
        for x in range(count):
            for c in range(pixel):
                store_f32(out + 4 * plane * c, x, f32(load(src, step * pixel * x + c)))

    return copy


grey_bytes, colour_bytes, back_bytes = (_copier(input_u8, n, step) for n, step in ((1, 1), (3, 1), (3, -1)))
grey_floats, colour_floats, back_floats = (_copier(input_f32, n, step) for n, step in ((1, 1), (3, 1), (3, -1)))


@unit(*SAMPLER)
def nearest_words(base, width, height, stride, pixel, bits, limit, us, vs, a, b, c, d, lo, hi, work, room, out, plane):
    """The pixel that covers the coordinate, three channels."""
    step, first, line = straight(us, a, b, c, d, lo, hi, width, height)
    if step != 0 and bits == 8 and (pixel == 3 or (pixel == 1 and step == 1)):
        src, to = base + line * stride + first * pixel, out + 4 * lo
        if pixel == 1:
            grey_bytes(src, hi - lo, to, plane)
        elif step == 1:
            colour_bytes(src, hi - lo, to, plane)
        else:
            back_bytes(src, hi - lo, to, plane)
        return
    mask, bound = u32((1 << bits) - 1), i32(limit if limit >= 0 else 0x7FFFFFFF)
    zero, one, two = u32(0), u32(bits), u32(2 * bits)
    scale = f32(1.0) / f32(1 << (bits - 8))
    last_i, last_j = float(width - 1), float(height - 1)
    for x in range(lo, hi):
        u, v = place(us, vs, a, b, c, d, x)
        i, j = i32(min(max(u, 0.0), last_i)), i32(min(max(v, 0.0), last_j))
        word = guarded_word(base, i32(j * i32(stride) + i * i32(pixel)), bound)
        store_f32(out, x, scale * channel_of(word, zero, mask))
        store_f32(out, x + plane, scale * channel_of(word, one, mask))
        store_f32(out, x + 2 * plane, scale * channel_of(word, two, mask))


@unit(*SAMPLER)
def nearest_floats(base, width, height, stride, pixel, bits, limit, us, vs, a, b, c, d, lo, hi, work, room, out, plane):
    """The pixel that covers the coordinate, all channels of float32."""
    step, first, line = straight(us, a, b, c, d, lo, hi, width, height)
    if step != 0 and (pixel == 3 or (pixel == 1 and step == 1)):
        src, to = base + 4 * (line * stride + first * pixel), out + 4 * lo
        if pixel == 1:
            grey_floats(src, hi - lo, to, plane)
        elif step == 1:
            colour_floats(src, hi - lo, to, plane)
        else:
            back_floats(src, hi - lo, to, plane)
        return
    last_i, last_j = float(width - 1), float(height - 1)
    for x in range(lo, hi):
        u, v = place(us, vs, a, b, c, d, x)
        i, j = i32(min(max(u, 0.0), last_i)), i32(min(max(v, 0.0), last_j))
        store_work_i32(work, x, j * i32(stride) + i * i32(pixel))
    for channel in range(pixel):
        own, to = base + 4 * channel, out + 4 * plane * channel
        for x in range(lo, hi):
            store_f32(to, x, input_f32(own, load_work_i32(work, x)))


@kernel
def cubic(t):
    """Keys' cubic convolution with a = -0.5 (IEEE ASSP 29, 1981) at a distance t >= 0."""
    if t < 1.0:
        return (1.5 * t - 2.5) * t * t + 1.0
    if t < 2.0:
        return ((-0.5 * t + 2.5) * t - 4.0) * t + 2.0
    return 0.0


@kernel
def keys_taps(position, size, weights, at):
    """First index of four taps and, in weights[at:at + 4], their normalised weights; taps outside weigh nothing."""
    position = min(max(position, 0.0), float(size))
    start = int(np.floor(position - 0.5)) - 1
    total = 0.0
    for k in range(4):
        weight = cubic(abs(start + k + 0.5 - position)) if 0 <= start + k < size else 0.0
        weights[at + k] = weight
        total += weight
    for k in range(4):
        weights[at + k] /= total
    return start


@unit(*SAMPLER)
def bicubic_words(base, width, height, stride, pixel, bits, limit, us, vs, a, b, c, d, lo, hi, work, room, out, plane):
    """Bicubic (a = -0.5), three channels."""
    mask, bound = u32((1 << bits) - 1), i32(limit if limit >= 0 else 0x7FFFFFFF)
    zero, one, two = u32(0), u32(bits), u32(2 * bits)
    scale, weights = f32(1.0) / f32(1 << (bits - 8)), np.empty(8)
    for x in range(lo, hi):
        u, v = place(us, vs, a, b, c, d, x)
        first, top = keys_taps(u, width, weights, 0), keys_taps(v, height, weights, 4)
        red, green, blue = f32(0.0), f32(0.0), f32(0.0)
        for n in range(4):
            line = i32(min(max(top + n, 0), height - 1) * stride)
            for m in range(4):
                weight = f32(weights[4 + n] * weights[m])
                word = guarded_word(base, i32(line + min(max(first + m, 0), width - 1) * pixel), bound)
                red += weight * channel_of(word, zero, mask)
                green += weight * channel_of(word, one, mask)
                blue += weight * channel_of(word, two, mask)
        store_f32(out, x, scale * red)
        store_f32(out, x + plane, scale * green)
        store_f32(out, x + 2 * plane, scale * blue)


@unit(*SAMPLER)
def bicubic_floats(base, width, height, stride, pixel, bits, limit, us, vs, a, b, c, d, lo, hi, work, room, out, plane):
    """Bicubic (a = -0.5), all channels of float32."""
    weights = np.empty(8)
    for x in range(lo, hi):
        u, v = place(us, vs, a, b, c, d, x)
        first, top = keys_taps(u, width, weights, 0), keys_taps(v, height, weights, 4)
        for channel in range(pixel):
            value = f32(0.0)
            for n in range(4):
                line = min(max(top + n, 0), height - 1) * stride + channel
                for m in range(4):
                    at = line + min(max(first + m, 0), width - 1) * pixel
                    value += f32(weights[4 + n] * weights[m]) * input_f32(base, at)
            store_f32(out, x + plane * channel, value)


WORD_SAMPLERS: dict[int, Unit] = {NEAREST: nearest_words, BILINEAR: bilinear_words, BICUBIC: bicubic_words}
FLOAT_SAMPLERS: dict[int, Unit] = {NEAREST: nearest_floats, BILINEAR: bilinear_floats, BICUBIC: bicubic_floats}
