"""ColorJitter: brightness, contrast, saturation and hue, in a random order."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from variegate import exact
from variegate.arguments import show
from variegate.dist import Constant, Distribution, Uniform
from variegate.ops.base import Drawn, Draws, LoweringContext, Op, one_or_three
from variegate.ops.colour import hue, multiple, nothing, saturation
from variegate.ops.contrast import contrast
from variegate.ops.effect import Effect, Floats, Ints, Matrix
from variegate.ops.fields import declare, drawn, option

NEUTRAL = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}


@declare
class ColorJitter(Op):
    """Change brightness, contrast, saturation and hue, each by a draw of its own.

    brightness  factor, as in `Brightness`
    contrast    factor about the mean luminance, as in `Contrast`
    saturation  factor, as in `Saturation`
    hue         degrees, as in `Hue` (torchvision's unit is a full turn: its 0.1 is 36 here, and another formula)
    order       "random": one hidden draw a sample picks one of the orders; "fixed": the order above
    targets     image of 3 channels; of 1, brightness and contrast (labels stay)
    effect      matrix (fuses), with a statistic

    Laws: equals the four ops in the order drawn. torchvision's `ColorJitter(0.2)` is a range: write (0.8, 1.2). It
    rounds down and clamps between the four; here that happens once, at the end of the run, half to even.

    >>> ColorJitter(brightness=(0.8, 1.2), hue=(-18, 18))
    ColorJitter(brightness=Uniform(0.8, 1.2), hue=Uniform(-18, 18))

    Raises  FieldError if a factor can be negative; InputError on 2 or more than 3 channels.
    """

    brightness: Drawn = drawn(default=1, least=0)
    contrast: Drawn = drawn(default=1, least=0)
    saturation: Drawn = drawn(default=1, least=0)
    hue: Drawn = 0
    order: Literal["random", "fixed"] = option(default="random")

    gives: ClassVar[type[Effect]] = Matrix

    def takes(self) -> Sequence[int]:
        return (1, 3)

    def check(self) -> None:
        """Warn of three constants below 1, which make all pictures darker, greyer and flatter."""
        factors = self.brightness, self.contrast, self.saturation
        if all(isinstance(each, Constant) and each.value < 1 for each in factors):
            pairs = [f"({show(round(1 - each.value, 4))}, {show(round(1 + each.value, 4))})" for each in factors]  # type: ignore[union-attr]
            turn = [f"(-{show(each)}, {show(each)})" for each in _degrees(self.hue)]
            warnings.warn(
                f"{self.label}: numbers are constants for every picture. torchvision's ColorJitter of these is "
                f"ColorJitter({', '.join(pairs + turn)}), with hue in degrees; constants that are meant are written as "
                "pairs, (0.4, 0.4)",
                stacklevel=5,
            )

    def drawn(self) -> dict[str, Distribution]:
        hidden: dict[str, Distribution] = {"order": Uniform(0, 1)} if self.order == "random" else {}
        return {**super().drawn(), **hidden}

    def active(self) -> tuple[str, ...]:
        """The parts that can change anything, in the fixed order: a contrast of 1 needs no statistic."""
        return tuple(item for item, value in NEUTRAL.items() if getattr(self, item) != Constant(value))

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> tuple[Matrix, ...]:
        colour = one_or_three(self, context)
        parts = [_part(item, draws[item], colour) for item in self.active()]
        if self.order == "fixed" or len(parts) < 2:
            return tuple(parts) or (_part("brightness", np.ones(len(sizes)), colour),)
        orders = np.array(list(itertools.permutations(range(len(parts)))))
        turns = orders[(draws["order"] * len(orders)).astype(np.int64)]
        return _shuffled(parts, turns, colour)


def _degrees(hue: Drawn) -> list[float]:
    """The range about 0, in degrees, of a constant hue that is meant as a part of a turn; none of one of 0."""
    return [round(360 * hue.value, 4)] if isinstance(hue, Constant) and 0 < hue.value <= 0.5 else []


def _part(item: str, draw: Floats, colour: bool) -> Matrix:
    """One of the four, for a batch of draws."""
    if item == "contrast":
        return contrast(draw, luminance=colour)
    if item == "brightness":
        return Matrix(multiple(draw), nothing(len(draw)), uniform=True)
    if not colour:
        return Matrix(multiple(np.ones(len(draw))), nothing(len(draw)), uniform=True)
    return Matrix(saturation(draw) if item == "saturation" else hue(*exact.sincos(draw)), nothing(len(draw)))


def _shuffled(parts: list[Matrix], turns: NDArray[np.int64], colour: bool) -> tuple[Matrix, ...]:
    """Slot k holds, for each sample, the part that comes k-th; `turns` is (B, parts)."""
    samples, count = np.arange(len(turns)), len(turns)
    weights = np.stack([part.weights for part in parts])
    means = [part.luminance if colour else part.channel for part in parts]
    leaning = any(mean is not None for mean in means)
    lean = np.stack([np.zeros(count) if mean is None else mean for mean in means])
    uniform = all(part.uniform for part in parts)
    slots = []
    for k in range(len(parts)):
        which = turns[:, k]
        mean = lean[which, samples] if leaning else None
        luminance, channel = (mean, None) if colour else (None, mean)
        slots.append(Matrix(weights[which, samples], nothing(count), luminance, channel, uniform))
    return tuple(slots)
