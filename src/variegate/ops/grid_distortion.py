"""GridDistortion: rows and columns of the picture made wider and narrower by chance."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.dist import Bits
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Effect, Field, Floats, Ints
from variegate.ops.fields import bits, declare, drawn, grid
from variegate.ops.geometric import Bordered, SizeLike
from variegate.ops.lattice import chances, pair_of


@declare
class GridDistortion(Bordered):
    """Make rows and columns of a grid wider and narrower, by chance.

    strength  by how much at most, as a fraction of a cell, 0 to below 1; one draw a sample
    cells     along each side, or (rows, columns)
    targets   image, mask, boxes, keypoints, polygons        effect  geometric, a field (fuses)

    Each row of cells has a height of 1 + strength u in the picture that is read, with a u from -1 to 1 of its own, and
    each column a width alike; together they fill the picture, so its edges stay. Laws: strength 0 is the identity, to
    the bit; straight lines along the sides stay straight; nothing folds. It is albumentations' GridDistortion with
    normalized=True: its distort_range is the strength, its num_steps the cells.

    >>> GridDistortion((0.1, 0.4))
    GridDistortion(strength=Uniform(0.1, 0.4))

    Raises  FieldError if the strength can be negative, or reach 1.
    """

    strength: Drawn = drawn(default=(0, 0.3), least=0, below=1)
    cells: SizeLike = grid(default=5)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Field

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Field:
        (rows, columns), strength = pair_of(self.cells), draws["strength"][:, None]
        chance = chances(draws["bits"], rows + columns)
        lattice = np.empty((len(sizes), rows + 1, columns + 1, 2))
        lattice[..., 0] = _shifts(1 + strength * chance[:, :columns], sizes[:, 1])[:, None, :]
        lattice[..., 1] = _shifts(1 + strength * chance[:, columns:], sizes[:, 0])[:, :, None]
        return Field(lattice, sizes, "linear")


def _shifts(widths: Floats, side: Ints) -> Floats:
    """(B, n + 1): by how much each line between n cells is read from elsewhere, in pixels."""
    ends, count = np.zeros((len(widths), widths.shape[1] + 1)), widths.shape[1]
    for n in range(count):
        ends[:, n + 1] = ends[:, n] + widths[:, n]
    even = np.arange(count + 1) / count
    made = (ends / ends[:, -1:] - even) * side[:, None]
    made[:, -1] = 0.0
    return np.where((widths == 1).all(axis=1)[:, None], 0.0, made)
