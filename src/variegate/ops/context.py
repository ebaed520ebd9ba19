"""LoweringContext: what an op may know of a batch beside draws and sizes: channels, and the labels that it looks at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate import coords
from variegate.ops.effect import Floats


class VisibleMask(NamedTuple):
    """A mask as an op sees it: not moved yet, but with the map to where it will lie.

    mask    (H, W) or (H, W, C) integers or bool: the classes, on the source picture
    matrix  (3, 3): column vector (x, y, 1), in pixels of the mask, to the canvas that the op sees; None: a field bends
            the map, and `place` alone says where it leads
    shown   (H, W) bool: the pixels that no window before has cut away; None: none has
    bent    points (n, 2), in pixels of the mask, to the canvas, where there is no matrix
    """

    mask: NDArray[Any]
    matrix: Floats | None
    shown: NDArray[np.bool_] | None = None
    bent: Callable[[Floats], Floats] | None = None

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the mask lies on the canvas."""
        if self.matrix is None:
            assert self.bent is not None, "a matrix, or what takes its place"
            return tuple(self.bent(np.array([[x, y]], np.float64))[0].tolist())
        u, v = coords.apply(self.matrix[None], np.array([x]), np.array([y]))
        return float(u[0]), float(v[0])


class VisibleInstances(NamedTuple):
    """The masks of a sample's instances, on the canvas that an op sees.

    masks  (N, H, W) bool, a mask each, also of what is no longer seen: that is empty
    group  whose instances they are
    """

    masks: NDArray[np.bool_]
    group: str


@dataclass(frozen=True)
class LoweringContext:
    """What lowering may know of a batch beside draws and sizes.

    channels  how many its pictures have
    steps     how many steps they have from black to white: 255 (uint8), 65,535 (uint16); 0: as many as one likes
    boxes     where the op looks at boxes, one entry a row of `sizes`: (N, 4) x0, y0, x1, y1 in pixels of the canvas
              that the op sees; None for a sample that has no boxes, as opposed to no box
    masks     where the op looks at masks, one entry a row of `sizes`; None for a sample that has none
    instances  where the op looks at the masks of instances, alike
    """

    channels: int
    steps: int = field(default=255, kw_only=True)
    boxes: Sequence[Floats | None] = ()
    masks: Sequence[VisibleMask | None] = ()
    instances: Sequence[VisibleInstances | None] = ()
