"""Placed: what targets of coordinates share: the unit in which they come and go, and as what floats they go."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from variegate.coords import Floats
from variegate.errors import InputError
from variegate.targets.base import Size, Target

LEAST = 16  # pixels: on a smaller picture, numbers from 0 to 1 may well be pixels
HAIR = 1e-6  # of a picture's side, by which rounding may pass the edge


@dataclass(frozen=True, repr=False)
class Placed(Target):
    """A target of coordinates.

    normalised  fractions of the picture's width and height; False: pixels; None: pixels, and what can only be
                fractions is refused: all of a sample within 0..1, not all whole, on a picture of 16 x 16 px or more
    out         "pixels" or "fractions" on the result; None: as they come
    dtype       "float32" or "float64": what comes back, whatever comes
    """

    normalised: bool | None = field(default=None, kw_only=True)
    out: Literal["pixels", "fractions"] | None = field(default=None, kw_only=True)
    dtype: Literal["float32", "float64"] = field(default="float32", kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.normalised is not None:
            self._switch("normalised")
        self._check_out()
        self._option("dtype", ("float32", "float64"))

    def _check_out(self) -> None:
        """Refuse an `out` that says nothing."""
        if self.out is not None:
            self._option("out", ("pixels", "fractions"))

    @property
    def fractions(self) -> bool:
        """Whether the numbers that come are fractions of the picture's sides."""
        return bool(self.normalised)

    @property
    def fractions_out(self) -> bool:
        """Whether the numbers that go are fractions of the result's sides."""
        return self.fractions if self.out is None else self.out == "fractions"

    @property
    def written_dtype(self) -> str:
        return self.dtype

    @property
    def back(self) -> Self:
        unit: Any = "fractions" if self.fractions else "pixels"
        return replace(self, normalised=self.fractions_out, out=unit)

    def check_unit(self, leaf: Any, size: Size, name: str) -> None:
        points = self._places(leaf)
        if not len(points) or self.normalised is False:
            return
        given = self._given(leaf)
        if self.fractions:
            near = ((points >= -np.array(size[::-1])) & (points <= 2 * np.array(size[::-1]))).all(axis=1)
            if not near.any():
                raise InputError(
                    f"{name} is declared in fractions of the picture's sides, and all of it lies more than a picture "
                    f"away from it, as pixels do: the first at {_told(given[0] / size[::-1])}; declare "
                    f"{self._as('pixels')}"
                )
        elif min(size) >= LEAST and np.ptp(points, axis=0).any() and _only_fractions(given):
            raise InputError(
                f"{name} is declared in pixels, and all of it lies within 0..1 of a picture of {size[1]} x {size[0]} "
                f"px (width x height), as fractions do: the first at {_told(given[0])}; declare "
                f"{self._as('fractions')}, or, if these are pixels, normalised=False"
            )

    def _as(self, unit: str) -> str:
        """How the other unit is declared, for an error."""
        return f"normalised={unit == 'fractions'}"

    def _places(self, leaf: Any) -> Floats:
        """(n, 2): all the places, x and y in pixels, by which the unit can be told."""
        raise TypeError(f"{type(self).__name__} has no _places(): a target of coordinates must say where its leaf lies")

    def _given(self, leaf: Any) -> Floats:
        """(n, 2): the numbers as they are written, in pixels: the sides of a box too, which are no places."""
        return self._places(leaf)

    def _cast(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Numbers in the dtype in which they go."""
        return rows.astype(self.dtype)

    def _unit(self, size: Size, fractions: bool) -> Floats:
        """Pixels in a unit of x and of y."""
        return np.array([size[1], size[0]] if fractions else [1, 1], np.float64)


def _only_fractions(numbers: Floats) -> bool:
    """Whether numbers are what a picture's fractions are, and pixels could hardly be: all in the first one."""
    within = numbers.max() <= 1 + HAIR and numbers.min() >= -HAIR
    return bool(within and (numbers != np.rint(numbers)).any())


def _told(point: Floats) -> str:
    """A place as an error tells it."""
    return f"({', '.join(f'{number:.6g}' for number in point)})"
