"""PointMap: one sample's map from its picture to its result, as labels ask of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from variegate.kernels.chain import MapChain

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class PointMap(Protocol):
    """What moves labels: `ProjectiveMap` where all maps are matrices, `WarpedMap` where a field bends some.

    Points are (n, 2) of x and y; a ring is a polygon of such points, its end not said twice.
    """

    @property
    def chain(self) -> MapChain:
        """The maps by which pixels are read."""

    @property
    def antialias(self) -> bool:
        """Whether masks of floats are filtered where they shrink."""

    @property
    def before(self) -> tuple[int, int]:
        """(height, width) of the picture."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the result."""

    @property
    def identity(self) -> bool:
        """Whether nothing is moved, and nothing cut."""

    @property
    def upright(self) -> bool:
        """Whether boxes stay boxes, and what is seen of the picture is one."""

    @property
    def affine(self) -> bool:
        """Whether all maps together are an affine one."""

    @property
    def mirrored(self) -> bool:
        """Whether the result is a mirror image of the picture."""

    def image(self, points: Floats) -> Floats:
        """Points of the picture on the result; behind a horizon, where there is none, they land far away."""

    def derivative(self, points: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """dx'/dx, dx'/dy, dy'/dx and dy'/dy of the map at points (..., 2) of the picture."""

    def inside(self, points: Floats) -> Flags:
        """Which points of the picture the result shows."""

    def fine(self, points: Floats, closed: bool = True) -> Floats:
        """A ring of the picture, or an open line, with so many points that the lines between their images are straight.

        A matrix keeps lines straight, and the ring is as it was.
        """

    def part(self, ring: Floats) -> tuple[Floats, Floats]:
        """What is seen of a convex ring of the picture: (on the picture, on the result); (0, 2) where nothing is."""

    def outlines(self, boxes: Floats, unit: Floats) -> tuple[Floats, Floats, Floats]:
        """Boxes (N, 4) around what is seen of a shape, and around all of it; and the share that is seen.

        unit  (n, 2): the convex shape whose outline a box stands for, in fractions of the box
        """

    def covered(self) -> Flags:
        """(height, width): the pixels of the picture that the result shows, by their centres."""

    def showing(self) -> Flags:
        """(height, width): the pixels of the result that show the picture itself, no mirror image of it."""

    def scaled(self, before: tuple[int, int], after: tuple[int, int]) -> PointMap:
        """The map of a mask from its own pixels to those of the result's mask, which cover the same planes."""

    def cut_off(self) -> PointMap:
        """The same, with nothing beyond any window: all borders constant."""

    def back(self) -> PointMap:
        """The map from the result to the picture; what the result does not show is outside."""
