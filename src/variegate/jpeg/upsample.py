"""Chroma for every pixel, exactly as libjpeg's smooth ("fancy") upsampling rounds it.

A sample stands in the middle of two pixels, so each pixel is 3/4 of the nearer sample and 1/4 of the farther, along
each axis that was halved; with a bias that alternates, so that halves go up and down. Beyond an edge its own sample
goes on.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from variegate.compiled import unit
from variegate.jpeg.lanes import COUNT, Lanes
from variegate.jpeg.memory import load_u8, store_u8


def _thrice(lanes: Lanes, value: Any) -> Any:
    return lanes.builder.add(lanes.builder.add(value, value), value)


def _woven(lanes: Lanes, centre: Any, before: Any, after: Any, biases: tuple[int, int], shift: int, out: Any) -> None:
    """Two pixels of each sample, side by side: the first leans to the sample before, the other to that after."""
    b, heavy = lanes.builder, _thrice(lanes, centre)
    left, right = (
        b.lshr(b.add(b.add(heavy, far), lanes.all(bias)), lanes.all(shift))
        for far, bias in zip((before, after), biases, strict=True)
    )
    lanes.store(b.or_(left, b.shl(right, lanes.all(8))), out)


@intrinsic
def across_16(typing, row, out):
    """32 pixels of 16 samples of a row, at addresses."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = Lanes(context, builder)
        before, centre, after = (lanes.load_bytes(args[0], n) for n in (-1, 0, 1))
        _woven(lanes, centre, before, after, (1, 2), 2, args[1])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


@intrinsic
def both_16(typing, row, near, out):
    """32 pixels of 16 samples of a row, and of the row that is next to it on the pixels' side."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = Lanes(context, builder)
        before, centre, after = (
            builder.add(_thrice(lanes, lanes.load_bytes(args[0], n)), lanes.load_bytes(args[1], n)) for n in (-1, 0, 1)
        )
        _woven(lanes, centre, before, after, (8, 7), 4, args[2])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@intrinsic
def down_16(typing, row, near, bias, out):
    """16 pixels of 16 samples of a row and the row next to it; bias: 1 for the upper pixels of samples, else 2."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = Lanes(context, builder)
        total = builder.add(_thrice(lanes, lanes.load_bytes(args[0])), lanes.load_bytes(args[1]))
        bias = lanes.spread(builder.trunc(args[2], lanes.all(0).type.element))
        made = builder.lshr(builder.add(total, bias), lanes.all(2))
        lanes.store(lanes.to_bytes(made), args[3])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4), codegen


@unit(*[types.int64] * 8)
def upsample(row, near, lower, across, down, smooth, count, out):
    """The pixels of `count` samples of a row; up to 31 more bytes may be written, and 15 more samples read.

    row, near  addresses; of the row next to it, on the pixels' side
    lower      1 if they are the lower pixels of the samples
    across     pixels to a sample along the row, 1 or 2; down: along a column
    smooth     1 if libjpeg smooths; else pixels are their samples
    """
    if smooth == 0:
        for x in range(count * across):
            store_u8(out + x, load_u8(row + x // across))
    elif across == 1:
        for x in range(0, count, COUNT):
            down_16(row + x, near + x, 1 + lower, out + x)
    elif down == 1:
        for x in range(0, count, COUNT):
            across_16(row + x, out + 2 * x)
    else:
        for x in range(0, count, COUNT):
            both_16(row + x, near + x, out + 2 * x)
