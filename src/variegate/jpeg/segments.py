"""The segments of a JPEG up to its pixels, as ITU-T T.81, annex B, has them; no length in them is trusted.

What libjpeg would warn of is refused here as well, so that its words are the ones that are told.
"""

from __future__ import annotations

from variegate.compiled import entry, kernel
from variegate.jpeg.codes import (
    ACROSS,
    ARITHMETIC,
    BAD_TABLE,
    BROKEN_SEGMENT,
    CHANNELS,
    COLOURS,
    COMPONENTS,
    COUNTED,
    DEFINED,
    DOWN,
    HEIGHT,
    INTERVAL,
    MOST_BYTES,
    NO_JPEG,
    NO_SIZE,
    NO_TABLE,
    OTHER_PROCESS,
    PRECISION,
    PROGRESSIVE,
    SAMPLING,
    SCAN,
    SEVERAL_SCANS,
    SOUND,
    STEP_BYTES,
    TOO_LONG,
    WIDTH,
)
from variegate.jpeg.inverse import LARGEST
from variegate.jpeg.memory import load_i64, load_u8, load_u16, store_i16, store_i64

SOF_0, SOF_1, SOF_2, DHT, SOF_9, DAC = 0xC0, 0xC1, 0xC2, 0xC4, 0xC9, 0xCC
RST_0, SOI, EOI, SOS, DQT, DNL, DRI, EXP, APP_0, APP_14, APP_15, COM = (
    *(0xD0, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDF),
    *(0xE0, 0xEE, 0xEF, 0xFE),
)
LARGEST_SIDE = 65500  # of libjpeg's
ABSENT = -100
# What is known so far, int64 each.
FRAME, JFIF, ADOBE, QUANTS, HUFFMANS, HUFFMAN_BYTES = 0, 1, 2, 3, 7, 15
KNOWN = 23


@kernel
def number(address):
    """Two bytes, the higher first."""
    return load_u8(address) << 8 | load_u8(address + 1)


@kernel
def is_word(address, a, b, c, d, e):
    """Whether five bytes are these."""
    return (
        load_u8(address) == a
        and load_u8(address + 1) == b
        and load_u8(address + 2) == c
        and load_u8(address + 3) == d
        and load_u8(address + 4) == e
    )


@kernel
def application(marker, body, count, known):
    """A segment of JFIF or Adobe, of which the colours hang."""
    if marker == APP_0 and count >= 14 and is_word(body, 0x4A, 0x46, 0x49, 0x46, 0):  # "JFIF"
        store_i64(known + 8 * JFIF, 1)
        return SOUND if load_u8(body + 5) == 1 else BROKEN_SEGMENT  # libjpeg warns of other versions
    if marker == APP_14 and count >= 12 and is_word(body, 0x41, 0x64, 0x6F, 0x62, 0x65):  # "Adobe"
        store_i64(known + 8 * ADOBE, load_u8(body + 11))
    return SOUND


@kernel
def quantisation(src, at, end, known):
    """Where each table begins: the byte that tells its number and precision."""
    while at < end:
        told = load_u8(src + at)
        count = 65 if told < 16 else 129
        if told & 15 > 3 or told >> 4 > 1 or at + count > end:
            return BROKEN_SEGMENT
        store_i64(known + 8 * (QUANTS + (told & 15)), at)
        at += count
    return SOUND


@kernel
def huffman(src, at, end, known):
    """Where the definition of each table begins, and how long it is."""
    while at < end:
        if at + 17 > end:
            return BROKEN_SEGMENT
        told, count = load_u8(src + at), 16
        for n in range(16):
            count += load_u8(src + at + 1 + n)
        if told & 15 > 3 or told >> 4 > 1 or count > 272 or at + 1 + count > end:
            return BROKEN_SEGMENT
        which = 4 * (told >> 4) + (told & 15)
        store_i64(known + 8 * (HUFFMANS + which), at + 1)
        store_i64(known + 8 * (HUFFMAN_BYTES + which), count)
        at += 1 + count
    return SOUND


@kernel
def frame(src, at, end, fields):
    """Size and sampling; the components are read once more at the scan."""
    if at + 6 > end:
        return BROKEN_SEGMENT
    height, width, count = number(src + at + 1), number(src + at + 3), load_u8(src + at + 5)
    if load_u8(src + at) != 8:
        return PRECISION
    if height == 0 or width == 0 or max(height, width) > LARGEST_SIDE:
        return NO_SIZE
    if count != 1 and count != 3:
        return CHANNELS
    if at + 6 + 3 * count != end:
        return BROKEN_SEGMENT
    luma, across, down = load_u8(src + at + 7), 1, 1
    if count == 1:
        if not 1 <= luma >> 4 <= 4 or not 1 <= luma & 15 <= 4:
            return SAMPLING
    else:
        across, down = luma >> 4, luma & 15
        chroma = load_u8(src + at + 10) == 0x11 and load_u8(src + at + 13) == 0x11
        if not chroma or not 1 <= across <= 2 or not 1 <= down <= 2:
            return SAMPLING
    store_i64(fields + 8 * HEIGHT, height)
    store_i64(fields + 8 * WIDTH, width)
    store_i64(fields + 8 * COMPONENTS, count)
    store_i64(fields + 8 * ACROSS, across)
    store_i64(fields + 8 * DOWN, down)
    return SOUND


