"""Bytes: the samples of a batch that need no floats, and what their 256 levels and their fills become.

A result is a rectangle of the source's pixels, through a table of 256 bytes, with fills around it, where
- the source and the result are uint8; whatever their layout, what white is, and to what the last write clamps;
- the way back to the source is a flip, a quarter turn or a shift by whole pixels, so that `render` reads by nearest, to
  the bit, whatever the interpolation; and whatever cuts it has a constant border, and cuts along rows and columns;
- each channel's result hangs on that channel alone: steps are tables, curves, or affine ones that neither mix channels
  nor lean on a mean. A user's function of a pixel sees all channels, and is none of these.

The tables are made by `render` itself, out of a picture of the 256 levels with the fills beside them: what is rounded,
clamped and scaled, and when, is said in one place.
"""

from __future__ import annotations

import functools
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.survey import Sites, survey
from variegate.plan.ir import CHW, NEAREST, UINT8
from variegate.plan.scratch import SCRATCH
from variegate.plan.tables import Tables, arena_floats, plane_floats

Image = NDArray[np.uint8]
LEVELS = 256


class Bytes:
    """The samples of a batch of one Read that need no floats."""

    def __init__(self, tables: Tables, sites: Sites) -> None:
        self.tables, self.sites = tables, sites
        self.found = _sorted_out(tables, sites)
        self.units = _units(self.found, tables.settings[2] == CHW)

    def __contains__(self, i: int) -> bool:
        """Whether sample i is one of them, if its picture is of the size that was planned."""
        return self.found[i] > 0

    def run(self, i: int, image: Image, out: Image) -> None:
        """Sample i, one of these: image (H, W, C), C-contiguous, to out."""
        from variegate.kernels.bytes import CUT, TONED, render_bytes

        tables, sites = self.tables, self.sites
        made = written(tables, i) if self.found[i] & (CUT | TONED) else _nothing(image.shape[2])
        site = sites.windows[0, i], sites.which[0, i], sites.way[0, i], sites.state[0, i]
        source, target, layout = _address(image), _address(out), tables.settings[2]
        render_bytes(source, image.shape, tables.canvas[i], site, made, self.units, target, layout)  # type: ignore[no-untyped-call]


def _sorted_out(tables: Tables, sites: Sites) -> list[int]:
    """What `sort_out` says of each sample."""
    found, state = np.zeros(len(tables.picks), np.int64), sites.state[0]
    if tables.settings[1] == 1 and tables.settings[3] == UINT8 and state[:, 9].any():
        from variegate.kernels.bytes import sort_out

        colours = tables.kinds, tables.picks, tables.steps, tables.bounds, tables.gain, tables.shift, tables.white
        sort_out(sites.way[0], sites.windows[0], state, *colours, found)  # type: ignore[no-untyped-call]
    return found.tolist()


def _units(found: list[int], planar: bool) -> tuple[int, ...]:
    """The addresses that `render_bytes` takes, compiled where a sample needs them and 0 elsewhere."""
    every = functools.reduce(or_, found, 0)
    if not every:
        return 0, 0, 0, 0
    from variegate.kernels.bytes import CUT, MOVED, OWN, TONED, fill_around, look_up_each, move
    from variegate.kernels.lookup import look_up

    every |= MOVED if planar else 0
    needed = (fill_around, CUT), (move, MOVED), (look_up, TONED), (look_up_each, OWN)
    return tuple(unit.address if every & what else 0 for unit, what in needed)


def written(tables: Tables, i: int) -> Image:
    """(C, 256 + G): what the levels of sample i become, and then the fill of each canvas."""
    from variegate.kernels.render import render

    channels, one = tables.gain.size, slice(i, i + 1)
    levels, maps, canvas, borders, sites = _ramp(tables.maps.shape[1], channels)
    ramp = tables._replace(
        maps=maps,
        canvas=canvas,
        borders=borders,
        steps=tables.steps[one],
        picks=tables.picks[one],
        luts=tables.luts[one],
        draws=tables.draws[one],
        bounds=tables.bounds[one],
        settings=(NEAREST, 1, CHW, UINT8, tables.settings[4]),
    )
    width = int(canvas[0, -1, 1])
    out = np.empty((channels, width), np.uint8)
    arena, arena_owner = SCRATCH.address("arena", arena_floats(1, LEVELS, channels))
    planes, planes_owner = SCRATCH.address("planes", plane_floats(1, width, width, LEVELS, channels))
    render(_address(levels), levels.shape, 0, 0, ramp, sites, arena, planes, _address(out), 0)  # type: ignore[no-untyped-call]
    del arena_owner, planes_owner
    return out


@functools.lru_cache(maxsize=64)
def _ramp(count: int, channels: int) -> tuple[Image, Any, Any, Any, Sites]:
    """A picture (1, 256, C) of all levels, and `count` maps that put a pixel of each canvas's fill beside it."""
    levels = np.repeat(np.arange(LEVELS, dtype=np.uint8), channels).reshape(1, LEVELS, channels)
    maps, canvas = np.tile(np.eye(3), (1, count, 1, 1)), np.ones((1, count + 1, 2), np.int64)
    canvas[0, :, 1] = LEVELS + np.arange(count + 1)
    borders = np.zeros(count, np.int64)
    return levels, maps, canvas, borders, survey(maps, canvas, borders, NEAREST, False, [])


@functools.cache
def _nothing(channels: int) -> Image:
    return np.empty((channels, 0), np.uint8)


def _address(array: Image) -> int:
    return int(array.__array_interface__["data"][0])
