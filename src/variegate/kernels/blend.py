"""Two pictures as one: within a box the first by its share and the second by the rest, outside of it the first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate import exact
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
    if out.dtype == np.float16:  # which Numba does not know; there and back each number stays as it is
        wide = np.empty(out.shape, np.float32)
        blend(own.astype(np.float32), other.astype(np.float32), share, box, wide, layout)
        out[...] = wide
        return
    left, top, right, bottom = box
    planes, (height, width) = (out.shape[0], out.shape[1:3]) if layout == "CHW" else (1, out.shape[:2])
    across = out.size // (planes * height * width)  # numbers that a pixel has side by side
    shape = planes, height, width * across
    parts = plain(own).reshape(shape), plain(other).reshape(shape), out.reshape(shape)
    write: Any = _floats if out.dtype.kind == "f" else _integers
    write(*parts, np.float32(share), left * across, top, right * across, bottom)


@inlined
def _copy(source, out):
    for x in range(out.size):
        out[x] = source[x]


@entry
def _integers(own, other, out, share, left, top, right, bottom):
    """Each number rounded half to even."""
    rest = np.float32(1) - share
    for plane in range(out.shape[0]):
        for y in range(out.shape[1]):
            if not top <= y < bottom:
                _copy(own[plane, y], out[plane, y])
            else:
                _copy(own[plane, y, :left], out[plane, y, :left])
                _copy(own[plane, y, right:], out[plane, y, right:])
                # Of slices: a loop that begins elsewhere than at 0 is not vectorised.
                mine, theirs, to = own[plane, y, left:right], other[plane, y, left:right], out[plane, y, left:right]
                if share == 0:
                    _copy(theirs, to)
                else:
                    for x in range(to.size):
                        to[x] = np.int32(np.rint(np.float32(mine[x]) * share + np.float32(theirs[x]) * rest))


@entry
def _floats(own, other, out, share, left, top, right, bottom):
    """Each number between the two, whatever the rounding; NaN where one is."""
    rest = np.float32(1) - share
    for plane in range(out.shape[0]):
        for y in range(out.shape[1]):
            if not top <= y < bottom:
                _copy(own[plane, y], out[plane, y])
            else:
                _copy(own[plane, y, :left], out[plane, y, :left])
                _copy(own[plane, y, right:], out[plane, y, right:])
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


def soft(cover: NDArray[np.bool_], edge: float) -> NDArray[np.float32]:
    """(H, W): how much each pixel is covered when the outline is blended by a Gaussian of so many pixels."""
    if edge <= 0 or not cover.any():
        return cover.astype(np.float32)
    radius = int(np.ceil(3 * edge))
    weights = exact.exp(-((np.arange(-radius, radius + 1) / edge) ** 2) / 2)
    weights = (weights / np.cumsum(weights)[-1]).astype(np.float32)
    rows, columns = np.flatnonzero(cover.any(axis=1)), np.flatnonzero(cover.any(axis=0))
    height, width = cover.shape
    # Beyond the reach of the outline nothing is covered.
    y, x = (slice(max(int(each[0]) - radius, 0), int(each[-1]) + radius + 1) for each in (rows, columns))
    part = np.pad(cover[y, x].astype(np.float32), radius, mode="edge")
    for axis in (0, 1):
        count = part.shape[axis] - 2 * radius
        slices = (part[k : k + count] if axis == 0 else part[:, k : k + count] for k in range(len(weights)))
        total = np.zeros(1, np.float32)
        for weight, each in zip(weights, slices, strict=True):
            total = total + weight * each
        part = total
    out = np.zeros((height, width), np.float32)
    out[y, x] = np.minimum(part, np.float32(1))
    return out


def overlay(
    own: NDArray[Any], other: NDArray[Any], cover: NDArray[np.float32], out: NDArray[Any], layout: str = "HWC"
) -> None:
    """Write the second of two pictures over the first as far as each pixel is covered; as `blend`.

    cover  (H, W), 0 to 1
    """
    if out.dtype == np.float16:
        wide = np.empty(out.shape, np.float32)
        overlay(own.astype(np.float32), other.astype(np.float32), cover, wide, layout)
        out[...] = wide
        return
    planes = out.shape[0] if layout == "CHW" else 1
    across = out.size // (planes * cover.size)
    parts = [each.reshape(planes, cover.size, across) for each in (plain(own), plain(other), out)]
    write: Any = _overlay
    write(*parts, plain(cover).reshape(-1), out.dtype.kind != "f")


@entry
def _overlay(own, other, out, cover, rounded):
    for plane in range(out.shape[0]):
        for n in range(cover.size):
            share = cover[n]
            for c in range(out.shape[2]):
                if share == 0:
                    out[plane, n, c] = own[plane, n, c]
                elif share == 1:
                    out[plane, n, c] = other[plane, n, c]
                else:
                    a, b = np.float32(own[plane, n, c]), np.float32(other[plane, n, c])
                    value = a * (np.float32(1) - share) + b * share
                    value = min(max(value, min(a, b)), max(a, b))
                    out[plane, n, c] = np.rint(value) if rounded else value
