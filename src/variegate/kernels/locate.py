"""Which source coordinate, or which border, each pixel of an output row has."""

from __future__ import annotations

from variegate.compiled import kernel
from variegate.kernels.link import span, walk
from variegate.kernels.memory import store_f64, store_u8


@kernel
def border_codes(y, count, windows, which, cuts, canvas, codes):  # type: ignore[no-untyped-def]
    """codes[x]: 0 inside, k + 1 where the window of canvas k cut; returns the interval inside all windows.

    Windows of constant borders under affine maps are convex, so on a row each is an interval, and they nest.
    """
    lo, hi = 0, count
    if cuts > 0:
        for x in range(count):
            store_u8(codes, x, 0)
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
def locate_row(y, count, windows, which, cuts, walked, way, canvas, borders, fit, us, vs, codes):  # type: ignore[no-untyped-def]
    """Source coordinates us, vs and border codes (addresses) of output row y; returns the interval worth reading.

    fit  (scale x, shift x, scale y, shift y): from the source's plane to that of the buffer that is read
    """
    scale_u, shift_u, scale_v, shift_v = fit
    if walked == 0:
        lo, hi = border_codes(y, count, windows, which, cuts, canvas, codes)
        a, b = way[0, 0], way[0, 1] * (y + 0.5) + way[0, 2]
        c, d = way[1, 0], way[1, 1] * (y + 0.5) + way[1, 2]
        for x in range(lo, hi):
            store_f64(us, x, (a * (x + 0.5) + b) * scale_u + shift_u)
            store_f64(vs, x, (c * (x + 0.5) + d) * scale_v + shift_v)
        return lo, hi
    lo, hi = count, 0
    for x in range(count):
        u, v, code = walk(windows, which, cuts, way, canvas, borders, x + 0.5, y + 0.5)
        store_f64(us, x, u * scale_u + shift_u)
        store_f64(vs, x, v * scale_v + shift_v)
        store_u8(codes, x, code)
        if code == 0:
            lo, hi = min(lo, x), x + 1
    return (lo, hi) if lo < hi else (0, 0)
