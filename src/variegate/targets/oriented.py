"""OrientedBoxes: rectangles that may be turned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from variegate.coords import Floats
from variegate.errors import InputError
from variegate.targets.base import Shaped, Size, all_finite, as_numbers, told
from variegate.targets.leaf import OrientedLeaf

WHAT = "(N, 5) numbers, cx, cy, w, h, angle an instance"
DEGREES = 180 / np.pi  # in a radian


@dataclass(frozen=True, repr=False)
class OrientedBoxes(Shaped):
    """Boxes that may be turned, (N, 5): the centre, the two sides, and the angle of the side w.

    normalised   cx and w are fractions of the picture's width, cy and h of its height, each before the box is turned
    angle        "degrees" or "radians", from the x axis to the right; counter-clockwise is positive
    clockwise    clockwise is positive instead, as seen on the screen
    min_area, min_visible, min_side, group   see Boxes

    Half a turn more is the same rectangle: angles of boxes that moved are at least -90 and below 90 degrees. Boxes are
    never clipped. float32 comes back as float32, anything else as float64. Law: rows that nothing moved come back bit
    for bit.

    >>> target = OrientedBoxes(angle="radians", clockwise=True)
    >>> leaf = target.read([[10, 10, 4, 2, 0.5]], (20, 20), "ships")
    >>> leaf.rows
    array([[ 10.        ,  10.        ,   4.        ,   2.        , -28.64788976]])
    >>> leaf.corners[0, 0]
    array([8.72426...

    Raises  FieldError if a field has a value that it cannot have.
    """

    normalised: bool = field(default=False, kw_only=True)
    angle: Literal["degrees", "radians"] = field(default="degrees", kw_only=True)
    clockwise: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._option("angle", ("degrees", "radians"))
        self._switch("normalised", "clockwise")

    def read(self, value: Any, size: Size, name: str) -> OrientedLeaf:
        rows = as_numbers(value, name, WHAT)
        if rows.size == 0 and rows.shape in ((0,), (0, 5)):
            rows = rows.reshape(0, 5)
        if rows.ndim != 2 or rows.shape[1] != 5:
            raise InputError(f"{name} is {WHAT}; got {rows.shape}")
        all_finite(rows, name, " (cx, cy, w, h, angle)")
        if (rows[:, 2:4] < 0).any():
            n = int(np.argmax((rows[:, 2:4] < 0).any(axis=1)))
            raise InputError(
                f"{name}[{n}] = {told(rows[n])} (cx, cy, w, h, angle) has a negative side; fix the annotation"
            )
        return OrientedLeaf(rows * self._unit(size), rows, rows.dtype)

    def write(self, leaf: OrientedLeaf, size: Size) -> NDArray[Any]:
        if leaf.given is not None:
            return leaf.given.copy()
        rows = leaf.rows.copy()
        rows[:, 4] -= 180 * np.floor((rows[:, 4] + 90) / 180)
        out = (rows / self._unit(size)).astype(leaf.dtype)
        end = out.dtype.type(90 if self.angle == "degrees" else np.pi / 2)
        out[:, 4] = np.where(out[:, 4] >= end, -end, out[:, 4])  # that end is not included
        return out

    def _unit(self, size: Size) -> Floats:
        """Pixels, and degrees counter-clockwise, in a unit of each column."""
        width, height = (size[1], size[0]) if self.normalised else (1, 1)
        turn = (1 if self.angle == "degrees" else DEGREES) * (-1 if self.clockwise else 1)
        return np.array([width, height, width, height, turn], np.float64)
