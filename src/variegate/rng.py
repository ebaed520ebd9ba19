"""Counter streams: a key becomes numbers, a whole batch in one call, without state.

Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A stream is the
generator's 64-bit key: the BLAKE2b hash of (seed, op path, field, draw). The counter is (id, epoch, variation).
The block that comes of it is a number; or, as four words, the sub-key from which `kernels/bits.py` fills arrays.
Importing this module imports Numba, so import it where it is used.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, inlined, plain

Words = NDArray[np.uint32]

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_SHIFT, _UNIT = np.uint64(11), 2.0**-53


@inlined
def philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Ten rounds; every word is a uint64 below 2**32, so that products need no casts."""
    for _ in range(10):
        product0 = _M0 * c0
        product1 = _M1 * c2
        c0 = (product1 >> _HALF) ^ c1 ^ k0
        c1 = product1 & _LOW
        c2 = (product0 >> _HALF) ^ c3 ^ k1
        c3 = product0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@entry
def _uniforms(streams: Any, ids: Any, epochs: Any, variations: Any, out: Any) -> None:
    for d in range(streams.shape[0]):
        k0, k1 = np.uint64(streams[d, 0]), np.uint64(streams[d, 1])
        for b in range(ids.shape[0]):
            low, high = ids[b] & _LOW, ids[b] >> _HALF
            word0, word1, _, _ = philox(low, high, np.uint64(epochs[b]), np.uint64(variations[b]), k0, k1)
            out[d, b] = np.float64(((word0 << _HALF) | word1) >> _SHIFT) * _UNIT


@entry
def _blocks(streams: Any, ids: Any, epochs: Any, variations: Any, out: Any) -> None:
    for d in range(streams.shape[0]):
        k0, k1 = np.uint64(streams[d, 0]), np.uint64(streams[d, 1])
        for b in range(ids.shape[0]):
            low, high = ids[b] & _LOW, ids[b] >> _HALF
            words = philox(low, high, np.uint64(epochs[b]), np.uint64(variations[b]), k0, k1)
            out[d, 0, b], out[d, 1, b], out[d, 2, b], out[d, 3, b] = words


def block(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """One block of the generator: four 32-bit words from a counter of four and a key of two.

    >>> [f"{word:08x}" for word in block((0, 0, 0, 0), (0, 0))]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    low, high, epoch, variation = (np.array([word], np.uint64) for word in counter)
    columns = low | high << _HALF, epoch.astype(np.uint32), variation.astype(np.uint32)
    first, second, third, fourth = blocks(np.array([key], np.uint32), *columns)[0, :, 0].tolist()
    return first, second, third, fourth


def uniforms(
    streams: Words, ids: NDArray[np.uint64], epochs: NDArray[np.uint32], variations: NDArray[np.uint32]
) -> NDArray[np.float64]:
    """Numbers in [0, 1) of 53 bits, shape (D, B): one for each of D streams and B samples.

    streams            (D, 2) uint32, from `streams`
    ids                (B,) uint64
    epochs, variations (B,) uint32
    """
    out = np.empty((len(streams), len(ids)), np.float64)
    _uniforms(plain(streams), plain(ids), plain(epochs), plain(variations), out)
    return out


def blocks(
    streams: Words, ids: NDArray[np.uint64], epochs: NDArray[np.uint32], variations: NDArray[np.uint32]
) -> Words:
    """The whole blocks of which `uniforms` makes a number each: (D, 4, B), four words for each stream and sample."""
    out = np.empty((len(streams), 4, len(ids)), np.uint32)
    _blocks(plain(streams), plain(ids), plain(epochs), plain(variations), out)
    return out


@entry
def _fill(bits: Any, out: Any) -> None:
    for b in range(out.shape[0]):
        k0, k1, c2, c3 = (np.uint64(bits[0, b]), np.uint64(bits[1, b]), np.uint64(bits[2, b]), np.uint64(bits[3, b]))
        for number in range((out.shape[1] + 3) // 4):
            words = philox(np.uint64(number), np.uint64(0), c2, c3, k0, k1)
            for n in range(min(4, out.shape[1] - 4 * number)):
                word = words[0] if n == 0 else words[1] if n == 1 else words[2] if n == 2 else words[3]
                out[b, 4 * number + n] = np.float64(word >> np.uint64(8)) * 2.0**-24


def filled(bits: Words, count: int) -> NDArray[np.float64]:
    """The first `count` uniforms of each sample's sub-key, (B, count): as `kernels.bits.uniforms` at 0 to count.

    bits  (4, B) uint32, the column of a `Bits` draw
    """
    out = np.empty((bits.shape[1], count))
    _fill(plain(bits), out)
    return out


def stream(seed: int, path: str, field: str, draw: int) -> tuple[int, int]:
    """The generator's key of one draw: two 32-bit words, the BLAKE2b-64 hash of who draws.

    Every part is preceded by its length, so no two lists of parts are written alike.
    """
    seed = operator.index(seed)
    written = seed.to_bytes(seed.bit_length() // 8 + 1, "little", signed=True)
    digest = blake2b(digest_size=8)
    for part in (written, path.encode(), field.encode(), draw.to_bytes(4, "little")):
        digest.update(len(part).to_bytes(4, "little") + part)
    word = digest.digest()
    return int.from_bytes(word[:4], "little"), int.from_bytes(word[4:], "little")


def streams(seed: int, draws: Iterable[tuple[str, str, int]]) -> Words:
    """The (D, 2) uint32 table of these (path, field, draw), one row each, for `uniforms`."""
    return np.array([stream(seed, *draw) for draw in draws], np.uint32).reshape(-1, 2)
