"""YCbCr to RGB as JFIF has it (ITU-R BT.601, full range), exactly as libjpeg rounds it: factors times 2**16.

    R = Y + 1.402 Cr     G = Y - 0.34414 Cb - 0.71414 Cr     B = Y + 1.772 Cb     (Cb and Cr less 128)

Factors are taken apart into whole numbers and what fits into 16 bits.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from variegate.compiled import unit
from variegate.jpeg.lanes import COUNT, Lanes
from variegate.jpeg.memory import copy_bytes

ONE = 1 << 16


def factor(value: float) -> int:
    """A factor as a whole number."""
    return round(value * ONE)


@intrinsic
def rgb_16(typing, y, cb, cr, out):
    """16 pixels, 48 bytes; all are addresses."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes, b = Lanes(context, builder), builder
        luma = lanes.load_bytes(args[0])
        blue, red = (b.sub(lanes.load_bytes(args[n]), lanes.all(128)) for n in (1, 2))
        to_red = b.add(red, lanes.scaled(red, factor(1.402) - ONE))
        to_blue = b.add(b.add(blue, blue), lanes.scaled(blue, factor(1.772) - 2 * ONE))
        sums = lanes.dot(lanes.pairs(blue, red), -factor(0.34414), ONE - factor(0.71414))
        to_green = b.sub(lanes.narrow(lanes.plus(sums, ONE // 2), 16), red)
        r, g, bl = (lanes.to_bytes(b.add(luma, more)) for more in (to_red, to_green, to_blue))
        two = lanes.shuffle(r, g, list(range(2 * COUNT)))
        third = lanes.shuffle(bl, bl, list(range(2 * COUNT)))
        order = [n + COUNT * c for n in range(COUNT) for c in range(3)]
        lanes.store(lanes.shuffle(two, third, order), args[3])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4), codegen


@unit(*[types.int64] * 6)
def to_rgb(y, cb, cr, count, out, spare):
    """A row of `count` pixels; up to 15 more may be read, and none is written. spare: address of 48 bytes"""
    if count < COUNT:
        rgb_16(y, cb, cr, spare)
        copy_bytes(spare, 3 * count, out)
        return
    for x in range(0, count - COUNT + 1, COUNT):
        rgb_16(y + x, cb + x, cr + x, out + 3 * x)
    x = count - COUNT  # the last ones, some of them once more
    rgb_16(y + x, cb + x, cr + x, out + 3 * x)
