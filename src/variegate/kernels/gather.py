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
from variegate.kernels.chain import STRAIGHT, Displacements, MapChain
from variegate.kernels.field import walk_field
from variegate.kernels.link import link
from variegate.kernels.locate import affine_lines, border_codes
from variegate.kernels.memory import address_of, hold, invoke, load_i64
from variegate.kernels.pick import PICKERS, TILE, bound_tiles, find_extent, index_row, pick_shown
from variegate.kernels.walk import walk_home, walk_row, walk_window

INDEX, WINDOW, HOME, FIELD, PICK, BOUND, EXTENT = range(7)
BAND = 1 << 14  # indices of a band: 64 KB
HERE = 1.0, 0.0, 1.0, 0.0  # a plane lies in the source's own plane


class IndexCanvas(NamedTuple):
    """A canvas of which indices are wanted, as numbers and addresses.

    count                       its width
    cuts, walked                see `link`; lines: see `affine_lines`
    windows, which, way, canvas, borders, fields    addresses, see `walk_row`
    us, vs, codes               addresses of scratch for one row
    height, width               of a plane
    """

    count: Any
    cuts: Any
    walked: Any
    lines: Any
    windows: Any
    which: Any
    way: Any
    canvas: Any
    borders: Any
    fields: Any
    us: Any
    vs: Any
    codes: Any
    height: Any
    width: Any


@kernel
def open_canvas(maps, canvas, borders, fields, height, width):
    """The last canvas of a chain: (an IndexCanvas, the owners of all that it points to)."""
    top = maps.shape[0]
    count = canvas[top, 1]
    most = 2 * top if fields.which.size > 0 else top  # a field and a window for each map
    windows, which, way = np.empty((most, 3, 3)), np.empty(most, np.int64), np.empty((3, 3))
    cuts, walked, _ = link(maps, canvas, borders, fields, top, windows, which, way)
    bends = address_of(maps), address_of(fields.which), address_of(fields.grids), address_of(fields.nodes)
    us, vs, codes = np.empty(count), np.empty(count), np.empty(count, np.uint8)
    places = address_of(windows), address_of(which), address_of(way), address_of(canvas), address_of(borders)
    scratch = address_of(us), address_of(vs), address_of(codes)
    wanted = IndexCanvas(count, cuts, walked, affine_lines(way, HERE), *places, bends, *scratch, height, width)
    return wanted, (maps, windows, which, way, canvas, borders, fields, us, vs, codes)


