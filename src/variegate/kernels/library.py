"""Which units a plan calls: their addresses, in a fixed order, compiled only if they are needed."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.colour import WRITERS, affine_row, sum_row, table_row
from variegate.kernels.prefilter import prefilter_bytes, prefilter_floats
from variegate.kernels.prefilter_words import prefilter_words
from variegate.kernels.resize import axis_taps, upright_bytes, upright_floats
from variegate.kernels.sample import FLOAT_SAMPLERS, WORD_SAMPLERS
from variegate.kernels.survey import FILTERED, UPRIGHT, Sites
from variegate.kernels.walk import walk_home, walk_window
from variegate.plan.ir import BICUBIC, TABLE

(
    SAMPLE_WORDS,
    SAMPLE_FLOATS,
    UPRIGHT_SOURCE,
    AXIS_TAPS,
    PREFILTER_SOURCE,
    PREFILTER_FLOATS,
    AFFINE_ROW,
    SUM_ROW,
    TABLE_ROW,
    WRITE_ROW,
    WALK_WINDOW,
    WALK_HOME,
    LIBRARY,
) = range(13)


def library(
    eight: bool, interpolation: int, dtype: int, sites: Sites, kinds: NDArray[np.int64], means: bool
) -> NDArray[np.int64]:
    """Addresses for a batch of sources of uint8 (or float32): zero where the batch needs no such unit."""
    state = sites.state.reshape(-1, 9)
    ways = set(state[:, 2].tolist())
    reduced = FILTERED in ways and bool((state[:, 3:5] > 1).any())
    walked = bool(state[:, 1].any())
    return _addresses(eight, interpolation, dtype, frozenset(ways), reduced, frozenset(kinds.tolist()), means, walked)


@functools.lru_cache(maxsize=256)
def _addresses(
    eight: bool,
    interpolation: int,
    dtype: int,
    ways: frozenset[int],
    reduced: bool,
    kinds: frozenset[int],
    means: bool,
    walked: bool,
) -> NDArray[np.int64]:
    addresses = np.zeros(LIBRARY, np.int64)
    # Words hold no negative numbers, which a bicubic prefilter makes.
    words = eight and not (interpolation == BICUBIC and FILTERED in ways)
    if eight:
        addresses[SAMPLE_WORDS] = WORD_SAMPLERS[interpolation].address
        addresses[PREFILTER_SOURCE] = (prefilter_words if words else prefilter_bytes).address
    if not words:
        addresses[SAMPLE_FLOATS] = FLOAT_SAMPLERS[interpolation].address
    if UPRIGHT in ways or reduced:
        addresses[UPRIGHT_SOURCE] = (upright_bytes if eight else upright_floats).address
        addresses[AXIS_TAPS] = axis_taps.address
    if (FILTERED in ways and not eight) or reduced:
        addresses[PREFILTER_FLOATS] = prefilter_floats.address
        addresses[PREFILTER_SOURCE] = addresses[PREFILTER_SOURCE] or addresses[PREFILTER_FLOATS]
    if kinds:
        addresses[AFFINE_ROW] = affine_row.address
    if means:
        addresses[SUM_ROW] = sum_row.address
    if TABLE in kinds:
        addresses[TABLE_ROW] = table_row.address
    if walked:
        addresses[WALK_WINDOW], addresses[WALK_HOME] = walk_window.address, walk_home.address
    addresses[WRITE_ROW] = WRITERS[dtype].address
    return addresses
