"""One float32 picture through a chain of maps, read as a row of a batch is; for masks of floats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.chain import MapChain
from variegate.kernels.codes import BILINEAR, FLOAT32, HWC
from variegate.kernels.library import UnitSpec, library
from variegate.kernels.row_layout import lay_chain
from variegate.kernels.survey import survey
from variegate.kernels.tables import Tables

NO_LUTS, NO_FUNCTIONS = np.zeros((0, 1, 256), np.float32), np.zeros(0, np.int64)
NO_DRAWS = np.zeros((0, 0))
BYTES = 4  # of a number


def read_picture(
    image: NDArray[np.float32], chain: MapChain, fill: NDArray[np.float64], antialias: bool
) -> NDArray[np.float32]:
    """A picture (H, W, C) as it lies on the chain's last canvas, (h, w, C): read once, bilinear, and never clamped.

    fill       (C,): what lies outside
    antialias  whether what shrinks is filtered
    """
    from variegate.kernels.render import run_row

    row_layout, channels = lay_chain(chain, BILINEAR, antialias), image.shape[2]
    sites, asked = survey(row_layout, slice(0, 1))
    colours = np.tile(fill, (len(row_layout.maps), 1))
    as_it_is = np.ones(channels), np.zeros(channels)
    units = library(UnitSpec(FLOAT32, FLOAT32, bounded=False, eight=False), asked)
    settings = BYTES, HWC, FLOAT32, 0
    functions = NO_FUNCTIONS, NO_FUNCTIONS, NO_DRAWS
    tables = Tables(*row_layout.leading, colours, NO_LUTS, *functions, *as_it_is, settings, units, row_layout.fields)
    out = np.empty((*row_layout.canvas[-1].tolist(), channels), np.float32)
    run_row(0, image, out, tables, sites, 0, -1, 0)
    return out
