"""The entropy-coded bytes of a file without what only marks them: the 0 behind each 255, and restart markers.

ITU-T T.81, B.1.1.5 and F.1.2.3. Where something was left out is noted, so that every place in what remains is a place
in the file too.
"""

from __future__ import annotations

from variegate.compiled import kernel
from variegate.jpeg.codes import ENDS_EARLY, NO_SENSE, OTHER_MARKER, RESTART_MARKER
from variegate.jpeg.memory import BLOCK, carry, load_u8, store_u8, store_u32

FIRST_RESTART, LAST_RESTART = 0xD0, 0xD7


@kernel
def unstuff(src, at, stop, size, out, gone, most_gone, cuts, most_cuts, number):
    """The bytes of a file from `at` to `stop`, or to the first other marker; (count, cuts, marker, doubt).

    src     address of the file, of `size` bytes
    out     address of stop - at + BLOCK bytes
    gone    address of `most_gone` uint32: how many bytes are in `out` before each that was left out; the last is
            followed by one that no place reaches
    cuts    address of `most_cuts` uint32: how many are in `out` before each restart marker
    number  of the first restart marker
    marker  the marker that ends the bytes; 0 if `stop` does
    doubt   why another decoder must look at this file; 0 if it is sound so far
    """
    count, left_out, cut = 0, 0, 0
    while at < stop:
        while at + BLOCK <= stop:
            plain = carry(src + at, out + count)
            at, count = at + plain, count + plain
            if plain < BLOCK:
                break
        while at < stop and load_u8(src + at) != 255:
            store_u8(out + count, load_u8(src + at))
            at, count = at + 1, count + 1
        if at >= stop:
            break
        if at + 1 >= size:
            return count, cut, 0, ENDS_EARLY
        if left_out + 3 > most_gone:
            return count, cut, 0, NO_SENSE
        marker = load_u8(src + at + 1)
        if marker == 0:
            store_u8(out + count, 255)
            at, count = at + 2, count + 1
            store_u32(gone + 4 * left_out, count)
            left_out += 1
        elif FIRST_RESTART <= marker <= LAST_RESTART:
            if marker != FIRST_RESTART + (number + cut & 7) or cut >= most_cuts:
                return count, cut, 0, RESTART_MARKER
            store_u32(cuts + 4 * cut, count)
            store_u32(gone + 4 * left_out, count)
            store_u32(gone + 4 * left_out + 4, count)
            at, cut, left_out = at + 2, cut + 1, left_out + 2
        elif marker == 255:  # fill bytes, before a marker alone
            store_u32(gone + 4 * left_out, count)
            at, left_out = at + 1, left_out + 1
            if at + 1 < size and load_u8(src + at + 1) == 0:
                return count, cut, 0, OTHER_MARKER
        else:
            store_u32(gone + 4 * left_out, 0xFFFFFFFF)
            return count, cut, marker, 0
    store_u32(gone + 4 * left_out, 0xFFFFFFFF)
    return count, cut, 0, 0
