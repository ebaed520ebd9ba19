"""FieldLeg: a leg of a point map that one displacement field bends."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import DENSE, LATTICE_COLUMNS, LATTICE_KIND, LATTICE_ROWS, LINEAR
from variegate.labels.projective import MappedPoints
from variegate.labels.region import inside, rectangle

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROOM = 0.5  # a smooth field of cells h wide: points sqrt(ROOM h) apart lie within 0.1 of the curve between them
SHORT = 0.5  # pixels from point to point, where a field is linear and so has a kink at every line between two cells


class FieldLeg(NamedTuple):
    """From the old canvas of a field to its new one, or back.

    matrix  (3, 3): of the field's own affine map; grid, nodes: see `kernels.chain.Lattices`, one row of grids
    old, new  (2,): the canvases before and after, as (height, width)
    ahead   from the old to the new, against what pixels do: there points are sought, to 1e-7 pixels
    """

    matrix: Floats
    grid: Ints
    nodes: Floats
    old: Ints
    new: Ints
    ahead: bool = True

    def move(self, points: Floats) -> MappedPoints:
        """Points through the field. Where it folds, and no one place is found, they are said not to be there."""
        from variegate.kernels.solve import pull, push

        points = np.ascontiguousarray(points, np.float64)
        out, derivative, found = np.empty((len(points), 2)), np.empty((len(points), 4)), np.ones(len(points), np.bool_)
        given = points, self.matrix, self.grid, self.nodes, self.new, out, derivative
        if self.ahead:
            push(*given, found)  # type: ignore[no-untyped-call]
        else:
            pull(*given)  # type: ignore[no-untyped-call]
        there = found & inside(points, self.source) & inside(out, rectangle(self.size))
        return MappedPoints(out, derivative, there)

    def image(self, points: Floats) -> Floats:
        """The points alone."""
        return self.move(points).points

    @property
    def source(self) -> Floats:
        """(4, 2): the canvas that it leads from."""
        return rectangle(self.before)

    @property
    def before(self) -> tuple[int, int]:
        """(height, width) of the canvas that it leads from, and of that to which it leads."""
        height, width = (self.old if self.ahead else self.new).tolist()
        return height, width

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the canvas to which it leads."""
        height, width = (self.new if self.ahead else self.old).tolist()
        return height, width

    def back(self) -> FieldLeg:
        """The leg from the new canvas to the old one, or the other way round."""
        return self._replace(ahead=not self.ahead)

    def step(self, zoom: float) -> float:
        """How far apart points of a line may be that it bends, on the canvas that it leads from.

        zoom  by how much its bends are enlarged afterwards
        """
        kind = int(self.grid[LATTICE_KIND])
        assert kind != DENSE, "made for pixels, never for labels"
        if kind == LINEAR:
            return SHORT / max(zoom, 1.0)
        cells = np.array([self.grid[LATTICE_ROWS], self.grid[LATTICE_COLUMNS]]) - 3
        return float(np.sqrt(ROOM * (np.minimum(self.old, self.new) / cells).min() / max(zoom, 1.0)))
