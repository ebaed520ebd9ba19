"""Which units the rows of a batch call: their addresses by form, in a fixed order, compiled only if they are needed."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.compiled import Unit
from variegate.kernels.codes import (
    AFFINE,
    BICUBIC,
    BY_READING,
    CURVE,
    FLOAT32,
    FORMS,
    FROM_SOURCE,
    NEAREST,
    ROWWISE,
    TABLE,
    TO_RESULT,
    UINT8,
    UINT16,
)
from variegate.kernels.colour import affine_row, ramp_row, sum_row, sum_row_unbounded, table_row
from variegate.kernels.curve import curve_row
from variegate.kernels.field import walk_field
from variegate.kernels.levels import expand
from variegate.kernels.mirror import mirror_row
from variegate.kernels.prefilter import prefilter_bytes, prefilter_floats, prefilter_shorts
from variegate.kernels.prefilter_words import prefilter_words
from variegate.kernels.resize import axis_taps, upright_bytes, upright_floats, upright_shorts
from variegate.kernels.sample import FLOAT_SAMPLERS, WORD_SAMPLERS
from variegate.kernels.survey import ASKED, BENT, FILTERED, MEANS, REDUCED, SORTS, UPRIGHT, USED, WALKED, WAYS, WHOLE
from variegate.kernels.tally import sum_bytes
from variegate.kernels.walk import walk_home, walk_window
from variegate.kernels.write import WRITERS

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
    EXPAND,
    SUM_BYTES,
    WALK_FIELD,
    MIRROR_ROW,
    LIBRARY,
) = range(20)

# By the source's dtype: the prefilter to float32, and the upright kernel.
PREFILTERS = {UINT8: prefilter_bytes, UINT16: prefilter_shorts, FLOAT32: prefilter_floats}
UPRIGHTS = {UINT8: upright_bytes, UINT16: upright_shorts, FLOAT32: upright_floats}


class UnitSpec(NamedTuple):
    """What is the same for all rows of a batch.

    source, written  dtype codes of the pictures and of the results
    bounded          whether the numbers have a range
    eight            whether pictures have the 256 levels of a table
    """

    source: int
    written: int
    bounded: bool
    eight: bool


def library(spec: UnitSpec, asked: NDArray[np.int64]) -> NDArray[np.int64]:
    """(FORMS, LIBRARY) addresses: zero where no such unit is needed; asked: as `kernels.survey` left it."""
    return _library(spec, asked.tobytes())


@functools.lru_cache(maxsize=256)
def _library(spec: UnitSpec, asked: bytes) -> NDArray[np.int64]:
    found = np.zeros((FORMS, LIBRARY), np.int64)
    for form, line in enumerate(np.frombuffer(asked, np.int64).reshape(FORMS, ASKED).tolist()):
        if line[USED]:
            _fill(found[form], form, line, spec)
    return found


def _fill(addresses: NDArray[np.int64], form: int, line: list[int], spec: UnitSpec) -> None:
    """The addresses of one form."""
    source = spec.source if form & FROM_SOURCE else FLOAT32
    written = spec.written if form & TO_RESULT else FLOAT32
    interpolation, eight, filtered = form // BY_READING, source == UINT8, bool(line[WAYS] >> FILTERED & 1)
    # Words hold no negative numbers, which a bicubic prefilter makes.
    words = eight and not (interpolation == BICUBIC and filtered)
    if eight:
        _samplers(addresses, WORD_SAMPLERS, interpolation, line[WHOLE], SAMPLE_WORDS, WHOLE_WORDS)
    if not words:
        _samplers(addresses, FLOAT_SAMPLERS, interpolation, line[WHOLE], SAMPLE_FLOATS, WHOLE_FLOATS)
    if line[WAYS] >> UPRIGHT & 1 or line[REDUCED]:
        addresses[UPRIGHT_SOURCE] = UPRIGHTS[source].address
        addresses[AXIS_TAPS] = axis_taps.address
    if source != FLOAT32 or filtered:  # uint16 is always made floats; a tiny uint8 picture, too
        addresses[PREFILTER_SOURCE] = (prefilter_words if words else PREFILTERS[source]).address
    if line[REDUCED]:
        addresses[PREFILTER_FLOATS] = prefilter_floats.address
    if line[SORTS]:
        addresses[AFFINE_ROW] = affine_row.address
    if line[MEANS]:
        addresses[SUM_ROW] = (sum_row if spec.bounded else sum_row_unbounded).address
    if line[MEANS] & 2 and eight and spec.eight:
        addresses[SUM_BYTES] = sum_bytes.address
    if line[SORTS] >> TABLE & 1:
        addresses[TABLE_ROW] = (table_row if spec.eight else ramp_row).address
    if line[SORTS] >> ROWWISE & 1:
        addresses[MIRROR_ROW] = mirror_row.address
    if line[SORTS] >> CURVE & 1:
        addresses[CURVE_ROW] = curve_row.address
    if line[WALKED]:
        addresses[WALK_WINDOW], addresses[WALK_HOME] = walk_window.address, walk_home.address
    if line[BENT]:
        addresses[WALK_FIELD] = walk_field.address
    addresses[WRITE_ROW] = WRITERS[written].address
    if eight and written == FLOAT32 and line[SORTS] & ~(1 << AFFINE):
        addresses[EXPAND] = expand.address


def _samplers(
    addresses: NDArray[np.int64],
    units: dict[int, Unit],
    interpolation: int,
    whole: int,
    between: int,
    exact: int,
) -> None:
    """The samplers of one kind of source: for any map, and for maps that read no pixel between two."""
    if whole & 1:
        addresses[between] = units[interpolation].address
    if whole & 2:
        addresses[exact] = units[NEAREST].address
