"""Huffman tables: from a definition in a file (ITU-T T.81, annex C and figure F.16) to look-ups.

A look-up takes the next BITS bits. An entry of 32 bits says of the code in front, and of the number behind it:

    bits 0 to 5    how many bits both have; 0 if the code alone has more than BITS
    bit 7          LONG: both have more than BITS; `long_entry` tells, in the same form
    bits 8 to 15   how many places of the block are passed over, that of the number included; from AT_END on it ends
    bits 16 to 31  the number; if it is LONG, and of DC numbers, instead of it: how many bits the code has (16 to 20),
                   and 63 less those of the number (24 to 29)

WRONG places are passed over by what is in no photograph: no such code, or a number of too many bits. A second table, of
64 bits each, says of the next BITS_TWO bits the same of two codes with their numbers, if they hold both: in its upper
half is the number of the second, and the places of both. A third, for skipping, says of as many codes as BITS hold how
far they go together.

Tables are kept by their definition, as most files have the same few.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, inlined, kernel
from variegate.jpeg.memory import load_u8, load_u32, seldom, shl, shr, store_i64, store_u32

BITS, BITS_TWO = 11, 10
BITS_DC = 9  # the table of DC numbers is needed too seldom to stay near, if it is large
SIZE, SIZE_TWO = 1 << BITS, 1 << BITS_TWO
LONG, WRONG, AT_END = 128, 64, 128
MOST_AC, MOST_DC = 10, 11  # bits of a number
TWOS = 4 * SIZE  # bytes from the beginning of a table to that of two
SKIPS = TWOS + 8 * SIZE_TWO  # to that for skipping
ENDS = SKIPS + 4 * SIZE  # to the first code, of 16 bits, that is longer than each length from 0 to 16
PLACES = ENDS + 4 * 17  # to what is added to a code of each length, for its place among the symbols
SYMBOLS = PLACES + 4 * 17
WORDS = (SYMBOLS + 4 * 256) // 4
MANY = 256  # tables kept, 26 KB each

# The tables of ITU-T T.81, annex K.3, by class and number: a file without tables means them.
LUMA_DC = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, *[0] * 7, *range(12)))
CHROMA_DC = bytes((0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, *[0] * 5, *range(12)))
LUMA_AC = bytes.fromhex(
    "0002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a16"
    "1718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a83848586878889"
    "8a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9ea"
    "f1f2f3f4f5f6f7f8f9fa"
)
CHROMA_AC = bytes.fromhex(
    "00020102040403040705040400010277000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434"
    "e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a828384858687"
    "88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9"
    "eaf2f3f4f5f6f7f8f9fa"
)
STANDARD = LUMA_DC, CHROMA_DC, LUMA_AC, CHROMA_AC


class Table(NamedTuple):
    """A table, and its address; 0 if its definition means nothing."""

    address: int
    memory: NDArray[np.uint32]


@lru_cache(maxsize=MANY)
def table(definition: bytes, ac: bool) -> Table:
    """The table of a definition: how many codes there are of each length from 1 to 16, then their symbols."""
    memory, given = np.zeros(WORDS, np.uint32), np.frombuffer(definition, np.uint8)
    address = int(memory.ctypes.data)
    sound = build(int(given.ctypes.data), given.size - 16, int(ac), address)
    return Table(address if sound else 0, memory)


@kernel
def code_entry(symbol, length, ac):
    """The entry of a symbol with a code of so many bits, its number unknown."""
    size, run = symbol, 0
    if ac != 0:
        size, run = symbol & 15, symbol >> 4
        run = 16 if run == 15 and size == 0 else AT_END if size == 0 else run + 1
    if size > (MOST_AC if ac != 0 else MOST_DC):
        return LONG | WRONG << 8
    return LONG | (length + size) | run << 8 | length << 16 | (63 - size) << 24


@kernel
def long_code(table, ac, bits):
    """The entry of the code in front of 64 bits, however long it is, its number unknown."""
    front, length = shr(bits, 48), 1
    while length <= 16 and front >= load_u32(table + ENDS + 4 * length):
        length += 1
    if length > 16:
        return LONG | WRONG << 8
    place = (shr(front, 16 - length) + load_u32(table + PLACES + 4 * length)) & 255
    return code_entry(load_u32(table + SYMBOLS + 4 * place), length, ac)


@inlined
def number(found, bits):
    """The number behind a code, of which the entry does not say it, extended as figure F.12 says."""
    behind = shl(bits, found >> 16 & 31)
    sign = ~(behind >> 63)
    return (shr(shr(behind ^ sign, 1), found >> 24) ^ sign) - sign


@kernel
def long_entry(table, found, bits):
    """The entry of the code and number in front of 64 bits, of which the table's says that they are LONG."""
    if found & 63 == 0:
        found = long_code(table, 1, bits)
    return found & 0xFF3F | (number(found, bits) & 0xFFFF) << 16


