"""Hashes of words, from which orders, splits and stand-ins are drawn: the same on every machine."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray


def digest(*words: object, size: int = 8) -> bytes:
    """The BLAKE2b hash of some words; words never run together, so ("a", "bc") and ("ab", "c") differ."""
    text = "\0".join(str(word) for word in words)
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=size).digest()


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """64-bit words stirred one by one, each bit on all bits (the finaliser of SplitMix64).

    >>> [f"{word:016x}" for word in mixed(np.array([0x9E3779B97F4A7C15], np.uint64))]
    ['e220a8397b1dcdaf']
    """
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
