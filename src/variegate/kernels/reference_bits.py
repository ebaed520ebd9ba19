"""The truth of bits: Philox and the numbers made of its words, in plain NumPy; see `bits.py`.

Its floats are float32 at every step, so it is equal to the kernels to the bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Singles = NDArray[np.float32]
f32 = np.float32


def philox(counter: NDArray[np.uint64], key: tuple[int, int]) -> NDArray[np.uint64]:
    """Ten rounds on counters (4, n), of one key: words (4, n). The algorithm of Salmon et al. (2011), figure 2."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    low, half = np.uint64(2**32 - 1), np.uint64(32)
    for _ in range(10):
        left, right = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1 = (right >> half) ^ c1 ^ np.uint64(k0), right & low
        c2, c3 = (left >> half) ^ c3 ^ np.uint64(k1), left & low
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return np.stack([c0, c1, c2, c3])


def words(key: Words, start: int, stop: int) -> Words:
    """The words at positions start to stop of a sub-key (4,)."""
    first, last = start // 4, -(-stop // 4)
    number = np.arange(first, last, dtype=np.uint64)
    k0, k1, c2, c3 = (int(word) for word in key)
    high = np.full_like(number, c2), np.full_like(number, c3)
    counter = np.stack([number & np.uint64(2**32 - 1), number >> np.uint64(32), *high])
    made = philox(counter, (k0, k1)).T.ravel()
    return made[start - 4 * first : stop - 4 * first].astype(np.uint32)


def uniforms(key: Words, start: int, stop: int) -> Singles:
    """The upper 24 bits of each word, as a part of 1."""
    return (words(key, start, stop) >> np.uint32(8)).astype(f32) * f32(2.0**-24)


def normals(key: Words, start: int, stop: int) -> Singles:
    """Box and Muller's pairs: the first word is the radius, the second the direction."""
    first = start // 2 * 2
    pairs = words(key, first, stop + stop % 2).reshape(-1, 2).astype(np.int64)
    along, across = _pair(pairs[:, 0], pairs[:, 1])
    return np.stack([along, across], axis=1).ravel()[start - first : stop - first]


def _pair(one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[Singles, Singles]:
    far = np.sqrt(f32(-2) * _log((one >> 1).astype(f32) * f32(2.0**-31) + f32(2.0**-32)))
    x = ((other & 0x3FFFFFFF) - 2**29).astype(f32) * f32(np.pi / 4 * 2.0**-29)
    z = x * x
    sine = (((z * f32(1 / 362880) - f32(1 / 5040)) * z + f32(1 / 120)) * z - f32(1 / 6)) * z
    less = (((z * f32(1 / 40320) - f32(1 / 720)) * z + f32(1 / 24)) * z - f32(1 / 2)) * z
    along, across = far * (f32(1) + less), far * (x + x * sine)
    along = np.where(other & 2**30, -along, along)
    swapped = (other & 2**31).astype(bool)
    return np.where(swapped, across, along), np.where(swapped, along, across)


def _log(u: Singles) -> Singles:
    """log(m 2**e) = e log(2) + 2 artanh((m - 1) / (m + 1)), with m from sqrt(1/2) to its double."""
    m, e = np.frexp(u)  # m from 1/2 to 1
    below = m.view(np.int32) < 0x3F3504F3
    m, exponent = np.where(below, m + m, m), (e - below).astype(f32)
    s = (m - f32(1)) / (m + f32(1))
    z = s * s
    tail = ((z * f32(1 / 9) + f32(1 / 7)) * z + f32(1 / 5)) * z + f32(1 / 3)
    return np.asarray(exponent * f32(np.log(2)) + f32(2) * (s + s * (z * tail)), f32)
