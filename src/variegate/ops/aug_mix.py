"""AugMix: a picture averaged with what chains of ops make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from typing import Any

from variegate.dist import Choice, Drawn
from variegate.ops.base import Op
from variegate.ops.combine import OneOf
from variegate.ops.fields import count, declare, flag, number
from variegate.ops.macro import Macro
from variegate.ops.mix import FirstOf, Mix
from variegate.ops.policies import OPS, USUAL, Making, Policy, drawn_level

BINS = 10
REACH = replace(USUAL, shift=1 / 3, kept=4)
MOVING = "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"
FEWER = (*MOVING, "Posterize", "Solarize", "AutoContrast", "Equalize")
ALL = (*FEWER, "Brightness", "Color", "Contrast", "Sharpness")
DEEPEST = 3  # of a chain whose depth is drawn


@declare
class AugMix(Policy):
    """Average the picture with what a few chains of ops make of it.

    severity  how strong each op is at most, 1 to 10: its strength is one of so many, the weakest none
    width     how many chains
    depth     how many ops each has; None: 1 to 3, drawn for each
    alpha     of Dirichlet's distribution: by it the picture and the chains share, and so do the chains; above 1 more
              evenly
    all_ops   whether brightness, contrast, saturation and sharpness are among the ops, which the corruptions of
              ImageNet-C are made of
    targets   image of 1 or 3 channels (labels stay, though chains move pixels: the picture keeps its part)
    effect    mixture (a pass for each chain); a macro

    The ops are those of `RandAugment` without Identity, in 10 steps; translate goes up to a third of the side, and
    posterize from 4 bits down. Source: Hendrycks et al. (2020), "AugMix", and torchvision's `AugMix`, whose list and
    magnitudes these are; of 0 bits, which are black there, 1 is kept, and what a chain makes is clamped once, at its
    end. For the paper's Jensen-Shannon loss take three views of a sample: one by a pipeline without, and two by
    this one with the keys `Key(seed, epoch, id, variation=1)` and 2.

    >>> AugMix(severity=5, width=4)
    AugMix(severity=5, width=4)

    Raises  FieldError if a number is out of its limits; InputError on 2 or more than 3 channels.
    """

    severity: int = count(default=3, least=1, most=BINS)
    width: int = count(default=3, least=1, most=8)
    depth: int | None = count(default=None, least=1, most=8)
    alpha: float = number(default=1.0, least=0.05, most=1000)
    all_ops: bool = flag(default=True)

    def expand(self) -> Op:
        names = ALL if self.all_ops else FEWER
        bins = Choice(tuple(range(self.severity)))
        return mixed(lambda: Step(bins, names, self.look()), self.width, self.depth, self.alpha)


def mixed(step: Any, width: int, depth: int | None, alpha: float) -> Op:
    """So many chains of steps, each made anew, with their picture."""
    drawn: Drawn = Choice(tuple(range(1, DEEPEST + 1))) if depth is None else depth
    chains = [FirstOf([step() for _ in range(depth or DEEPEST)], depth=drawn) for _ in range(width)]
    return Mix(chains, alpha)


@declare
class Step(Macro):
    """One op of a list, at a strength of its own.

    bin    the strength, of 10
    names  of the list
    look   how the ops that move pixels read and fill
    """

    bin: Drawn
    names: Sequence[str] = field(default=ALL)
    look: dict[str, Any] = field(default_factory=dict)

    def expand(self) -> Op:
        make = Making(REACH, drawn_level(self, "bin", BINS - 1), self.look)
        return OneOf([OPS[name](make) for name in self.names])
