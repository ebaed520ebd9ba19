"""Which units a plan calls: their addresses, in a fixed order, compiled only if they are needed."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import Unit
from variegate.kernels.colour import WRITERS, affine_row, ramp_row, sum_row, sum_row_unbounded, table_row
from variegate.kernels.curve import curve_row
from variegate.kernels.prefilter import prefilter_bytes, prefilter_floats, prefilter_shorts
from variegate.kernels.prefilter_words import prefilter_words
from variegate.kernels.resize import axis_taps, upright_bytes, upright_floats, upright_shorts
from variegate.kernels.sample import FLOAT_SAMPLERS, WORD_SAMPLERS
from variegate.kernels.survey import FILTERED, STATE, UPRIGHT, Sites
from variegate.kernels.walk import walk_home, walk_window
from variegate.plan.ir import BICUBIC, CURVE, FLOAT32, NEAREST, TABLE, UINT8, UINT16

(
    SAMPLE_WORDS,
    SAMPLE_FLOATS,
    WHOLE_WORDS,
    WHOLE_FLOATS,
    UPRIGHT_SOURCE,
    AXIS_TAPS,
    PREFILTER_SOURCE,
    PREFILTER_FLOATS,
    AFFINE_ROW,
    SUM_ROW,
    TABLE_ROW,
    CURVE_ROW,
    WRITE_ROW,
    WALK_WINDOW,
    WALK_HOME,
    LIBRARY,
) = range(16)

# By the source's dtype: the prefilter to float32, and the upright kernel.
PREFILTERS = {UINT8: prefilter_bytes, UINT16: prefilter_shorts, FLOAT32: prefilter_floats}
UPRIGHTS = {UINT8: upright_bytes, UINT16: upright_shorts, FLOAT32: upright_floats}


class Wanted(NamedTuple):
    """What a batch asks of its units.

    source, written  dtype codes of the source and of the result
    interpolation    a code
    means            whether a step leans on a mean; bounded: and numbers have a range
    eight            whether pictures have the 256 levels of a table
    """

    source: int
    written: int
    interpolation: int
    means: bool
    bounded: bool
    eight: bool


def library(wanted: Wanted, sites: Sites, kinds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Addresses for a batch: zero where it needs no such unit; kinds: of its colour steps."""
    state = sites.state.reshape(-1, STATE)
    ways, whole = set(state[:, 2].tolist()), set(state[:, 9].tolist())
    reduced = FILTERED in ways and bool((state[:, 3:5] > 1).any())
    walked = bool(state[:, 1].any())
    return _addresses(wanted, frozenset(ways), frozenset(whole), reduced, frozenset(kinds.tolist()), walked)


@functools.lru_cache(maxsize=256)
def _addresses(
    wanted: Wanted, ways: frozenset[int], whole: frozenset[int], reduced: bool, kinds: frozenset[int], walked: bool
) -> NDArray[np.int64]:
    addresses, eight = np.zeros(LIBRARY, np.int64), wanted.source == UINT8
    # Words hold no negative numbers, which a bicubic prefilter makes.
    words = eight and not (wanted.interpolation == BICUBIC and FILTERED in ways)
    if eight:
        _samplers(addresses, WORD_SAMPLERS, wanted.interpolation, whole, SAMPLE_WORDS, WHOLE_WORDS)
    if not words:
        _samplers(addresses, FLOAT_SAMPLERS, wanted.interpolation, whole, SAMPLE_FLOATS, WHOLE_FLOATS)
    if UPRIGHT in ways or reduced:
        addresses[UPRIGHT_SOURCE] = UPRIGHTS[wanted.source].address
        addresses[AXIS_TAPS] = axis_taps.address
    if wanted.source != FLOAT32 or FILTERED in ways:  # uint16 is always made floats; a tiny uint8 picture, too
        addresses[PREFILTER_SOURCE] = (prefilter_words if words else PREFILTERS[wanted.source]).address
    if reduced:
        addresses[PREFILTER_FLOATS] = prefilter_floats.address
    if kinds:
        addresses[AFFINE_ROW] = affine_row.address
    if wanted.means:
        addresses[SUM_ROW] = (sum_row if wanted.bounded else sum_row_unbounded).address
    if TABLE in kinds:
        addresses[TABLE_ROW] = (table_row if wanted.eight else ramp_row).address
    if CURVE in kinds:
        addresses[CURVE_ROW] = curve_row.address
    if walked:
        addresses[WALK_WINDOW], addresses[WALK_HOME] = walk_window.address, walk_home.address
    addresses[WRITE_ROW] = WRITERS[wanted.written].address
    return addresses


def _samplers(
    addresses: NDArray[np.int64],
    units: dict[int, Unit],
    interpolation: int,
    whole: frozenset[int],
    between: int,
    exact: int,
) -> None:
    """The samplers of one kind of source: for any map, and for maps that read no pixel between two."""
    if 0 in whole:
        addresses[between] = units[interpolation].address
    if 1 in whole:
        addresses[exact] = units[NEAREST].address
