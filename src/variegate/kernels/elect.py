"""Class masks where the picture shrinks: each pixel is put to the vote of the sub-pixels that it is cut into.

A pixel is cut into about as many as it covers of the source. They are one more map of the chain, from a canvas so much
finer, and read like any pixels, by nearest; `vote` says how votes are counted. A pixel of which no sub-pixel shows the
source, though its centre does, has the class at its centre: what is shown is never outside.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import entry, kernel
from variegate.kernels.chain import UNBENT, Displacements, MapChain
from variegate.kernels.codes import CONSTANT
from variegate.kernels.gather import address, bits_of, gather, index_rows, open_canvas, owned, row_units
from variegate.kernels.link import copy, jacobian
from variegate.kernels.memory import address_of, hold, invoke
from variegate.kernels.pick import PICKERS
from variegate.kernels.vote import MOST, TALLY, flip_of, key_of_value, vote_row

PICK, VOTE = 4, 5  # after the units of `index_rows`
MARGIN = 1e-6  # pixels: a step as long as a pixel but for rounding does not shrink


@kernel
def pieces(right, down):
    """Into how many sub-pixels a step that moves the source by (right, down) is cut: one a source pixel, 16 at most."""
    length = np.sqrt(right * right + down * down)
    return int(np.ceil(min(length - MARGIN, float(MOST)))) if length > 1.0 else 1


@kernel
def finer(maps, canvas, borders, fields, across, down):
    """The chain with one more map: from a canvas of sub-pixels to the output, whose window cuts none of them."""
    top = maps.shape[0]
    more, planes, codes = np.zeros((top + 1, 3, 3)), np.empty((top + 2, 2), np.int64), np.empty(top + 1, np.int64)
    for k in range(top):
        copy(maps[k], more[k])
        codes[k] = borders[k]
    for k in range(top + 1):
        planes[k, 0], planes[k, 1] = canvas[k, 0], canvas[k, 1]
    more[top, 0, 0], more[top, 1, 1], more[top, 2, 2] = 1.0 / across, 1.0 / down, 1.0
    planes[top + 1, 0], planes[top + 1, 1] = canvas[top, 0] * down, canvas[top, 1] * across
    codes[top] = CONSTANT
    which = np.empty(top + 1 if fields.which.size > 0 else 0, np.int64)
    for k in range(which.size):
        which[k] = fields.which[k] if k < top else UNBENT
    return more, planes, codes, Displacements(which, fields.grids, fields.nodes)


@entry
def elect_all(maps, canvas, borders, fields, source, shape, target, size, fill, ballot, units):
    """A stack of planes at address source, shape (N, height, width), to address target, (N, h, w), if it shrinks.

    size     bytes a pixel; fill: what lies outside, its bits as an integer
    ballot   (flip, ignores, ignored, fill, keep, seen), as `vote_row` takes them
    units    addresses as `row_units` gives them, then PICK: a picker, VOTE: `vote_row`
    Returns  whether it shrinks; else nothing is written
    """
    (planes, height, width), top = shape, maps.shape[0]
    a, b, c, d = jacobian(maps, canvas, top)
    across, down = pieces(a, c), pieces(b, d)
    if across == 1 and down == 1:
        return False
    h, w = canvas[top, 0], canvas[top, 1]
    wanted, owners = open_canvas(maps, canvas, borders, fields, height, width)
    more, canvases, codes, bends = finer(maps, canvas, borders, fields, across, down)
    fine, fine_owners = open_canvas(more, canvases, codes, bends, height, width)
    votes = across * down * w
    index, centres, picked = np.empty(votes, np.int32), np.empty(w, np.int32), np.empty(votes * size, np.uint8)
    places = address_of(index), address_of(picked), address_of(centres)
    for y in range(h):
        index_rows(fine, units, y * down, down, places[0])
        index_rows(wanted, units, y, 1, places[2])
        for n in range(planes):
            plane, out = source + size * n * height * width, target + size * (n * h + y) * w
            invoke(units[PICK], (places[0], votes, plane, fill, places[1]))
            invoke(units[VOTE], (*places, plane, size, across, down, w, *ballot, out))
    hold((owners, fine_owners, index, centres, picked))
    return True


class Vote(NamedTuple):
    """What a vote heeds: the class that is ignored, and those that are kept, in their order."""

    ignore: int | None = None
    keep: tuple[int, ...] = ()


def elect(chain: MapChain, masks: NDArray[Any], fill: int, vote: Vote) -> NDArray[Any]:
    """A stack of class masks (N, H, W) through a chain, by vote where it shrinks, else by nearest: see `gather`."""
    dtype, size = masks.dtype, masks.itemsize
    out = np.empty((len(masks), *chain.canvas[-1].tolist()), dtype)
    keep = np.array([len(vote.keep), *(key_of_value(value, dtype) for value in vote.keep)], np.int64)
    seen, ignored = np.empty(TALLY, np.int64), 0 if vote.ignore is None else key_of_value(vote.ignore, dtype)
    classes = flip_of(dtype), int(vote.ignore is not None), ignored, key_of_value(fill, dtype)
    ballot, bits = (*classes, address(keep), address(seen)), bits_of(fill, dtype)
    where = address(masks), masks.shape, address(out)
    if out.size and not elect_all(*owned(chain), *where, size, bits, ballot, _units(size, bool(chain.bent.any()))):
        return gather(chain, masks, fill)
    return out


@functools.cache
def _units(size: int, bent: bool) -> NDArray[np.int64]:
    """The addresses that `elect_all` calls."""
    return np.array([*row_units(bent), PICKERS[size].address, vote_row.address], np.int64)
