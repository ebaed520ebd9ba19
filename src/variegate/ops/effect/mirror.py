"""Mirror: geometric, left and right exchanged, or top and bottom, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from variegate import coords
from variegate.ops.effect.base import Floats, Ints
from variegate.ops.effect.geometric import Geometric


@dataclass(frozen=True)
class Mirror(Geometric):
    """A mirror image of the whole canvas. It moves whole pixels, so it joins any pass, whatever that did before.

    size   (B, 2) int64: (height, width) of the canvas, which stays
    along  the axis that is turned round: "x" exchanges left and right, "y" top and bottom
    """

    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"size": (2,)}

    size: Ints
    along: Literal["x", "y"]

    def misfit(self, count: int) -> str:
        return super().misfit(count) or (
            "" if self.along in ("x", "y") else f'Mirror.along is "x" or "y", got {self.along!r}'
        )

    def matrices(self, before: Ints) -> Floats:
        matrix, axis = coords.identity(len(self.size)), "xy".index(self.along)
        matrix[:, axis, axis] = -1
        matrix[:, axis, 2] = self.size[:, 1 - axis]
        return matrix
