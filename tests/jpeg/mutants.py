"""Small files with something changed in them: bits, bytes, pieces left out, put in, moved, and the end cut off."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tests.jpeg.files import any_file, place


def mutant(data: bytes, rng: np.random.Generator) -> bytes:
    """Changed in one place, seldom in more; half of the time among the pixels."""
    made, scan = bytearray(data), place(data, 0xDA)[0]
    for _ in range(int(rng.choice([1, 1, 1, 2, 4]))):
        low = min(0 if rng.random() < 0.5 else scan, len(made) - 1)
        at, other = (int(n) for n in rng.integers(low, len(made), 2))
        few, kind = int(rng.integers(1, 4)), rng.random()
        if kind < 0.4:
            made[at] ^= 1 << int(rng.integers(8))
        elif kind < 0.6:
            made[at] = int(rng.integers(256))
        elif kind < 0.7:
            made[at] = 255 if kind < 0.65 else 0
        elif kind < 0.8:
            del made[at : at + few]
        elif kind < 0.9:
            made[at:at] = rng.bytes(few)
        elif kind < 0.95:
            del made[at:]
        else:
            made[at : at + 4] = made[other : other + 4]
        if len(made) < 4:
            break
    return bytes(made)


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """So many mutants of 60 files of up to 63 pixels a side."""
    rng = np.random.default_rng(seed)
    files = [any_file(rng, 63) for _ in range(60)]
    for _ in range(count):
        yield mutant(files[int(rng.integers(len(files)))], rng)
