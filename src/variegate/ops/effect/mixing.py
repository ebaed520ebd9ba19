"""Mixing: what is made of the pictures of several samples. Blend: of two, each by its share,
within a box; Paste: objects of one over another; Collage: of several, side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from variegate.ops.effect.base import Effect, Floats, Ints, misfit_bits

SLOT = "(slot)"  # no field's name; among the draws of a tile of a collage: which of the pictures it is


class Mixing(Effect):
    """The picture and those of other samples, its partners, as they are at this point of the pipeline."""


@dataclass(frozen=True)
class Blend(Mixing):
    """Within a box the picture by its share and its partner by the rest, outside of it the picture.

    share  (B,): of the picture within the box, 0 to 1
    box    (B, 4) int64: left, top, right and bottom edge in pixels of the picture, which has as many as its partner
    """

    finite: ClassVar[tuple[str, ...]] = ("share",)
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"share": (), "box": (4,)}

    share: Floats
    box: Ints


@dataclass(frozen=True)
class Collage(Mixing):
    """The pictures side by side on a canvas, each by a map of its own: see `Mosaic.tile`.

    size  (B, 2): (height, width) of the canvas
    """

    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"size": (2,)}

    size: Ints


@dataclass(frozen=True)
class Paste(Mixing):
    """Objects of the partner, by their masks or polygons, over the picture.

    objects  (B,): how many
    order    (4, B) uint32: the column of a `Bits` draw, by which they are chosen
    edge     standard deviation in pixels by which their outline is blended
    """

    finite: ClassVar[tuple[str, ...]] = ("objects",)
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"objects": ()}

    objects: Floats
    order: NDArray[np.uint32]
    edge: float

    def misfit(self, count: int) -> str:
        return super().misfit(count) or misfit_bits("Paste.order", self.order, count)

    def take(self, rows: NDArray[np.bool_]) -> Self:
        return replace(self, objects=self.objects[rows], order=self.order[:, rows])
