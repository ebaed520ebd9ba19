"""Mosaic: pictures of several samples side by side, of which all that follows reads each once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from variegate import coords
from variegate.dist import Distribution, Uniform
from variegate.errors import FieldError
from variegate.ops.base import Draws, LoweringContext, Op
from variegate.ops.effect import Collage, Effect, Ints, Map
from variegate.ops.effect.mixing import SLOT
from variegate.ops.fields import channels, count, declare, pixels, ruled
from variegate.ops.geometric import Bordered, Fill, SizeLike, as_size
from variegate.ops.mixing import MixingOp
from variegate.ops.rule import Rule


class Centre(Rule):
    """(least, most), fractions above 0 and below 1."""

    def parse(self, value: Any, owner: str, op: Any) -> tuple[float, float]:
        if (
            isinstance(value, (tuple, list))
            and len(value) == 2
            and all(isinstance(each, (int, float)) for each in value)
        ):
            least, most = map(float, value)
            if 0 < least <= most < 1:
                return least, most
        raise FieldError(f"{owner} is (least, most), fractions of the canvas above 0 and below 1; got {value!r}")

    def good(self, op: Any) -> Any:
        yield from ((0.5, 0.5), [0.2, 0.9])

    def bad(self, op: Any) -> Any:
        yield from super().bad(op)
        yield from (0.5, (0.7, 0.3), (0.0, 0.5), (0.5, 1.0), (0.1, 0.2, 0.3), ("a", "b"))


@declare
class Mosaic(MixingOp):
    """Put the pictures of several samples side by side on one canvas.

    size     (height, width) of the canvas in pixels, or one number for both
    grid     how many rows and columns of pictures
    center   (least, most): where the middle of the canvas is drawn, as fractions of it; lines between the others of a
             larger grid move with it
    fill     what no picture covers, in the picture's own units; a number, or one a channel. YOLO's is 114 of 255
    targets  image, views, masks, boxes, keypoints, polygons, `PerInstance` of all that is seen; `Classes` by pixels
    effect   mixing: a map takes each picture to its place, and ops that follow read it once, through that and theirs

    The sample's own picture is the first, at the top left; the others are its partners'. Each keeps its size, and lies
    with its corner at the middle, or in a row between with its side, so of a large one the far part is cut away: put
    LongestMaxSize(size / 2) before. YOLO's mosaic is Mosaic(1280, fill=114) of pictures of 640, then Affine, then
    CenterCrop(640). Ops behind it that must see neighbouring pixels, as a blur, see the mosaic as a whole.

    >>> Mosaic(1280, fill=114)
    Mosaic(size=(1280, 1280), fill=114.0)

    Raises  FieldError if a field has a value that it cannot have; InputError if there is no partner.
    """

    size: SizeLike = pixels()
    grid: int = count(default=2, least=2, most=8, kw_only=True)
    center: tuple[float, float] = ruled(by=Centre(), default=(0.25, 0.75), kw_only=True)
    fill: Fill = channels(default=0, kw_only=True)

    gives: ClassVar[type[Effect]] = Collage
    resizes: ClassVar[bool] = True

    @property
    def count(self) -> int:  # type: ignore[override]
        """How many partners there are."""
        return self.grid * self.grid - 1

    def fixes_size(self) -> bool:
        return True

    def drawn(self) -> dict[str, Distribution]:
        middle = Uniform(*self.center)
        return {**super().drawn(), "x": middle, "y": middle}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Collage:
        return Collage(np.tile(np.array(as_size(self.size), np.int64), (len(sizes), 1)))

    def tile(self) -> Op:
        """The op that takes each of the pictures to its place; it is told by the draws which of them it is."""
        return Tile(size=self.size, grid=self.grid, fill=self.fill)


@declare
class Tile(Bordered):
    """One picture of a mosaic on the canvas; of the draws, SLOT says which."""

    size: SizeLike = pixels()
    grid: int = count(default=2, least=2, most=8, kw_only=True)

    resizes: ClassVar[bool] = True

    def __repr__(self) -> str:
        return f"a place in a mosaic of {self.grid} x {self.grid}, size={self.size}, fill={self.fill}"

    def drawn(self) -> Mapping[str, Distribution]:  # type: ignore[override]
        return {}

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> tuple[Map, Map]:
        height, width = as_size(self.size)
        row, column = np.divmod(draws[SLOT].astype(np.int64), self.grid)
        top, bottom, y = _cell(row, draws["y"], height, self.grid, sizes[:, 0])
        left, right, x = _cell(column, draws["x"], width, self.grid, sizes[:, 1])
        window, canvas = coords.identity(len(sizes)), coords.identity(len(sizes))
        window[:, 0, 2], window[:, 1, 2] = left - x, top - y
        canvas[:, 0, 2], canvas[:, 1, 2] = -left, -top
        whole = np.tile(np.array([height, width], np.int64), (len(sizes), 1))
        return Map(window, np.stack([bottom - top, right - left], axis=1)), Map(canvas, whole)


def _cell(place: Ints, middle: Any, side: int, grid: int, own: Ints) -> tuple[Ints, Ints, Ints]:
    """Where the cells of a row or a column of a grid begin and end, in pixels, and where pictures of `own` begin."""
    shift = middle - 0.5

    def line(k: Ints) -> Ints:
        """The k-th line between cells, of which the outermost stay."""
        inner = (k > 0) & (k < grid)
        at = np.rint((k / grid + np.where(inner, shift, 0.0)) * side).astype(np.int64)
        return np.where(inner, np.minimum(np.maximum(at, k), side - grid + k), at)

    begin, end = line(place), line(place + 1)
    before, behind = 2 * place + 1 < grid, 2 * place + 1 > grid
    return begin, end, np.where(before, end - own, np.where(behind, begin, (begin + end - own) // 2))
