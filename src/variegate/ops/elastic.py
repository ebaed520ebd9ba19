"""Elastic: the picture bent by chance, as if it were of rubber."""

from __future__ import annotations

from typing import ClassVar

from variegate.dist import Bits
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Effect, Field, Ints
from variegate.ops.fields import bits, checked, declare, drawn
from variegate.ops.geometric import Bordered
from variegate.ops.lattice import SMOOTH, SPREAD, UPRIGHT, cells_of, chances

NODES = 3**0.5 / SPREAD  # the reach of evenly spread control values, for a field whose standard deviation is 1
MOST = UPRIGHT / NODES  # of a cell


@declare
class Elastic(Bordered):
    """Bend the picture by a smooth random field.

    strength  how far pixels move: the standard deviation of each coordinate, in parts of the shorter side; one draw a
              sample. At most 0.13 parts of a cell, beyond which the picture could fold: 0.021 with 6 cells
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

    Raises  FieldError if the strength can be negative, or so large that the picture could fold.
    """

    strength: Drawn = drawn(default=(0.005, 0.015), least=0, most=lambda op: MOST / max(_cells(op)))
    cells: int | tuple[int, int] = checked(by=cells_of, default=6)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Field

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Field:
        assert isinstance(self.cells, tuple)
        rows, columns = (count + SMOOTH for count in self.cells)
        lattice = chances(draws["bits"], 2 * rows * columns).reshape(len(sizes), rows, columns, 2)
        reach = NODES * draws["strength"] * sizes.min(axis=1)
        return Field(lattice * reach[:, None, None, None], sizes)


def _cells(op: Elastic) -> tuple[int, int]:
    return cells_of(op.cells, f"{op.label}.cells")
