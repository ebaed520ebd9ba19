"""An index proves what it belongs to, and takes little."""

from __future__ import annotations

import numpy as np
import pytest
from tests.jpeg.files import any_file, any_window, encoded, header, index_of, pixels, place, turbo

import variegate.jpeg as jpeg


def test_it_takes_a_fiftieth_of_the_file() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        data = any_file(rng, 300)
        index = index_of(data)
        assert index.nbytes * 50 <= len(data) or len(index.places) == 2  # the beginning and the end
    large = encoded(pixels(rng, 480, 640), 85)
    assert 0.015 < index_of(large).nbytes / len(large) <= 0.02


def test_places_are_those_of_the_file() -> None:
    """The first is that of the pixels, the last in the byte before the end, which may be stuffed; and they ascend."""
    rng = np.random.default_rng(1)
    for _ in range(40):
        data = any_file(rng, 200)
        places = index_of(data).places.astype(np.int64)
        assert places[0] == 8 * place(data, 0xDA)[1]
        assert 0 <= 8 * (len(data) - 2) - places[-1] < 16
        assert (np.diff(places) > 0).all()


def test_another_file_is_told() -> None:
    rng = np.random.default_rng(2)
    one, other = (encoded(pixels(rng, 100, 120), 85) for _ in range(2))
    out = np.zeros((100, 120, 3), np.uint8)
    assert not jpeg.read(other, header(other), index_of(one), (0, 100, 0, 120), out)
    longer = one + b"more"
    assert not jpeg.read(longer, header(longer), index_of(one), (0, 100, 0, 120), out)
    assert not jpeg.read(longer, header(one), index_of(one), (0, 100, 0, 120), out)
    assert jpeg.read(one, header(one), index_of(one), (0, 100, 0, 120), out)


@pytest.mark.parametrize("options", [{}, {"restart_marker_blocks": 3}])
def test_a_changed_file_is_told_or_read_as_it_is(options: dict[str, int]) -> None:
    """A bit flipped in the pixels: where the index still holds, what is read is what the whole file now says."""
    rng, told, read = np.random.default_rng(3), 0, 0
    data = encoded(pixels(np.random.default_rng(8), 120, 160), 85, **options)
    index, scan = index_of(data), place(data, 0xDA)[1]
    for _ in range(300):
        edited = bytearray(data)
        edited[int(rng.integers(scan, len(data) - 2))] ^= 1 << int(rng.integers(8))
        window = y0, y1, x0, x1 = any_window(rng, 120, 160)
        out = np.zeros((120, 160, 3), np.uint8)
        if not jpeg.read(bytes(edited), header(bytes(edited)), index, window, out):
            told += 1
            continue
        read += 1
        try:
            truth = turbo(bytes(edited))
        except ValueError:  # the damage lies elsewhere: here is what it was
            truth = turbo(data)
        if not np.array_equal(out[y0:y1, x0:x1], truth[y0:y1, x0:x1]):
            np.testing.assert_array_equal(out[y0:y1, x0:x1], turbo(data)[y0:y1, x0:x1])
    assert told > 15 and read > 30


def test_each_place_and_number_is_proved() -> None:
    """Any entry that a window meets, changed by one."""
    data = encoded(pixels(np.random.default_rng(4), 64, 64), 85)
    out = np.zeros((64, 64, 3), np.uint8)
    for n in range(len(index_of(data).places)):
        for c in range(-1, 3):
            index = index_of(data)
            if c < 0:
                index.places[n] += 1
            else:
                index.numbers[n, c] += 1
            assert not jpeg.read(data, header(data), index, (0, 64, 0, 64), out)


def test_a_window_of_nothing_proves_and_writes_nothing() -> None:
    data = encoded(pixels(np.random.default_rng(5), 40, 50))
    out = np.full((40, 50, 3), 7, np.uint8)
    for window in ((5, 5, 0, 50), (0, 40, 9, 9), (0, 0, 0, 0)):
        assert jpeg.read(data, header(data), index_of(data), window, out)
    assert (out == 7).all()


def test_kept_and_found_again() -> None:
    rng = np.random.default_rng(6)
    for _ in range(20):
        data = any_file(rng, 100)
        found, index = header(data), index_of(data)
        kept = index.to_bytes()
        again = jpeg.Index.from_bytes(memoryview(kept), found)
        assert again is not None and again.spacing == index.spacing
        assert np.array_equal(again.places, index.places) and np.array_equal(again.numbers, index.numbers)
        assert jpeg.Index.from_bytes(kept[:-1], found) is None and jpeg.Index.from_bytes(kept[:9], found) is None
        assert jpeg.Index.from_bytes(kept, header(data + b"more")) is None
        for spacing in (0, found.mcus + 1):
            other = kept[:12] + spacing.to_bytes(4, "little") + kept[16:]
            assert jpeg.Index.from_bytes(other, found) is None


def test_an_index_of_noise_reads_nothing() -> None:
    """One that was damaged where it was kept: it is told, and nothing beyond a buffer is touched."""
    rng = np.random.default_rng(7)
    data = encoded(pixels(rng, 100, 120), 85, restart_marker_blocks=4)
    found, out = header(data), np.zeros((100, 120, 3), np.uint8)
    for _ in range(300):
        index = index_of(data)
        index.places[:] = rng.integers(0, 1 << 32 if rng.random() < 0.3 else 8 * len(data), index.places.size)
        index.numbers[:] = rng.integers(-32768, 32768, index.numbers.shape)
        assert not jpeg.read(data, found, index, any_window(rng, 100, 120), out)
