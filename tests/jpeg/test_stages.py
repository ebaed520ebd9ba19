"""Each stage is its reference, to the last bit."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numba
import numpy as np
import pytest
from numba import int64
from tests.jpeg.files import any_file, encoded, header, pixels, place, segments, turbo, whole

from variegate.compiled import Unit
from variegate.jpeg import codes, colour, entropy, huffman, inverse, reference, unstuff, upsample

Ints = np.ndarray


def called(unit: Unit, count: int) -> Callable[..., None]:
    return ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * count)(unit.address)


def at(array: np.ndarray) -> int:
    return int(array.ctypes.data)


def steps_of(factors: Ints) -> np.ndarray:
    """As the parser makes them, of (8, 8) factors."""
    limits = [inverse.LARGEST // f if f else 32767 for f in factors.ravel()]
    return np.array([factors.ravel(), limits], np.int16)


def transformed(blocks: Ints, factors: Ints, last: int = 63) -> tuple[np.ndarray, bool]:
    """Sixteen blocks of numbers (16, 8, 8), by the kernel; and whether it says that a number was too large."""
    group = np.ascontiguousarray(blocks.reshape(16, 64).T, np.int16)
    work, out, beyond = np.zeros(inverse.ROOM, np.uint8), np.zeros((8, 16, 8), np.uint8), np.zeros(1, np.int64)
    steps = steps_of(factors)
    called(inverse.inverse, 7)(at(group), last, at(steps), at(work), at(out), 128, at(beyond))
    return out.swapaxes(0, 1), bool(beyond[0])


@pytest.mark.parametrize("last", [0, 2, 5, 9, 15, 20, 40, 63])
def test_the_transform(last: int) -> None:
    """Of numbers up to a place of the zigzag order, as few rows are transformed as hold them."""
    rng = np.random.default_rng(last)
    for size in (1, 10, 200, 1000):
        blocks = np.zeros((16, 64), np.int64)
        for k in range(last + 1):
            blocks[:, reference.ZIGZAG[k]] = rng.integers(-size, size + 1, 16) // (1 + k // 4)
        factors = rng.integers(1, 12, (8, 8))
        made, beyond = transformed(blocks, factors, last)
        truth = blocks.reshape(16, 8, 8) * factors
        columns = (reference.points(truth, -2) + (1 << 10)) >> 11
        assert beyond == bool((np.abs(truth) > inverse.LARGEST).any() or (np.abs(columns) > inverse.LARGEST).any())
        if not beyond:
            assert np.array_equal(made, reference.inverse(truth))


@pytest.mark.parametrize("n", range(16))
def test_a_number_that_is_too_large_is_told_in_every_lane(n: int) -> None:
    rng = np.random.default_rng(n)
    for value, factor in (
        (16383, 1),
        (16384, 1),
        (-16384, 1),
        (-32768, 1),
        (129, 127),
        (130, 127),
        (516, 127),
        (1, 16384),
    ):
        blocks, factors = np.zeros((16, 8, 8), np.int64), np.ones((8, 8), np.int64)
        y, x = rng.integers(0, 8, 2)
        blocks[n, y, x], factors[y, x] = value, factor
        too_large = abs(value * factor) > inverse.LARGEST
        columns = (reference.points(blocks * factors, -2) + (1 << 10)) >> 11
        assert transformed(blocks, factors)[1] == bool(too_large or (np.abs(columns) > inverse.LARGEST).any())


@pytest.mark.parametrize("across", [1, 2])
@pytest.mark.parametrize("down", [1, 2])
def test_upsampling(across: int, down: int) -> None:
    rng = np.random.default_rng(0)
    for height, width in ((1, 1), (1, 2), (2, 3), (5, 17), (3, 40)):
        plane = rng.integers(0, 256, (height, width), dtype=np.uint8)
        wide = np.pad(plane, ((0, 0), (64, 64)), mode="edge")
        truth = reference.upsampled(plane, across, down)
        for y in range(height * down):
            sample, lower = divmod(y, down)
            near = min(max(sample + (2 * lower - 1 if down == 2 else 0), 0), height - 1)
            out = np.zeros(across * width + 31, np.uint8)
            rows = at(wide) + 64 + wide.shape[1] * sample, at(wide) + 64 + wide.shape[1] * near
            smooth = int(across == 1 or width > 2)
            if (across, down) == (1, 1):
                continue  # it is not asked for
            called(upsample.upsample, 8)(*rows, lower, across, down, smooth, width, at(out))
            assert np.array_equal(out[: across * width], truth[y])


def test_every_colour() -> None:
    """Of each pair of chroma, at many lumas."""
    blue, red = (each.astype(np.uint8).ravel() for each in np.mgrid[:256, :256])
    spare = np.zeros(64, np.uint8)
    for luma in (0, 1, 100, 128, 254, 255):
        y, out = np.full(blue.size, luma, np.uint8), np.zeros((blue.size, 3), np.uint8)
        called(colour.to_rgb, 6)(at(y), at(blue), at(red), blue.size, at(out), at(spare))
        assert np.array_equal(out, reference.rgb(y, blue, red))


@pytest.mark.parametrize("count", [*range(1, 20), 31, 32, 33, 47])
def test_colours_of_a_row_end_where_it_ends(count: int) -> None:
    rng = np.random.default_rng(count)
    y, blue, red = rng.integers(0, 256, (3, count + 15), dtype=np.uint8)
    out, spare = np.full((count + 20, 3), 7, np.uint8), np.zeros(64, np.uint8)
    called(colour.to_rgb, 6)(at(y), at(blue), at(red), count, at(out), at(spare))
    assert np.array_equal(out[:count], reference.rgb(y, blue, red)[:count]) and (out[count:] == 7).all()


@numba.njit(int64(*[int64] * 9))
def _unstuff(src: int, begin: int, stop: int, size: int, out: int, gone: int, cuts: int, number: int, told: int) -> int:
    found = unstuff.unstuff(src, begin, stop, size, out, gone, 1 << 20, cuts, 1 << 20, number)
    return found[0] * 1000000 + found[1] * 1000 + found[2]  # no doubt is asked for here


def test_unstuffing() -> None:
    rng = np.random.default_rng(0)
    for n in range(200):
        few = rng.integers(0, 256, int(rng.integers(0, 400)), dtype=np.uint8)
        few[rng.random(few.size) < 0.1 * (n % 3)] = 255
        body = few.tobytes().replace(b"\xff", b"\xff\0")
        for k in range(n % 5):
            cut = int(rng.integers(len(body) + 1)) if k == 0 else len(body)
            cut -= body[:cut].endswith(b"\xff")
            body = body[:cut] + b"\xff" + bytes([0xD0 + k]) + body[cut:] if k == 0 else body + bytes([255, 0xD0 + k])
        data = np.frombuffer(body + b"\xff\xd9", np.uint8)
        out, gone, cuts = np.zeros(data.size + 64, np.uint8), np.zeros(4096, np.uint32), np.zeros(4096, np.uint32)
        found = _unstuff(at(data), 0, data.size, data.size, at(out), at(gone), at(cuts), 0, 0)
        parts = reference.unstuffed(data.tobytes())
        length = sum(map(len, parts))
        assert found == length * 1000000 + (len(parts) - 1) * 1000 + 0xD9
        assert out[:length].tobytes() == b"".join(parts)
        assert list(cuts[: len(parts) - 1]) == list(np.cumsum([len(part) for part in parts[:-1]]))
        left_out = len(body) - length
        assert gone[left_out] == 0xFFFFFFFF and (np.diff(gone[:left_out].astype(int)) >= 0).all()


def definitions() -> Iterator[tuple[bytes, bool]]:
    """The standard ones, and those of files with optimised tables."""
    yield from ((definition, n > 1) for n, definition in enumerate(huffman.STANDARD))
    rng = np.random.default_rng(0)
    for quality in (5, 50, 90, 100):
        data = encoded(pixels(rng, 100, 100), quality, "4:2:0", optimize=True)
        for marker, begin, end in segments(data):
            if marker == 0xC4:
                yield data[begin + 5 : end], data[begin + 4] > 15


def entry_of(word: int) -> tuple[int, int, int]:
    """Bits, places, and the number, of a short entry."""
    return word & 63, word >> 8 & 255, int(np.int16(np.uint16(word >> 16)))


def by_reference(word: int, count: int, table: reference.Codes) -> list[tuple[int, int, int]]:
    """The entries of the codes, with their numbers, that so many bits hold."""
    found, bits, left = [], iter([word >> (count - 1 - n) & 1 for n in range(count)]), count
    used = 0

    def counted() -> Iterator[int]:
        nonlocal used
        for bit in bits:
            used += 1
            yield bit

    counting = counted()
    while True:
        before = used
        try:
            run, size = divmod(reference.symbol(counting, table), 16)
            value = reference.number(counting, size)
        except (StopIteration, ValueError, RuntimeError):
            return found
        places = huffman.AT_END if size == 0 and run != 15 else run + 1
        found.append((used - before, places, value))
        left -= used - before


def test_tables() -> None:
    """Every look-up of every table of AC numbers says what its bits hold."""
    seen = 0
    for definition, ac in definitions():
        table = reference.codes(definition)
        found = huffman.table(definition, ac)
        assert found.address
        if not ac or any(symbol & 15 > huffman.MOST_AC for symbol in definition[16:]):
            continue
        seen += 1
        words = found.memory
        twos = words[huffman.TWOS // 4 : huffman.SKIPS // 4].view(np.uint64)
        skips = words[huffman.SKIPS // 4 : huffman.ENDS // 4]
        for bits in range(huffman.SIZE):
            held = by_reference(bits, huffman.BITS, table)
            word = int(words[bits])
            assert bool(word & huffman.LONG) == (not held)
            if held:
                assert entry_of(word) == held[0]
                total, places = int(skips[bits]) & 63, int(skips[bits]) >> 8 & 255
                assert any(
                    total == sum(each[0] for each in held[:n]) and places == sum(each[1] for each in held[:n])
                    for n in range(1, len(held) + 1)
                )
        for bits in range(huffman.SIZE_TWO):
            held = by_reference(bits, huffman.BITS_TWO, table)[:2]
            if held and held[0][1] == huffman.AT_END:
                held = held[:1]
            word = int(twos[bits])
            assert bool(word & huffman.LONG) == (not held)
            if held:
                total, first, one = entry_of(word & 0xFFFFFFFF)
                assert (total, first, one) == (sum(each[0] for each in held), held[0][1], held[0][2])
                assert word >> 32 & 0xFFFF == sum(each[1] for each in held)
                assert int(np.int16(np.uint16(word >> 48))) == held[-1][2]
    assert seen >= 4


def test_the_whole_by_its_reference() -> None:
    """A picture of one MCU row, decoded by the slow reference from the entropy-coded bytes on."""
    rng = np.random.default_rng(0)
    for quality in (30, 75, 95):
        data = encoded(pixels(rng, 8, 40, 1), quality, optimize=True)
        found = header(data)
        (part,) = reference.unstuffed(data[place(data, 0xDA)[1] :])
        bits, before, blocks = reference.bits_of(part + b"\xff"), 0, []
        dc, ac = (data_of(data, kind) for kind in (0x00, 0x10))
        for _ in range(found.mcus):
            blocks.append(reference.block(bits, dc, ac, before))
            before = int(blocks[-1][0, 0])
        begin = place(data, 0xDB)[0] + 5
        factors = np.zeros(64, np.int64)
        factors[list(entropy.ZIGZAG)] = list(data[begin : begin + 64])
        samples = reference.inverse(np.array(blocks) * factors.reshape(8, 8))
        grey = np.concatenate(list(samples), axis=1)[:, :40, None]
        assert np.array_equal(grey, whole(data, 1)) and np.array_equal(grey, turbo(data, 1))


def data_of(data: bytes, kind: int) -> reference.Codes:
    """The codes of a file's first Huffman table of a class and number."""
    for marker, begin, end in segments(data):
        if marker == 0xC4 and data[begin + 4] == kind:
            return reference.codes(data[begin + 5 : end])
    raise AssertionError(kind)


CHECKED = """
import numpy as np
from numba.core.registry import cpu_target
from tests.jpeg.files import any_file, turbo, whole
assert "+avx2" not in cpu_target.target_context.codegen().magic_tuple()[2]
rng = np.random.default_rng(7)
for _ in range(60):
    data = any_file(rng, 90)
    assert np.array_equal(whole(data), turbo(data))
"""


def test_processors_without_avx2_give_the_same(tmp_path: Path) -> None:
    plain = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    env = {**os.environ, **plain, "VARIEGATE_CACHE_DIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", CHECKED], env=env, capture_output=True, text=True, cwd=Path.cwd())
    assert done.returncode == 0, done.stderr


def test_codes_have_words() -> None:
    assert sorted(codes.WORDS) == list(range(1, len(codes.WORDS) + 1))
    assert any_file(np.random.default_rng(0), 9)[:2] == b"\xff\xd8"
