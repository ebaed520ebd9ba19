"""ByteRows: the rows of a batch that need no floats, and what their 256 levels and their fills become.

A result is a rectangle of the source's pixels, through a table of 256 bytes, with fills around it, where
- a row reads a sample's picture and writes its result, and no other row is between;
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

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import (
    CHW,
    CONSTANT,
    FIRST_MAP,
    FIRST_SITE,
    FIRST_STEP,
    LEVELS,
    ROW_FORM,
    UINT8,
)
from variegate.kernels.gather import address
from variegate.kernels.row_layout import RowLayout, room
from variegate.kernels.survey import Sites, survey
from variegate.kernels.tables import Tables, arena_floats, plane_floats
from variegate.scratch import SCRATCH

ByteImage = NDArray[np.uint8]
FEW = 64 * 64  # pixels: to make a table takes 50 us, in which floats make so many


class ByteRows:
    """The rows of a `ReadStage` that need no floats."""

    def __init__(self, tables: Tables, sites: Sites) -> None:
        self.tables, self.sites = tables, sites
        self.found = _sorted_out(tables, sites)
        self.units = _units(self.found, tables.settings[1] == CHW)

    def __contains__(self, row: int) -> bool:
        """Whether a row is one of them, if its picture is of the size that was planned."""
        return row in self.found

    def run(self, row: int, image: ByteImage, out: ByteImage) -> None:
        """A row, one of these: image (H, W, C), C-contiguous, to out."""
        from variegate.kernels.bytes import CUT, TONED, render_bytes

        tables, sites = self.tables, self.sites
        made = written(tables, row) if self.found[row] & (CUT | TONED) else _nothing(image.shape[2])
        line, end = tables.rows[row].tolist(), int(tables.rows[row + 1, FIRST_MAP])
        canvas, k = tables.canvas[line[FIRST_MAP] + row : end + row + 1], line[FIRST_SITE]
        window = int(sites.windows[k])
        site = sites.frames[window:], sites.which[window:], sites.way[k], sites.state[k]
        source, target, layout = address(image), address(out), tables.settings[1]
        render_bytes(source, image.shape, canvas, site, made, self.units, target, layout)  # type: ignore[no-untyped-call]


def _sorted_out(tables: Tables, sites: Sites) -> dict[int, int]:
    """What `sort_out` says of each of these rows."""
    size, _, source, _ = tables.settings
    if size != 1 or source != UINT8 or 1 not in sites.state[:, 9].tolist():
        return {}
    from variegate.kernels.bytes import sort_out

    found = np.empty(len(tables.rows) - 1, np.int64)
    said = tables.rows, tables.units, tables.canvas, tables.steps, tables.kinds, tables.gain, tables.shift
    sort_out(*said, sites.windows, sites.frames, sites.way, sites.state, FEW, found)  # type: ignore[no-untyped-call]
    return {row: each for row, each in enumerate(found.tolist()) if each}


def _units(found: dict[int, int], planar: bool) -> tuple[int, ...]:
    """The addresses that `render_bytes` takes, compiled where a row needs them and 0 elsewhere."""
    if not found:
        return 0, 0, 0, 0
    from variegate.kernels.bytes import CUT, MOVED, OWN, TONED, fill_around, look_up_each, move
    from variegate.kernels.lookup import look_up

    every = functools.reduce(or_, found.values(), MOVED if planar else 0)
    needed = (fill_around, CUT), (move, MOVED), (look_up, TONED), (look_up_each, OWN)
    return tuple(unit.address if every & what else 0 for unit, what in needed)


def written(tables: Tables, row: int) -> ByteImage:
    """(C, 256 + G): what the levels of a row become, and then the fill of each canvas."""
    from variegate.kernels.render import render

    line, end = tables.rows[row].tolist(), tables.rows[row + 1].tolist()
    maps, steps = slice(line[FIRST_MAP], end[FIRST_MAP]), slice(line[FIRST_STEP], end[FIRST_STEP])
    channels, count = tables.gain.size, maps.stop - maps.start
    levels, row_layout, sites = _ramp(count, steps.stop - steps.start, channels, line[ROW_FORM])
    ramp = tables._replace(
        rows=row_layout.rows,
        units=tables.units[row : row + 1],
        maps=row_layout.maps,
        fields=row_layout.fields,
        borders=row_layout.borders,
        fills=tables.fills[maps],
        canvas=row_layout.canvas,
        steps=tables.steps[steps],
        kinds=tables.kinds[steps],
        settings=(1, CHW, UINT8, tables.settings[3]),
    )
    width = LEVELS + count
    out = np.empty((channels, width), np.uint8)
    arena, arena_owner = SCRATCH.address("arena", arena_floats(1, LEVELS, channels))
    planes, planes_owner = SCRATCH.address("planes", plane_floats(1, width, width, LEVELS, channels))
    render(address(levels), levels.shape, 0, 0, -1, ramp, sites, arena, planes, address(out), 0)  # type: ignore[no-untyped-call]
    del arena_owner, planes_owner
    return out


@functools.lru_cache(maxsize=64)
def _ramp(maps: int, steps: int, channels: int, form: int) -> tuple[ByteImage, RowLayout, Sites]:
    """A picture (1, 256, C) of all levels, and a row that puts a pixel of each canvas's fill beside it.

    form  of the row whose units it calls: it reads whole pixels, as that one does
    """
    levels = np.repeat(np.arange(LEVELS, dtype=np.uint8), channels).reshape(1, LEVELS, channels)
    row_layout = room(1, 1, maps, 0, 0)
    row_layout.rows[:], row_layout.rows[0, ROW_FORM] = 0, form
    row_layout.rows[1, FIRST_MAP], row_layout.rows[1, FIRST_SITE] = maps, 1
    row_layout.maps[:], row_layout.borders[:], row_layout.tops[:] = np.eye(3), CONSTANT, maps
    row_layout.canvas[:, 0], row_layout.canvas[:, 1] = 1, LEVELS + np.arange(maps + 1)
    sites, _ = survey(row_layout, slice(0, 1))
    row_layout.rows[1, FIRST_STEP] = steps  # which no site asks about
    return levels, row_layout, sites


@functools.cache
def _nothing(channels: int) -> ByteImage:
    return np.empty((channels, 0), np.uint8)
