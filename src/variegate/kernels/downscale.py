"""A picture at fewer pixels, and back: both ways by the exact separable kernel, see `kernels.resize`.

The small picture is float32, neither rounded nor clamped. What is read of it for a row of the result is often what was
read for the row before: then that row is written again.
"""

from __future__ import annotations

import numpy as np

from variegate.compiled import entry, kernel
from variegate.kernels.codes import BILINEAR
from variegate.kernels.memory import address_of, copy_bytes, hold, invoke
from variegate.kernels.resize import most_taps

NEAREST_PIXEL, BOX_MEAN, TENT = range(3)  # the order of `effects.LowResolution`'s kinds


@kernel
def taps_between(make, count, size, kind, gain):
    """Taps of `count` pixels of an axis that lie over `size` others: (first, counts, weights), see `axis_taps`.

    make  the address of `axis_taps`; kind: one of the codes above; gain: what all weights are multiplied by
    Of a box the parts of an axis share no pixel and leave none out; where it grows it is the nearest.
    """
    nearest = kind == NEAREST_PIXEL or (kind == BOX_MEAN and size <= count)
    most = np.int64(1)
    if kind == TENT:
        most = most_taps(size / count, BILINEAR, size)
    elif not nearest:
        most = (size + count - 1) // count
    first, counts, weights = np.empty(count, np.int64), np.empty(count, np.int64), np.empty((count, most), np.float32)
    if kind == TENT:
        places = address_of(first), address_of(counts), address_of(weights)
        invoke(make, (count, size / count, 0.0, size, np.int64(BILINEAR), most, *places))
        for x in range(count):
            for k in range(most):
                weights[x, k] *= gain
        return first, counts, weights
    for x in range(count):
        low = high = (2 * x + 1) * size // (2 * count)
        if not nearest:
            low, high = (2 * x * size + count) // (2 * count), (2 * (x + 1) * size + count) // (2 * count) - 1
        first[x], counts[x] = min(low, size - most), high + 1 - min(low, size - most)
        for k in range(most):
            inside = low <= first[x] + k <= high
            weights[x, k] = gain / np.float32(high - low + 1) if inside else np.float32(0.0)
    return first, counts, weights


@entry
def downscale(units, src, shape, scale, small, kind, last, low, rows, out):
    """A picture at address src, packed, to `small`, (height, width), and back, to address out.

    units  addresses: `axis_taps`, the upright unit of its dtype and that of float32, and what writes a row, or 0
    shape  (height, width, channels, bytes a number); scale: what numbers are multiplied by; kind: a code above
    last   (bound, gain, shift, bytes a number): how a row is written, see `write.WRITER`; else out is float32
    low    address of scratch for the small picture; rows: for two rows of the larger width, and a number more
    """
    make, shrink, grow, writing = units
    height, width, channels = shape[:3]
    h, w = small
    (bound, gain, shift, size), values, pixel, one = last, width * channels, channels, np.int64(1)
    made = rows + 4 * (max(width, w) * channels + 1)
    down, across = taps_between(make, h, height, kind, np.float32(1.0)), taps_between(make, w, width, kind, scale)
    fixed = address_of(across[0]), address_of(across[2]), across[2].shape[1]
    for y in range(h):
        lines = down[0][y], down[1][y], address_of(down[2]) + 4 * down[2].shape[1] * y
        invoke(shrink, (src, width, channels, *lines, *fixed, w, rows, low + 4 * y * w * channels, pixel, one))
    up, along = (
        taps_between(make, height, h, kind, np.float32(1.0)),
        taps_between(make, width, w, kind, np.float32(1.0)),
    )
    fixed = address_of(along[0]), address_of(along[2]), along[2].shape[1]
    for y in range(height):
        goal = made if writing != 0 else out + 4 * y * values
        again = y > 0 and up[2].shape[1] == 1 and up[0][y] == up[0][y - 1]
        if again:
            line = size * values
            copy_bytes(out + line * (y - 1), line, out + line * y)
            continue
        lines = up[0][y], up[1][y], address_of(up[2]) + 4 * up[2].shape[1] * y
        invoke(grow, (low, w, channels, *lines, *fixed, width, rows, goal, pixel, one))
        if writing != 0:
            to = out + size * y * values
            invoke(writing, (goal, values, one, values, bound, address_of(gain), address_of(shift), to, one, one))
    hold((down, across, up, along, gain, shift))


def room(width: int, small: int, channels: int) -> int:
    """How many float32 of scratch `downscale` uses for rows, of pictures of these widths."""
    return 2 * (max(width, small) * channels + 1)
