"""What every map of the plane shares: how it reads between pixels, and what lies outside of the picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args

from variegate.dist import finite, is_number
from variegate.errors import FieldError
from variegate.ops.base import Op, is_whole, one_of
from variegate.ops.effect import Effect, Map

Interpolation = Literal["nearest", "bilinear", "bicubic"]
Border = Literal["constant", "edge", "reflect", "symmetric", "wrap"]
Fill = float | tuple[float, ...]
Size = int | tuple[int, int]

INTERPOLATIONS: tuple[str, ...] = get_args(Interpolation)
BORDERS: tuple[str, ...] = get_args(Border)


@dataclass(frozen=True, repr=False)
class Geometric(Op):
    """A map of the plane, with a canvas after it."""

    gives: ClassVar[type[Effect]] = Map


@dataclass(frozen=True, repr=False)
class Resampling(Geometric):
    """A map that reads between pixels.

    interpolation  "nearest", "bilinear" or "bicubic" (a = -1/2); None is the pipeline's
    antialias      whether a picture that shrinks is filtered first; None is the pipeline's
    """

    interpolation: Interpolation | None = field(default=None, kw_only=True)
    antialias: bool | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, "interpolation", (*INTERPOLATIONS, None))
        if self.antialias not in (True, False, None) or is_number(self.antialias):
            raise FieldError(f"{self.label}.antialias is True, False or None; got {self.antialias!r}")


@dataclass(frozen=True, repr=False)
class Bordered(Resampling):
    """A map whose canvas may show what lies outside of the picture.

    border  "constant", "edge", "reflect", "symmetric" or "wrap", with the meaning of `numpy.pad`
    fill    what "constant" shows, in the picture's own units (255 is white in uint8); a number, or one a channel
    """

    border: Border = field(default="constant", kw_only=True)
    fill: Fill = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, "border", BORDERS)
        object.__setattr__(self, "fill", checked_fill(self.fill, f"{self.label}.fill"))


def checked_fill(fill: Any, owner: str) -> Fill:
    """A fill as a number or a tuple of numbers.

    Raises  FieldError if it is anything else, or not finite.
    """
    if isinstance(fill, (tuple, list)) and fill:
        return tuple(finite(value, f"{owner}[{i}]") for i, value in enumerate(fill))
    if not is_number(fill):
        raise FieldError(f"{owner} is a number, or a tuple of one number a channel, got {fill!r}")
    return finite(fill, owner)


MOST_SIDE = 1 << 30  # pixels; products of two such sides can be counted


def checked_extent(value: Any, owner: str, least: int = 1) -> int:
    """A whole number of pixels.

    Raises  FieldError if it is no integer, below `least`, or of no picture's side.
    """
    if not is_whole(value) or value < least:
        raise FieldError(f"{owner} is a whole number of pixels, {least} or more; got {value!r}")
    _check_side(value, owner)
    return int(value)


def checked_size(value: Any, owner: str) -> tuple[int, int]:
    """A size as (height, width) in pixels; one number is both sides.

    Raises  FieldError if it is neither a whole number nor a pair of them, not positive, or of no picture's sides.
    """
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2 or not all(is_whole(side) and side > 0 for side in pair):
        raise FieldError(f"{owner} is a whole number of pixels or (height, width), 1 or more; got {value!r}")
    for side in pair:
        _check_side(side, owner)
    return int(pair[0]), int(pair[1])


def _check_side(value: int, owner: str) -> None:
    if value > MOST_SIDE:
        told = value if value < 1 << 63 else "more than 2**63"
        raise FieldError(f"{owner} is at most {MOST_SIDE} pixels; got {told}. Has it a zero too many?")
