"""TileStage: equalization by the histograms of a picture's tiles."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import LEVELS
from variegate.ops import effect as effects
from variegate.picture import ImageArray
from variegate.plan.stage.single import SingleEffectStage
from variegate.scratch import SCRATCH
from variegate.white import LUMINANCE

if TYPE_CHECKING:
    from variegate.kernels.reference import Truth

Floats = NDArray[np.float64]


class TileStage(SingleEffectStage):
    """Equalizes tiles, each on a picture that exists."""

    alone: ClassVar[str] = "counts the levels of tiles of the picture, which must exist first"
    verb: ClassVar[str] = "equalize"
    does: ClassVar[str] = "by the histograms of tiles"

    def make(self, row: int, image: ImageArray, white: float) -> NDArray[np.float32]:
        """See `SingleEffectStage.make`; the result is scratch, for the next row to read."""
        from variegate.kernels.clahe import blend_tables, level_plane, tile_tables

        effect, place = self.effect(row)
        height, width, channels = image.shape
        rows, columns = self.tiles(effect, height, width)
        levels, tables = (
            SCRATCH.array("levels", (height, width)),
            SCRATCH.array("tables", (rows * columns, LEVELS)),
        )
        out, scale, rounded = SCRATCH.array(f"between {row % 2}", image.shape), 1 / white, self.spec.steps == 255
        for channel in self.planes(effect, channels):
            level_plane(image, scale, channel, rounded, levels)  # type: ignore[no-untyped-call]
            tile_tables(levels, rows, columns, float(effect.clip[place]), rounded, tables)  # type: ignore[no-untyped-call]
            blend_tables(image, scale, channel, levels, rows, columns, tables, rounded, out)  # type: ignore[no-untyped-call]
        return out

    def effect(self, row: int) -> tuple[effects.LocalEqualization, int]:
        """A row's effect, and which of its samples it is for."""
        effect, _, place = self.of(row)
        assert isinstance(effect, effects.LocalEqualization), effect
        return effect, place

    def tiles(self, effect: effects.LocalEqualization, height: int, width: int) -> tuple[int, int]:
        """How many rows and columns of tiles a picture has: at most as many as pixels."""
        return min(effect.tiles[0], height), min(effect.tiles[1], width)

    def planes(self, effect: effects.LocalEqualization, channels: int) -> range:
        """The channels that are equalized, each by itself; -1: the luminance of all."""
        return range(-1, 0) if effect.luminance and channels == 3 else range(channels)

    def nbytes(self, row: int) -> int:
        """Of the result, the levels and the tables."""
        height, width, channels = self.shape(row)
        tables = LEVELS * math.prod(self.tiles(self.effect(row)[0], height, width))
        return 4 * (height * width * (channels + 1) + tables)

    def shape(self, row: int) -> tuple[int, int, int]:
        height, width, channels = super().shape(row)
        return height, width, channels

    def explain(self, row: int) -> Iterator[str]:
        effect, place = self.effect(row)
        rows, columns = self.tiles(effect, *self.shape(row)[:2])
        limit = f"at most {effect.clip[place]:.4g} times their mean" if effect.clip[place] else "as they are"
        yield f"  tiles    {rows} down, {columns} across; counts {limit}"

    def reference(self, row: int, image: Floats, doubt: NDArray[np.bool_]) -> Truth:
        from variegate.kernels.reference import Truth
        from variegate.kernels.reference_clahe import doubtful, equalized
        from variegate.kernels.reference_colour import on_level

        effect, place = self.effect(row)
        tiles, rounded = self.tiles(effect, *image.shape[:2]), self.spec.steps == 255
        out, unsure = image.copy(), np.zeros(image.shape, np.bool_)
        for channel in self.planes(effect, image.shape[2]):
            luminance = channel < 0
            where = slice(None) if luminance else slice(channel, channel + 1)
            plane = image @ LUMINANCE if luminance else image[..., channel]
            made = equalized(plane, float(effect.clip[place]), tiles, rounded)
            counted = doubtful(doubt[..., where].any(axis=2) | on_level(plane), tiles)
            given = np.clip(np.nan_to_num(plane, nan=0), 0, 1)
            if rounded:
                counted |= on_level(made, 1e-3)
                made, given = np.rint(255 * made) / 255, np.rint(255 * given) / 255
            out[..., where] = image + (made - given)[..., None] if luminance else made[..., None]
            unsure[..., where] = counted[..., None]
        return Truth(out, unsure)
