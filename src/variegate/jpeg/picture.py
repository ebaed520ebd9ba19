"""A picture's window out of a file: the one function that Python calls for each picture.

To verify is to walk through every MCU to the end of the file, and to note an index on the way: at every so many MCUs
the place in the file, in bits, and the DC numbers before. To read by an index is to begin, for each row of MCUs, at the
last entry before the window, and to go on to the first behind it: whatever entry is met on the way must say what is
found.
"""

from __future__ import annotations

from variegate.compiled import entry, kernel
from variegate.jpeg.codes import (
    ENDS_EARLY,
    LARGE_NUMBERS,
    LEFT_OVER,
    OTHER_FILE,
    OTHER_MARKER,
    RESTART_MARKER,
    SCAN,
    SOUND,
    TABLES,
)
from variegate.jpeg.entropy import (
    AC_TABLE,
    ACROSS,
    BEFORE,
    BEYOND,
    BLOCK,
    COMPONENT,
    DC_TABLE,
    GOES,
    GROUP,
    LAST,
    READER,
    TOO_LARGE,
    WANTED,
    WHICH,
    WHY,
    open_reader,
    place_of,
)
from variegate.jpeg.memory import (
    clear_bytes,
    invoke,
    load_i16,
    load_i64,
    load_u32,
    store_i16,
    store_i64,
    store_u8,
    store_u32,
)
from variegate.jpeg.rows import transform, write_rows
from variegate.jpeg.shape import MCUS, MOST_BLOCKS, Index, Run, View, carve, most_cuts, most_gone, shape_of
from variegate.jpeg.unstuff import unstuff

EOI = 0xD9


@kernel
def list_blocks(shape, room, fields):
    """The blocks of an MCU, into `room.blocks`; how many."""
    count, group = 0, 0
    for c in range(shape.components):
        across, down = (shape.across, shape.down) if c == 0 else (1, 1)
        for _ in range(down):
            for h in range(across):
                at = room.blocks + 8 * BLOCK * count
                store_i64(at + 8 * DC_TABLE, load_i64(fields + 8 * (TABLES + 2 * c)))
                store_i64(at + 8 * AC_TABLE, load_i64(fields + 8 * (TABLES + 2 * c + 1)))
                store_i64(at + 8 * COMPONENT, c)
                store_i64(at + 8 * GOES, room.coefficients + GROUP * group)
                store_i64(at + 8 * LAST, room.last + 8 * group)
                store_i64(at + 8 * ACROSS, across)
                store_i64(at + 8 * WHICH, h)
                store_i64(at + 8 * WANTED, 1 if c < shape.wanted else 0)
                count += 1
            group += across
    return count


@kernel
def begin(room, at, bit):
    """Have the reader begin at a place of the unstuffed bytes, after no DC numbers."""
    open_reader(room.reader, room.bytes + at, bit)
    for c in range(3):
        store_i64(room.reader + 8 * (BEFORE + c), 0)


@kernel
def meet(shape, room, run, index, mcu, left_out):
    """Note the entry of an MCU, or hold what is found to it; (how many bytes are left out before it, doubt)."""
    bits = place_of(room.reader, room.bytes)
    at = bits >> 3
    while load_u32(room.gone + 4 * left_out) <= at:
        left_out += 1
    place = 8 * (run.begin + left_out) + bits
    n = (mcu + index.spacing - 1) // index.spacing
    entry, numbers = index.places + 4 * n, index.numbers + 2 * shape.components * n
    if index.noted == 0:
        store_u32(entry, place)
    elif load_u32(entry) != place:
        return left_out, OTHER_FILE
    for c in range(shape.components):
        dc = load_i64(room.reader + 8 * (BEFORE + c))
        if index.noted == 0:
            store_i16(numbers + 2 * c, dc)
        elif load_i16(numbers + 2 * c) != dc:
            return left_out, OTHER_FILE
    return left_out, SOUND


@kernel
def restart(room, cut, cuts):
    """Go on behind a restart marker, which must stand here, less than a byte away."""
    at = (place_of(room.reader, room.bytes) + 7) >> 3
    if cut >= cuts or load_u32(room.cuts + 4 * cut) != at:
        return RESTART_MARKER
    begin(room, at, 0)
    return SOUND


