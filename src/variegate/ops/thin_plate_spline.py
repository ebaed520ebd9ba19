"""ThinPlateSpline: a grid of points moved by chance, and all between as a thin plate would go."""

from __future__ import annotations

import functools
from typing import ClassVar

import numpy as np

from variegate import exact
from variegate.dist import Bits
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Effect, Field, Floats, Ints
from variegate.ops.fields import bits, declare, drawn, grid
from variegate.ops.geometric import Bordered, SizeLike
from variegate.ops.lattice import chances, controls, nodes, pair_of, steps, upright

LATTICE = 16  # cells along each side: the plate is read from a spline that goes by it to a hundredth of its bend


@declare
class ThinPlateSpline(Bordered):
    """Move a grid of points by chance, and what lies between them as a thin plate of metal would bend.

    strength  how far the points move: the standard deviation of each coordinate, in parts of the side; one draw a
              sample
    points    along each side, or (rows, columns), the outer ones on the edges: 2 to 9
    targets   image, mask, boxes, keypoints, polygons        effect  geometric, a field (fuses)

    The displacements are evenly spread in a rectangle, and the plate is that of a square, stretched to the picture.
    Laws: strength 0 is the identity, to the bit; nothing folds: a sample whose plate might is bent by less, as a whole.
    albumentations' ThinPlateSpline has normal displacements, of a tenth of its scale_range: (0.2, 0.4) there is
    (0.02, 0.04) here. The spline is Bookstein's ("Principal warps", 1989), with r² log r.

    >>> ThinPlateSpline((0, 0.04))
    ThinPlateSpline(strength=Uniform(0, 0.04))

    Raises  FieldError if the strength can be negative or above 1, or there are not 2 to 9 points along a side.
    """

    strength: Drawn = drawn(default=(0.01, 0.04), least=0, most=1)
    points: SizeLike = grid(default=4, least=2, most=9)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Field

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Field:
        rows, columns = pair_of(self.points)
        moved = chances(draws["bits"], 2 * rows * columns).reshape(len(sizes), rows * columns, 1, 1, 2)
        basis = plate(rows, columns)
        lattice = np.zeros((len(sizes), *basis.shape[1:], 2))
        for n in range(rows * columns):
            lattice += basis[n, :, :, None] * moved[:, n]
        reach = 3**0.5 * draws["strength"][:, None] * sizes[:, ::-1]
        bent = lattice * reach[:, None, None, :]
        return Field(upright(bent, steps(sizes, (LATTICE, LATTICE))), sizes)


@functools.cache
def plate(rows: int, columns: int) -> Floats:
    """(rows * columns, n, n): the control values of the lattice that each point's unit displacement makes."""
    x, y = (each.ravel() for each in np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows)))
    across, down = np.meshgrid(*nodes((LATTICE, LATTICE), ring=1))
    count = len(x)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _bend(x[:, None] - x, y[:, None] - y)
    system[:count, count:] = np.stack([np.ones(count), x, y], axis=1)
    system[count:, :count] = system[:count, count:].T
    weights = _inverse(system)[:, :count]  # of a unit displacement of each point
    shapes = [_bend(across - x[n], down - y[n]) for n in range(count)] + [np.ones_like(across), across, down]
    made = np.zeros((count, *across.shape))
    for k, shape in enumerate(shapes):
        made += weights[k][:, None, None] * shape
    return controls(made[..., None])[..., 0]


def _bend(x: Floats, y: Floats) -> Floats:
    """r² log r."""
    square = x * x + y * y
    return np.asarray(np.where(square > 0, square * exact.log(np.where(square > 0, square, 1.0)) / 2, 0.0))


def _inverse(matrix: Floats) -> Floats:
    """The inverse by Gauss and Jordan, pivots sought in each column: + - * / alone, so the same bits on every CPU."""
    count = len(matrix)
    work = np.concatenate([matrix, np.eye(count)], axis=1)
    for n in range(count):
        pivot = n + int(np.argmax(np.abs(work[n:, n])))
        work[[n, pivot]] = work[[pivot, n]]
        work[n] /= work[n, n]
        for k in range(count):
            if k != n:
                work[k] -= work[k, n] * work[n]
    return work[:, count:]
