"""LocalEqualization: each pixel by a table that is made of the histograms of the tiles around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from variegate.ops.effect.base import Floats
from variegate.ops.effect.colour import Colour


@dataclass(frozen=True)
class LocalEqualization(Colour):
    """Contrast limited adaptive histogram equalization, as OpenCV has it.

    clip       (B,) float64: how many times the mean of a histogram a level may count; 0: as often as it does
    tiles      (rows, columns): how many histograms a picture has; at most as many as pixels
    luminance  True: of pictures of 3 channels, their luminance is changed, and all channels by as much. False: each
               channel by itself
    """

    finite: ClassVar[tuple[str, ...]] = ("clip",)
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"clip": ()}

    clip: Floats
    tiles: tuple[int, int]
    luminance: bool = True
