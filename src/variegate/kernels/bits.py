"""Arrays of numbers out of a sub-key: what stands at a position hangs on the sub-key and the position alone.

A sub-key is the four words that a `Bits` draw gives a sample. Position p is word p % 4 of the block of Philox4x32-10
whose key is the first two words, and whose counter is (p // 4, the other two): so any part of an array can be filled,
in any order, on any thread, and two samples share their numbers by a chance of 2**-128.

words     32 bits each
uniforms  float32 in [0, 1): the upper 24 bits of a word
normals   float32 of mean 0 and standard deviation 1, none beyond 6.7: by Box and Muller (1958), two of each two words

The three can be called from Python, and from functions that Numba compiles. All of it is + - * / and sqrt of float32:
the same bits on every CPU. `reference_bits.py` is the same, in plain NumPy.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import int64, uint64
from numba.extending import overload
from numpy.typing import NDArray

from variegate.compiled import Unit, inlined, kernel, unit
from variegate.kernels.memory import address_of, bits_f32, hold, invoke, load_word, single_of, store_f32, store_u32
from variegate.rng import philox

f32, i32 = np.float32, np.int32
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
UNIT = f32(2.0**-24)
SQRT_HALF, LOGS = 0x3F3504F3, 0x3F800000  # the bits of sqrt(1/2) and of 1, as float32
LN2 = f32(0.6931471805599453)
ARC = f32(0.7853981633974483 * 2.0**-29)  # an eighth of a turn in 2**29 steps
Words = NDArray[np.uint32]


@kernel
def opened(key):
    """The four words at an address."""
    return (
        uint64(load_word(key, i32(0))),
        uint64(load_word(key, i32(4))),
        uint64(load_word(key, i32(8))),
        uint64(load_word(key, i32(12))),
    )


@kernel
def whole(start, count):
    """Which blocks lie wholly within a part of the positions, and where those end and begin that do not."""
    stop, first, last = start + count, (start + 3) >> 2, (start + count) >> 2
    before = min(4 * first, stop)
    return first, last, before, max(4 * last, before)


@kernel
def place(n, start, before, after):
    """The position of the n-th value outside of whole blocks: start to before, then from `after` on."""
    return start + n if n < before - start else after + n - (before - start)


@inlined
def block(number, key):
    """The block of four words of that number."""
    return philox(uint64(number) & LOW, uint64(number) >> HALF, key[2], key[3], key[0], key[1])


@kernel
def lone(number, key):
    """The same for an odd position or two: so long that LLVM calls it, which keeps the loop around it short."""
    return block(number, key)


@kernel
def word(words, p):
    """That of a block's four which stands at position p."""
    low, high = (words[1], words[3]) if p & 1 else (words[0], words[2])
    return high if p & 2 else low


@kernel
def uniform(word):
    """A float32 in [0, 1) out of a word."""
    return f32(i32(word >> uint64(8))) * UNIT


@inlined
def radius(word):
    """sqrt(-2 log(u)) of a u in (0, 1], of 31 bits; log(m) = 2 artanh((m - 1) / (m + 1)), m about 1."""
    u = f32(i32(word >> uint64(1))) * f32(2.0**-31) + f32(2.0**-32)
    bits = int64(bits_f32(u)) + (LOGS - SQRT_HALF)
    m, exponent = single_of(i32((bits & 0x7FFFFF) + SQRT_HALF)), f32(i32((bits >> 23) - 127))
    s = (m - f32(1.0)) / (m + f32(1.0))
    z = s * s
    tail = ((z * f32(1 / 9) + f32(1 / 7)) * z + f32(1 / 5)) * z + f32(1 / 3)
    return np.sqrt(f32(-2.0) * (exponent * LN2 + f32(2.0) * (s + s * (z * tail))))


@inlined
def pair(one, other):
    """Two normals out of two words: a radius, and a direction within 45 degrees of one of four axes."""
    far, bits = radius(one), int64(other)
    x = f32(i32((bits & 0x3FFFFFFF) - 0x20000000)) * ARC
    z = x * x
    sine = (((z * f32(1 / 362880) - f32(1 / 5040)) * z + f32(1 / 120)) * z - f32(1 / 6)) * z
    less = (((z * f32(1 / 40320) - f32(1 / 720)) * z + f32(1 / 24)) * z - f32(1 / 2)) * z
    along, across = far * (f32(1.0) + less), far * (x + x * sine)
    along = -along if bits & 0x40000000 else along
    return (across, along) if bits & 0x80000000 else (along, across)