@kernel
def is_ycbcr(src, components, known):
    """By libjpeg's rule: JFIF's, or as Adobe says, or by the numbers of the components."""
    if load_i64(known + 8 * JFIF) != 0:
        return True
    if load_i64(known + 8 * ADOBE) != ABSENT:
        return load_i64(known + 8 * ADOBE) == 1
    ids = load_u8(src + components), load_u8(src + components + 3), load_u8(src + components + 6)
    return not (ids[0] == 0x52 and ids[1] == 0x47 and ids[2] == 0x42)  # "RGB"


@kernel
def steps_of(src, at, steps, natural):
    """Of a component: its steps and limits in natural order. natural: address of `entropy.NATURAL`"""
    wide = load_u8(src + at) >> 4
    for k in range(64):
        step = number(src + at + 1 + 2 * k) if wide else load_u8(src + at + 1 + k)
        place = load_u16(natural + 2 * k) >> 5
        store_i16(steps + 2 * place, step)
        store_i16(steps + 128 + 2 * place, LARGEST // step if step > 0 else 32767)


@kernel
def scan(src, at, end, fields, steps, natural, known):
    """What each component of the scan is coded with."""
    components = load_i64(known + 8 * FRAME) + 6
    count = load_i64(fields + 8 * COMPONENTS)
    if at >= end or at + 4 + 2 * load_u8(src + at) != end:
        return BROKEN_SEGMENT
    if load_u8(src + at) != count:
        return SEVERAL_SCANS
    if load_u8(src + end - 3) != 0 or load_u8(src + end - 2) != 63 or load_u8(src + end - 1) != 0:
        return BROKEN_SEGMENT
    for c in range(count):
        told, tables = components + 3 * c, load_u8(src + at + 2 + 2 * c)
        if load_u8(src + at + 1 + 2 * c) != load_u8(src + told):
            return BROKEN_SEGMENT
        for other in range(c):
            if load_u8(src + components + 3 * other) == load_u8(src + told):
                return BROKEN_SEGMENT
        quant = load_u8(src + told + 2)
        if quant > 3 or load_i64(known + 8 * (QUANTS + quant)) == 0:
            return NO_TABLE
        steps_of(src, load_i64(known + 8 * (QUANTS + quant)), steps + STEP_BYTES * c, natural)
        for kind in range(2):
            which = tables >> 4 if kind == 0 else tables & 15
            if which > 3:
                return BAD_TABLE
            place = load_i64(known + 8 * (HUFFMANS + 4 * kind + which))
            if place == 0:
                if which > 1:
                    return NO_TABLE
                place = -1 - (2 * kind + which)
            store_i64(fields + 8 * (DEFINED + 2 * c + kind), place)
            store_i64(fields + 8 * (COUNTED + 2 * c + kind), load_i64(known + 8 * (HUFFMAN_BYTES + 4 * kind + which)))
    if count == 3 and not is_ycbcr(src, components, known):
        return COLOURS
    store_i64(fields + 8 * SCAN, end)
    return SOUND


@kernel
def other_frame(marker):
    """Why a frame of this kind, or a segment that belongs to another, is not for us."""
    if marker == SOF_2:
        return PROGRESSIVE
    return ARITHMETIC if marker == DAC or SOF_9 <= marker <= SOF_9 + 2 else OTHER_PROCESS


@kernel
def segment(src, marker, at, end, fields, known):
    """A segment before the scan."""
    if SOF_0 <= marker <= SOF_1:
        if load_i64(known + 8 * FRAME) != 0:
            return BROKEN_SEGMENT
        store_i64(known + 8 * FRAME, at)
        return frame(src, at, end, fields)
    if marker == DHT:
        return huffman(src, at, end, known)
    if marker == DQT:
        return quantisation(src, at, end, known)
    if marker == DRI:
        if end - at != 2:
            return BROKEN_SEGMENT
        store_i64(fields + 8 * INTERVAL, number(src + at))
        return SOUND
    if APP_0 <= marker <= APP_15:
        return application(marker, src + at, end - at, known)
    if marker == COM:
        return SOUND
    return other_frame(marker) if SOF_2 <= marker < RST_0 else BROKEN_SEGMENT


@entry
def read_segments(src, size, fields, steps, natural, known):
    """Read a file's header into `fields` and `steps`; SOUND, or why another decoder must read it.

    src     address of the file, of `size` bytes
    fields  address of int64 (FIELDS,), zeros; steps: of int16 (3, 2, 64)
    known   address of int64 (KNOWN,), for the while
    """
    for n in range(KNOWN):
        store_i64(known + 8 * n, ABSENT if n == ADOBE else 0)
    if size < 4 or number(src) != 0xFFD8:
        return NO_JPEG
    if size > MOST_BYTES:
        return TOO_LONG
    at = 2
    while True:
        if at + 4 > size or load_u8(src + at) != 255:
            return BROKEN_SEGMENT
        marker = load_u8(src + at + 1)
        if marker == 255:  # a fill byte
            at += 1
            continue
        if marker < SOF_0 or RST_0 <= marker <= EOI:
            return BROKEN_SEGMENT
        end = at + 2 + number(src + at + 2)
        if end < at + 4 or end > size:
            return BROKEN_SEGMENT
        if marker == SOS:
            if load_i64(known + 8 * FRAME) == 0:
                return BROKEN_SEGMENT
            return scan(src, at + 4, end, fields, steps, natural, known)
        why = segment(src, marker, at + 4, end, fields, known)
        if why != SOUND:
            return why
        at = end