@kernel
def stretch(shape, index, mcu, last):
    """How many MCUs from one on are read alike, at most up to `last`; (count, whether they are kept, column)."""
    row = mcu // shape.columns
    column = mcu - row * shape.columns
    begin, kept = mcu - column, 0
    stop = min(last, begin + shape.columns)
    if shape.top <= row < shape.bottom:
        if column < shape.left:
            stop = min(stop, begin + shape.left)
        elif column < shape.right:
            chunk = (column - shape.left) // MCUS
            stop, kept = min(stop, begin + min(shape.right, shape.left + MCUS * (chunk + 1))), 1
    if shape.interval > 0:
        stop = min(stop, (mcu // shape.interval + 1) * shape.interval)
    return min(stop, (mcu // index.spacing + 1) * index.spacing) - mcu, kept, column


@kernel
def finish(shape, room, steps, view, mcu, column):
    """After kept MCUs up to `mcu` and `column`: transform the chunk if it is full, write the rows if they are."""
    inside = column - shape.left
    if column != shape.right and inside % MCUS != 0:
        return
    first = (inside - 1) // MCUS * MCUS
    transform(shape, room, steps, first, inside - first)
    if column == shape.right:
        write_rows(shape, room, (mcu - 1) // shape.columns, view)


@kernel
def verdict(room, run, cut):
    """What there is against a run, when all of it is read."""
    if load_i64(room.reader + 8 * BEYOND) & ~4095 != 0 or load_i64(room.reader + 8 * TOO_LARGE) != 0:
        return LARGE_NUMBERS
    return RESTART_MARKER if cut != run.cuts else SOUND


@kernel
def walk(shape, room, run, index, steps, natural, view, most):
    """Read the MCUs of a run; SOUND, or why not."""
    mcu, cut, total = run.first, 0, shape.columns * shape.rows
    groups = MOST_BLOCKS if shape.wanted == 3 else shape.across * shape.down
    end = room.bytes + run.length
    left_out, why = meet(shape, room, run, index, mcu, 0)
    while mcu < run.last and why == SOUND:
        count, kept, column = stretch(shape, index, mcu, run.last)
        first = (column - shape.left) % MCUS if kept else 0
        if kept and first == 0:
            clear_bytes(room.coefficients, GROUP * groups)
            clear_bytes(room.last, 8 * MOST_BLOCKS)
        invoke(room.read_mcus, (room.reader, end, room.blocks, most, first, count, kept, natural))
        mcu, why = mcu + count, load_i64(room.reader + 8 * WHY)
        if why == SOUND and place_of(room.reader, room.bytes) > 8 * run.length:
            why = ENDS_EARLY
        if why == SOUND and kept:
            finish(shape, room, steps, view, mcu, column + count)
        if why == SOUND and shape.interval > 0 and mcu < total and mcu % shape.interval == 0:
            why = restart(room, cut, run.cuts)
            cut += 1
        if why == SOUND and (mcu == total or mcu % index.spacing == 0):
            left_out, why = meet(shape, room, run, index, mcu, left_out)
    return verdict(room, run, cut) if why == SOUND else why


@kernel
def open_run(src, size, shape, room, fields, index, first, last):
    """Have the reader begin at one entry of an index, to go to another; the run, and why not.

    What verifies begins at the beginning, and goes to the end of the file.
    """
    mcu, total, noted = first * index.spacing, shape.columns * shape.rows, index.noted != 0
    at, bit, stop = load_i64(fields + 8 * SCAN), 0, size
    if noted:
        place, end = load_u32(index.places + 4 * first), load_u32(index.places + 4 * last)
        at, bit, stop = place >> 3, place & 7, (end + 7) >> 3
        if at > stop or stop > size:
            return Run(0, 0, 0, 0, 0), OTHER_FILE
    number = mcu // shape.interval if shape.interval > 0 else 0
    most = most_gone(size), most_cuts(shape, size)
    count, cuts, marker, why = unstuff(src, at, stop, size, room.bytes, room.gone, most[0], room.cuts, most[1], number)
    begin(room, 0, bit)
    for c in range(shape.components if noted else 0):
        store_i64(room.reader + 8 * (BEFORE + c), load_i16(index.numbers + 2 * (shape.components * first + c)))
    if why == SOUND and not noted and marker != EOI:
        why = ENDS_EARLY if marker == 0 else OTHER_MARKER
    return Run(mcu, min(last * index.spacing, total), at, count, cuts), why


@kernel
def entries(shape, index, row):
    """From which entry to which a row of MCUs is read, and all behind it that no entry parts from it; the next row."""
    if index.noted == 0:
        return 0, (shape.columns * shape.rows + index.spacing - 1) // index.spacing, shape.bottom
    first = (row * shape.columns + shape.left) // index.spacing
    last = first
    while row < shape.bottom and (row * shape.columns + shape.left) // index.spacing <= last:
        last = (row * shape.columns + shape.right + index.spacing - 1) // index.spacing
        row += 1
    return first, last, row


@entry
def read_picture(
    src, size, fields, steps, natural, y0, y1, x0, x1, out, stride, channels, scratch,
    places, numbers, spacing, noted, reading, transforming, upsampling, colouring,
):  # fmt: skip
    """Write a window of a picture into its place; SOUND, or why another decoder must read the file.

    Every argument is an integer of its own: of tuples a call takes twice the time.

    src         address of the file, of `size` bytes
    fields      address of the header's fields; steps: of its int16 (3, 2, 64); natural: of `entropy.NATURAL`
    y0 ... x1   the window
    out         address of a whole picture of so many channels; stride: bytes from row to row
    scratch     address of `shape.scratch_bytes`
    places      address of the index's places; numbers: of its numbers; noted: 1 if they are known, 0 to note them
    reading     addresses of read_mcus, inverse, upsample and to_rgb
    """
    view = View(y0, y1, x0, x1, out, stride, channels)
    shape = shape_of(fields, view)
    room = carve(scratch, shape, size, (reading, transforming, upsampling, colouring))
    index = Index(places, numbers, spacing, noted)
    most = list_blocks(shape, room, fields)
    clear_bytes(room.reader, 8 * READER)
    for x in range(room.luma_stride if shape.wanted == 1 and view.channels == 3 else 0):
        store_u8(room.grey + x, 128)
    row, why = shape.top, SOUND
    while why == SOUND and (row < shape.bottom or noted == 0):
        first, last, row = entries(shape, index, row)
        run, why = open_run(src, size, shape, room, fields, index, first, last)
        if why == SOUND:
            why = walk(shape, room, run, index, steps, natural, view, most)
        if noted == 0:
            left = 8 * run.length - place_of(room.reader, room.bytes)
            return LEFT_OVER if why == SOUND and left >= 8 else why
    return OTHER_FILE if why != SOUND else SOUND
