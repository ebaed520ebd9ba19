"""What compiled code says by numbers: the fields of a header, and why another decoder must read a file, in words."""

from __future__ import annotations

# Fields of a header, int64 each.
HEIGHT, WIDTH, COMPONENTS = 0, 1, 2
ACROSS, DOWN = 3, 4  # pixels a sample of chroma stands for, 1 or 2
INTERVAL = 5  # MCUs between restart markers; 0 if there are none
SCAN = 6  # where the entropy-coded bytes begin
DEFINED = 7  # of each component, where its DC table is defined, and so its AC table; a standard one k is -1 - k
COUNTED = 13  # of each of these, how many bytes its definition has
TABLES = 19  # of each of these, the address of the table
FIELDS = 25

# Of a step table: int16 (3, 2, 64), by which numbers are multiplied, and how large each may be, in natural order.
STEP_BYTES = 2 * 2 * 64

SOUND = 0
(
    NO_JPEG,
    BROKEN_SEGMENT,
    PROGRESSIVE,
    ARITHMETIC,
    OTHER_PROCESS,
    PRECISION,
    NO_SIZE,
    CHANNELS,
    SAMPLING,
    COLOURS,
    SEVERAL_SCANS,
    NO_TABLE,
    BAD_TABLE,
    TOO_LONG,
    ENDS_EARLY,
    OTHER_MARKER,
    RESTART_MARKER,
    NO_SENSE,
    LARGE_NUMBERS,
    LEFT_OVER,
    OTHER_FILE,
) = range(1, 22)

WORDS = {
    NO_JPEG: "it is no JPEG",
    BROKEN_SEGMENT: "a segment before the pixels is odd or broken",
    PROGRESSIVE: "it is progressive",
    ARITHMETIC: "its coding is arithmetic",
    OTHER_PROCESS: "it is lossless or hierarchical",
    PRECISION: "its numbers have other than 8 bits",
    NO_SIZE: "its header tells no size that libjpeg takes",
    CHANNELS: "it has other than 1 or 3 channels",
    SAMPLING: "its sampling is none of 4:4:4, 4:2:2, 4:2:0 and 4:4:0",
    COLOURS: "its colours are not YCbCr, or not plainly",
    SEVERAL_SCANS: "it has several scans",
    NO_TABLE: "a table is missing",
    BAD_TABLE: "a Huffman table means nothing",
    TOO_LONG: "it has more than 400 MB",
    ENDS_EARLY: "the pixels end too early",
    OTHER_MARKER: "a marker stands among the pixels",
    RESTART_MARKER: "a restart marker is missing or wrong",
    NO_SENSE: "the pixels hold a code that means nothing",
    LARGE_NUMBERS: "its numbers are larger than those of a photograph",
    LEFT_OVER: "more bytes come before the end than the pixels take",
    OTHER_FILE: "the index is of other bytes",
}
MOST_BYTES = 400 << 20  # places in a file, in bits, are numbers of 32 bits