@unit(int64, int64, int64, int64)
def words_into(key, start, count, out):
    """Words from position `start` on; key, out: addresses of four uint32, and of `count`."""
    own = opened(key)
    first, last, before, after = whole(start, count)
    for number in range(first, last):
        four, at = block(number, own), 4 * number - start
        store_u32(out, at, np.uint32(four[0]))
        store_u32(out, at + 1, np.uint32(four[1]))
        store_u32(out, at + 2, np.uint32(four[2]))
        store_u32(out, at + 3, np.uint32(four[3]))
    for n in range(count - (after - before)):
        p = place(n, start, before, after)
        store_u32(out, p - start, np.uint32(word(lone(p >> 2, own), p)))


@unit(int64, int64, int64, int64)
def uniforms_into(key, start, count, out):
    """Uniforms from position `start` on; key, out: addresses of four uint32, and of `count` float32."""
    own = opened(key)
    first, last, before, after = whole(start, count)
    for number in range(first, last):
        four, at = block(number, own), 4 * number - start
        store_f32(out, at, uniform(four[0]))
        store_f32(out, at + 1, uniform(four[1]))
        store_f32(out, at + 2, uniform(four[2]))
        store_f32(out, at + 3, uniform(four[3]))
    for n in range(count - (after - before)):
        p = place(n, start, before, after)
        store_f32(out, p - start, uniform(word(lone(p >> 2, own), p)))


@unit(int64, int64, int64, int64)
def normals_into(key, start, count, out):
    """Normals from position `start` on; key, out: addresses of four uint32, and of `count` float32."""
    own = opened(key)
    first, last, before, after = whole(start, count)
    for number in range(first, last):
        four, at = block(number, own), 4 * number - start
        one, two = pair(four[0], four[1]), pair(four[2], four[3])
        store_f32(out, at, one[0])
        store_f32(out, at + 1, one[1])
        store_f32(out, at + 2, two[0])
        store_f32(out, at + 3, two[1])
    for n in range(count - (after - before)):
        p = place(n, start, before, after)
        four = lone(p >> 2, own)
        one = pair(word(four, p & 2), word(four, (p & 2) | 1))
        store_f32(out, p - start, one[1] if p & 1 else one[0])


def words(key: Words, start: int, stop: int) -> Words:
    """The words at positions start to stop (without it) of a sub-key, (4,) uint32; 0 <= start <= stop < 2**61."""
    return _filled(words_into, key, np.empty(stop - start, np.uint32), start)


def uniforms(key: Words, start: int, stop: int) -> NDArray[np.float32]:
    """Numbers in [0, 1) at these positions; as `words`."""
    return _filled(uniforms_into, key, np.empty(stop - start, np.float32), start)


def normals(key: Words, start: int, stop: int) -> NDArray[np.float32]:
    """Numbers of a bell curve, of mean 0 and standard deviation 1, at these positions; as `words`."""
    return _filled(normals_into, key, np.empty(stop - start, np.float32), start)


def _filled(fill: Unit, key: Words, out: NDArray, start: int) -> NDArray:  # type: ignore[type-arg]
    call = ctypes.CFUNCTYPE(None, *(ctypes.c_int64,) * 4)(fill.address)
    own = np.ascontiguousarray(key, np.uint32)
    call(own.ctypes.data, start, len(out), out.ctypes.data)
    return out


def _compiled(function: Callable[..., Any], fill: Unit, kind: Any) -> None:
    """Let compiled code call a function of these, too."""

    def typed(key, start, stop):
        address = fill.address

        def filled(key, start, stop):
            out = np.empty(stop - start, kind)
            invoke(address, (address_of(key), start, stop - start, address_of(out)))
            hold(key)
            hold(out)
            return out

        return filled

    overload(function, inline="never")(typed)


_compiled(words, words_into, np.uint32)
_compiled(uniforms, uniforms_into, np.float32)
_compiled(normals, normals_into, np.float32)
