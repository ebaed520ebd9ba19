"""Polygons and polylines: outlines of instances, in any number of rings."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.coords import Floats
from variegate.dist import is_number
from variegate.errors import FieldError, InputError
from variegate.targets.base import Shaped, Size, as_numbers, told
from variegate.targets.leaf import RingLeaf


@dataclass(frozen=True, repr=False)
class Polygons(Shaped):
    """N instances, each a list of rings, each ring (V, 2) points x, y; continuous coordinates.

    normalised   fractions of the picture's width and height instead of pixels
    flat         a ring is x0, y0, x1, y1, ... as in COCO
    holes        inside is what lies in an odd number of rings; False: rings are parts, and their union counts
    closed       False: polylines, which have a length and no area; min_visible is of the length
    min_area, min_visible, min_side, group   see Boxes

    A ring may repeat its first point at the end or not. Rings of fewer than three points, and instances without a ring,
    are taken, and are empty. Rings come back as arrays, float32 if all were, else float64.

    >>> Polygons(flat=True)
    Polygons(flat=True)
    >>> Polygons(flat=True).read([[[0, 0, 4, 0, 4, 3]]], (10, 10), "polygons").rings[0][0]
    array([[0., 0.],
           [4., 0.],
           [4., 3.]])

    Raises  FieldError if a field has a value that it cannot have, or one that makes no sense for polylines.
    """

    normalised: bool = field(default=False, kw_only=True)
    flat: bool = field(default=False, kw_only=True)
    holes: bool = field(default=False, kw_only=True)
    closed: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._switch("normalised", "flat", "holes", "closed")
        if not self.closed and (self.holes or self.min_area):
            item = "holes" if self.holes else "min_area"
            raise FieldError(f"Polygons.{item} needs closed=True: polylines have no area")

    def read(self, value: Any, size: Size, name: str) -> RingLeaf:
        if not isinstance(value, (list, tuple, np.ndarray)) or (isinstance(value, np.ndarray) and not value.ndim):
            raise InputError(f"{name} is a list of instances, each a list of rings; got {type(value).__name__}")
        found = [self._instance(instance, f"{name}[{n}]") for n, instance in enumerate(value)]
        single = {ring.dtype for ring in chain.from_iterable(found)} == {np.dtype(np.float32)}
        dtype = np.dtype(np.float32 if single else np.float64)
        given = tuple(tuple(ring.astype(dtype, copy=False) for ring in rings) for rings in found)
        unit = self._unit(size)
        points = tuple(tuple(ring.astype(np.float64).reshape(-1, 2) * unit for ring in rings) for rings in given)
        return RingLeaf(points, given, dtype)

    def write(self, leaf: RingLeaf, size: Size) -> list[list[NDArray[Any]]]:
        if leaf.given is not None:
            return [[ring.copy() for ring in rings] for rings in leaf.given]
        unit, shape = self._unit(size), (-1,) if self.flat else (-1, 2)
        return [[(ring / unit).astype(leaf.dtype).reshape(shape) for ring in rings] for rings in leaf.rings]

    def _instance(self, value: Any, name: str) -> list[NDArray[Any]]:
        """The rings of one instance, as they are declared."""
        if isinstance(value, dict):
            raise InputError(
                f"{name} is a dict, as COCO writes run lengths (RLE): decode it, and give it as Mask(stack=True)"
            )
        if not isinstance(value, (list, tuple, np.ndarray)):
            raise InputError(f"{name} is a list of rings, got {type(value).__name__}")
        if len(value) and (is_number(value[0]) or (not self.flat and _is_point(value[0]))):
            raise InputError(f"{name} is a list of rings, got the points of one: put it in a list")
        return [self._ring(ring, f"{name}[{n}]") for n, ring in enumerate(value)]

    def _ring(self, value: Any, name: str) -> NDArray[Any]:
        """One ring, checked."""
        what = "a ring, x0, y0, x1, y1, ... (flat=True)" if self.flat else "a ring, (V, 2) points x, y"
        ring = as_numbers(value, name, what)
        right = ring.ndim == 1 and ring.size % 2 == 0 if self.flat else ring.ndim == 2 and ring.shape[1] == 2
        if not right or not ring.size:
            flat = ring.ndim == 1 and not self.flat and ring.size > 0
            hint = "; flat=True takes x0, y0, x1, y1, ..." if flat else ""
            raise InputError(f"{name} is {what}, at least one point; got {ring.shape}{hint}")
        wrong = ~np.isfinite(ring.reshape(-1, 2)).all(axis=1)
        if wrong.any():
            n = int(np.argmax(wrong))
            point = told(ring.reshape(-1, 2)[n])
            raise InputError(f"{name}, point {n} = {point} holds a number that is not finite; fix the annotation")
        return ring

    def _unit(self, size: Size) -> Floats:
        """Pixels in a unit of x and of y."""
        return np.array([size[1], size[0]] if self.normalised else [1, 1], np.float64)


def _is_point(value: Any) -> bool:
    """Whether a value is two numbers."""
    return isinstance(value, (list, tuple, np.ndarray)) and len(value) == 2 and all(map(is_number, value))
