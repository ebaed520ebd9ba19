"""Rotate, and Rotate90: turns of the picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from variegate import coords
from variegate.dist import Choice
from variegate.errors import FieldError
from variegate.exact import compiled
from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.effect import Floats, Ints, Map
from variegate.ops.fields import declare, drawn, option, ruled
from variegate.ops.geometric import Bordered, GeometricOp, Pair
from variegate.ops.rule import Point

MIDDLE = (0.5, 0.5)
SLACK = 1e-9  # pixels: by how much rounding may make a side too long


class Center(Point):
    """The point about which it turns; beside a fit that shows all of the picture only its middle."""

    @property
    def hangs(self) -> bool:
        return True

    def parse(self, value: Any, owner: str, op: Any) -> tuple[float, float]:
        given = super().parse(value, owner, op)
        if op.fit != "cut" and given != MIDDLE:
            raise FieldError(
                f'{owner} goes with fit="cut": fit="{op.fit}" shows the whole picture in the middle, whichever point '
                "it turns about"
            )
        return given

    def good(self, op: Any) -> Iterator[Any]:
        yield from super().good(op) if op.fit == "cut" else (MIDDLE,)


@declare
class Rotate(Bordered):
    """Rotate about the image centre, or another point.

    angle    degrees, counter-clockwise positive as seen on the screen; one draw a sample
    center   the point that stays where it is, (x, y) in fractions of the width and of the height from the top left
             corner, also beyond the picture by as much as its sides; of pixels on pictures of one size (x / width,
             y / height), as torchvision has them
    fit      "cut": on the same canvas, without the corners that leave it; "grow": on one that holds the whole picture,
             whose size hangs on the angle (`expand=True` elsewhere); "shrink": on the same, made smaller until it fits
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses)

    Laws: `Rotate(90)` then `Rotate(-90)` is the identity on a square picture; elsewhere the first window cuts, unless
    it grows. Every multiple of 90 degrees is exact on a square, and on any picture if it grows. About a point it is
    the rotation about the centre, shifted so that the point rests.

    >>> Rotate((-30, 30), border="reflect")
    Rotate(border='reflect', angle=Uniform(-30, 30))
    >>> Rotate((-30, 30), center=(0, 1))  # about the bottom left corner
    Rotate(angle=Uniform(-30, 30), center=(0.0, 1.0))

    Raises  FieldError if the range is empty or not finite, or a center stands beside a fit that shows all anyway.
    """

    angle: Drawn
    fit: Literal["cut", "grow", "shrink"] = option(default="cut", kw_only=True)
    center: Pair = ruled(by=Center(-1, 2), default=MIDDLE, kw_only=True)

    def resizer(self) -> Op | None:
        return self if self.fit == "grow" else None

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        maps = compiled().rotations(sizes, draws["angle"])
        if self.fit == "cut":
            return Map(maps if self.center == MIDDLE else _about(maps, sizes, self.center), sizes)
        wide = _wide(maps, sizes)
        if self.fit == "grow":
            new = np.maximum(np.ceil(wide - SLACK), 1).astype(np.int64)
            _shift(maps, (new - sizes) * 0.5)
            return Map(maps, new)
        _shift(maps, sizes * -0.5)  # as of a canvas about its centre
        maps[:, :2, :2] *= np.maximum((wide / sizes).max(axis=1), 1.0)[:, None, None]
        _shift(maps, sizes * 0.5)
        return Map(maps, sizes)


def _about(maps: Floats, sizes: Ints, center: Pair) -> Floats:
    """Rotations about this point, in fractions of the sides, of those about the middle."""
    right, down = (center[0] - 0.5) * sizes[:, 1], (center[1] - 0.5) * sizes[:, 0]
    maps[:, 0, 2] += right - (maps[:, 0, 0] * right + maps[:, 0, 1] * down)
    maps[:, 1, 2] += down - (maps[:, 1, 0] * right + maps[:, 1, 1] * down)
    return maps


def _wide(maps: Floats, sizes: Ints) -> Floats:
    """(B, 2): height and width of what holds the whole of each turned picture."""
    cos, sin = np.abs(maps[:, 0, 0]), np.abs(maps[:, 0, 1])
    height, width = sizes[:, 0], sizes[:, 1]
    return np.stack([height * cos + width * sin, width * cos + height * sin], axis=1)


def _shift(maps: Floats, by: NDArray[np.floating[Any]]) -> None:
    """Let canvases begin so many rows and columns, (B, 2), further up and to the left."""
    maps[:, :2, 2] -= maps[:, :2, 0] * by[:, 1:] + maps[:, :2, 1] * by[:, :1]


ANY = Choice((0, 1, 2, 3))

# By the number of quarter turns: cosine and sine, and how many widths and heights the picture moves.
_COS, _SIN = np.array([1.0, 0.0, -1.0, 0.0]), np.array([0.0, 1.0, 0.0, -1.0])
_RIGHT, _DOWN = np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])


@declare
class Rotate90(GeometricOp):
    """Turn the picture and its canvas by quarter turns, without reading between pixels.

    turns    how many quarter turns counter-clockwise, as `numpy.rot90`; a distribution's number is rounded down
    targets  image, mask, boxes, keypoints, polygons        effect  geometric (fuses)

    An odd number exchanges height and width. Laws: `Rotate90(1)` four times is the identity; `Rotate90(k)` gives the
    pixels of `numpy.rot90(image, k)`.

    >>> Rotate90()
    Rotate90()
    >>> Rotate90(1)
    Rotate90(turns=Constant(1))

    Raises  FieldError if a number written is not whole.
    """

    turns: Drawn = drawn(default=ANY, whole=True)

    swaps_sides: ClassVar[bool] = True

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        turns = np.floor(draws["turns"]).astype(np.int64) & 3
        cos, sin = _COS[turns], _SIN[turns]
        height, width = sizes[:, 0], sizes[:, 1]
        right, down = width * _RIGHT[turns], height * _DOWN[turns]
        size = np.where((turns & 1)[:, None], sizes[:, ::-1], sizes)
        return Map(coords.affine(cos, -sin, right, sin, cos, down), size)
