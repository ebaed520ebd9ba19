"""Two pictures as one: within a box the first by its share and the second by the rest, outside of it the first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, inlined, plain

Box = tuple[int, int, int, int]


def blend(
    own: NDArray[Any], other: NDArray[Any], share: float, box: Box, out: NDArray[Any], layout: str = "HWC"
) -> None:
    """Write the blend of two pictures of one shape and dtype into a third, which is C-contiguous.

    share   of the first within the box, 0 to 1
    box     left, top, right and bottom edge in pixels
    layout  "HWC", also of (H, W), or "CHW"
    """
    left, top, right, bottom = box
    planes = out.shape[0] if layout == "CHW" else 1
    height, width = out.shape[1:3] if layout == "CHW" else out.shape[:2]
    across = out.size // (planes * height * width)  # numbers that a pixel has side by side
    parts = [each.reshape(planes, height, width * across) for each in (plain(own), plain(other), out)]
    edges = left * across, top, right * across, bottom
    write: Any = _floats if out.dtype.kind == "f" else _integers
    write(*parts, np.float32(share), edges)


@inlined
def _copy(source, out):
    for x in range(out.size):
        out[x] = source[x]


@entry
def _integers(own, other, out, share, edges):
    """Each number rounded half to even."""
    left, top, right, bottom = edges
    rest = np.float32(1) - share
    for plane in range(out.shape[0]):
        for y in range(out.shape[1]):
            _copy(own[plane, y], out[plane, y])
            if top <= y < bottom:
                # Of slices: a loop that begins elsewhere than at 0 is not vectorised.
                mine, theirs, to = own[plane, y, left:right], other[plane, y, left:right], out[plane, y, left:right]
                if share == 0:
                    _copy(theirs, to)
                else:
                    for x in range(to.size):
                        to[x] = np.int32(np.rint(np.float32(mine[x]) * share + np.float32(theirs[x]) * rest))


@entry
def _floats(own, other, out, share, edges):
    """Each number between the two, whatever the rounding; NaN where one is."""
    left, top, right, bottom = edges
    rest = np.float32(1) - share
    for plane in range(out.shape[0]):
        for y in range(out.shape[1]):
            _copy(own[plane, y], out[plane, y])
            if top <= y < bottom:
                mine, theirs, to = own[plane, y, left:right], other[plane, y, left:right], out[plane, y, left:right]
                if share == 0:
                    _copy(theirs, to)
                else:
                    for x in range(to.size):
                        a, b = mine[x], theirs[x]
                        value = a * share + b * rest
                        least, most = (b if b < a else a), (a if b < a else b)
                        value = least if value < least else value
                        to[x] = most if value > most else value
