"""Bind a batch's tables to the kernels: survey its geometry, compile what it needs, and note the addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from variegate.kernels.library import SUM_ROW, Wanted, library
from variegate.kernels.survey import Given, Sites, survey
from variegate.kernels.user import row_function
from variegate.plan.ir import DTYPES
from variegate.plan.smaller import Fit
from variegate.plan.tables import Tables


def bind(
    tables: Tables,
    functions: Sequence[Callable[..., Any]],
    draws: Sequence[Any],
    antialias: bool,
    dtype: str,
    bounded: bool,
) -> tuple[Tables, Sites]:
    """The tables with levels, library and functions filled in, and the sites.

    dtype    of the result; bounded: whether the picture's numbers have a range
    """
    leaning = (tables.steps[:, :, 12:14] != 0).any(axis=(0, 2))
    top = tables.maps.shape[1]
    early = sorted({int(after) for after in tables.after[leaning] if after < top})
    levels = np.array([early.index(a) + 1 if a in early else 0 for a in tables.after.tolist()], np.int64)
    sites = survey(tables.maps, tables.canvas, tables.borders, tables.settings[0], antialias, early)
    channels = tables.gain.size
    addresses = [row_function(f, channels, d.shape[1]).address for f, d in zip(functions, draws, strict=True)]
    wanted = _wanted(tables, dtype, bool(leaning.any()), bounded)
    bound = tables._replace(
        levels=levels,
        functions=np.array(addresses, np.int64),
        library=library(wanted, sites, tables.kinds),
    )
    return bound, sites


def bind_smaller(
    tables: Tables, sites: Sites, i: int, antialias: bool, dtype: str, bounded: bool, size: tuple[int, int], fit: Fit
) -> tuple[Tables, Sites]:
    """Bound tables and sites for a smaller picture, (height, width), in place of sample i's; of sites, its row alone.

    The units are looked up again: scaled by more along one axis than along the other, a footprint may ask for a filter
    that no picture of the batch did.
    """
    one, interpolation = slice(i, i + 1), tables.settings[0]
    given = Given(np.array([size], np.int64), np.array([fit]))
    levels = sites.top[1:].tolist()
    found = survey(tables.maps[one], tables.canvas[one], tables.borders, interpolation, antialias, levels, given)
    means = bool(tables.library[SUM_ROW])
    wanted = _wanted(tables, dtype, means, bounded)
    return tables._replace(library=library(wanted, found, tables.kinds)), found


def _wanted(tables: Tables, dtype: str, means: bool, bounded: bool) -> Wanted:
    interpolation, _, _, source, steps = tables.settings
    return Wanted(source, DTYPES.index(dtype), interpolation, means, bounded, steps == 255)
