"""A row walked window by window goes where each of its pixels goes alone, to the last bit."""

from __future__ import annotations

import numba
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from variegate.kernels import codes, link, walk
from variegate.kernels.chain import STRAIGHT
from variegate.kernels.memory import address_of
from variegate.sampling import BORDERS

FIT = (0.5, -3.0, 0.25, 2.0)


@numba.njit(error_model="numpy")
def walk_point(windows, which, cuts, way, canvas, borders, x, y):
    """One output point to the source: (u, v, code), where code is 0 inside, k + 1 where the window of canvas k cut."""
    for n in range(cuts):
        k = which[n]
        h, w = float(canvas[k, 0]), float(canvas[k, 1])
        if link.inside(windows[n], x, y, h, w):
            # A folding window starts a new frame whether or not it folded this point.
            if borders[k] != codes.CONSTANT:
                u, v, d = link.apply(windows[n], x, y)
                x, y = (u, v) if link.is_affine(windows[n]) else (u / d, v / d)
            continue
        u, v, d = link.apply(windows[n], x, y)
        if borders[k] == codes.CONSTANT or d <= 0.0:
            return 0.0, 0.0, k + 1
        x, y = link.fold(u / d, w, borders[k]), link.fold(v / d, h, borders[k])
    u, v, d = link.apply(way, x, y)
    if link.is_affine(way):
        return u, v, 0
    return u / d, v / d, 0


@numba.njit(error_model="numpy")
def pixel_by_pixel(maps, canvas, borders, y, count, fit):
    top = len(maps)
    windows, which, way = np.empty((top, 3, 3)), np.empty(top, np.int64), np.empty((3, 3))
    us, vs, codes = np.empty(count), np.empty(count), np.empty(count, np.uint8)
    cuts, _, _ = link.link(maps, canvas, borders, STRAIGHT, top, windows, which, way)
    for x in range(count):
        u, v, codes[x] = walk_point(windows, which, cuts, way, canvas, borders, x + 0.5, y + 0.5)
        us[x], vs[x] = u * fit[0] + fit[1], v * fit[2] + fit[3]
    return us, vs, codes


@numba.njit(error_model="numpy")
def window_by_window(units, maps, canvas, borders, y, count, fit):
    top = len(maps)
    windows, which, way = np.empty((top, 3, 3)), np.empty(top, np.int64), np.empty((3, 3))
    us, vs, codes = np.empty(count), np.empty(count), np.empty(count, np.uint8)
    cuts, _, _ = link.link(maps, canvas, borders, STRAIGHT, top, windows, which, way)
    none = address_of(maps), 0, 0, 0
    places = (
        address_of(windows),
        address_of(which),
        cuts,
        address_of(way),
        address_of(canvas),
        address_of(borders),
        none,
    )
    scratch = address_of(us), address_of(vs), address_of(codes)
    interval = walk.walk_row(units, y, count, *places, fit, *scratch)
    return us, vs, codes, interval, (windows, which, way)


@st.composite
def chains(draw):
    """Maps near the identity, some of them projective, canvases and borders."""
    count = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    maps = np.tile(np.eye(3), (count, 1, 1))
    maps[:, :2, :2] += rng.normal(0, 0.5, (count, 2, 2)).round(draw(st.integers(0, 9)))
    maps[:, :2, 2] = rng.normal(0, 9, (count, 2)).round(draw(st.integers(0, 3)))
    maps[:, 2, :2] = rng.normal(0, 0.02, (count, 2)) * (rng.uniform(size=(count, 1)) < 0.4)
    maps[maps[:, 2, 0] > 0.01] *= -1  # all of the canvas lies behind the horizon, at the same places
    return maps, rng.integers(1, 30, (count + 1, 2)), rng.integers(0, len(BORDERS), count)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(chains())
def test_a_row_goes_where_its_pixels_go(chain):
    maps, canvas, borders = chain
    units = walk.walk_window.address, walk.walk_home.address, 0
    rows, count = canvas[-1].tolist()
    for y in range(rows):
        want = pixel_by_pixel(maps, canvas, borders, y, count, FIT)
        *got, (lo, hi), _ = window_by_window(units, maps, canvas, borders, y, count, FIT)
        for a, b in zip(got, want, strict=True):
            np.testing.assert_array_equal(a, b)
        inside = np.flatnonzero(want[2] == 0)
        assert (lo, hi) == ((inside[0], inside[-1] + 1) if inside.size else (0, 0))
