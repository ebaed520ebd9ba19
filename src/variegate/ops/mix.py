"""Mix: what AugMix is made of, the average of a picture and of branches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar

import numpy as np

from variegate.arguments import show
from variegate.dist import Distribution, Drawn
from variegate.errors import FieldError
from variegate.ops.base import Children, Draws, LoweringContext, Op, When, leaves
from variegate.ops.combine import Combinator
from variegate.ops.effect import Effect, Ints, Mixture, Output
from variegate.ops.fields import declare
from variegate.ops.shares import Gamma, shares


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
