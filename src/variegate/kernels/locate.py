"""Which pixels of an output row lie inside all windows, what the others show, and where the source is: affine maps."""

from __future__ import annotations

from variegate.compiled import kernel
from variegate.kernels.link import span
from variegate.kernels.memory import load_f64, load_i64, store_u8


@kernel
def border_codes(y, count, cuts, windows, which, canvas, codes):
    """The interval of row y inside all windows; outside it, codes[x] is k + 1 where the window of canvas k cut.

    Windows of constant borders under affine maps are convex, so on a row each is an interval, and they nest. windows,
    which, canvas and codes are addresses: this runs for every row, and arrays would be counted each time.
    """
    lo, hi = 0, count
    for n in range(cuts):
        k, m = load_i64(which, n), windows + 72 * n
        a, b = load_f64(m, 0), load_f64(m, 1) * (y + 0.5) + load_f64(m, 2)
        c, d = load_f64(m, 3), load_f64(m, 4) * (y + 0.5) + load_f64(m, 5)
        left, right = span(a, b, count, float(load_i64(canvas, 2 * k + 1)))
        top, bottom = span(c, d, count, float(load_i64(canvas, 2 * k)))
        left, right = max(left, top, lo), min(right, bottom, hi)
        if left >= right:
            left, right = hi, hi
        for x in range(lo, left):
            store_u8(codes, x, k + 1)
        for x in range(right, hi):
            store_u8(codes, x, k + 1)
        lo, hi = left, right
    return lo, hi


@kernel
def affine_lines(way, fit):
    """(a, b, c, d, e, f): u = a * x + b * y + c and v = d * x + e * y + f, in the plane of the buffer that is read.

    fit  (scale x, shift x, scale y, shift y): from the source's plane to that buffer's
    """
    across = way[0, 0] * fit[0], way[0, 1] * fit[0], way[0, 2] * fit[0] + fit[1]
    return (*across, way[1, 0] * fit[2], way[1, 1] * fit[2], way[1, 2] * fit[2] + fit[3])
