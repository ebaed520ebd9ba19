"""MixingOp: what the ops share that make one picture of those of several samples."""

from __future__ import annotations

from typing import ClassVar, Literal

from variegate.dist import Distribution, Uniform
from variegate.ops.base import Op
from variegate.ops.effect import Effect, Mixing
from variegate.ops.fields import declare, option

Partners = Literal["block", "source", "class", "other class"]
WITHIN = ("roll", "flip", "random")  # partners of the sample's own batch


@declare
class MixingOp(Op):
    """An op that sees other samples beside its own: its partners.

    partners  who they may be, in a Loader: samples of the same "block" of 64 places of the epoch's order, which are
              read anyway; of the whole "source", which are read once more; of the source's samples of the same "class",
              or of an "other class". Without `shuffle` the block is one of neighbours, so the source stands in for it

    A partner is what its own sample is at this point of the pipeline, under its own key.
    """

    partners: Partners = option(default="block", kw_only=True)

    gives: ClassVar[type[Effect]] = Mixing
    count: ClassVar[int] = 1  # of partners

    @property
    def within(self) -> bool:
        """Whether partners are of the sample's own batch."""
        return self.partners in WITHIN

    @property
    def one_per(self) -> str:
        """Which samples have one draw: see `BlendingOp`."""
        return "sample"

    def drawn(self) -> dict[str, Distribution]:
        return {**super().drawn(), "partner": Uniform(0, 1)}

    def times(self, item: str) -> int:
        return self.count if item == "partner" else super().times(item)
