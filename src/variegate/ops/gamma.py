"""Gamma: a power of each channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from variegate import exact
from variegate.ops.base import Drawn, Draws, EffectName, Facts, Op, limit
from variegate.ops.effect import Ints, Table

_LOGS = np.concatenate([[0.0], exact.log(np.arange(1, 256) / 255)])


@dataclass(frozen=True, repr=False)
class Gamma(Op):
    """Raise each channel to a power: v' = gain v^gamma, with white as 1.

    gamma    above 0; above 1 darkens the middle, below 1 brightens it; one draw a sample
    gain     factor, 0 or more; one draw a sample
    targets  image, any number of channels (labels stay)        effect  table: input rounded to 256 levels and clamped

    Laws: black stays black, and with gain 1 white stays white. Source: torchvision's `adjust_gamma`, which on float
    pictures does not round its input, and clamps its output at once.

    >>> Gamma((0.8, 1.25))
    Gamma(gamma=Uniform(0.8, 1.25))

    Raises  FieldError if gamma can be 0 or negative, or gain negative.
    """

    gamma: Drawn
    gain: Drawn = 1

    effect: ClassVar[EffectName] = "table"

    def __post_init__(self) -> None:
        super().__post_init__()
        limit(self, "gamma", above=0)
        limit(self, "gain", least=0)

    def lower(self, draws: Draws, sizes: Ints, facts: Facts) -> Table:
        values = exact.exp(draws["gamma"][:, None] * _LOGS) * draws["gain"][:, None]
        values[:, 0] = 0
        return Table(values)
