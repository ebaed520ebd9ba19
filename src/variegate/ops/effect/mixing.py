"""Mixing: what is made of the pictures of several samples. Blend: of two, each by its share,
within a box; Collage: of several, side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from variegate.ops.effect.base import Effect, Floats, Ints


class Mixing(Effect):
    """The picture and those of other samples, its partners, as they are at this point of the pipeline."""


@dataclass(frozen=True)
class Blend(Mixing):
    """Within a box the picture by its share and its partner by the rest, outside of it the picture.

    share  (B,): of the picture within the box, 0 to 1
    box    (B, 4) int64: left, top, right and bottom edge in pixels of the picture, which has as many as its partner
    """

    finite: ClassVar[tuple[str, ...]] = ("share",)
    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"share": (), "box": (4,)}

    share: Floats
    box: Ints


@dataclass(frozen=True)
class Collage(Mixing):
    """The pictures side by side on a canvas, each by a map of its own: see `Mosaic.tile`.

    size  (B, 2): (height, width) of the canvas
    """

    shapes: ClassVar[Mapping[str, tuple[int | None, ...]]] = {"size": (2,)}

    size: Ints
