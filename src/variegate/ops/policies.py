"""Policy: what RandAugment and its kin share, the ops of torchvision's lists at a level and how these read and fill."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from variegate import coords
from variegate.dist import Choice, Constant, Drawn
from variegate.ops.auto_contrast import AutoContrast
from variegate.ops.base import Draws, LoweringContext, Op
from variegate.ops.brightness import Brightness
from variegate.ops.combine import Chain
from variegate.ops.contrast import Contrast
from variegate.ops.effect import Floats, Ints, Map
from variegate.ops.equalize import Equalize
from variegate.ops.fields import channels, declare, option
from variegate.ops.geometric import Bordered, Fill
from variegate.ops.invert import Invert
from variegate.ops.macro import Macro
from variegate.ops.posterize import Posterize
from variegate.ops.rotate import Rotate
from variegate.ops.saturation import Saturation
from variegate.ops.sharpness import Sharpness
from variegate.ops.solarize import Solarize
from variegate.sampling import Border, Interpolation

HAIR = 1e-6  # of a pixel: a product just below a whole number is that number


@declare
class Policy(Macro):
    """A list of ops, of which chance picks some.

    interpolation  of the ops that move pixels: "nearest", as torchvision's policies have it by default, "bilinear" or
                   "bicubic"; None is the pipeline's
    border, fill   what these show of what lies outside of the picture, as in `Rotate`
    """

    interpolation: Interpolation | None = option(default=None, kw_only=True)
    border: Border = option(default="constant", kw_only=True)
    fill: Fill = channels(default=0, kw_only=True)

    def look(self) -> dict[str, Any]:
        """How the ops that move pixels read and fill, as their arguments."""
        return {"interpolation": self.interpolation, "border": self.border, "fill": self.fill}


Level = Callable[..., Drawn]  # (through, signed=, about=, least=), as of `Macro.share`: a field's value at that level


def drawn_level(macro: Macro, item: str, unit: float, most: float = math.inf) -> Level:
    """The level that a macro draws as its field `item`, in this unit, kept between 0 and most of these."""
    given = macro.drawn()[item]
    if isinstance(given, Constant):  # the same numbers, which need no share
        return fixed(min(max(given.value, 0.0), most) / unit)

    def value(through: Callable[[Floats], Floats], **how: Any) -> Drawn:
        return macro.share(item, lambda drawn: through(np.minimum(np.maximum(drawn, 0.0), most) / unit), **how)

    return value


def fixed(level: float) -> Level:
    """A level that is no draw."""

    def value(
        through: Callable[[Floats], Floats], *, signed: bool = False, about: float = 0.0, least: float = -math.inf
    ) -> Drawn:
        number = float(through(np.array(level)))
        return Choice((max(2 * about - number, least), number)) if signed and number != about else max(number, least)

    return value


@dataclass(frozen=True)
class Reach:
    """How far a list's ops go at the highest level, 1.

    shear   what a pixel moves, in parts of its distance from the edge
    shift   in pixels, or in parts of the side
    unit    of shift
    angle   degrees
    factor  how far brightness, contrast, saturation and sharpness go from 1
    bits    how many of those that are kept are dropped
    kept    how many bits posterize keeps at level 0
    """

    shear: float
    shift: float
    unit: Literal["pixels", "side"]
    angle: float
    factor: float
    bits: int
    kept: int = 8


USUAL = Reach(0.3, 150 / 331, "side", 30, 0.9, 4)  # of RandAugment and AutoAugment
WIDE = Reach(0.99, 32, "pixels", 135, 0.99, 6)


class Making(NamedTuple):
    """What an op of a list is made of: how far it goes, at which level, and how it reads and fills."""

    reach: Reach
    level: Level
    look: dict[str, Any]

    def factor(self) -> Drawn:
        """1 changes nothing."""
        return self.level(lambda u: 1 + self.reach.factor * u, signed=True, about=1)

    def slant(self) -> Drawn:
        return self.level(lambda u: self.reach.shear * u, signed=True)

    def shift(self) -> Drawn:
        return self.level(lambda u: self.reach.shift * u, signed=True)

    def bits(self) -> Drawn:
        """Those kept, rounded half to even; 1 at least."""
        return self.level(lambda u: np.maximum(np.rint(self.reach.kept - self.reach.bits * u), 1))

    def threshold(self) -> Drawn:
        """A level of the picture that is exactly at it is inverted too."""
        return self.level(lambda u: np.maximum(1 - u - 1e-9, 0))


# By torchvision's names, which are AutoAugment's.
OPS: Mapping[str, Callable[[Making], Op]] = {
    "Identity": lambda make: Chain([]),
    "ShearX": lambda make: EdgeShear(x=make.slant(), **make.look),
    "ShearY": lambda make: EdgeShear(y=make.slant(), **make.look),
    "TranslateX": lambda make: WholeTranslate(x=make.shift(), unit=make.reach.unit, **make.look),
    "TranslateY": lambda make: WholeTranslate(y=make.shift(), unit=make.reach.unit, **make.look),
    "Rotate": lambda make: Rotate(make.level(lambda u: make.reach.angle * u, signed=True), **make.look),
    "Brightness": lambda make: Brightness(make.factor()),
    "Color": lambda make: Saturation(make.factor()),
    "Contrast": lambda make: Contrast(make.factor()),
    "Sharpness": lambda make: Sharpness(make.factor()),
    "Posterize": lambda make: Posterize(make.bits()),
    "Solarize": lambda make: Solarize(make.threshold()),
    "AutoContrast": lambda make: AutoContrast(),
    "Equalize": lambda make: Equalize(),
    "Invert": lambda make: Invert(),
}
CHOSEN = tuple(name for name in OPS if name != "Invert")  # of RandAugment and TrivialAugmentWide


@declare
class EdgeShear(Bordered):
    """Slant by moving each row by its distance from the top edge, or each column by that from the left one.

    x  what a pixel moves to the left for each pixel that it lies below the top
    y  what it moves upwards for each pixel that it lies right of the left edge

    The policies have it so, with the top left corner at rest; `Shear` is about the centre, and in degrees.
    """

    x: Drawn = 0
    y: Drawn = 0

    @property
    def default_name(self) -> str:
        return "Shear"

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        x, y = draws["x"], draws["y"]
        return Map(coords.affine(1 + x * y, x, 0, y, 1, 0), sizes)


@declare
class WholeTranslate(Bordered):
    """Shift by whole pixels, as many as the shift has, the rest dropped.

    x, y  positive to the right, and downwards
    unit  "side": they are fractions of the width and of the height
    """

    x: Drawn = 0
    y: Drawn = 0
    unit: Literal["pixels", "side"] = option(default="side", kw_only=True)

    @property
    def default_name(self) -> str:
        return "Translate"

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Map:
        height, width = sizes.T if self.unit == "side" else (1, 1)
        return Map(coords.affine(1, 0, -_whole(draws["x"] * width), 0, 1, -_whole(draws["y"] * height)), sizes)


def _whole(shift: Floats) -> Floats:
    """Rounded towards 0."""
    return np.asarray(np.sign(shift) * np.floor(np.abs(shift) + HAIR))
