"""What of a picture is decoded for a window, and the memory in which it is."""

from __future__ import annotations

from typing import NamedTuple

from variegate.compiled import kernel
from variegate.jpeg.codes import ACROSS, COMPONENTS, DOWN, HEIGHT, INTERVAL, WIDTH
from variegate.jpeg.entropy import BLOCK as BLOCK_FIELDS
from variegate.jpeg.entropy import GROUP, READER
from variegate.jpeg.inverse import ROOM
from variegate.jpeg.lanes import COUNT
from variegate.jpeg.memory import load_i64

MCUS = COUNT  # of a chunk: decoded one after the other, then transformed together
MOST_BLOCKS = 6  # of an MCU, and groups of a chunk
MARGIN = 64  # bytes on both sides of a row of a plane: what is read beyond it, and the sample beyond an edge
BEYOND = 4096  # bytes behind the last one: further no MCU is read that begins before it
SPARE = 64


class Shape(NamedTuple):
    """A window of a picture in MCUs and samples.

    columns, rows  MCUs of the picture; left ... bottom: those that the window needs
    components     of the file; wanted: those that the result needs
    across, down   pixels to a sample of chroma; 1 if none is wanted
    wide, high     samples of chroma
    interval       MCUs between restart markers; 0 if there are none
    """

    columns: int
    rows: int
    left: int
    right: int
    top: int
    bottom: int
    components: int
    wanted: int
    across: int
    down: int
    wide: int
    high: int
    interval: int


class Room(NamedTuple):
    """Addresses: of what lies in the scratch, and of units."""

    reader: int
    blocks: int
    last: int
    coefficients: int
    work: int
    spare: int
    grey: int
    blues: int
    reds: int
    luma: int
    blue: int
    red: int
    luma_stride: int
    chroma_stride: int
    cuts: int
    gone: int
    bytes: int
    read_mcus: int
    inverse: int
    upsample: int
    to_rgb: int


class View(NamedTuple):
    """A window, y0 <= y < y1 and x0 <= x < x1, and where its picture is: address, bytes from row to row, channels."""

    y0: int
    y1: int
    x0: int
    x1: int
    out: int
    stride: int
    channels: int


class Index(NamedTuple):
    """Addresses of places, uint32, and DC numbers, int16, at every `spacing` MCUs; whether they are noted already."""

    places: int
    numbers: int
    spacing: int
    noted: int


class Run(NamedTuple):
    """MCUs that are read one after the other.

    begin  their first byte in the file; length: their unstuffed bytes; cuts: restart markers among these
    """

    first: int
    last: int
    begin: int
    length: int
    cuts: int


@kernel
def most_gone(size):
    """How many bytes at most may have been left out of a file; where there are more, it is no photograph."""
    return size // 4 + SPARE


@kernel
def most_cuts(shape, size):
    """How many restart markers there may be in a file: two bytes each."""
    return min((shape.columns * shape.rows - 1) // shape.interval, size // 2) if shape.interval > 0 else 0


@kernel
def reach(first, last, step, halved, size):
    """The MCUs, from and to, that the pixels first <= x < last take, and their neighbours if chroma is halved."""
    if first >= last:
        return 0, 0
    if not halved:
        return first // (8 * step), (last - 1) // (8 * step) + 1
    return max(first - 1, 0) // 16, min(last >> 1, size - 1) // 8 + 1


@kernel
def shape_of(fields, view):
    """Of a header's fields and a window."""
    components, across, down = (
        load_i64(fields + 8 * COMPONENTS),
        load_i64(fields + 8 * ACROSS),
        load_i64(fields + 8 * DOWN),
    )
    height, width = load_i64(fields + 8 * HEIGHT), load_i64(fields + 8 * WIDTH)
    wanted = components if view.channels == 3 else 1
    wide, high = (width + across - 1) // across, (height + down - 1) // down
    left, right = reach(view.x0, view.x1, across, wanted == 3 and across == 2, wide)
    top, bottom = reach(view.y0, view.y1, down, wanted == 3 and down == 2, high)
    columns, rows = (wide + 7) // 8, (high + 7) // 8
    interval = load_i64(fields + 8 * INTERVAL)
    return Shape(columns, rows, left, right, top, bottom, components, wanted, across, down, wide, high, interval)


@kernel
def carve(scratch, shape, size, units):
    """Where everything is, from the address of the scratch on. size: of the file; units: as `Room` ends"""
    chunks = max((shape.right - shape.left + MCUS - 1) // MCUS, 1)
    chroma = 8 * MCUS * chunks + 2 * MARGIN
    luma = 8 * MCUS * chunks * shape.across + 2 * MARGIN
    reader = scratch
    blocks = reader + 8 * READER
    last = blocks + 8 * BLOCK_FIELDS * MOST_BLOCKS
    coefficients = (last + 8 * MOST_BLOCKS + 63) & ~63
    work = coefficients + GROUP * MOST_BLOCKS
    spare = work + ROOM
    grey = spare + SPARE
    blues = grey + 2 * luma
    reds = blues + 2 * luma
    luma_rows = reds + 2 * luma
    blue = luma_rows + luma * (1 + 8 * shape.down)
    red = blue + chroma * 9
    cuts = red + chroma * 9
    gone = cuts + 4 * most_cuts(shape, size)
    return Room(
        reader,
        blocks,
        last,
        coefficients,
        work,
        spare,
        grey,
        blues,
        reds,
        luma_rows + MARGIN,
        blue + MARGIN,
        red + MARGIN,
        luma,
        chroma,
        cuts,
        gone,
        gone + 4 * most_gone(size),
        units[0],
        units[1],
        units[2],
        units[3],
    )


def scratch_bytes(height: int, width: int, interval: int, size: int) -> int:
    """The bytes of scratch for any window of a picture in a file of `size` bytes."""
    rows = (6 + 17 + 18) * (width + 8 * 2 * (MCUS + 1) + 2 * MARGIN)
    cut = min((height // 8 + 1) * (width // 8 + 1) // interval, size // 2) if interval else 0
    return 16 * 1024 + rows + 4 * cut + 4 * (size // 4 + SPARE) + size + BEYOND
