"""Vignette: darker towards the corners."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from variegate.ops.base import Drawn, Draws, LoweringContext, Op
from variegate.ops.effect import Effect, Ints, RowFunction
from variegate.ops.fields import declare, drawn

F32, I32 = np.float32, np.int32


@declare
class Vignette(Op):
    """Darken a picture by the square of the distance from its centre: v' = v (1 - strength r^2).

    strength  0 changes nothing, 1 makes the corners black; below 0 they brighten; one draw a sample. r is 0 in the
              middle, and 1 at the corners where the centre is not moved
    x, y      by how much the centre is moved, in fractions of the width and the height: right and down; one draw each
    targets   image, any number of channels (labels stay)
    effect    a function of each pixel and its place

    Where the darkening would be below black it is black. Laws: strength 0 is the identity, to the bit; without x and y
    a picture and its mirror image have the same. Source: the first term of the polynomial by which the falloff of
    lenses is described (Goldman and Chen 2005); the curves of Albumentations' `Vignetting` are others.

    >>> Vignette((0, 0.6))
    Vignette(strength=Uniform(0, 0.6))

    Raises  FieldError if the strength can leave -1 to 1.
    """

    strength: Drawn = drawn(default=(0, 0.5), least=-1, most=1)
    x: Drawn = drawn(default=0)
    y: Drawn = drawn(default=0)

    gives: ClassVar[type[Effect]] = RowFunction

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> RowFunction:
        numbers = np.stack([draws["strength"], draws["x"], draws["y"]], axis=1)
        return RowFunction(vignetted, numbers, rests=draws["strength"] == 0)


def vignetted(row: Any, y: int, height: int, strength: float, right: float, down: float) -> None:
    """A row of a picture of that height."""
    width = len(row[0])
    # Half a diagonal is 1: squares of sides, as parts of its square.
    per = 4.0 / (float(width) * float(width) + float(height) * float(height))
    above = y + 0.5 - height * (0.5 + down)
    start, step = F32(0.5 - width * (0.5 + right)), F32(1)
    less, base = F32(strength * per), F32(1 - strength * per * above * above)
    for c in range(len(row)):
        line = row[c]
        for x in range(width):
            across = start + step * F32(I32(x))
            line[x] *= max(base - less * (across * across), F32(0))
