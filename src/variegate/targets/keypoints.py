"""Keypoints: points of instances, or of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.coords import Floats, Ints
from variegate.errors import FieldError, InputError
from variegate.targets.base import Size, as_numbers, number_fault, row_text, unfit
from variegate.targets.leaf import PointLeaf
from variegate.targets.placed import Placed

LETTERS = "xyvsa"
DEGREES = 180 / np.pi  # in a radian


@dataclass(frozen=True, repr=False)
class Keypoints(Placed):
    """Points, as continuous coordinates: the centre of pixel (0, 0) is at x = y = 0.5.

    columns     a letter a column: x, y; v visibility (0: not visible); s scale in pixels; a angle, counter-clockwise as
                seen on the screen, from the x axis to the right
    normalised  x and y are fractions of the picture's width and height; False: pixels; None: pixels, and what can only
                be fractions is refused: two or more different points of a sample, see Boxes
    out         "pixels" or "fractions" on the result; None: as they come
    dtype       "float32" or "float64": what comes back, whatever comes
    swap        pairs of places along K that change places where the picture is mirrored: ((1, 2),) for two eyes
    radians     the angle is in radians instead of degrees
    group       (N, K, D), K points an instance, rows of this group; None: (K, D), points of the picture, never dropped

    A point that leaves the picture keeps its place outside, and its v becomes 0. A point at (0, 0) with v == 0 is one
    that nobody placed (COCO), and stays there. Rows that nothing moved come back bit for bit, if they were given in the
    unit and dtype in which they go.

    >>> Keypoints("xyv", swap=[(1, 2)])
    Keypoints('xyv', swap=((1, 2),))
    >>> Keypoints(group=None).read([[3, 4]], (10, 10), "stars").xy
    array([[[3., 4.]]])

    Raises  FieldError if a field has a value that it cannot have.
    """

    exactness: ClassVar[int] = 1

    columns: str = "xy"
    swap: Sequence[tuple[int, int]] = field(default=(), kw_only=True)
    radians: bool = field(default=False, kw_only=True)
    group: str | None = field(default="instances", kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._switch("radians")
        self._check_columns()
        object.__setattr__(self, "swap", _pairs(self.swap))
        if self.group is not None and (not isinstance(self.group, str) or not self.group):
            raise FieldError(f"Keypoints.group is a text that is not empty, or None; got {self.group!r}")

    @property
    def rows_of(self) -> str | None:
        return self.group

    @property
    def meaning(self) -> tuple[Any, ...]:
        return self.rows_of, self.columns, self.fractions, self.radians, self.swap

    def mirrored(self, count: int) -> Ints:
        """The order of `count` points of an instance in a mirror image: point n is point order[n] of the original.

        >>> Keypoints(swap=((1, 2),)).mirrored(4)
        array([0, 2, 1, 3])
        """
        order = np.arange(count)
        for one, other in self.swap:
            order[[one, other]] = other, one
        return order

    def read(self, value: Any, size: Size, name: str) -> PointLeaf:
        rows = self._rows(value, name)
        xy = np.stack([self._column(rows, "x"), self._column(rows, "y")], axis=-1) * self._unit(size, self.fractions)
        visible, scale, angle = (self._column(rows, c) if c in self.columns else None for c in "vsa")
        if angle is not None and self.radians:
            angle = angle * DEGREES
        given = self._cast(rows) if self.fractions == self.fractions_out else None
        return PointLeaf(xy, visible, scale, angle, given)

    def write(self, leaf: PointLeaf, size: Size) -> NDArray[Any]:
        if leaf.given is not None:
            rows = leaf.given.copy()
        else:
            x, y = np.moveaxis(leaf.xy / self._unit(size, self.fractions_out), -1, 0)
            angle = leaf.angle / DEGREES if leaf.angle is not None and self.radians else leaf.angle
            found = {"x": x, "y": y, "v": leaf.visible, "s": leaf.scale, "a": angle}
            rows = self._cast(np.stack([np.asarray(found[c]) for c in self.columns], axis=-1))
        return rows[0] if self.group is None else rows

    def _rows(self, value: Any, name: str) -> NDArray[Any]:
        """A value as (N, K, D) finite numbers."""
        wide, shape = len(self.columns), "(N, K, {})" if self.group is not None else "(K, {})"
        what = f"{shape.format(wide)} numbers, {', '.join(self.columns)} a point"
        rows = as_numbers(value, name, what)
        if rows.shape == (0,):
            rows = rows.reshape((0, 0, wide) if self.group is not None else (0, wide))
        if rows.ndim != (2 if self.group is None else 3) or rows.shape[-1] != wide:
            hint = ""
            if rows.ndim == 2:
                hint = "; points that belong to no instance are declared with group=None"
                hint = f"; reshape(-1, K, {wide}) makes points of a flat list" if rows.shape[1] > 5 else hint
            raise InputError(f"{name} is {what}; got {rows.shape}{hint}")
        rows = rows[None] if self.group is None else rows
        self._check(rows, name)
        return rows

    def _check(self, rows: NDArray[Any], name: str) -> None:
        """Refuse numbers that are not finite, and instances with fewer points than `swap` names."""
        wrong = unfit(rows, self.dtype).any(axis=2)
        if wrong.any():
            n, k = (int(i) for i in np.argwhere(wrong)[0])
            place = f"{name}[{k}]" if self.group is None else f"{name}[{n}][{k}]"
            raise InputError(
                f"{place} = {row_text(rows[n, k])} holds a number that is {number_fault(rows[n, k])}; "
                "a point that nobody placed is (0, 0) with v = 0"
            )
        most = max((place for pair in self.swap for place in pair), default=-1)
        if rows.size and rows.shape[1] <= most:
            raise InputError(
                f"{name} has {rows.shape[1]} points an instance, and swap names point {most} (the first is 0)"
            )

    def _column(self, rows: NDArray[Any], letter: str) -> Floats:
        """A column by its letter, as (N, K) float64."""
        return rows[:, :, self.columns.index(letter)].astype(np.float64)

    def _places(self, leaf: PointLeaf) -> Floats:
        return leaf.xy[~leaf.unlabelled]

    def _check_columns(self) -> None:
        """Refuse letters that say nothing, come twice, or leave a point without a place."""
        letters = self.columns
        known = isinstance(letters, str) and set("xy") <= set(letters) <= set(LETTERS)
        if not known or len(set(letters)) != len(letters):
            raise FieldError(
                "Keypoints.columns is the letters x and y, and v, s, a where there are such columns, each once, in the "
                f"order of the columns; got {letters!r}"
            )


def _pairs(swap: Any) -> tuple[tuple[int, int], ...]:
    """Pairs of places as plain tuples, or a FieldError."""
    try:
        pairs = tuple((one.__index__(), other.__index__()) for one, other in swap)
    except (TypeError, ValueError, AttributeError):
        raise FieldError(f"Keypoints.swap is pairs of places along K, such as ((1, 2), (3, 4)); got {swap!r}") from None
    places = [place for pair in pairs for place in pair]
    if any(place < 0 for place in places) or len(set(places)) != len(places):
        raise FieldError(f"Keypoints.swap names each place once, from 0; got {swap!r}")
    return pairs
