"""What the ops that drop pixels share: what becomes of these, and where rectangles lie."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from variegate.arguments import show
from variegate.dist import Bits
from variegate.errors import InputError
from variegate.ops.base import Drawn, Draws, LoweringContext, Op, as_distribution
from variegate.ops.effect import Effect, Floats, Holes, Ints
from variegate.ops.effect.holes import HoleKind
from variegate.ops.fields import bits, declare, filling
from variegate.ops.geometric import Fill
from variegate.ops.rule import MOST_SIDE

HoleFill = Fill | Literal["noise"]
Sizes = Literal["fraction", "pixels"]


@declare
class HoleOp(Op):
    """An op that drops pixels.

    fill  what they become, in units of white: a number, one a channel, or "noise": each pixel and channel evenly from
          black to white
    """

    fill: HoleFill = filling(default=0, kw_only=True)
    bits: Bits = bits()

    gives: ClassVar[type[Effect]] = Holes

    def dropping(self, kind: HoleKind, numbers: Any, draws: Draws, context: LoweringContext) -> Holes:
        """The effect; numbers: (B, n)."""
        noise = self.fill == "noise"
        colour = colours(self, 0.0 if noise else self.fill, len(numbers), context)
        return Holes(kind, np.asarray(numbers, np.float64), colour, draws["bits"], noise)


def colours(op: Op, fill: Any, count: int, context: LoweringContext) -> Floats:
    """(B, C): a fill, in units of white, for each sample.

    Raises  InputError if it has more or fewer numbers than the picture has channels, or leaves black to white where
            that is known.
    """
    values = fill if isinstance(fill, tuple) else (fill,)
    if len(values) not in (1, context.channels):
        raise InputError(
            f"{op.label}.fill has {len(values)} numbers, but the picture has {context.channels} channels. Write one "
            "number a channel, or one for all."
        )
    if context.steps and not (min(values) >= 0 and max(values) <= 1):
        wrong = next(value for value in values if not 0 <= value <= 1)
        raise InputError(
            f"{op.label}.fill is in units of white, from 0 (black) to 1 (white), got {show(wrong)}. "
            f"For the level n of these pictures write n / {context.steps}"
        )
    made = np.empty((count, context.channels))
    made[:] = values
    return made


def longest(op: Any) -> float:
    """The most of a side: all of it, or so many pixels."""
    return 1 if op.sizes == "fraction" else MOST_SIDE


def most_of(count: Drawn, most: int) -> int:
    """How many a field that counts can give, rounded down: at least 1, and at most so many."""
    return min(max(int(as_distribution(count).bounds()[1]), 1), most)


def several(draws: Draws, *names: str) -> list[Floats]:
    """Columns of fields that are drawn several times, (B, times) each, also where that is once."""
    return [np.atleast_2d(draws[name]).T for name in names]


def lengths(op: Op, field: str, drawn: Floats, sides: Ints, sizes: Sizes) -> Floats:
    """Whole pixels of drawn lengths, (B, times), along sides (B,): at least 1, unless none is drawn.

    Raises  InputError if pixels are asked for, and the picture has not so many.
    """
    if sizes == "fraction":
        return np.asarray(np.where(drawn > 0, np.maximum(np.rint(drawn * sides[:, None]), 1.0), 0.0))
    long = np.rint(drawn)
    beyond = (long > sides[:, None]).any(axis=1)
    if beyond.any():
        i = int(np.flatnonzero(beyond)[0])
        raise InputError(
            f"{op.label}.{field} is {show(long[i].max())} pixels, but the picture has only {sides[i]} there. Ask for "
            'less, or write sizes="fraction"'
        )
    return np.asarray(long)


def rectangles(top: Floats, left: Floats, height: Floats, width: Floats, sizes: Ints) -> Floats:
    """(B, 4 n): rectangles of whole pixels (B, n), anywhere within the picture.

    top, left  (B, n), from 0 to below 1: where, of all places that there are
    """
    first = np.floor(top * (sizes[:, :1] - height + 1))
    start = np.floor(left * (sizes[:, 1:] - width + 1))
    sides = np.stack([first, first + height, start, start + width], axis=2)
    return np.asarray(
        np.where(((height > 0) & (width > 0))[..., None], sides, 0.0).reshape(len(sizes), 4 * height.shape[1])
    )
