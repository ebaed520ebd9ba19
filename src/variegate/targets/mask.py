"""Mask: a class or a number for every pixel, or a mask for every instance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from variegate.dist import is_number, show
from variegate.errors import FieldError, InputError
from variegate.targets.base import Shaped, Size
from variegate.targets.leaf import MaskLeaf


@dataclass(frozen=True, repr=False)
class Mask(Shaped):
    """A value for every pixel of the picture; the dtype comes back unchanged.

    Integers and booleans (H, W) are classes, and are never mixed. Floats (H, W) or (H, W, C) are a map of numbers, read
    like a picture and not clamped.

    fill          what lies outside of the picture; None: ignore_index where it is given, else 0
    ignore_index  the class that means "not labelled"
    shrink        "nearest": the class at the pixel's centre; "area": where the picture shrinks, the class that covers
                  most of the pixel, and ignore_index only where nothing else is
    keep          with shrink="area": classes that win wherever they are met, the first before the others
    stack         (N, H, W), or a list of (H, W): one mask an instance, rows of `group`; zero is outside of it
    group, min_area, min_visible, min_side   with stack: see Boxes

    >>> Mask(ignore_index=255)
    Mask(ignore_index=255)

    Raises  FieldError if a field has a value that it cannot have, or one that without another says nothing.
    """

    fill: float | None = None
    ignore_index: int | None = field(default=None, kw_only=True)
    shrink: Literal["nearest", "area"] = field(default="nearest", kw_only=True)
    keep: tuple[int, ...] = field(default=(), kw_only=True)
    stack: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._option("shrink", ("nearest", "area"))
        self._switch("stack")
        if self.fill is not None:
            self._number("fill")
        if self.ignore_index is not None:
            object.__setattr__(self, "ignore_index", _class(self.ignore_index, "ignore_index"))
        if not isinstance(self.keep, (tuple, list)):
            raise FieldError(f"Mask.keep is a tuple of classes, got {self.keep!r}")
        object.__setattr__(self, "keep", tuple(_class(value, "keep") for value in self.keep))
        if self.keep and self.shrink != "area":
            raise FieldError(f'Mask.keep={self.keep} needs shrink="area": reading by nearest knows no preference')
        if self.stack and (self.fill is not None or self.ignore_index is not None):
            raise FieldError(
                "Mask.fill and ignore_index are of classes: a mask of an instance, stack=True, is 0 outside"
            )
        if not self.stack and (self.min_area or self.min_visible or self.min_side):
            raise FieldError("Mask.min_area, min_visible and min_side are of instances: they need stack=True")

    @property
    def rows_of(self) -> str | None:
        return self.group if self.stack else None

    @property
    def outside(self) -> float:
        """What lies outside of the picture."""
        return self.fill if self.fill is not None else self.ignore_index if self.ignore_index is not None else 0

    def read(self, value: Any, size: Size, name: str) -> MaskLeaf:
        pixels = _stacked(value, size) if self.stack and isinstance(value, (list, tuple)) else value
        if not isinstance(pixels, np.ndarray):
            raise InputError(f"{name} is a NumPy array, got {type(value).__name__}; np.asarray(mask) may do")
        if pixels.dtype.kind not in "biuf":
            raise InputError(f"{name} is integers, booleans or floats, got {pixels.dtype} {pixels.shape}")
        self._check_shape(pixels, size, name)
        self._check_values(pixels, name)
        return MaskLeaf(pixels, pixels)

    def write(self, leaf: MaskLeaf, size: Size) -> NDArray[Any]:
        return leaf.pixels.copy() if leaf.pixels is leaf.given else leaf.pixels

    def _check_shape(self, pixels: NDArray[Any], size: Size, name: str) -> None:
        """Refuse another rank or size than the picture's."""
        shape, ranks = pixels.shape, (2, 3) if pixels.dtype.kind == "f" else (2,)
        if self.stack and pixels.ndim != 3:
            raise InputError(f"{name} is (N, height, width), one mask an instance; got {shape}")
        if not self.stack and pixels.ndim not in ranks:
            raise InputError(
                f"{name} is (height, width), and (height, width, channels) only as floats; got {pixels.dtype} {shape}. "
                "Turn colours or one-hot channels into class numbers first; masks of instances are Mask(stack=True)"
            )
        sides = shape[1:] if self.stack else shape[:2]
        if sides != tuple(size):
            raise InputError(
                f"{name} is {sides[0]} x {sides[1]} and `image` {size[0]} x {size[1]} (height x width); "
                "a mask has the picture's size"
            )

    def _check_values(self, pixels: NDArray[Any], name: str) -> None:
        """Refuse what is declared of classes where there are none, and classes that the dtype cannot hold."""
        of_classes = self.ignore_index is not None or self.shrink == "area"
        if pixels.dtype.kind == "f":
            if of_classes:
                raise InputError(
                    f'{name} is {pixels.dtype}, a map of numbers: ignore_index and shrink="area" are of classes. '
                    "Give integers, or declare Mask() with fill= alone"
                )
            return
        low, high = (0, 1) if pixels.dtype.kind == "b" else (np.iinfo(pixels.dtype).min, np.iinfo(pixels.dtype).max)
        for item, number in (
            ("fill", self.fill),
            ("ignore_index", self.ignore_index),
            *(("keep", k) for k in self.keep),
        ):
            if number is not None and (number != int(number) or not low <= number <= high):
                raise InputError(
                    f"{name} is {pixels.dtype}, which cannot hold {item}={show(number)}; "
                    "give the mask another dtype, or the target another number"
                )


def _class(value: Any, item: str) -> int:
    """A class as an int, or a FieldError."""
    if not is_number(value) or not hasattr(value, "__index__"):
        raise FieldError(f"Mask.{item} is a whole number, a class; got {value!r}")
    return int(value)


def _stacked(value: Any, size: Size) -> Any:
    """A list of masks as one array; as it came where that is impossible."""
    if not value:
        return np.zeros((0, *size), np.uint8)
    same = len({(getattr(mask, "shape", None), getattr(mask, "dtype", None)) for mask in value}) == 1
    return np.stack(value) if same and isinstance(value[0], np.ndarray) else value