@inlined
def code(table, bits, ac):
    """An entry that tells how many bits and places the code in front of 64 bits takes."""
    found = load_u32(table + (shr(bits, 64 - (BITS if ac else BITS_DC)) << 2))
    return long_code(table, ac, bits) if seldom(found & 63 == 0) else found


@kernel
def short_entry(found, at):
    """The entry for BITS bits, by that of their code."""
    if found & 63 == 0 or found & 63 > BITS:
        return found
    return long_entry(0, found, at << (64 - BITS))


@kernel
def following(table, at, bits, total):
    """The entry of what comes after `total` bits of so many; LONG if these do not hold it."""
    found = load_u32(table + 4 * (at << (BITS - bits + total) & (SIZE - 1)))
    return LONG if found & LONG != 0 or total + (found & 63) > bits else found


@kernel
def two(table, at):
    """The entry for BITS_TWO bits."""
    first = load_u32(table + (at << (2 + BITS - BITS_TWO)))
    total, places, value = first & 63, first >> 8 & 255, first >> 16
    if first & LONG != 0:
        return first if first >> 16 & 31 <= BITS_TWO else LONG  # of a longer code it is one of two
    if total > BITS_TWO:
        return LONG
    second = LONG if places >= AT_END else following(table, at, BITS_TWO, total)
    if second & LONG != 0:
        return first | places << 32 | value << 48
    return first + (second & 63) | (places + (second >> 8 & 255)) << 32 | second >> 16 << 48


@kernel
def skip(table, at):
    """How far the codes in BITS bits go together; at least the first of them."""
    first = load_u32(table + 4 * at) & 0xFFFF
    total, places = first & 63, first >> 8 & 255
    if first & LONG != 0:
        return first if total == 0 else first & ~LONG
    while places < AT_END:
        found = following(table, at, BITS, total)
        if found & LONG != 0 or places + (found >> 8 & 255 & ~AT_END) > 62:
            break
        total, places = total + (found & 63), places + (found >> 8 & 255)
    return total | places << 8


@kernel
def read_definition(definition, count, ac, table):
    """The codes of a definition, into the first table; whether that means something."""
    code, at, bits = 0, 0, BITS if ac else BITS_DC
    store_u32(table + ENDS, 0)
    for length in range(1, 17):
        store_u32(table + PLACES + 4 * length, at - code)
        many = load_u8(definition + length - 1)
        if at + many > count or (many > 0 and code + many >= 1 << length):  # no code is all ones
            return False
        for _ in range(many):
            symbol = load_u8(definition + 16 + at)
            if ac == 0 and symbol > 15:
                return False
            store_u32(table + SYMBOLS + 4 * at, symbol)
            if length <= bits:
                made = code_entry(symbol, length, ac)
                for i in range(code << (bits - length), (code + 1) << (bits - length)):
                    store_u32(table + 4 * i, made)
            code, at = code + 1, at + 1
        store_u32(table + ENDS + 4 * length, code << (16 - length))
        code <<= 1
    return True


@entry
def build(definition, count, ac, table):
    """A table from its definition; whether that means something. Both are addresses.

    definition  how many codes there are of 1 to 16 bits, then `count` symbols
    ac          1, or 0: of DC numbers
    """
    for i in range(SIZE):
        store_u32(table + 4 * i, LONG)
    if not read_definition(definition, count, ac, table):
        return False
    for i in range(SIZE if ac else 0):
        store_u32(table + 4 * i, short_entry(load_u32(table + 4 * i), i))
    for i in range(SIZE if ac else 0):
        store_u32(table + SKIPS + 4 * i, skip(table, i))
    for i in range(SIZE_TWO if ac else 0):
        store_i64(table + TWOS + 8 * i, two(table, i))
    return True
