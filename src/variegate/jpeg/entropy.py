"""MCUs out of entropy-coded bits (ITU-T T.81, annex F.2): stored, or only passed over.

64 bits lie in front. They are filled up to 56 or more without a branch: eight bytes are laid behind what is there, of
which the place in the bytes moves on by as many as fit.
"""

from __future__ import annotations

import numpy as np
from numba import int64

from variegate.compiled import inlined, kernel, unit
from variegate.jpeg.codes import ENDS_EARLY, NO_SENSE
from variegate.jpeg.huffman import AT_END, BITS, BITS_TWO, LONG, SKIPS, TWOS, code, long_entry, number
from variegate.jpeg.inverse import SPAN
from variegate.jpeg.lanes import COUNT
from variegate.jpeg.memory import (
    load_i64,
    load_swapped,
    load_u8,
    load_u16,
    load_u32,
    seldom,
    shl,
    shr,
    store_i16,
    store_i64,
)

# Where the numbers of a block are in the natural order, as bytes of a group; what passes over the end goes behind.
ZIGZAG = (
    *(0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5),
    *(12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28),
    *(35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51),
    *(58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63),
)  # fmt: skip
NATURAL = np.array([SPAN * place for place in (*ZIGZAG, *[64] * 144)], np.int16)
GROUP = 65 * SPAN  # bytes of sixteen blocks

# A reader, int64 each: where the next bytes are, how many bits lie in front, these; the DC numbers before; whether one
# was beyond what an index holds, or another after the transform; and why it reads no further.
NEXT, FILLED, FRONT, BEFORE, BEYOND, TOO_LARGE, WHY, READER = 0, 1, 2, 3, 6, 7, 8, 9
# A block of an MCU, int64 each: its tables; its component; where it goes, of the group of its first MCU, and the last
# place that is not 0, of that group; how many blocks of its row an MCU has, and which it is; whether it is wanted.
DC_TABLE, AC_TABLE, COMPONENT, GOES, LAST, ACROSS, WHICH, WANTED, BLOCK = range(9)
LARGEST_DC = 2047
FULL = 47  # places of a block, after which its last number may be the next


@inlined
def filled(at, count, front):
    """More bits laid behind those in front."""
    return at + ((63 - count) >> 3), count | 56, front | shr(load_swapped(at), count)


@inlined
def entry_of(at, count, front, table):
    """The entry of the code and number in front, and what comes behind them."""
    entry = table + (shr(front, 64 - BITS) << 2)
    found = load_u32(entry)
    if seldom(found & LONG != 0):
        found = long_entry(table, found, front)
        at, count, front = filled(at, count - (found & 63), shl(front, found))
    else:
        front, count = shl(front, found), count - load_u8(entry)
    return at, count, front, found


@inlined
def put(at, count, front, place, table, goal, natural):
    """Store one number."""
    at, count, front, found = entry_of(at, count, front, table)
    place += found >> 8 & 255
    store_i16(goal + load_u16(natural + 2 * place), found >> 16)
    return at, count, front, place


@inlined
def put_two(at, count, front, place, table, goal, natural):
    """Store one number or two; if it is one, twice."""
    entry = table + TWOS + (shr(front, 64 - BITS_TWO) << 3)
    found = load_i64(entry)
    if seldom(found & LONG != 0):
        found = long_entry(table, found, front)
        at, count, front = filled(at, count - (found & 63), shl(front, found))
        place += found >> 8 & 255
        store_i16(goal + load_u16(natural + 2 * place), found >> 16)
    else:
        first, place = place + (found >> 8 & 255), place + (found >> 32 & 0xFFFF)
        store_i16(goal + load_u16(natural + 2 * place), found >> 48)
        store_i16(goal + load_u16(natural + 2 * first), found >> 16)
        front, count = shl(front, found), count - load_u8(entry)
    return at, count, front, place


