"""Bend: an op of the tests whose map is a displacement field, drawn as bits."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from variegate.kernels.bits import uniforms
from variegate.ops.base import Drawn, Draws, LoweringContext
from variegate.ops.effect import Effect, Field, Ints
from variegate.ops.fields import bits, declare, drawn, option, wholes
from variegate.ops.geometric import Bordered

CELLS = {"smooth": 3, "linear": 1}  # fewer than nodes


@declare
class Bend(Bordered):
    """Move points by up to `strength` cells of a random lattice; with still=True its nodes are 0.

    strength  in cells of the lattice: a smooth one folds nowhere below 0.48, a linear one below 0.25
    cells     of the lattice, (rows, columns)
    """

    strength: Drawn = drawn(default=0.3)
    cells: tuple[int, ...] = wholes(default=(4, 5))
    kind: Literal["smooth", "linear"] = option(default="smooth")
    seed: Drawn = bits()

    gives: ClassVar[type[Effect]] = Field

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Field:
        rows, columns = (n + CELLS[self.kind] for n in self.cells)
        count = 2 * rows * columns
        made = [uniforms(key, 0, count).astype(np.float64) * 2 - 1 for key in draws["seed"].T]
        lattice = np.array(made).reshape(len(sizes), rows, columns, 2)
        step = sizes[:, ::-1] / np.array(self.cells[::-1])
        return Field(lattice * (draws["strength"][:, None] * step)[:, None, None], sizes, self.kind)


@declare
class Constant(Bordered):
    """The same displacement (dx, dy) everywhere, in pixels."""

    dx: Drawn = drawn(default=0)
    dy: Drawn = drawn(default=0)
    kind: Literal["smooth", "linear"] = option(default="smooth")

    gives: ClassVar[type[Effect]] = Field

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Field:
        nodes = np.stack([draws["dx"], draws["dy"]], axis=1)
        return Field(np.tile(nodes[:, None, None], (1, 5, 6, 1)), sizes, self.kind)