@kernel
def index_rows(wanted, units, first, rows, to):
    """Rows first <= y < first + rows of indices, to address to; units: INDEX, WINDOW, HOME and FIELD are called."""
    walk = units[WINDOW], units[HOME], units[FIELD]
    places = wanted.windows, wanted.which, wanted.cuts, wanted.way, wanted.canvas, wanted.borders, wanted.fields
    for n in range(rows):
        y = first + n
        if wanted.walked:
            us, vs = wanted.us, wanted.vs
            lo, hi = walk_row(walk, y, wanted.count, *places, HERE, us, vs, wanted.codes)
        else:
            us, vs = np.int64(0), np.int64(0)
            lo, hi = border_codes(
                y, wanted.count, wanted.cuts, wanted.windows, wanted.which, wanted.canvas, wanted.codes
            )
        a, b, c, d, e, f = wanted.lines
        at = a, b * (y + 0.5) + c, d, e * (y + 0.5) + f, lo, hi, wanted.count, wanted.height, wanted.width
        invoke(units[INDEX], (us, vs, wanted.codes, *at, to + 4 * n * wanted.count))


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
def gather_all(maps, canvas, borders, fields, source, shape, target, size, fill, units):
    """A stack of planes at address source, shape (N, height, width), to address target, (N, h, w).

    size     bytes a pixel; fill: what lies outside, its bits as an integer
    units    addresses as `row_units` gives them, then PICK: a picker; BOUND: `bound_tiles` and EXTENT: `find_extent`,
             or 0; with these the target must hold zeros, and the fill be 0
    """
    planes, height, width = shape
    wanted, owners = open_canvas(maps, canvas, borders, fields, height, width)
    h, w, sparse = canvas[maps.shape[0], 0], wanted.count, units[EXTENT] != 0
    band = max(BAND // w, 1) if planes > 1 else 1
    index, bounds = np.empty(band * w, np.int32), np.empty(2 * (band * w // TILE + 1), np.int64)
    extents = np.empty((planes, 2), np.int64)
    at, to = address_of(index), address_of(bounds)
    for n in range(planes if sparse else 0):
        invoke(units[EXTENT], (source + size * n * height * width, height * width, size, address_of(extents) + 16 * n))
    for first in range(0, h, band):
        rows = min(band, h - first)
        index_rows(wanted, units, first, rows, at)
        if sparse:
            invoke(units[BOUND], (at, rows * w, to))
        for n in range(planes):
            plane, out = source + size * n * height * width, target + size * (n * h + first) * w
            if sparse:
                read_tiles(units, at, rows * w, to, address_of(extents) + 16 * n, plane, size, out)
            else:
                invoke(units[PICK], (at, rows * w, plane, fill, out))
    hold((owners, index, bounds, extents))


def gather(chain: MapChain, masks: NDArray[Any], fill: int) -> NDArray[Any]:
    """A stack of class masks (N, H, W) through a chain, by nearest: (N, h, w) of the same dtype.

    masks  bool or integers, C-contiguous and of the machine's byte order; fill: what lies outside, of that dtype
    """
    sparse = len(masks) > 1 and fill == 0
    out = (np.zeros if sparse else np.empty)((len(masks), *chain.canvas[-1].tolist()), masks.dtype)
    if out.size:
        size, units = masks.itemsize, _units(masks.itemsize, sparse, bool(chain.bent.any()))
        bits = bits_of(fill, masks.dtype)
        gather_all(*owned(chain), address(masks), masks.shape, address(out), size, bits, units)
    return out


def visible_mask(chain: MapChain) -> NDArray[np.bool_]:
    """Which pixels of the last canvas show the first at all, (h, w)."""
    (height, width), out = chain.canvas[0].tolist(), np.empty(chain.canvas[-1].tolist(), np.bool_)
    if out.size:
        units = np.array([*row_units(bool(chain.bent.any())), pick_shown.address, 0, 0], np.int64)
        gather_all(*owned(chain), 0, (1, height, width), address(out), 1, 0, units)
    return out


@functools.cache
def _units(size: int, sparse: bool, bent: bool) -> NDArray[np.int64]:
    """The addresses that `gather_all` calls."""
    tiles = (bound_tiles.address, find_extent.address) if sparse else (0, 0)
    return np.array([*row_units(bent), PICKERS[size].address, *tiles], np.int64)


def row_units(bent: bool) -> tuple[int, int, int, int]:
    """The addresses of INDEX, WINDOW, HOME and FIELD, which `index_rows` calls; bent: whether any field bends a map."""
    return index_row.address, walk_window.address, walk_home.address, walk_field.address if bent else 0


def bits_of(value: int, dtype: np.dtype[Any]) -> int:
    """The bits of a pixel of bool or an integer dtype, as a signed integer of as many."""
    return int(np.array(value, dtype).view(f"i{dtype.itemsize}"))


def address(array: NDArray[Any]) -> int:
    """Where an array's first element is."""
    return int(array.__array_interface__["data"][0])


def owned(chain: MapChain) -> MapChain:
    """The chain's arrays as kernels are compiled for them: read-only ones would be of another type."""

    def own(array: NDArray[Any], dtype: type) -> NDArray[Any]:
        return np.require(array, dtype, ["C", "W"])

    maps, canvas, borders, fields = chain
    if fields is not STRAIGHT:
        fields = Displacements(own(fields.which, np.int64), own(fields.grids, np.int64), own(fields.nodes, np.float64))
    return MapChain(own(maps, np.float64), own(canvas, np.int64), own(borders, np.int64), fields)
