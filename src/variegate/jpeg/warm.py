"""Compile the decoder ahead, so that no picture waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from variegate.jpeg.header import Header, parse
from variegate.jpeg.index import units, verify

# A grey picture of 8 x 8 pixels: its steps, its frame, its scan, one block that is grey, and the end.
SMALLEST = b"".join(
    (
        b"\xff\xd8\xff\xdb\0\x43\0" + b"\1" * 64,
        b"\xff\xc0\0\x0b\x08\0\x08\0\x08\1\1\x11\0",
        b"\xff\xda\0\x08\1\1\0\0\x3f\0\x2b\xff\xd9",
    )
)


def warm() -> Iterator[tuple[str, float]]:
    """Compile or load all of the decoder, one part at a time: (name, seconds it took)."""
    steps: tuple[tuple[str, Callable[[], object]], ...] = (
        ("jpeg: parts", units),
        ("jpeg: header and tables", lambda: parse(SMALLEST)),
        ("jpeg: picture", _read_once),
    )
    for name, run in steps:
        begun = time.perf_counter()
        run()
        yield name, time.perf_counter() - begun


def _read_once() -> None:
    header = parse(SMALLEST)
    assert isinstance(header, Header)
    verify(SMALLEST, header, (0, 8, 0, 8), np.empty((8, 8, 3), np.uint8))
