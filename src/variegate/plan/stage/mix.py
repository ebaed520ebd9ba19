"""MixStage: the average of a picture and of what branches make of it, each of them a plan of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.picture import ImageArray
from variegate.plan.batch import Branch, LoweredBatch
from variegate.plan.stage.single import SingleEffectStage

if TYPE_CHECKING:
    from variegate.kernels.reference import Truth

Floats = NDArray[np.float64]


class MixStage(SingleEffectStage):
    """Averages, each of a picture that exists."""

    alone: ClassVar[str] = "averages pictures, which must exist first"
    verb: ClassVar[str] = "mix"
    does: ClassVar[str] = "with the picture as it is"

    def __init__(self, batch: LoweredBatch) -> None:
        super().__init__(batch)
        self._branches = batch.branches

    def parts(self, row: int) -> tuple[float, list[tuple[float, Branch]], int]:
        """The weight of the picture as it is; the weights of the branches, and these; which of their samples it is."""
        effect, node, place = self.of(row)
        return (
            float(effect.own[place]),
            list(zip(effect.weights[place].tolist(), self._branches[node.path], strict=True)),
            place,
        )

    def make(self, row: int, image: ImageArray, white: float) -> NDArray[np.float32]:
        """See `SingleEffectStage.make`; what a branch makes is clamped before it is added."""
        from variegate.compiled import plain
        from variegate.kernels.mix import add, begin

        own, branches, place = self.parts(row)
        # A copy is given to the branches: they use the scratch in which the picture may lie.
        given, made, result = (np.empty(image.shape, np.float32) for _ in range(3))
        flat, bounded = result.reshape(-1), self.spec.white is not None
        begin(plain(image).reshape(-1), np.float32(1 / white), np.float32(own), given.reshape(-1), flat)  # type: ignore[no-untyped-call]
        for weight, branch in branches:
            branch.run(place, given, made)
            add(made.reshape(-1), bounded, np.float32(weight), flat)  # type: ignore[no-untyped-call]
        return result

    def nbytes(self, row: int) -> int:
        """Of the picture, what a branch makes and the sum; and what lies between a branch's own passes."""
        _, branches, place = self.parts(row)
        return 3 * 4 * math.prod(self.shape(row)) + max(branch.nbytes(place) for _, branch in branches)

    def explain(self, row: int) -> Iterator[str]:
        own, branches, place = self.parts(row)
        yield f"  {own:.3f}    the picture as it is"
        for weight, branch in branches:
            ops = [repr(node.op) for nodes in branch.nodes(place) for node in nodes]
            yield f"  {weight:.3f}    {', then '.join(ops) or 'no op'}"

    def reference(self, row: int, image: Floats, doubt: NDArray[np.bool_]) -> Truth:
        from variegate.kernels.reference import Truth, reference_run

        own, branches, place = self.parts(row)
        values, unsure = own * image, doubt.copy()
        for weight, branch in branches:
            made = reference_run(SimpleNamespace(bound=branch), place, image * self.spec.unit)
            values = values + weight * (made.values if self.spec.white is None else np.clip(made.values, 0, 1))
            unsure |= made.doubt | bool(doubt.any())
        return Truth(values, unsure)
