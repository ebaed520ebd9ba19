"""What a header tells, and what is refused by it, in words."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from tests.jpeg.files import changed, encoded, pixels, place, put, segment, turbo, whole, without

import variegate.jpeg as jpeg

PICTURE = pixels(np.random.default_rng(0), 40, 50)
PLAIN = encoded(PICTURE)
SOF, SOS, DQT, DHT, APP_0 = (place(PLAIN, marker)[0] for marker in (0xC0, 0xDA, 0xDB, 0xC4, 0xE0))
ADOBE = b"Adobe\0\x64\0\0\0\0\0"
SEGMENT, COLOURS = "a segment before the pixels is odd or broken", "its colours are not YCbCr, or not plainly"


def saved(mode: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PICTURE).convert(mode).save(file, "JPEG", **options)
    return file.getvalue()


def test_the_header() -> None:
    found = jpeg.parse(PLAIN)
    assert isinstance(found, jpeg.Header)
    assert (found.size, found.channels, found.mcus) == ((40, 50), 3, 3 * 4)
    grey = jpeg.parse(encoded(PICTURE[..., :1]))
    assert isinstance(grey, jpeg.Header) and (grey.size, grey.channels, grey.mcus) == ((40, 50), 1, 5 * 7)


def test_files_with_the_same_tables_share_them() -> None:
    one, other = jpeg.parse(PLAIN), jpeg.parse(encoded(PICTURE[:9, :9], 30))
    assert isinstance(one, jpeg.Header) and isinstance(other, jpeg.Header)
    assert [a is b for a, b in zip(one.tables, other.tables, strict=True)] == [True] * 6


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview])
def test_any_buffer(wrap: Callable[[bytes], bytes]) -> None:
    assert np.array_equal(whole(wrap(PLAIN)), turbo(PLAIN))


REFUSED = {
    "nothing": (b"", "it is no JPEG"),
    "a PNG": (b"\x89PNG\r\n\x1a\n" + bytes(99), "it is no JPEG"),
    "progressive": (saved("RGB", progressive=True), "it is progressive"),
    "CMYK": (saved("CMYK"), "it has other than 1 or 3 channels"),
    "RGB": (saved("RGB", keep_rgb=True), COLOURS),
    "RGB by its ids": (
        without(changed(changed(changed(PLAIN, SOF + 10, 82), SOF + 13, 71), SOF + 16, 66), 0xE0).replace(
            b"\x03\x01\x00\x02\x11\x03\x11", b"\x03R\x00G\x11B\x11"
        ),
        COLOURS,
    ),
    "Adobe says RGB": (put(without(PLAIN, 0xE0), segment(0xEE, ADOBE)), COLOURS),
    "Adobe says what nobody knows": (put(without(PLAIN, 0xE0), segment(0xEE, ADOBE[:11] + b"\7")), COLOURS),
    "JFIF of another version": (changed(PLAIN, APP_0 + 9, 2), SEGMENT),
    "12 bits": (changed(PLAIN, SOF + 4, 12), "its numbers have other than 8 bits"),
    "arithmetic": (changed(PLAIN, SOF + 1, 0xC9), "its coding is arithmetic"),
    "lossless": (changed(PLAIN, SOF + 1, 0xC3), "it is lossless or hierarchical"),
    "no height": (changed(PLAIN, SOF + 5, 0, 0), "its header tells no size that libjpeg takes"),
    "65501 wide": (changed(PLAIN, SOF + 7, 0xFF, 0xDD), "its header tells no size that libjpeg takes"),
    "4:1:1": (changed(PLAIN, SOF + 11, 0x41), "its sampling is none of 4:4:4, 4:2:2, 4:2:0 and 4:4:0"),
    "chroma of two": (changed(PLAIN, SOF + 14, 0x21), "its sampling is none of 4:4:4, 4:2:2, 4:2:0 and 4:4:0"),
    "two scans": (changed(PLAIN, SOS + 3, 8, 1, 1, 0, 0, 63, 0), "it has several scans"),
    "no quantisation table": (without(PLAIN, 0xDB), "a table is missing"),
    "a third Huffman table that is not there": (changed(PLAIN, SOS + 6, 0x22), "a table is missing"),
    "a ninth Huffman table": (changed(PLAIN, SOS + 6, 0x99), "a Huffman table means nothing"),
    "too many codes": (changed(PLAIN, DHT + 5, 3, 0, 3), "a Huffman table means nothing"),
    "a code of all ones": (changed(PLAIN, DHT + 5, 2, 0, 0, 0, 0, 0, 0, 0, 9, 1), "a Huffman table means nothing"),
    "not to the 63rd number": (changed(PLAIN, SOS + 12, 62), SEGMENT),
    "components of another order": (changed(changed(PLAIN, SOS + 5, 2), SOS + 7, 1), SEGMENT),
    "two components of one name": (PLAIN.replace(b"\2\x11\1\3\x11\1", b"\2\x11\1\2\x11\1"), SEGMENT),
    "two frames": (put(PLAIN, PLAIN[slice(*place(PLAIN, 0xC0))]), SEGMENT),
    "bytes between segments": (put(PLAIN, b"\0"), SEGMENT),
    "a restart marker before the pixels": (put(PLAIN, b"\xff\xd0"), SEGMENT),
    "another beginning": (put(PLAIN, b"\xff\xd8"), SEGMENT),
    "no scan": (PLAIN[:SOS] + b"\xff\xd9", SEGMENT),
    "a scan before the frame": (put(PLAIN, PLAIN[slice(*place(PLAIN, 0xDA))]), SEGMENT),
    "an interval of three bytes": (put(PLAIN, segment(0xDD, b"\0\1\0")), SEGMENT),
    "a quantisation table too short": (put(PLAIN, segment(0xDB, bytes(64))), SEGMENT),
    "a quantisation table of 24 bits": (put(PLAIN, segment(0xDB, b"\x20" + bytes(192))), SEGMENT),
    "a fifth quantisation table": (put(PLAIN, segment(0xDB, b"\x04" + bytes(64))), SEGMENT),
    "a Huffman table too short": (put(PLAIN, segment(0xC4, b"\0" + bytes(9))), SEGMENT),
    "a Huffman table beyond its segment": (put(PLAIN, segment(0xC4, b"\0\1" + bytes(15))), SEGMENT),
    "257 codes": (put(PLAIN, segment(0xC4, b"\0\1\xff\1" + bytes(13 + 257))), SEGMENT),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_the_header(name: str) -> None:
    data, why = REFUSED[name]
    assert jpeg.parse(data) == why


def test_no_length_is_trusted() -> None:
    """Every length of a segment, by turns 0, 1, too large and at its largest; and the file, cut anywhere."""
    for at in (SOF, SOS, DQT, DHT, APP_0):
        for length in (0, 1, 2, 3, 9, 300, 65535):
            assert isinstance(whole(changed(PLAIN, at + 2, length >> 8, length & 255)), str)
    for end in range(len(PLAIN) - 1):
        assert isinstance(whole(PLAIN[:end]), str)


DOUBTED = {
    "no end": (PLAIN[:-2], "the pixels end too early"),
    "half": (PLAIN[: (len(PLAIN) + SOS) // 2] + b"\xff\xd9", "the pixels end too early"),
    "a byte too many": (PLAIN[:-2] + b"\0\xff\xd9", "more bytes come before the end than the pixels take"),
    "a comment before the end": (PLAIN[:-2] + b"\xff\xfe\0\2\xff\xd9", "a marker stands among the pixels"),
    "a restart marker where none belongs": (PLAIN[:-2] + b"\xff\xd0\xff\xd9", "a restart marker is missing or wrong"),
}


@pytest.mark.parametrize("name", DOUBTED)
def test_doubted_in_the_pixels(name: str) -> None:
    data, why = DOUBTED[name]
    assert whole(data) == why


def test_restart_markers_out_of_order() -> None:
    data = encoded(PICTURE, restart_marker_blocks=2)
    for other in (b"\xff\xd3", b"", b"\xff\xd1\xff\xd1"):
        assert whole(data.replace(b"\xff\xd1", other)) == "a restart marker is missing or wrong"
    late = data.replace(b"\xff\xd1", b"\0\xff\xd1")
    assert whole(late) == "a restart marker is missing or wrong"
