"""The truth of each stage, in plain Python and NumPy: what the kernels give must be this, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from variegate.jpeg.entropy import ZIGZAG

Ints = NDArray[np.int64]
Codes = dict[tuple[int, int], int]


def unstuffed(data: bytes) -> list[bytes]:
    """The entropy-coded bytes up to the first marker that ends them, parted at restart markers."""
    parts, at = [bytearray()], 0
    while at + 1 < len(data):
        byte, behind = data[at], data[at + 1]
        if byte != 255:
            parts[-1].append(byte)
            at += 1
        elif behind == 0:
            parts[-1].append(255)
            at += 2
        elif 0xD0 <= behind <= 0xD7:
            parts.append(bytearray())
            at += 2
        elif behind == 255:
            at += 1
        else:
            break
    return [bytes(part) for part in parts]


def codes(definition: bytes) -> Codes:
    """The symbols by the length of their code, and the code: ITU-T T.81, figures C.1 and C.2."""
    found, code, at = {}, 0, 16
    for length in range(1, 17):
        for _ in range(definition[length - 1]):
            found[length, code] = definition[at]
            code, at = code + 1, at + 1
        code *= 2
    return found


def bits_of(data: bytes) -> Iterator[int]:
    """Bit by bit, the highest of a byte first."""
    return (byte >> (7 - n) & 1 for byte in data for n in range(8))


def symbol(bits: Iterator[int], table: Codes) -> int:
    """The next symbol: figure F.16."""
    length, code = 0, 0
    while (length, code) not in table:
        length, code = length + 1, 2 * code + next(bits)
        if length > 16:
            raise ValueError("no such code")
    return table[length, code]


def number(bits: Iterator[int], size: int) -> int:
    """The next number of so many bits: figure F.12."""
    value = 0
    for _ in range(size):
        value = 2 * value + next(bits)
    return value if size == 0 or value >= 1 << (size - 1) else value - (1 << size) + 1


def block(bits: Iterator[int], dc: Codes, ac: Codes, before: int) -> Ints:
    """The next block, (8, 8): figures F.13 and F.14. before: the DC number of the block before"""
    flat = np.zeros(64, np.int64)
    flat[0] = before + number(bits, symbol(bits, dc))
    place = 0
    while place < 63:
        run, size = divmod(symbol(bits, ac), 16)
        if size == 0 and run != 15:
            break
        place += run + 1
        flat[ZIGZAG[place]] = number(bits, size)
    return flat.reshape(8, 8)


def points(x: Ints, axis: int) -> Ints:
    """The 8-point transform, times 2**13 and the square root of 8, as the IJG has it: rotations share their factors."""
    x = np.moveaxis(x, axis, 0)
    z = (x[2] + x[6]) * 4433
    low, high = z + x[2] * 6270, z - x[6] * 15137
    total, apart = (x[0] + x[4]) << 13, (x[0] - x[4]) << 13
    even = [total + low, apart + high, apart - high, total - low]
    z1, z2, z3, z4 = (x[7] + x[1]) * -7373, (x[5] + x[3]) * -20995, x[7] + x[3], x[5] + x[1]
    z5 = (z3 + z4) * 9633
    z3, z4 = z3 * -16069 + z5, z4 * -3196 + z5
    odd = [x[1] * 12299 + z1 + z4, x[3] * 25172 + z2 + z3, x[5] * 16819 + z2 + z4, x[7] * 2446 + z1 + z3]
    made = [e + o for e, o in zip(even, odd, strict=True)] + [e - o for e, o in zip(even[::-1], odd[::-1], strict=True)]
    return np.moveaxis(np.stack(made), 0, axis)


def inverse(coefficients: Ints) -> NDArray[np.uint8]:
    """Samples of dequantised blocks, (..., 8, 8): columns, rounded to 2 bits more, then rows."""
    columns = points(coefficients, -2) + (1 << 10) >> 11
    return np.asarray(np.clip((points(columns, -1) + (1 << 17) >> 18) + 128, 0, 255), np.uint8)


def upsampled(plane: NDArray[np.uint8], across: int, down: int) -> NDArray[np.uint8]:
    """A plane of chroma at 1 or 2 pixels a sample along each axis: 3/4 of the nearer sample, 1/4 of the farther."""
    if across == 2 and plane.shape[1] <= 2:
        return plane.repeat(across, 1).repeat(down, 0)
    wide = np.pad(plane.astype(np.int64), 1, mode="edge")
    height, width = plane.shape
    out = np.zeros((down * height, across * width), np.uint8)
    for v in range(down):
        rows = wide if down == 1 else 3 * wide[1:-1] + (wide[2:] if v else wide[:-2])
        rows = rows[1:-1] if down == 1 else rows
        for h in range(across):
            if across == 1:
                out[v::down] = rows[:, 1:-1] + 1 + v >> 2 if down == 2 else rows[:, 1:-1]
                continue
            total = 3 * rows[:, 1:-1] + (rows[:, 2:] if h else rows[:, :-2])
            out[v::down, h::across] = total + (8 - h) >> 4 if down == 2 else total + 1 + h >> 2
    return out


def rgb(y: NDArray[np.uint8], cb: NDArray[np.uint8], cr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """JFIF's colours, with factors times 2**16."""
    luma, blue, red = y.astype(np.int64), cb.astype(np.int64) - 128, cr.astype(np.int64) - 128
    half = 1 << 15
    channels = (
        luma + (91881 * red + half >> 16),
        luma + (-22554 * blue - 46802 * red + half >> 16),
        luma + (116130 * blue + half >> 16),
    )
    return np.asarray(np.clip(np.stack(channels, -1), 0, 255), np.uint8)
