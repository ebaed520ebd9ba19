"""A picture's window out of a file: the one function that Python calls for each picture.

To verify is to walk through every MCU to the end of the file, and to note an index on the way: at every so many MCUs the
place in the file, in bits, and the DC numbers before. To read by an index is to begin, for each row of MCUs, at the last
entry before the window, and to go on to the first behind it: whatever entry is met on the way must say what is found.
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
    WANTED,
    WHICH,
    open_reader,
    place_of,
    read_mcus,
)
from variegate.jpeg.memory import (
    clear_bytes,
    load_i16,
    load_i64,
    load_u32,
    store_i16,
    store_i64,
    store_u8,
    store_u32,
)
from variegate.jpeg.rows import transform, write_rows
from variegate.jpeg.shape import MCUS, MOST_BLOCKS, Index, Run, View, carve, most_gone, shape_of
from variegate.jpeg.unstuff import unstuff

EOI = 0xD9


@kernel
def list_blocks(shape, room, fields):
    """The blocks of an MCU, into `room.blocks`; how many."""
    count, group = 0, 0
    for c in range(shape.components):
        across, down = (shape.across, shape.down) if c == 0 else (1, 1)
        for v in range(down):
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
        return SOUND
    first = (inside - 1) // MCUS * MCUS
    if transform(shape, room, steps, first, inside - first) != 0:
        return LARGE_NUMBERS
    if column == shape.right:
        write_rows(shape, room, (mcu - 1) // shape.columns, view)
    return SOUND


@kernel
def walk(shape, room, run, index, steps, natural, view, most):
    """Read the MCUs of a run; SOUND, or why not."""
    mcu, cut, total = run.first, 0, shape.columns * shape.rows
    groups = MOST_BLOCKS if shape.wanted == 3 else shape.across * shape.down
    left_out, why = meet(shape, room, run, index, mcu, 0)
    while mcu < run.last and why == SOUND:
        count, kept, column = stretch(shape, index, mcu, run.last)
        first = (column - shape.left) % MCUS if kept else 0
        if kept and first == 0:
            clear_bytes(room.coefficients, GROUP * groups)
            clear_bytes(room.last, 8 * MOST_BLOCKS)
        why = read_mcus(room.reader, room.bytes + run.count, room.blocks, most, first, count, kept, natural)
        mcu += count
        if why == SOUND and place_of(room.reader, room.bytes) > 8 * run.count:
            why = ENDS_EARLY
        if why == SOUND and kept:
            why = finish(shape, room, steps, view, mcu, column + count)
        if why == SOUND and shape.interval > 0 and mcu < total and mcu % shape.interval == 0:
            why = restart(room, cut, run.cuts)
            cut += 1
        if why == SOUND and (mcu == total or mcu % index.spacing == 0):
            left_out, why = meet(shape, room, run, index, mcu, left_out)
    beyond = load_i64(room.reader + 8 * BEYOND)
    if why == SOUND and beyond & ~4095 != 0:
        return LARGE_NUMBERS
    return RESTART_MARKER if why == SOUND and cut != run.cuts else why


@kernel
def whole(src, size, shape, room, fields, index, steps, natural, view, most):
    """Walk through a file to its end."""
    at = load_i64(fields + 8 * SCAN)
    cuts = (shape.columns * shape.rows - 1) // shape.interval if shape.interval > 0 else 0
    count, cuts, marker, why = unstuff(src, at, size, size, room.bytes, room.gone, most_gone(size), room.cuts, cuts, 0)
    if why != SOUND:
        return why
    if marker != EOI:
        return ENDS_EARLY if marker == 0 else OTHER_MARKER
    begin(room, 0, 0)
    run = Run(0, shape.columns * shape.rows, at, count, cuts)
    why = walk(shape, room, run, index, steps, natural, view, most)
    if why == SOUND and 8 * count - place_of(room.reader, room.bytes) >= 8:
        return LEFT_OVER
    return why


@kernel
def part(src, size, shape, room, index, first, last, steps, natural, view, most):
    """Read from one entry of an index to another, and prove them."""
    place, end = load_u32(index.places + 4 * first), load_u32(index.places + 4 * last)
    at, stop = place >> 3, (end + 7) >> 3
    if at > stop or stop > size:
        return OTHER_FILE
    mcu, total = first * index.spacing, shape.columns * shape.rows
    cuts, number = 0, 0
    if shape.interval > 0:
        cuts, number = total // shape.interval + 1, mcu // shape.interval
    count, cuts, _, why = unstuff(src, at, stop, size, room.bytes, room.gone, most_gone(size), room.cuts, cuts, number)
    if why != SOUND:
        return OTHER_FILE
    begin(room, 0, place & 7)
    for c in range(shape.components):
        numbers = index.numbers + 2 * (shape.components * first + c)
        store_i64(room.reader + 8 * (BEFORE + c), load_i16(numbers))
    run = Run(mcu, min(last * index.spacing, total), at, count, cuts)
    return walk(shape, room, run, index, steps, natural, view, most)


@kernel
def parts(src, size, shape, room, index, steps, natural, view, most):
    """Read the rows of MCUs of a window; those between which no entry lies, together."""
    row = shape.top
    while row < shape.bottom:
        begin = row * shape.columns
        first = (begin + shape.left) // index.spacing
        last = (begin + shape.right + index.spacing - 1) // index.spacing
        row += 1
        while row < shape.bottom and (row * shape.columns + shape.left) // index.spacing <= last:
            last = (row * shape.columns + shape.right + index.spacing - 1) // index.spacing
            row += 1
        why = part(src, size, shape, room, index, first, last, steps, natural, view, most)
        if why != SOUND:
            return why
    return SOUND


@entry
def read_picture(src, size, fields, steps, natural, window, picture, scratch, index):
    """Write a window of a picture into its place; SOUND, or why another decoder must read the file.

    src      address of the file, of `size` bytes
    fields   address of the header's fields; steps: of its int16 (3, 2, 64); natural: of `entropy.NATURAL`
    window   (y0, y1, x0, x1)
    picture  (address, bytes from row to row, channels) of a whole picture
    scratch  address of `shape.scratch_bytes`
    index    (address of places, of numbers, spacing, whether they are noted), see `index.Index`
    """
    view = View(window[0], window[1], window[2], window[3], picture[0], picture[1], picture[2])
    shape = shape_of(fields, view)
    room = carve(scratch, shape, most_gone(size))
    noted = Index(index[0], index[1], index[2], index[3])
    most = list_blocks(shape, room, fields)
    store_i64(room.reader + 8 * BEYOND, 0)
    for x in range(room.luma_stride if shape.wanted == 1 and view.channels == 3 else 0):
        store_u8(room.grey + x, 128)
    if noted.noted == 0:
        return whole(src, size, shape, room, fields, noted, steps, natural, view, most)
    return parts(src, size, shape, room, noted, steps, natural, view, most)
