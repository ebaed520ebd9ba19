"""Field: geometric, a displacement of each point of the plane and a new canvas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from variegate import coords
from variegate.ops.effect.base import Floats, Ints
from variegate.ops.effect.geometric import Geometric

LEAST = {"smooth": 4, "linear": 2}  # nodes along each side


@dataclass(frozen=True)
class Field(Geometric):
    """A map of the plane that moves each point by a displacement of its own.

    The point p of the new canvas is read from p * (old size / new size) + d(p) on the old one, x and y each by its own
    side; mostly the sizes are equal. Between nodes d is read as `kind` says; beyond the canvas it is that of its edge.

    lattice  (B, rows, columns, 2) float64: displacements (dx, dy), in pixels of the old canvas, of nodes that are
             spread evenly over the new one. In coordinates whose pixel centres are at halves, W being its width:
             "linear": column j lies at x = W j / (columns - 1): the first and last on the edges, 2 or more;
             "smooth": column j lies at x = W (j - 1) / (columns - 3): the first and last a step beyond, 4 or more.
             Rows alike
    size     (B, 2) int64: (height, width) of the new canvas
    kind     "smooth": a uniform cubic B-spline, of which the nodes are the control values: twice differentiable, and
             within what they span; "linear": bilinear between the nodes
    """

    may_rest: ClassVar[bool] = True
    finite: ClassVar[tuple[str, ...]] = ("lattice",)
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"lattice": (None, None, 2), "size": (2,)}

    lattice: Floats
    size: Ints
    kind: Literal["smooth", "linear"] = "smooth"

    def misfit(self, count: int) -> str:
        wrong = super().misfit(count)
        if wrong:
            return wrong
        if self.kind not in LEAST:
            return f'Field.kind is "smooth" or "linear", got {self.kind!r}'
        least = LEAST[self.kind]
        if min(self.lattice.shape[1:3]) < least:
            return f"Field.lattice of kind {self.kind!r} has {least} rows and columns or more, got {self.lattice.shape}"
        return ""

    def neutral(self, before: Ints) -> NDArray[np.bool_]:
        """A sample whose nodes are all 0 and whose size stays is left where it is."""
        moved = self.lattice.reshape(len(before), -1).any(axis=1)
        return np.asarray(~moved & (self.size == before).all(axis=1))

    def matrices(self, before: Ints) -> Floats:
        scale = before / self.size
        return coords.affine(scale[:, 1], 0.0, 0.0, 0.0, scale[:, 0], 0.0)
