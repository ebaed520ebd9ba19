"""Which pixels of an output row lie inside all windows, what the others show, and where the source is."""

from __future__ import annotations

from variegate.compiled import kernel
from variegate.kernels.link import span, walk
from variegate.kernels.memory import store_f64, store_u8


@kernel
def border_codes(y, count, windows, which, cuts, canvas, codes):  # type: ignore[no-untyped-def]
    """The interval of row y inside all windows; outside it, codes[x] is k + 1 where the window of canvas k cut.

    Windows of constant borders under affine maps are convex, so on a row each is an interval, and they nest.
    """
    lo, hi = 0, count
    for n in range(cuts):
        k = which[n]
        left, right = span(windows[n], y + 0.5, count, float(canvas[k, 0]), float(canvas[k, 1]))
        left, right = max(left, lo), min(right, hi)
        if left >= right:
            left, right = hi, hi
        for x in range(lo, left):
            store_u8(codes, x, k + 1)
        for x in range(right, hi):
            store_u8(codes, x, k + 1)
        lo, hi = left, right
    return lo, hi


@kernel
def affine_line(way, y, fit):  # type: ignore[no-untyped-def]
    """(a, b, c, d) of row y under an affine map: u = a * (x + 0.5) + b, v = c * (x + 0.5) + d in the reader's plane."""
    b, d = way[0, 1] * (y + 0.5) + way[0, 2], way[1, 1] * (y + 0.5) + way[1, 2]
    return way[0, 0] * fit[0], b * fit[0] + fit[1], way[1, 0] * fit[2], d * fit[2] + fit[3]


@kernel
def walk_row(y, count, windows, which, cuts, way, canvas, borders, fit, us, vs, codes):  # type: ignore[no-untyped-def]
    """Coordinates and codes (0 inside) of row y, pixel by pixel; returns an interval that holds all that are inside."""
    lo, hi = count, 0
    for x in range(count):
        u, v, code = walk(windows, which, cuts, way, canvas, borders, x + 0.5, y + 0.5)
        store_f64(us, x, u * fit[0] + fit[1])
        store_f64(vs, x, v * fit[2] + fit[3])
        store_u8(codes, x, code)
        if code == 0:
            lo, hi = min(lo, x), x + 1
    return (lo, hi) if lo < hi else (0, 0)
