"""Pictures side by side: each pixel is that of the one which it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, inlined

Box = tuple[int, int, int, int]  # top, left, height, width


def survey(places: NDArray[np.int8], count: int) -> tuple[list[int], list[Box]]:
    """How many pixels show each of so many pictures, and the box around them; that of the first also has those of none.

    places  (h, w): of each pixel which it shows; -1: none
    """
    found = np.zeros((count, 5), np.int64)
    _survey(places, found)  # type: ignore[no-untyped-call]
    rows = found.tolist()
    boxes = [(top, left, bottom - top, right - left) if right else (0, 0, 1, 1) for _, top, left, bottom, right in rows]
    return [row[0] for row in rows], boxes


@entry
def _survey(places, found):
    height, width = places.shape
    found[:, 1], found[:, 2] = height, width
    for y in range(height):
        row, end = places[y], 0
        while end < width:
            begin, k = end, row[end]
            while end < width and row[end] == k:
                end += 1
            own = found[max(k, 0)]
            if k >= 0:
                own[0] += end - begin
            own[1], own[3] = min(own[1], y), y + 1
            own[2], own[4] = min(own[2], begin), max(own[4], end)


def put(
    made: NDArray[Any],
    places: NDArray[np.int8],
    k: int,
    out: NDArray[Any],
    corner: tuple[int, int] = (0, 0),
    layout: str = "HWC",
) -> None:
    """Take the pixels whose place is k from a part of a picture into the whole; both are C-contiguous.

    places  (h, w): of the whole; the part of 0 gives those of -1 too
    corner  (top, left) of the part
    layout  "HWC", also of (H, W), or "CHW"
    """
    planes = out.shape[0] if layout == "CHW" else 1
    height, width = made.shape[1:3] if layout == "CHW" else made.shape[:2]
    across = made.size // (planes * height * width)
    parts = made.reshape(planes, height, width * across), out.reshape(planes, len(places), places.shape[1] * across)
    _put(*parts, places, np.int8(k), across, corner)  # type: ignore[no-untyped-call]


@inlined
def _copy(source, out):
    for n in range(out.size):
        out[n] = source[n]


@entry
def _put(made, out, places, k, across, corner):
    """Run by run: pixels of one place lie side by side."""
    top, left = corner
    height, width = made.shape[1], made.shape[2] // across
    for y in range(height):
        row, end = places[top + y, left : left + width], 0
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
