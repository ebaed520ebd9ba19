"""A picture read by us is the picture that simplejpeg reads, to the last bit, whatever window is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from tests.jpeg.files import (
    SAMPLINGS,
    any_file,
    any_window,
    changed,
    encoded,
    header,
    index_of,
    pixels,
    place,
    put,
    segment,
    turbo,
    whole,
    without,
)

import variegate.jpeg as jpeg
from variegate.jpeg.warm import SMALLEST

ADOBE = b"Adobe\0\x64\0\0\0\0\0"


def check(data: bytes, windows: int, rng: np.random.Generator) -> None:
    """Of RGB and of grey: all of it, windows by the index, and windows while it is verified."""
    for channels in (3, 1):
        found, truth = header(data), turbo(data, channels)
        height, width = found.size
        out = np.zeros((height, width, channels), np.uint8)
        index = jpeg.verify(data, found, (0, height, 0, width), out)
        assert isinstance(index, jpeg.Index), index
        assert np.array_equal(out, truth)
        for _ in range(windows):
            window = y0, y1, x0, x1 = any_window(rng, height, width)
            for read in (jpeg.read, lambda a, b, _, *rest: isinstance(jpeg.verify(a, b, *rest), jpeg.Index)):
                before = rng.integers(0, 256, out.shape, dtype=np.uint8)
                wanted, got = before.copy(), before.copy()
                wanted[y0:y1, x0:x1] = truth[y0:y1, x0:x1]
                assert read(data, found, index, window, got)
                assert np.array_equal(got, wanted), window


@pytest.mark.parametrize("seed", range(8))
def test_small_pictures(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(60):
        check(any_file(rng, 70), 3, rng)


@pytest.mark.parametrize("seed", range(4))
def test_larger_pictures(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(6):
        check(any_file(rng, 600), 4, rng)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_every_small_size(sampling: str) -> None:
    """Pictures up to 4 wide have two columns of chroma at most, which libjpeg does not smooth."""
    rng = np.random.default_rng(0)
    for height in (*range(1, 10), 17, 33):
        for width in (*range(1, 10), 17, 33):
            check(encoded(pixels(rng, height, width), 90, sampling), 1, rng)


def test_rows_may_stand_apart() -> None:
    rng = np.random.default_rng(0)
    data = encoded(pixels(rng, 40, 50))
    memory = np.full((40, 70, 3), 7, np.uint8)
    assert jpeg.read(data, header(data), index_of(data), (3, 31, 5, 44), memory[:, 10:60])
    truth = np.full_like(memory, 7)
    truth[3:31, 15:54] = turbo(data)[3:31, 5:44]
    assert np.array_equal(memory, truth)


def test_a_picture_without_tables_means_the_standard_ones() -> None:
    data = encoded(pixels(np.random.default_rng(0), 40, 50))
    bare = without(data, 0xC4)
    assert len(bare) < len(data) and np.array_equal(whole(bare), turbo(data))
    assert np.array_equal(turbo(bare), turbo(data))


def test_grey_of_any_sampling_is_one_block_an_mcu() -> None:
    data = encoded(pixels(np.random.default_rng(0), 40, 50, 1))
    at = place(data, 0xC0)[0] + 11
    for factors in (0x11, 0x22, 0x21, 0x41):
        odd = changed(data, at, factors)
        assert np.array_equal(whole(odd), turbo(odd)) and np.array_equal(whole(odd, 1), turbo(odd, 1))


def test_bytes_behind_the_end_are_fine() -> None:
    data = encoded(pixels(np.random.default_rng(0), 40, 50))
    assert np.array_equal(whole(data + b"behind\xff\xd8\xff"), turbo(data))


def test_fill_bytes_before_markers_are_fine() -> None:
    data = encoded(pixels(np.random.default_rng(0), 40, 50), restart_marker_blocks=5)
    filled = data.replace(b"\xff\xd1", b"\xff\xff\xff\xd1").replace(b"\xff\xdb", b"\xff\xff\xdb")
    filled = filled[:-2] + b"\xff\xff\xff\xd9"
    assert np.array_equal(whole(filled), turbo(filled))
    rng = np.random.default_rng(0)
    check(filled, 5, rng)


@pytest.mark.parametrize("restarts", [{"restart_marker_blocks": n} for n in (1, 3, 7, 64)])
def test_restart_markers(restarts: dict[str, int]) -> None:
    rng = np.random.default_rng(0)
    for sampling in SAMPLINGS[:3]:
        check(encoded(pixels(rng, 90, 130), 85, sampling, **restarts), 4, rng)


@pytest.mark.parametrize("adobe", [1, None])
def test_the_colour_space_is_told_by_adobe_or_by_the_components(adobe: int | None) -> None:
    data = without(encoded(pixels(np.random.default_rng(0), 40, 50)), 0xE0)
    for ids in (b"\1\2\3", b"\0\1\2", b"\x01\x22\x23"):
        at, scan = place(data, 0xC0)[0], place(data, 0xDA)[0]
        renamed = bytearray(data)
        for c in range(3):
            renamed[at + 10 + 3 * c] = renamed[scan + 5 + 2 * c] = ids[c]
        told = put(bytes(renamed), segment(0xEE, ADOBE[:11] + bytes([adobe]))) if adobe is not None else bytes(renamed)
        assert np.array_equal(whole(told), turbo(told))


def test_large_quantisation_steps() -> None:
    """Within range, steps of 255 and of 16 bits are exact; beyond, another decoder reads the picture."""
    rng = np.random.default_rng(0)
    seen = set()
    for step in (1, 17, 130, 255, 300, 900, 5000, 40000):
        for kind in range(6):
            table = [step] * 64 if kind < 3 else [1] * 63 + [step]
            data = encoded(pixels(rng, 40, 50), 80, "4:4:4", qtables=[table, table])
            if kind % 3:  # other steps for numbers that were made for these
                at = place(data, 0xDB)[0]
                data = changed(data, at + 5, *[255] * 64) if data[at + 4] < 16 else data
            found = whole(data)
            seen.add(isinstance(found, str))
            if isinstance(found, str):
                assert found == "its numbers are larger than those of a photograph"
            else:
                assert np.array_equal(found, turbo(data))
    assert seen == {True, False}


def test_a_picture_wider_than_all_chunks() -> None:
    rng = np.random.default_rng(0)
    check(encoded(pixels(rng, 9, 3000), 80, "4:2:0"), 8, rng)
    check(encoded(pixels(rng, 3000, 9), 80, "4:2:0"), 8, rng)


@pytest.mark.parametrize(
    ("shape", "window", "told"),
    [
        ((40, 50, 4), (0, 1, 0, 1), r"out is uint8 \(40, 50, 4\) with strides .* it must be uint8 \(40, 50, 3 or 1\)"),
        ((41, 50, 3), (0, 1, 0, 1), r"out is uint8 \(41, 50, 3\)"),
        ((40, 50, 3), (0, 41, 0, 1), r"the window \(0, 41, 0, 1\) is not within the picture, .* \(40, 50\)"),
        ((40, 50, 3), (5, 4, 0, 1), r"the window"),
        ((40, 50, 3), (0, 1, -1, 1), r"the window"),
    ],
)
def test_what_is_asked_must_fit(shape: tuple[int, ...], window: jpeg.Window, told: str) -> None:
    data = encoded(pixels(np.random.default_rng(0), 40, 50))
    with pytest.raises(ValueError, match=told):
        jpeg.verify(data, header(data), window, np.zeros(shape, np.uint8))


def test_dc_numbers_whose_sums_go_too_far() -> None:
    """Blocks that each add 2047: what an index holds, and 16 bits, end soon after; also where nothing is written."""
    for count, sound in ((1, True), (2, False), (40, False)):
        at = SMALLEST.index(b"\xff\xc0") + 7
        wide = changed(SMALLEST, at, 8 * count >> 8, 8 * count & 255)
        data = wide.replace(b"\x2b\xff\xd9", b"\xff\0\x7f\xfa" * count + b"\xff\xd9")
        if sound:
            assert np.array_equal(whole(data), turbo(data))
            continue
        out = np.zeros((8, 8 * count, 3), np.uint8)
        for window in ((0, 0, 0, 0), (0, 8, 0, 8 * count)):
            assert jpeg.verify(data, header(data), window, out) == "its numbers are larger than those of a photograph"
