"""Mask: a class or a number for every pixel, or a mask for every instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from variegate.arguments import finite, show, whole
from variegate.errors import FieldError, InputError
from variegate.picture import check_unmasked, is_pil, is_tensor, pil_mask, tensor_array
from variegate.targets.base import Shape, Shaped, Size
from variegate.targets.leaf import MaskLeaf


@dataclass(frozen=True, repr=False)
class Mask(Shaped):
    """A value for every pixel of the picture; the dtype comes back unchanged.

    Integers and booleans, (H, W) or (H, W, 1), are classes, and are never mixed. Floats, (H, W) or (H, W, C), are a map
    of numbers, read like a picture and not clamped. Outside of the picture both follow its border.

    fill          what lies outside of the picture where the border is constant, one number, or with channels= one a
                  channel; None: ignore_index where it is given, else 0
    ignore_index  the class that means "not labelled"
    shrink        "nearest": the class at the pixel's centre; "area": where the picture shrinks, the class that covers
                  most of the pixel, and ignore_index only where nothing else is
    keep          with shrink="area": classes that win wherever they are met, the first before the others
    channels      (H, W, channels): how many masks lie one behind the other. Integers with more than one must say it,
                  since they could be colours: each channel is then a mask of classes, read, and put to the vote, alone
    stride        pixels of the picture a pixel of the mask, for both sides: 4 for a mask of a quarter of the picture's
                  height and width, 0.5 for twice. The mask covers the same plane, its sides rounded down or up; that of
                  the result has the result's sides / stride, rounded half to even, at least 1
    stack         (N, H, W), or a list of (H, W): one mask an instance, rows of `group`. Zero is outside of it, whatever
                  the picture's border: one object has one mask
    copies        with stack: where the border shows mirror images of an object, its mask and its box have them too
    group, min_area, min_visible, min_side   with stack: see Boxes; with copies=True mirror images count

    >>> Mask(ignore_index=255)
    Mask(ignore_index=255)
    >>> Mask((1, 0, 0), channels=3)  # one-hot, with the first class outside
    Mask((1, 0, 0), channels=3)
    >>> Mask(stride=4).sides((480, 640))
    (120, 160)

    Raises  FieldError if a field has a value that it cannot have, or one that without another says nothing.
    """

    decodes: ClassVar[Literal["picture", "numbers"] | None] = "numbers"
    exactness: ClassVar[int] = 4

    fill: float | Sequence[float] | None = None
    ignore_index: int | None = field(default=None, kw_only=True)
    shrink: Literal["nearest", "area"] = field(default="nearest", kw_only=True)
    keep: Sequence[int] = field(default=(), kw_only=True)
    channels: int | None = field(default=None, kw_only=True)
    stride: float = field(default=1, kw_only=True)
    stack: bool = field(default=False, kw_only=True)
    copies: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._option("shrink", ("nearest", "area"))
        self._switch("stack", "copies")
        self._check_layers()
        if self.ignore_index is not None:
            object.__setattr__(self, "ignore_index", _class(self.ignore_index, "ignore_index"))
        if not isinstance(self.keep, (tuple, list)):
            raise FieldError(f"Mask.keep is a tuple of classes, got {self.keep!r}")
        object.__setattr__(self, "keep", tuple(_class(value, "keep") for value in self.keep))
        if self.keep and self.shrink != "area":
            raise FieldError(f'Mask.keep={self.keep} needs shrink="area": reading by nearest knows no preference')
        object.__setattr__(self, "stride", _stride(self.stride))
        if self.stack and (self.fill is not None or self.ignore_index is not None):
            raise FieldError(
                "Mask.fill and ignore_index are of classes: a mask of an instance, stack=True, is 0 outside"
            )
        if not self.stack and (self.min_area or self.min_visible or self.min_side or self.copies):
            raise FieldError("Mask.min_area, min_visible, min_side and copies are of instances: they need stack=True")

    def _check_layers(self) -> None:
        """Refuse another number of channels, or of fills, than there may be."""
        if self.channels is not None:
            object.__setattr__(self, "channels", whole(self.channels, "Mask.channels", least=1, also=", or None"))
            if self.stack:
                raise FieldError("Mask.channels is of a mask of the picture: one of an instance, stack=True, has none")
        if isinstance(self.fill, (tuple, list)):
            fills = tuple(_plain(value) for value in self.fill)
            if len(fills) != self.channels:
                raise FieldError(f"Mask.fill is a number, or one a channel as channels= says; got {self.fill!r}")
            object.__setattr__(self, "fill", fills)
        elif self.fill is not None:
            self._number("fill")

    @property
    def rows_of(self) -> str | None:
        return self.group if self.stack else None

    @property
    def per(self) -> Literal["instance", "pixel"]:
        return "instance" if self.stack else "pixel"

    @property
    def outlines(self) -> bool:
        return self.stack

    @property
    def meaning(self) -> tuple[Any, ...]:
        return self.rows_of, self.stack, self.channels, self.stride

    def completed_by(self, other: Self) -> Self:
        if self.ignore_index is not None:
            return self
        return replace(self, fill=other.fill if self.fill is None else self.fill, ignore_index=other.ignore_index)

    @property
    def outside(self) -> tuple[float, ...]:
        """What lies outside of the picture: one number for all channels, or one each."""
        if isinstance(self.fill, Sequence):
            return tuple(self.fill)
        return (self.fill if self.fill is not None else self.ignore_index if self.ignore_index is not None else 0,)

    def sides(self, size: Size) -> Size:
        """(height, width) of the mask of a result of this size."""
        return self.side(size[0]), self.side(size[1])

    def side(self, length: int) -> int:
        """A side of the mask of a result, from the result's own."""
        return max(round(Fraction(length) / _ratio(self.stride)), 1)

    def shape_on(self, sides: Shape, shape: Shape) -> Shape:
        own = tuple(None if side is None else self.side(side) for side in sides)
        return (None, *own) if self.stack else (*own, *shape[2:])

    def from_python(self, value: Any, name: str) -> Any:
        if self.stack and isinstance(value, (list, tuple)):
            return [Mask().from_python(each, name) for each in value]
        if not self.stack and is_tensor(value) and value.ndim == 3:
            return np.moveaxis(tensor_array(value), 0, 2)
        return super().from_python(value, name)

    def channels_first(self, value: NDArray[Any]) -> NDArray[Any]:
        return value if self.stack or value.ndim < 3 else np.ascontiguousarray(np.moveaxis(value, 2, 0))

    def read(self, value: Any, size: Size, name: str) -> MaskLeaf:
        if is_pil(value):
            value = pil_mask(value, name)
        if self.stack and isinstance(value, (list, tuple)):
            value = _stacked([pil_mask(m, name) if is_pil(m) else m for m in value], self.sides(size))
        pixels = value
        if not isinstance(pixels, np.ndarray):
            raise InputError(
                f"{name} is a NumPy array or a PIL image, got {type(value).__name__}; np.asarray(mask) may do"
            )
        check_unmasked(pixels, name)
        if pixels.dtype.kind not in "biuf":
            raise InputError(f"{name} is integers, booleans or floats, got {pixels.dtype} {pixels.shape}")
        self._check_rank(pixels, name)
        self._check_sides(pixels.shape[1:] if self.stack else pixels.shape[:2], size, name)
        self._check_values(pixels, name)
        return MaskLeaf(pixels, pixels)

    def write(self, leaf: MaskLeaf, size: Size) -> NDArray[Any]:
        return leaf.pixels.copy() if leaf.pixels is leaf.given else leaf.pixels

    def _check_rank(self, pixels: NDArray[Any], name: str) -> None:
        """Refuse an array of other axes, or another number of channels."""
        shape = pixels.shape
        if self.stack:
            if pixels.ndim != 3:
                raise InputError(f"{name} is (N, height, width), one mask an instance; got {shape}")
        elif self.channels is not None:
            if pixels.ndim != 3 or shape[2] != self.channels:
                raise InputError(f"{name} is (height, width, {self.channels}), as channels= says; got {shape}")
        elif pixels.ndim != 2 and (pixels.ndim != 3 or (pixels.dtype.kind != "f" and shape[2] != 1)):
            raise InputError(
                f"{name} is (height, width), and (height, width, channels) only as floats or where Mask(channels=) "
                f"says how many masks of classes there are; got {pixels.dtype} {shape}. Turn colours into class "
                "numbers first; masks of instances are Mask(stack=True)"
            )

    def _check_sides(self, sides: tuple[int, ...], size: Size, name: str) -> None:
        """Refuse another size than the picture's, or than the stride makes of it."""
        ratio = _ratio(self.stride)
        if all(side > 0 and abs(side - Fraction(whole) / ratio) < 1 for side, whole in zip(sides, size, strict=True)):
            return
        there = f"{name} is {sides[0]} x {sides[1]} and `image` {size[0]} x {size[1]} (height x width); "
        if self.stride != 1:
            height, width = self.sides(size)
            raise InputError(f"{there}with stride={show(self.stride)} a mask is {height} x {width}")
        raise InputError(
            f"{there}a mask has the picture's size, unless stride= says otherwise: Mask(stride=4) takes a mask of a "
            "quarter of its height and width"
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
            *(("fill", number) for number in (self.outside if self.fill is not None else ())),
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
    return whole(value, f"Mask.{item}", also=", a class")


def _stacked(value: Any, size: Size) -> Any:
    """A list of masks as one array, of no masks one of that size; as it came where that is impossible."""
    if not value:
        return np.zeros((0, *size), np.uint8)
    same = len({(getattr(mask, "shape", None), getattr(mask, "dtype", None)) for mask in value}) == 1
    return np.stack(value) if same and isinstance(value[0], np.ndarray) else value


def _plain(value: Any) -> float:
    """A number of a tuple of fills, or a FieldError."""
    number = finite(value, "Mask.fill")
    return int(value) if hasattr(value, "__index__") else number


def _stride(value: Any) -> float:
    """A stride as a plain number, or a FieldError."""
    number = finite(value, "Mask.stride")
    if not 1e-6 <= number <= 1e6 or abs(float(_ratio(number)) / number - 1) > 1e-9:
        raise FieldError(f"Mask.stride is a whole number, or 1 over one (0.5 for twice as fine); got {value!r}")
    return int(number) if number >= 1 else number


def _ratio(stride: float) -> Fraction:
    """A stride as a whole number, or 1 over one."""
    return Fraction(round(stride)) if stride >= 1 else Fraction(1, round(1 / stride))
