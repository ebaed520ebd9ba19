"""Mix: what AugMix is made of, the average of a picture and of branches; with shares by Dirichlet's distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from variegate import exact
from variegate.arguments import show
from variegate.dist import Distribution, Drawn
from variegate.errors import FieldError
from variegate.ops.base import Children, Draws, LoweringContext, Op, When, leaves
from variegate.ops.combine import Combinator
from variegate.ops.effect import Effect, Floats, Ints, Mixture, Output
from variegate.ops.fields import declare

TRIES = 12  # each is taken in more than 95 of 100 cases


@dataclass(frozen=True)
class Gamma(Distribution):
    """The gamma distribution of a shape, at scale 1, by Marsaglia and Tsang (2000); of shape 1 minus a logarithm.

    The shares that several of these have of their sum follow Dirichlet's distribution.
    """

    shape: float
    ends_ramp = False

    @property
    def draws(self) -> int:  # type: ignore[override]
        return 1 if self.shape == 1 else 1 + 3 * TRIES

    def at(self, u: Floats) -> Floats:
        if self.shape == 1:
            return np.asarray(-exact.log(1 - u[0]))
        below = self.shape < 1
        d = self.shape + below - 1 / 3
        found = np.full(u.shape[1:], d)
        for k in range(TRIES - 1, -1, -1):  # so that the first that is taken stays
            first, angle, chance = u[1 + 3 * k : 4 + 3 * k]
            x = np.sqrt(-2 * exact.log(1 - first)) * exact.sincos(360 * angle)[1]
            v = 1 + x / np.sqrt(9 * d)
            cube = np.where(v > 0, v * v * v, 1.0)
            taken = (v > 0) & (exact.log(1 - chance) < x * x / 2 + d - d * cube + d * exact.log(cube))
            found = np.where(taken, d * cube, found)
        return np.asarray(found * exact.power(1 - u[0], 1 / self.shape) if below else found)

    def bounds(self) -> tuple[float, float]:
        return 0.0, math.inf


def shares(parts: Floats) -> Floats:
    """What part of their sum each of (n, B) numbers is; of nothing all have as much."""
    total = parts[0].copy()
    for each in parts[1:]:
        total = total + each
    return np.asarray(np.where(total > 0, parts / np.where(total > 0, total, 1.0), 1 / len(parts)))


@declare
class Mix(Op):
    """The average of the picture and of what each chain makes of it.

    chains  the branches; none may change the size
    alpha   of Dirichlet's distribution: by it the picture and the mix of the chains share, and by it the chains do

    Labels stay, as the picture keeps its part.
    """

    chains: Sequence[Op] = field(default=())
    alpha: float = field(default=1.0)

    gives: ClassVar[type[Effect]] = Mixture

    def check(self) -> None:
        for op in (each for chain in self.chains for each in leaves(chain)):
            moves = getattr(op, "moves_pixels", False) or op.resizer() is not None or op.swaps_sides
            if moves or op.looks or issubclass(op.gives, Output):
                raise FieldError(
                    f"{self.label}: {op.label} cannot stand in a branch, which gives a picture of the same form"
                )

    def __repr__(self) -> str:
        return f"Mix({len(self.chains)} chains, alpha={show(self.alpha)})"

    def branches(self) -> Sequence[Op]:
        return self.chains

    def drawn(self) -> dict[str, Distribution]:
        return {name: Gamma(self.alpha) for name in ("own", "mixed", "parts")}

    def times(self, item: str) -> int:
        return len(self.chains) if item == "parts" else 1

    def lower(self, draws: Draws, sizes: Ints, context: LoweringContext) -> Mixture:
        own, mixed = shares(np.stack([draws["own"], draws["mixed"]]))
        parts = shares(np.asarray(draws["parts"]).reshape(len(self.chains), len(sizes)))
        return Mixture(own, np.ascontiguousarray((mixed * parts).T))


@declare
class FirstOf(Combinator):
    """The first of the ops, one after the other, as many as drawn.

    depth  how many
    """

    depth: Drawn = field(default=1, kw_only=True)

    def children(self) -> Children:
        return [(op, When("depth", k + 1, math.inf)) for k, op in enumerate(self.ops)]
