"""The last write of a row: planes of float32 to the numbers of the result, clamped, scaled, shifted and rounded."""

from __future__ import annotations

import numpy as np
from numba import float64, int64

from variegate.compiled import kernel, unit
from variegate.kernels.codes import FLOAT16, FLOAT32, UINT8, UINT16
from variegate.kernels.colour import whole
from variegate.kernels.memory import bits_f32, input_f32, input_f64, store_f32, store_u8, store_u16

f32, u16 = np.float32, np.uint16


@kernel
def half(value):
    """A float32 as the bits of a float16, rounded half to even (IEEE 754), with integer arithmetic alone."""
    bits = bits_f32(value)
    sign = (bits >> 16) & 0x8000
    magnitude = bits & 0x7FFFFFFF
    if magnitude >= 0x47800000:  # 65536 and more: infinity, or NaN
        return u16(sign | (0x7E00 if magnitude > 0x7F800000 else 0x7C00))
    if magnitude < 0x38800000:  # below the smallest normal half: let an addition round to steps of 2 ** -24
        tiny = bits_f32(abs(value) + f32(0.5)) - 0x3F000000
        return u16(sign | tiny)
    rounded = magnitude + 0xFFF + ((magnitude >> 13) & 1)
    return u16(sign | ((rounded - 0x38000000) >> 13))


@kernel
def tone(value, white, scale, offset):
    """Clamp to 0..white (NaN is 0), scale and shift."""
    value = value if value > f32(0.0) else f32(0.0)
    value = value if value < white else white
    return value * scale + offset


@kernel
def moved(value, scale, offset):
    """Scale and shift; where there is nothing to scale or to shift, not a bit is changed."""
    return value if scale == f32(1.0) and offset == f32(0.0) else value * scale + offset


@kernel
def triple(address):
    """Three float64 as float32."""
    return f32(input_f64(address, 0)), f32(input_f64(address, 1)), f32(input_f64(address, 2))


WRITER = [int64, int64, int64, int64, float64, int64, int64, int64, int64, int64]


@unit(*WRITER)
def write_floats(row, plane, channels, count, white, gain, shift, out, pixel, stride):
    """One row of planes to float32: clamp, scale and shift each channel.

    white       the upper bound of the clamp; below 0: no clamp, as for an intermediate
    gain, shift addresses of float64, one a channel
    out         address of the row's first element; channel c of pixel x goes to element x * pixel + c * stride
    """
    top = f32(white)
    if channels == 3 and pixel == 3 and white >= 0.0:
        scale, offset = triple(gain), triple(shift)
        for x in range(count):
            r, g, b = input_f32(row, x), input_f32(row, x + plane), input_f32(row, x + 2 * plane)
            store_f32(out, 3 * x, tone(r, top, scale[0], offset[0]))
            store_f32(out, 3 * x + 1, tone(g, top, scale[1], offset[1]))
            store_f32(out, 3 * x + 2, tone(b, top, scale[2], offset[2]))
        return
    if channels == 3 and pixel == 3:
        scale, offset = triple(gain), triple(shift)
        for x in range(count):
            r, g, b = input_f32(row, x), input_f32(row, x + plane), input_f32(row, x + 2 * plane)
            store_f32(out, 3 * x, moved(r, scale[0], offset[0]))
            store_f32(out, 3 * x + 1, moved(g, scale[1], offset[1]))
            store_f32(out, 3 * x + 2, moved(b, scale[2], offset[2]))
        return
    for c in range(channels):
        line, to = row + 4 * plane * c, out + 4 * c * stride
        factor, term = f32(input_f64(gain, c)), f32(input_f64(shift, c))
        if white < 0.0:
            for x in range(count):
                store_f32(to, x * pixel, moved(input_f32(line, x), factor, term))
        elif pixel == 1:
            for x in range(count):
                store_f32(to, x, tone(input_f32(line, x), top, factor, term))
        else:
            for x in range(count):
                store_f32(to, x * pixel, tone(input_f32(line, x), top, factor, term))


@unit(*WRITER)
def write_halves(row, plane, channels, count, white, gain, shift, out, pixel, stride):
    """The same to float16, rounded half to even."""
    for c in range(channels):
        line, to, top = row + 4 * plane * c, out + 2 * c * stride, f32(white)
        factor, term = f32(input_f64(gain, c)), f32(input_f64(shift, c))
        for x in range(count):
            value = input_f32(line, x)
            value = tone(value, top, factor, term) if white >= 0.0 else value * factor + term
            store_u16(to, x * pixel, half(value))


@kernel
def byte(value):
    """0 to 255, rounded half to even."""
    return np.uint8(whole(value))


@unit(*WRITER)
def write_bytes(row, plane, channels, count, white, gain, shift, out, pixel, stride):
    """The same to uint8, rounded half to even."""
    top = f32(white)
    if channels == 3 and pixel == 3:
        scale, offset = triple(gain), triple(shift)
        for x in range(count):
            r, g, b = input_f32(row, x), input_f32(row, x + plane), input_f32(row, x + 2 * plane)
            store_u8(out, 3 * x, byte(tone(r, top, scale[0], offset[0])))
            store_u8(out, 3 * x + 1, byte(tone(g, top, scale[1], offset[1])))
            store_u8(out, 3 * x + 2, byte(tone(b, top, scale[2], offset[2])))
        return
    for c in range(channels):
        line, to = row + 4 * plane * c, out + c * stride
        factor, term = f32(input_f64(gain, c)), f32(input_f64(shift, c))
        for x in range(count):
            store_u8(to, x * pixel, byte(tone(input_f32(line, x), top, factor, term)))


@unit(*WRITER)
def write_shorts(row, plane, channels, count, white, gain, shift, out, pixel, stride):
    """The same to uint16, rounded half to even."""
    for c in range(channels):
        line, to, top = row + 4 * plane * c, out + 2 * c * stride, f32(white)
        factor, term = f32(input_f64(gain, c)), f32(input_f64(shift, c))
        for x in range(count):
            store_u16(to, x * pixel, u16(whole(tone(input_f32(line, x), top, factor, term))))


WRITERS = {UINT8: write_bytes, UINT16: write_shorts, FLOAT16: write_halves, FLOAT32: write_floats}
