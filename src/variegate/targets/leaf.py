"""Leaves: one field's value of one sample, read and checked; places in float64 pixels of the picture.

A target's `read` makes a leaf and its `write` unmakes it. `given` holds the rows as the user gave them, in the
dtype in which they go, for as long as nobody moved them, and if they go in the format in which they came: `write`
returns these bits. A moved leaf is `dataclasses.replace(leaf, xyxy=..., given=None)`.
Leaves with rows have `count`, and `take`, which keeps the rows named (and their `given`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.coords import HALF, Floats, Ints
from variegate.exact import sincos


@dataclass(frozen=True, eq=False)
class BoxLeaf:
    """Boxes along the axes.

    xyxy   (N, 4) left, top, right and bottom edge
    given  (N, 4) the user's rows in the declared format, or None
    """

    xyxy: Floats
    given: NDArray[Any] | None = None

    @property
    def count(self) -> int:
        """How many boxes there are."""
        return len(self.xyxy)

    def take(self, index: Ints) -> BoxLeaf:
        """The leaf of these rows, in this order."""
        return replace(self, xyxy=self.xyxy[index], given=_taken(self.given, index))


@dataclass(frozen=True, eq=False)
class OrientedLeaf:
    """Boxes that may be turned.

    rows   (N, 5) the centre x, y; the sides w, h; the angle of w in degrees, counter-clockwise as seen on the screen
    given  (N, 5) the user's rows in the declared format, or None
    """

    rows: Floats
    given: NDArray[Any] | None = None

    @property
    def count(self) -> int:
        """How many boxes there are."""
        return len(self.rows)

    @property
    def corners(self) -> Floats:
        """(N, 4, 2) as (x, y): top left, top right, bottom right, bottom left of the box before it is turned."""
        across, down = self.rows[:, 2:3] * HALF * (-1, 1, 1, -1), self.rows[:, 3:4] * HALF * (-1, -1, 1, 1)
        sin, cos = sincos(self.rows[:, 4:5])
        x, y = self.rows[:, 0:1], self.rows[:, 1:2]
        return np.stack([x + (across * cos + down * sin), y + (down * cos - across * sin)], axis=2)

    def take(self, index: Ints) -> OrientedLeaf:
        """The leaf of these rows, in this order."""
        return replace(self, rows=self.rows[index], given=_taken(self.given, index))


@dataclass(frozen=True, eq=False)
class PointLeaf:
    """Points: K of them an instance; where they belong to no instance, one row of all.

    xy       (N, K, 2)
    visible  (N, K) the user's v, or None
    scale    (N, K) pixels, or None
    angle    (N, K) degrees, from the x axis to the right, counter-clockwise as seen on the screen; or None
    given    (N, K, D) the user's rows in the declared columns, or None
    """

    xy: Floats
    visible: Floats | None = None
    scale: Floats | None = None
    angle: Floats | None = None
    given: NDArray[Any] | None = None

    @property
    def count(self) -> int:
        """How many instances there are."""
        return len(self.xy)

    @property
    def unlabelled(self) -> NDArray[np.bool_]:
        """(N, K): the points that nobody placed: at (0, 0) with v == 0, as COCO writes them. They never move."""
        if self.visible is None:
            return np.zeros(self.xy.shape[:2], np.bool_)
        return np.asarray((self.visible == 0) & (self.xy == 0).all(axis=2))

    def take(self, index: Ints) -> PointLeaf:
        """The leaf of these rows, in this order."""
        return replace(
            self,
            xy=self.xy[index],
            visible=_taken(self.visible, index),
            scale=_taken(self.scale, index),
            angle=_taken(self.angle, index),
            given=_taken(self.given, index),
        )


@dataclass(frozen=True, eq=False)
class RingLeaf:
    """Outlines: an instance has any number of rings, none included; a ring has at least one point.

    rings  for each instance its rings, (V, 2) each, as (x, y); a first point may be repeated at the end
    given  the same rings as the user gave them, (V, 2) or flat, or None
    """

    rings: tuple[tuple[Floats, ...], ...]
    given: tuple[tuple[NDArray[Any], ...], ...] | None = None

    @property
    def count(self) -> int:
        """How many instances there are."""
        return len(self.rings)

    def take(self, index: Ints) -> RingLeaf:
        """The leaf of these rows, in this order."""
        rows = np.asarray(index).tolist()
        given = None if self.given is None else tuple(self.given[row] for row in rows)
        return replace(self, rings=tuple(self.rings[row] for row in rows), given=given)


@dataclass(frozen=True, eq=False)
class MaskLeaf:
    """A mask, or a stack of them.

    pixels  (H, W), (H, W, C), or (N, H, W) where the target is a stack
    given   the user's own array, which is `pixels` until it is read through a map; or None
    """

    pixels: NDArray[Any]
    given: NDArray[Any] | None = None

    @property
    def count(self) -> int:
        """How many masks a stack has."""
        return len(self.pixels)

    def take(self, index: Ints) -> MaskLeaf:
        """The leaf of these masks of a stack, in this order."""
        return MaskLeaf(self.pixels[index])


@dataclass(frozen=True, eq=False)
class RowLeaf:
    """Anything that has a row for each instance, and no place in the picture.

    rows   an array, a list or a tuple
    count  how many rows there are
    """

    rows: Any
    count: int

    def take(self, index: Ints) -> RowLeaf:
        """The leaf of these rows, in this order."""
        if isinstance(self.rows, np.ndarray):
            return RowLeaf(self.rows[index], len(index))
        return RowLeaf(type(self.rows)(self.rows[row] for row in np.asarray(index).tolist()), len(index))


@dataclass(frozen=True, eq=False)
class PlainLeaf:
    """A value without rows: another view of the picture, or what is passed on as it is."""

    value: Any


Leaf = BoxLeaf | OrientedLeaf | PointLeaf | RingLeaf | MaskLeaf | RowLeaf | PlainLeaf
Leaves = Mapping[str, Leaf]  # a sample's, by field


def plane_of(leaf: Leaf) -> NDArray[Any] | None:
    """The pixels of a mask, a stack of them or a view; None of a leaf that has none."""
    found = leaf.pixels if isinstance(leaf, MaskLeaf) else leaf.value if isinstance(leaf, PlainLeaf) else None
    return found if isinstance(found, np.ndarray) else None


def _taken(rows: NDArray[Any] | None, index: Ints) -> NDArray[Any] | None:
    """These rows, where there are any."""
    return None if rows is None else rows[index]
