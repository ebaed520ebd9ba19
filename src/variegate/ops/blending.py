"""BlendingOp: what the ops share that blend two results, also within a batch, as other libraries do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from variegate.errors import FieldError
from variegate.ops.fields import declare, option, ruled
from variegate.ops.mixing import WITHIN, MixingOp
from variegate.ops.rule import Option

BatchPartners = Literal["block", "source", "class", "other class", "roll", "flip", "random"]
Per = Literal["sample", "pair", "batch"]


@dataclass(frozen=True)
class OnePer(Option):
    """A word of `Per`: what samples of a batch share, they share with their partners."""

    @property
    def hangs(self) -> bool:
        return True

    def parse(self, value: Any, owner: str, op: Any) -> Any:
        found = super().parse(value, owner, op)
        if found == "pair" and op.partners != "flip":
            raise FieldError(
                f'{owner}="pair" is of partners that have each other, which are those of partners="flip"; got '
                f"partners={op.partners!r}"
            )
        if found == "batch" and op.partners not in WITHIN:
            raise FieldError(
                f'{owner}="batch" is of partners within the batch: write partners="roll", "flip" or "random"; got '
                f"partners={op.partners!r}"
            )
        return found

    def good(self, op: Any) -> Iterator[Any]:
        yield from ("sample", *["batch"] * (op.partners in WITHIN), *["pair"] * (op.partners == "flip"))

    def bad(self, op: Any) -> Iterator[Any]:
        yield from super().bad(op)
        yield from ("elem", *["batch"] * (op.partners not in WITHIN), *["pair"] * (op.partners != "flip"))


@declare
class BlendingOp(MixingOp):
    """An op that blends a sample's result with its partner's.

    partners  who they may be. In a Loader: samples of the same "block" of 64 places of the epoch's order, which are
              read anyway; of the whole "source", which are read once more; of the source's samples of the same "class",
              or of an "other class". Without `shuffle` the block is one of neighbours, so the source stands in for it.
              Or of the same batch, here and in `augment.batch`: "roll", the one before, and of the first the last,
              as of torchvision; "flip", the first with the last, as of timm; "random", any other. What comes of these
              hangs on the batch size, the ranks and where batches begin, and nothing else does
    per       one draw of whether, how and by how much to mix: for each "sample"; for each "pair" of "flip"; or for the
              whole "batch". torchvision's MixUp is partners="roll", per="batch"; timm's modes are partners="flip" with
              per="batch", "pair", and "sample" for "elem"

    A partner is what its own sample is at this point of the pipeline, under its own key.
    """

    partners: BatchPartners = option(default="block", kw_only=True)  # type: ignore[assignment]
    per: Per = ruled(by=OnePer(), default="sample", kw_only=True)

    @property
    def one_per(self) -> str:
        return self.per
