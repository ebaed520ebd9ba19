"""OrientedBoxes: rectangles that may be turned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from variegate.coords import Floats
from variegate.errors import InputError
from variegate.targets.base import Shaped, Size, all_finite, as_numbers, row_text
from variegate.targets.leaf import OrientedLeaf
from variegate.targets.placed import Placed

WHAT = "(N, 5) numbers, cx, cy, w, h, angle an instance"
DEGREES = 180 / np.pi  # in a radian


@dataclass(frozen=True, repr=False)
class OrientedBoxes(Placed, Shaped):
    """Boxes that may be turned, (N, 5): the centre, the two sides, and the angle of the side w.

    normalised   cx and w are fractions of the picture's width, cy and h of its height, each before the box is turned;
                 False: pixels; None: pixels, and what can only be fractions is refused, see Boxes
    out          "pixels" or "fractions" on the result; None: as they come
    dtype        "float32" or "float64": what comes back, whatever comes
    angle        "degrees" or "radians", from the x axis to the right; counter-clockwise is positive
    clockwise    clockwise is positive instead, as seen on the screen
    min_area, min_visible, min_side, group   see Boxes

    Half a turn more is the same rectangle: angles of boxes that moved are at least -90 and below 90 degrees. Boxes are
    never clipped. Law: rows that nothing moved come back bit for bit, if they were given in the unit and dtype in which
    they go.

    >>> target = OrientedBoxes(angle="radians", clockwise=True)
    >>> leaf = target.read([[10, 10, 4, 2, 0.5]], (20, 20), "ships")
    >>> leaf.rows
    array([[ 10.        ,  10.        ,   4.        ,   2.        , -28.64788976]])
    >>> leaf.corners[0, 0]
    array([8.72426...

    Raises  FieldError if a field has a value that it cannot have.
    """

    exactness: ClassVar[int] = 3

    angle: Literal["degrees", "radians"] = field(default="degrees", kw_only=True)
    clockwise: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._option("angle", ("degrees", "radians"))
        self._switch("clockwise")

    @property
    def meaning(self) -> tuple[Any, ...]:
        return self.rows_of, self.fractions, self.angle, self.clockwise

    def empty(self, leaf: OrientedLeaf) -> NDArray[np.bool_]:
        return np.asarray((leaf.rows[:, 2:4] <= 0).any(axis=1))

    def read(self, value: Any, size: Size, name: str) -> OrientedLeaf:
        rows = as_numbers(value, name, WHAT)
        if rows.size == 0 and rows.shape in ((0,), (0, 5)):
            rows = rows.reshape(0, 5)
        if rows.ndim != 2 or rows.shape[1] != 5:
            raise InputError(f"{name} is {WHAT}; got {rows.shape}")
        all_finite(rows, name, " (cx, cy, w, h, angle)", self.dtype)
        if (rows[:, 2:4] < 0).any():
            n = int(np.argmax((rows[:, 2:4] < 0).any(axis=1)))
            raise InputError(
                f"{name}[{n}] = {row_text(rows[n])} (cx, cy, w, h, angle) has a negative side; fix the annotation"
            )
        given = self._cast(rows) if self.fractions == self.fractions_out else None
        return OrientedLeaf(rows * self._units(size, self.fractions), given)

    def write(self, leaf: OrientedLeaf, size: Size) -> NDArray[Any]:
        if leaf.given is not None:
            return leaf.given.copy()
        rows = leaf.rows.copy()
        rows[:, 4] -= 180 * np.floor((rows[:, 4] + 90) / 180)
        out = self._cast(rows / self._units(size, self.fractions_out))
        end = out.dtype.type(90 if self.angle == "degrees" else np.pi / 2)
        out[:, 4] = np.where(out[:, 4] >= end, -end, out[:, 4])  # that end is not included
        return out

    def _places(self, leaf: OrientedLeaf) -> Floats:
        return leaf.corners.reshape(-1, 2)

    def _given(self, leaf: OrientedLeaf) -> Floats:
        return leaf.rows[:, :4].reshape(-1, 2)

    def _units(self, size: Size, fractions: bool) -> Floats:
        """Pixels, and degrees counter-clockwise, in a unit of each column."""
        turn = (1 if self.angle == "degrees" else DEGREES) * (-1 if self.clockwise else 1)
        return np.array([*self._unit(size, fractions), *self._unit(size, fractions), turn], np.float64)
