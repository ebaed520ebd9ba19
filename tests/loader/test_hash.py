"""Hashes: words never run together, and every bit of a word changes about half of all bits."""

from __future__ import annotations

import numpy as np

from variegate.loader.hash import digest, mixed


def test_words_do_not_run_together() -> None:
    assert digest("a", "bc") != digest("ab", "c")


def test_mixed_stirs_every_bit() -> None:
    values = np.arange(2000, dtype=np.uint64)
    for bit in range(64):
        change = mixed(values) ^ mixed(values ^ np.uint64(1 << bit))
        assert 29 < np.mean([int(word).bit_count() for word in change]) < 35
