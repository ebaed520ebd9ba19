"""Illumination: light that is not the same everywhere."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from variegate import exact
from variegate.dist import Choice, Distribution
from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.effect import Effect, Floats, Ints, RowFunction
from variegate.ops.fields import declare, drawn, option

F32, I32 = np.float32, np.int32
Pattern = Literal["linear", "corner", "gaussian"]
_DARKEST = 16.0  # e to the power of minus this is nothing


@declare
class Illumination(Op):
    """Brighten or darken a picture by a pattern of light: v' = v (1 + strength pattern), the pattern from 0 to 1.

    strength  above 0 brightens, below 0 darkens; 0 changes nothing; one draw a sample
    pattern   "linear": from 0 at one side of the picture to 1 at the other, along a direction; "corner": from 1 in a
              corner that a hidden draw picks, down to 0 at the opposite one; "gaussian": a spot, 1 in its middle
    angle     of "linear": degrees, counter-clockwise, to where it rises: 0 is right, 90 up; one draw a sample
    x, y      of "gaussian": the middle, in fractions of the width and the height from the left and the top; a draw each
    sigma     of "gaussian": its standard deviation, as a fraction of the shorter side, above 0; one draw a sample
    targets   image, any number of channels (labels stay)
    effect    a function of each pixel and its place

    Laws: strength 0 is the identity, to the bit; the pattern hangs on the canvas, not on the picture. Source: after
    Albumentations' `Illumination`, whose `effect_type` is the sign of the strength here.

    >>> Illumination((-0.5, 0), "gaussian")
    Illumination(strength=Uniform(-0.5, 0), pattern='gaussian')

    Raises  FieldError if the strength can be below -1, sigma can be 0 or less, or the pattern is none.
    """

    strength: Drawn = drawn(default=(-0.3, 0.3), least=-1)
    pattern: Pattern = option(default="linear")
    angle: Drawn = drawn(default=(0, 360), kw_only=True)
    x: Drawn = drawn(default=(0.1, 0.9), kw_only=True)
    y: Drawn = drawn(default=(0.1, 0.9), kw_only=True)
    sigma: Drawn = drawn(default=(0.2, 1), above=0, kw_only=True)

    gives: ClassVar[type[Effect]] = RowFunction

    def drawn(self) -> dict[str, Distribution]:
        own = {"linear": ("angle",), "corner": (), "gaussian": ("x", "y", "sigma")}[self.pattern]
        found = {item: each for item, each in super().drawn().items() if item in ("strength", *own)}
        return found | ({"corner": Choice((0, 1, 2, 3))} if self.pattern == "corner" else {})

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> RowFunction:
        strength = draws["strength"]
        numbers = {"linear": _linear, "corner": _corner, "gaussian": _gaussian}[self.pattern](draws, sizes)
        function = spotted if self.pattern == "gaussian" else graded
        return RowFunction(function, np.stack([strength, *numbers], axis=1), rests=strength == 0)


def _linear(draws: Draws, sizes: Ints) -> tuple[Floats, ...]:
    """The pattern at the top left, and by how much it rises a pixel, to the right and down."""
    sin, cos = exact.sincos(draws["angle"])
    height, width = sizes.T.astype(np.float64)
    span = np.abs(cos) * width + np.abs(sin) * height  # of the picture, along the direction
    right, down = cos / span, -sin / span
    return 0.5 - 0.5 * (right * width + down * height), right, down


def _corner(draws: Draws, sizes: Ints) -> tuple[Floats, ...]:
    """The same of a corner: 0 top left, 1 top right, 2 bottom left, 3 bottom right."""
    height, width = sizes.T.astype(np.float64)
    at_right, at_bottom = draws["corner"] % 2, np.floor(draws["corner"] / 2)
    right, down = (at_right - 0.5) / width, (at_bottom - 0.5) / height
    return 1 - 0.5 * (at_right + at_bottom), right, down


def _gaussian(draws: Draws, sizes: Ints) -> tuple[Floats, ...]:
    """The middle in pixels, and what the square of a distance is multiplied by."""
    sigma = draws["sigma"] * sizes.min(axis=1)
    return draws["x"] * sizes[:, 1], draws["y"] * sizes[:, 0], 0.5 / (sigma * sigma)


def graded(row: Any, y: int, height: int, strength: float, start: float, right: float, down: float) -> None:
    """A row under a pattern that rises evenly."""
    begin = F32(1 + strength * (start + 0.5 * right + (y + 0.5) * down))
    step = F32(strength * right)
    for c in range(len(row)):
        line = row[c]
        for x in range(len(line)):
            line[x] *= begin + step * F32(I32(x))


def spotted(row: Any, y: int, height: int, strength: float, left: float, top: float, per: float) -> None:
    """A row under a Gaussian: e^-u as the 64th power of e^(-u / 64), of which five terms are enough."""
    above = y + 0.5 - top
    begin, base, most = F32(0.5 - left), F32(per * above * above), F32(_DARKEST)
    each, gain = F32(per), F32(strength)
    one, two, three, four = F32(1), F32(1 / 2), F32(1 / 6), F32(1 / 24)
    for c in range(len(row)):
        line = row[c]
        for x in range(len(line)):
            across = begin + F32(I32(x))
            v = min(base + each * (across * across), most) * F32(1 / 64)
            power = one - v * (one - v * (two - v * (three - v * four)))
            power = power * power
            power = power * power
            power = power * power
            power = power * power
            power = power * power
            power = power * power
            line[x] *= one + gain * power
