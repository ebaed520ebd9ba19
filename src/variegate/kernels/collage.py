"""Pictures side by side: each pixel is that of the one which it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, inlined


def put(
    made: NDArray[Any],
    places: NDArray[np.int8],
    k: int,
    out: NDArray[Any],
    corner: tuple[int, int] = (0, 0),
    layout: str = "HWC",
) -> None:
    """Take the pixels whose place is k from a part of a picture into the whole; both are C-contiguous.

    places  (h, w): of the part, whose corner lies at (top, left) of the whole; the part of 0 gives those of -1 too
    layout  "HWC", also of (H, W), or "CHW"
    """
    planes = out.shape[0] if layout == "CHW" else 1
    sides = out.shape[1:3] if layout == "CHW" else out.shape[:2]
    across = out.size // (planes * sides[0] * sides[1])
    height, width = places.shape
    parts = made.reshape(planes, height, width * across), out.reshape(planes, sides[0], sides[1] * across)
    _put(*parts, places, np.int8(k), across, corner)  # type: ignore[no-untyped-call]


@inlined
def _copy(source, out):
    for n in range(out.size):
        out[n] = source[n]


@entry
def _put(made, out, places, k, across, corner):
    """Run by run: pixels of one place lie side by side."""
    top, left = corner
    height, width = places.shape
    for y in range(height):
        row, end = places[y], 0
        while end < width:
            begin = end
            while begin < width and row[begin] != k and (k != 0 or row[begin] >= 0):
                begin += 1
            end = begin
            while end < width and (row[end] == k or (k == 0 and row[end] < 0)):
                end += 1
            for plane in range(made.shape[0]):
                # Of whole rows, which lie without gaps: so the copy is one of many at once.
                to = out[plane, top + y]
                _copy(
                    made[plane, y][begin * across : end * across], to[(left + begin) * across : (left + end) * across]
                )