@inlined
def stored(at, count, front, place, table, goal, natural):
    """Store the numbers of a block behind the first. Four look-ups take 44 bits.

    Where two may be stored, the first of them must not be the block's last: it goes 16 places further at most.
    """
    while place < FULL:
        at, count, front = filled(at, count, front)
        at, count, front, place = put_two(at, count, front, place, table, goal, natural)
        if place >= FULL:
            break
        at, count, front, place = put_two(at, count, front, place, table, goal, natural)
        if place >= FULL:
            break
        at, count, front, place = put_two(at, count, front, place, table, goal, natural)
        if place >= FULL:
            break
        at, count, front, place = put_two(at, count, front, place, table, goal, natural)
    while place < 63:
        at, count, front = filled(at, count, front)
        at, count, front, place = put(at, count, front, place, table, goal, natural)
        if place >= 63:
            break
        at, count, front, place = put(at, count, front, place, table, goal, natural)
    return at, count, front, place


@inlined
def step(at, count, front, place, table):
    """Pass over as many codes as one look-up tells, unless they end the block too early or just so."""
    found = load_u32(table + SKIPS + (shr(front, 64 - BITS) << 2))
    if seldom(found & LONG != 0 or (place + (found >> 8 & 255)) & 127 >= 63):
        found = code(table, front, 1)
    return at, count - (found & 63), shl(front, found), place + (found >> 8 & 255)


@inlined
def passed(at, count, front, place, table):
    """Pass over the numbers of a block behind the first. Two codes with their numbers take 52 bits at most."""
    while place < 63:
        at, count, front = filled(at, count, front)
        at, count, front, place = step(at, count, front, place, table)
        if place >= 63:
            break
        at, count, front, place = step(at, count, front, place, table)
    return at, count, front, place


@unit(*[int64] * 8)
def read_mcus(reader, end, blocks, most, first, count, keep, natural):
    """Read `count` MCUs.

    reader  address of a reader, which moves on, and says why it makes no sense
    end     address behind the last byte: further than that no MCU begins
    blocks  address of the `most` blocks of an MCU
    first   of sixteen MCUs, at which the first is stored
    keep    whether they are stored
    """
    at, held, front = load_i64(reader), load_i64(reader + 8 * FILLED), load_i64(reader + 8 * FRONT)
    beyond = load_i64(reader + 8 * BEYOND)
    for mcu in range(first, first + count):
        if at - (held >> 3) > end:
            store_i64(reader + 8 * WHY, ENDS_EARLY)
            return
        for n in range(most):
            block = blocks + 8 * BLOCK * n
            at, held, front = filled(at, held, front)
            found = code(load_i64(block), front, 0)
            before = reader + 8 * BEFORE + 8 * load_i64(block + 8 * COMPONENT)
            dc, place = load_i64(before) + number(found, front), found >> 8 & 255
            front, held = shl(front, found), held - (found & 63)
            store_i64(before, dc)
            beyond |= dc + LARGEST_DC
            table = load_i64(block + 8 * AC_TABLE)
            if keep != 0 and load_i64(block + 8 * WANTED) != 0:
                lane = mcu * load_i64(block + 8 * ACROSS) + load_i64(block + 8 * WHICH)
                goal = load_i64(block + 8 * GOES) + GROUP * (lane // COUNT) + 2 * (lane % COUNT)
                store_i16(goal, dc)
                at, held, front, place = stored(at, held, front, place, table, goal, natural)
                last = load_i64(block + 8 * LAST) + 8 * (lane // COUNT)
                if place & 127 > load_i64(last):
                    store_i64(last, place & 127)
            else:
                at, held, front, place = passed(at, held, front, place, table)
            if 63 < place < AT_END:
                store_i64(reader + 8 * WHY, NO_SENSE)
                return
    store_i64(reader, at)
    store_i64(reader + 8 * FILLED, held)
    store_i64(reader + 8 * FRONT, front)
    store_i64(reader + 8 * BEYOND, beyond)


@kernel
def open_reader(reader, at, bit):
    """Have a reader begin at a bit of a byte, 0 to 7 from its highest; the DC numbers stay."""
    where, held, front = filled(at, 0, 0)
    store_i64(reader, where)
    store_i64(reader + 8 * FILLED, held - bit)
    store_i64(reader + 8 * FRONT, shl(front, bit))


@kernel
def place_of(reader, begin):
    """How many bits from an address on are read."""
    return 8 * (load_i64(reader) - begin) - load_i64(reader + 8 * FILLED)
