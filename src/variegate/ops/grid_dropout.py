"""GridDropout: squares of a regular grid."""

from __future__ import annotations

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Holes, Ints
from variegate.ops.fields import declare, drawn, option
from variegate.ops.holes import HoleOp, Sizes, longest


@declare
class GridDropout(HoleOp):
    """Drop a square in each cell of a grid.

    ratio             side of a square / side of its cell: 0.5 drops a quarter of the picture, 1 all of it
    unit_size         side of a cell, a fraction of the picture's shorter side; at least two pixels
    shift_x, shift_y  how far the whole grid is moved, to the right and down, in cells
    sizes             "fraction", or "pixels": then unit_size is a number of pixels
    fill              what they become, in units of white: a number, one a channel, or "noise", each pixel and channel
                      evenly from black to white
    targets           image, any number of channels (labels stay: as if nothing were dropped)
    effect            holes (fuses)

    A pixel is dropped if its centre lies in a square. Laws: ratio 0 is the identity, to the bit; with cells of whole
    pixels every square has the same. Chen et al. (2020), GridMask, whose squares are turned, and whose ratio is that of
    what is kept. Albumentations' GridDropout takes this ratio, has ten cells along each side whatever their form, and
    by default moves each hole by itself within its cell.

    >>> GridDropout(ratio=(0.3, 0.6), unit_size=32, sizes="pixels")
    GridDropout(ratio=Uniform(0.3, 0.6), unit_size=Constant(32), sizes='pixels')

    Raises  FieldError if ratio can leave 0 to 1, or a fraction be 0 or above 1; InputError if a fill does not fit the
            picture's channels, or leaves 0 to 1 in pictures of integers.
    """

    ratio: Drawn = drawn(default=0.5, least=0, most=1)
    unit_size: Drawn = drawn(default=(0.1, 0.3), above=0, most=longest)
    shift_x: Drawn = drawn(default=(0, 1))
    shift_y: Drawn = drawn(default=(0, 1))
    sizes: Sizes = option(default="fraction", kw_only=True)

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Holes:
        unit = draws["unit_size"] * (sizes.min(axis=1) if self.sizes == "fraction" else 1)
        unit = np.maximum(unit, 2.0)
        moved = (draws[name] - np.floor(draws[name]) for name in ("shift_y", "shift_x"))
        numbers = [*(part * unit for part in moved), unit, draws["ratio"] * unit]
        return self.dropping("grid", np.stack(numbers, axis=1), draws, context)
