"""Class masks by nearest, through all maps of a sample at once: planes of whole numbers that share one walk.

A row of the result is first a row of indices into a plane, -1 where a window of a constant border cuts; then each plane
is read by them. It is done a band of rows at a time: the indices stay in the cache while plane after plane is read, and
neighbouring rows of a plane share its cache lines. Where the picture shrinks there is another way, `elect`.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, kernel
from variegate.kernels.link import link
from variegate.kernels.locate import affine_lines, border_codes, walk_row
from variegate.kernels.memory import address_of, borrowed, hold, invoke, load_i64
from variegate.kernels.pick import PICKERS, TILE, bound_tiles, find_extent, index_row, pick_shown

INDEX, PICK, BOUND, EXTENT = range(4)
BAND = 1 << 14  # indices of a band: 64 KB
HERE = 1.0, 0.0, 1.0, 0.0  # a plane lies in the source's own plane


class Grid(NamedTuple):
    """A canvas of which indices are wanted, as numbers and addresses.

    count                       its width
    cuts, walked                see `link`; lines: see `affine_lines`
    windows, which, canvas      addresses, see `border_codes`
    us, vs, codes               addresses of scratch for one row
    height, width               of a plane
    """

    count: Any
    cuts: Any
    walked: Any
    lines: Any
    windows: Any
    which: Any
    canvas: Any
    us: Any
    vs: Any
    codes: Any
    height: Any
    width: Any


@kernel
def open_grid(maps, canvas, borders, height, width):
    """The last canvas of a chain: (a Grid, arrays for `walk_row`, the owners of all that these point to)."""
    top = maps.shape[0]
    count = canvas[top, 1]
    windows, which, way = np.empty((top, 3, 3)), np.empty(top, np.int64), np.empty((3, 3))
    cuts, walked = link(maps, canvas, borders, top, windows, which, way)
    us, vs, codes = np.empty(count), np.empty(count), np.empty(count, np.uint8)
    places = address_of(windows), address_of(which), address_of(canvas)
    scratch = address_of(us), address_of(vs), address_of(codes)
    lines = affine_lines(way, HERE)
    grid = Grid(count, cuts, walked, lines, *places, *scratch, height, width)
    # Borrowed, because they are handed on for every pixel that is walked.
    arrays = borrowed(windows), borrowed(which), borrowed(way), borrowed(canvas), borrowed(borders)
    return grid, arrays, (windows, which, way, canvas, borders, us, vs, codes)


@kernel
def index_rows(grid, arrays, unit, first, rows, to):
    """Rows first <= y < first + rows of indices, to address to."""
    for n in range(rows):
        y = first + n
        if grid.walked:
            windows, which, way, canvas, borders = arrays
            us, vs, codes = grid.us, grid.vs, grid.codes
            lo, hi = walk_row(y, grid.count, windows, which, grid.cuts, way, canvas, borders, HERE, us, vs, codes)
        else:
            us, vs = np.int64(0), np.int64(0)
            lo, hi = border_codes(y, grid.count, grid.cuts, grid.windows, grid.which, grid.canvas, grid.codes)
        a, b, c, d, e, f = grid.lines
        line = a, b * (y + 0.5) + c, d, e * (y + 0.5) + f
        invoke(unit, (us, vs, grid.codes, *line, lo, hi, grid.count, grid.height, grid.width, to + 4 * n * grid.count))


@kernel
def read_tiles(units, index, count, bounds, extent, plane, size, out):
    """`count` pixels of a plane into out, which holds zeros already: only tiles that reach into the plane's extent."""
    first, last = load_i64(extent, 0), load_i64(extent, 1)
    for tile in range((count + TILE - 1) // TILE):
        if load_i64(bounds, 2 * tile) <= last and load_i64(bounds, 2 * tile + 1) >= first:
            start = tile * TILE
            some = min(count - start, TILE)
            invoke(units[PICK], (index + 4 * start, some, plane, np.int64(0), out + size * start))


@entry
def gather_all(maps, canvas, borders, source, shape, target, size, fill, units):
    """A stack of planes at address source, shape (N, height, width), to address target, (N, h, w).

    size     bytes a pixel; fill: what lies outside, its bits as an integer
    units    addresses of INDEX: `index_row`, PICK: a picker; BOUND: `bound_tiles` and EXTENT: `find_extent`, or 0;
             with these the target must hold zeros, and the fill be 0
    """
    planes, height, width = shape
    grid, arrays, owners = open_grid(maps, canvas, borders, height, width)
    h, w, sparse = canvas[maps.shape[0], 0], grid.count, units[EXTENT] != 0
    band = max(BAND // w, 1) if planes > 1 else 1
    index, bounds = np.empty(band * w, np.int32), np.empty(2 * (band * w // TILE + 1), np.int64)
    extents = np.empty((planes, 2), np.int64)
    at, to = address_of(index), address_of(bounds)
    for n in range(planes if sparse else 0):
        invoke(units[EXTENT], (source + size * n * height * width, height * width, size, address_of(extents) + 16 * n))
    for first in range(0, h, band):
        rows = min(band, h - first)
        index_rows(grid, arrays, units[INDEX], first, rows, at)
        if sparse:
            invoke(units[BOUND], (at, rows * w, to))
        for n in range(planes):
            plane, out = source + size * n * height * width, target + size * (n * h + first) * w
            if sparse:
                read_tiles(units, at, rows * w, to, address_of(extents) + 16 * n, plane, size, out)
            else:
                invoke(units[PICK], (at, rows * w, plane, fill, out))
    hold((owners, index, bounds, extents))


class Chain(NamedTuple):
    """One sample's maps.

    maps (G, 3, 3) float64: canvas k + 1 to canvas k; canvas (G + 1, 2) int64; borders (G,) int64: see `plan.tables`
    """

    maps: NDArray[np.float64]
    canvas: NDArray[np.int64]
    borders: NDArray[np.int64]


def gather(chain: Chain, masks: NDArray[Any], fill: int) -> NDArray[Any]:
    """A stack of class masks (N, H, W) through a chain, by nearest: (N, h, w) of the same dtype.

    masks  bool or integers, C-contiguous and of the machine's byte order; fill: what lies outside, of that dtype
    """
    sparse = len(masks) > 1 and fill == 0
    out = (np.zeros if sparse else np.empty)((len(masks), *chain.canvas[-1].tolist()), masks.dtype)
    if out.size:
        size, units = masks.itemsize, _units(masks.itemsize, sparse)
        bits = bits_of(fill, masks.dtype)
        gather_all(*owned(chain), address(masks), masks.shape, address(out), size, bits, units)
    return out


def shown(chain: Chain) -> NDArray[np.bool_]:
    """Which pixels of the last canvas show the first at all, (h, w)."""
    (height, width), out = chain.canvas[0].tolist(), np.empty(chain.canvas[-1].tolist(), np.bool_)
    if out.size:
        units = np.array([index_row.address, pick_shown.address, 0, 0], np.int64)
        gather_all(*owned(chain), 0, (1, height, width), address(out), 1, 0, units)
    return out


@functools.cache
def _units(size: int, sparse: bool) -> NDArray[np.int64]:
    """The addresses that `gather_all` calls."""
    tiles = (bound_tiles.address, find_extent.address) if sparse else (0, 0)
    return np.array([index_row.address, PICKERS[size].address, *tiles], np.int64)


def bits_of(value: int, dtype: np.dtype[Any]) -> int:
    """The bits of a pixel of bool or an integer dtype, as a signed integer of as many."""
    return int(np.array(value, dtype).view(f"i{dtype.itemsize}"))


def address(array: NDArray[Any]) -> int:
    """Where an array's first element is."""
    return int(array.__array_interface__["data"][0])


def owned(chain: Chain) -> Chain:
    """The chain's arrays as kernels are compiled for them: read-only ones would be of another type."""
    dtypes = np.float64, np.int64, np.int64
    return Chain(*(np.require(array, dtype, ["C", "W"]) for array, dtype in zip(chain, dtypes, strict=True)))
