"""CLAHE: contrast brought out part by part of the picture, with a limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from variegate.ops.base import Drawn, Draws, LoweringContext, Op, one_or_three
from variegate.ops.effect import Effect, Ints, LocalEqualization
from variegate.ops.fields import declare, drawn, option, pixels
from variegate.ops.geometric import SizeLike


@declare
class CLAHE(Op):
    """Equalize the histograms of tiles, each limited, and blend between the tiles: adaptive histogram equalization.

    clip_limit  how many times the mean count of a tile's levels each may count; more is more contrast, 0 is no limit;
                one draw a sample
    tile_grid_size  how many tiles there are, (rows, columns), or one number for both; a picture of fewer pixels has as
                many as it has pixels
    about       "luminance": of 3 channels it is equalized, and each gains as much; of 1, that channel. "channel": each
                channel by itself
    targets     image (labels stay)        effect  a pass of its own: input clamped, and rounded to 256 levels

    In uint8 results are rounded to levels, before luminance is added to the colours. In pictures of other levels, and
    in floats, tiles are counted at 256 levels, and tables read on the lines between. Source: Zuiderveld (1994), as
    OpenCV's `createCLAHE`, to the level on grey uint8; its tileGridSize is (columns, rows). Albumentations' `CLAHE`
    takes L of 8-bit LAB for the luminance, and 8 bits of floats; kornia's clip_limit is OpenCV's, and scikit-image's a
    share of the tile's pixels.

    >>> CLAHE((1, 3))
    CLAHE(clip_limit=Uniform(1, 3))

    Raises  FieldError if the limit can be negative, or the grid is no whole numbers above 0; InputError about the
            luminance on 2 or more than 3 channels.
    """

    clip_limit: Drawn = drawn(default=(1, 4), least=0)
    tile_grid_size: SizeLike = pixels(default=8)
    about: Literal["luminance", "channel"] = option(default="luminance")

    gives: ClassVar[type[Effect]] = LocalEqualization
    needs_white: ClassVar[bool] = True

    def takes(self) -> Sequence[int]:
        return (1, 3) if self.about == "luminance" else ()

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> LocalEqualization:
        luminance = self.about == "luminance" and one_or_three(self, context)
        assert isinstance(self.tile_grid_size, tuple), "both sides, since it was checked"
        return LocalEqualization(draws["clip_limit"], self.tile_grid_size, luminance)
