"""From the numbers of a row of MCUs to rows of pixels: each goes through planes of no more than one such row.

Where chroma is halved along columns, the last row of pixels waits for the samples of the next MCUs. So the planes have
a row before the first: the last one of the MCUs above.
"""

from __future__ import annotations

from variegate.compiled import kernel
from variegate.jpeg.codes import STEP_BYTES
from variegate.jpeg.entropy import GROUP, TOO_LARGE
from variegate.jpeg.lanes import COUNT
from variegate.jpeg.memory import copy_bytes, invoke, load_i64, load_u8, store_u8
from variegate.jpeg.shape import MARGIN


@kernel
def transform(shape, room, steps, begin, count):
    """Transform a chunk of `count` MCUs, the first of which is `begin` behind the window's.

    steps  address of int16 (3, 2, 64)
    """
    group, beyond = 0, room.reader + 8 * TOO_LARGE
    for c in range(shape.wanted):
        across, down = (shape.across, shape.down) if c == 0 else (1, 1)
        plane = room.luma if c == 0 else room.blue if c == 1 else room.red
        stride = room.luma_stride if c == 0 else room.chroma_stride
        for v in range(down):
            row = plane + stride * (1 + 8 * v) + 8 * across * begin
            for g in range((count * across + COUNT - 1) // COUNT):
                numbers, last = room.coefficients + GROUP * (group + g), load_i64(room.last + 8 * (group + g))
                goal = row + 8 * COUNT * g
                invoke(room.inverse, (numbers, last, steps + STEP_BYTES * c, room.work, goal, stride, beyond))
            group += across


@kernel
def extend(shape, plane, stride):
    """Let the samples at the picture's edges go on by one."""
    first, last = shape.left == 0, shape.wide <= 8 * shape.right
    for y in range(1, 9):
        row = plane + stride * y
        if first:
            store_u8(row - 1, load_u8(row))
        if last:
            end = row + shape.wide - 8 * shape.left
            store_u8(end, load_u8(end - 1))


@kernel
def chroma_row(shape, room, row, view, y):
    """Upsample both planes for a row of pixels, from that of the sample of the first on."""
    across, down = shape.across, shape.down
    sample, lower = y // down, y % down
    near = sample
    if down == 2:
        near = min(max(sample - 1 + 2 * lower, 0), shape.high - 1)
    begin = view.x0 // across
    count = (view.x1 - 1) // across - begin + 1
    smooth = 1 if across == 1 or shape.wide > 2 else 0
    at = room.chroma_stride * (sample - 8 * row + 1) + begin - 8 * shape.left
    beside = room.chroma_stride * (near - 8 * row + 1) + begin - 8 * shape.left
    for plane, out in ((room.blue, room.blues), (room.red, room.reds)):
        invoke(room.upsample, (plane + at, plane + beside, lower, across, down, smooth, count, out))


@kernel
def write_row(shape, room, row, view, y):
    """One row of pixels of a row of MCUs."""
    step = shape.across
    luma = room.luma + room.luma_stride * (y - 8 * shape.down * row + 1) + view.x0 - 8 * step * shape.left
    count = view.x1 - view.x0
    out = view.out + view.stride * y + view.channels * view.x0
    if view.channels == 1:
        copy_bytes(luma, count, out)
    elif shape.wanted == 1:
        invoke(room.to_rgb, (luma, room.grey, room.grey, count, out, room.spare))
    elif step == 1 and shape.down == 1:
        at = room.chroma_stride * (y - 8 * row + 1) + view.x0 - 8 * shape.left
        invoke(room.to_rgb, (luma, room.blue + at, room.red + at, count, out, room.spare))
    else:
        chroma_row(shape, room, row, view, y)
        more = view.x0 % step
        invoke(room.to_rgb, (luma, room.blues + more, room.reds + more, count, out, room.spare))


@kernel
def write_rows(shape, room, row, view):
    """The pixels that a row of MCUs completes; what the next one needs is kept."""
    waits = shape.wanted == 3 and shape.down == 2
    high = 8 * shape.down
    first, last = row * high, (row + 1) * high
    if waits and row > shape.top:
        first -= 1
    if waits and row < shape.rows - 1:
        last -= 1
    if shape.wanted == 3 and shape.across == 2:
        extend(shape, room.blue, room.chroma_stride)
        extend(shape, room.red, room.chroma_stride)
    for y in range(max(first, view.y0), min(last, view.y1)):
        write_row(shape, room, row, view, y)
    if waits:
        keep(room.luma, room.luma_stride, high)
        keep(room.blue, room.chroma_stride, 8)
        keep(room.red, room.chroma_stride, 8)


@kernel
def keep(plane, stride, high):
    """The last row of a plane becomes the one before its first."""
    copy_bytes(plane - MARGIN + stride * high, stride, plane - MARGIN)
