"""Elastic: the picture bent by chance, as if it were of rubber."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from variegate.dist import Bits
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Effect, Field, Ints
from variegate.ops.fields import bits, declare, drawn, grid
from variegate.ops.geometric import Bordered, SizeLike
from variegate.ops.lattice import SMOOTH, SPREAD, UPRIGHT, chances, pair_of, steps

NODES = 3**0.5 / SPREAD  # the reach of evenly spread control values, for a field whose standard deviation is 1


@declare
class Elastic(Bordered):
    """Bend the picture by a smooth random field.

    strength  how far pixels move: the standard deviation of each coordinate, in parts of the shorter side; one draw a
              sample. From 0.13 of a cell on, 0.021 with 6 cells, it grows no more, as the picture would fold
    cells     along each side, or (rows, columns): points more than two cells apart move on their own
    targets   image, mask, boxes, keypoints, polygons        effect  geometric, a field (fuses)

    A cubic B-spline over a lattice of control values, each evenly spread in a square. Laws: strength 0 is the identity,
    to the bit; nothing folds; the field is smooth (twice differentiable), up to the rim.

    albumentationsx's ElasticTransform does alike, with control values in a disc: its displacement_range is 4.2 times
    this strength, and it takes a grid of 7 x 7 control values. torchvision's and albumentations 2.0's blur noise by a
    Gaussian: torchvision's alpha, sigma are about strength = 0.083 alpha / sigma pixels (alpha=50, sigma=5 moves pixels
    by 0.83 as measured, and this one by as much at 224 x 224 with strength 0.0037), and cells of sigma sqrt(3) pixels.

    >>> Elastic((0, 0.015), cells=5)
    Elastic(strength=Uniform(0, 0.015), cells=(5, 5))

    Raises  FieldError if the strength can be negative or above 1, or there are no cells, or more than 64.
    """

    strength: Drawn = drawn(default=(0.005, 0.015), least=0, most=1)
    cells: SizeLike = grid(default=6)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Field

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Field:
        rows, columns = (count + SMOOTH for count in pair_of(self.cells))
        lattice = chances(draws["bits"], 2 * rows * columns).reshape(len(sizes), rows, columns, 2)
        most = UPRIGHT * steps(sizes, pair_of(self.cells)).min(axis=1)
        reach = np.minimum(NODES * draws["strength"] * sizes.min(axis=1), most)
        return Field(lattice * reach[:, None, None, None], sizes)
