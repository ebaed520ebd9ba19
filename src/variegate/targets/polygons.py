"""Polygons and polylines: outlines of instances, in any number of rings."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.arguments import is_number
from variegate.coords import Floats
from variegate.errors import FieldError, InputError
from variegate.targets.base import Shape, Shaped, Size, as_numbers, number_fault, row_text, unfit
from variegate.targets.crossings import check_crossings
from variegate.targets.leaf import RingLeaf
from variegate.targets.placed import Placed


@dataclass(frozen=True, repr=False)
class Polygons(Placed, Shaped):
    """N instances, each a list of rings, each ring (V, 2) points x, y; continuous coordinates.

    normalised   fractions of the picture's width and height; False: pixels; None: pixels, and what can only be
                 fractions is refused, see Boxes
    out          "pixels" or "fractions" on the result; None: as they come
    dtype        "float32" or "float64": what comes back, whatever comes
    flat         a ring is x0, y0, x1, y1, ... as in COCO
    holes        inside is what lies in an odd number of rings; False: rings are parts, and their union counts
    closed       False: polylines, which have a length and no area; min_visible is of the length
    min_area, min_visible, min_side, group   see Boxes

    A ring may repeat its first point at the end or not. Rings of fewer than three points, and instances without a ring,
    are taken, and are empty. A ring may cross itself, but one whose lines cross more than 500 times is no outline, and
    is refused; so are the rings of one instance with holes. Rings come back as arrays, bit for bit if nothing moved
    them and they were given in the unit and dtype in which they go.

    >>> Polygons(flat=True)
    Polygons(flat=True)
    >>> Polygons(flat=True).read([[[0, 0, 4, 0, 4, 3]]], (10, 10), "polygons").rings[0][0]
    array([[0., 0.],
           [4., 0.],
           [4., 3.]])

    Raises  FieldError if a field has a value that it cannot have, or one that makes no sense for polylines.
    """

    ragged: ClassVar[bool] = True
    exactness: ClassVar[int] = 5

    flat: bool = field(default=False, kw_only=True)
    holes: bool = field(default=False, kw_only=True)
    closed: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._switch("flat", "holes", "closed")
        if not self.closed and (self.holes or self.min_area):
            item = "holes" if self.holes else "min_area"
            raise FieldError(f"Polygons.{item} needs closed=True: polylines have no area")

    @property
    def outlines(self) -> bool:
        return self.closed

    @property
    def meaning(self) -> tuple[Any, ...]:
        return self.rows_of, self.fractions, self.flat, self.holes, self.closed

    def shape_on(self, sides: Shape, shape: Shape) -> Shape:
        return (None, None, None, *(() if self.flat else (2,)))  # instances, rings, points

    def read(self, value: Any, size: Size, name: str) -> RingLeaf:
        if not isinstance(value, (list, tuple, np.ndarray)) or (isinstance(value, np.ndarray) and not value.ndim):
            raise InputError(f"{name} is a list of instances, each a list of rings; got {type(value).__name__}")
        found = [self._instance(instance, f"{name}[{n}]") for n, instance in enumerate(value)]
        unit = self._unit(size, self.fractions)
        points = tuple(tuple(ring.astype(np.float64).reshape(-1, 2) * unit for ring in rings) for rings in found)
        if self.closed:
            self._check_crossings(points, name)
        if self.fractions != self.fractions_out:
            return RingLeaf(points)
        return RingLeaf(points, tuple(tuple(self._cast(ring) for ring in rings) for rings in found))

    def write(self, leaf: RingLeaf, size: Size) -> list[list[NDArray[Any]]]:
        if leaf.given is not None:
            return [[ring.copy() for ring in rings] for rings in leaf.given]
        unit, shape = self._unit(size, self.fractions_out), (-1,) if self.flat else (-1, 2)
        return [[self._cast(ring / unit).reshape(shape) for ring in rings] for rings in leaf.rings]

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
        wrong = unfit(ring.reshape(-1, 2), self.dtype).any(axis=1)
        if wrong.any():
            n = int(np.argmax(wrong))
            point = ring.reshape(-1, 2)[n]
            raise InputError(
                f"{name}, point {n} = {row_text(point)} holds a number that is {number_fault(point)}; "
                "fix the annotation"
            )
        return ring

    def _check_crossings(self, instances: tuple[tuple[Floats, ...], ...], name: str) -> None:
        """Refuse what would take long to cut."""
        for n, rings in enumerate(instances):
            if self.holes:
                check_crossings(rings, f"{name}[{n}]")
            else:
                for k, ring in enumerate(rings):
                    check_crossings([ring], f"{name}[{n}][{k}]")

    def _places(self, leaf: RingLeaf) -> Floats:
        return np.concatenate([np.empty((0, 2)), *chain.from_iterable(leaf.rings)])


def _is_point(value: Any) -> bool:
    """Whether a value is two numbers."""
    return isinstance(value, (list, tuple, np.ndarray)) and len(value) == 2 and all(map(is_number, value))
