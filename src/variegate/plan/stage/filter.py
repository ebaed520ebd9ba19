"""FilterStage: one filter, by weights of the pixels around each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import (
    DTYPES,
)
from variegate.ops import effect as effects
from variegate.picture import ImageArray
from variegate.plan.stage.single import SingleEffectStage
from variegate.sampling import BORDERS
from variegate.scratch import SCRATCH

if TYPE_CHECKING:
    from variegate.kernels.reference import Truth

Floats = NDArray[np.float64]


class FilterStage(SingleEffectStage):
    """Filters, each on a picture that exists."""

    alone: ClassVar[str] = "looks at the pixels around each, which must exist first"
    verb: ClassVar[str] = "filter"
    does: ClassVar[str] = "of the pixels around each"

    def make(self, row: int, image: ImageArray, white: float) -> NDArray[np.float32]:
        """See `SingleEffectStage.make`; the result is scratch, for the next row to read."""
        from variegate.kernels.stencil import WIDEN, stencil, weigh

        weights, across, border = self.weights(row)
        height, width, channels = image.shape
        units = WIDEN[DTYPES.index(image.dtype.name)].address, weigh.address
        floats = scratch_floats(weights, across, width, channels)
        rows, owner = SCRATCH.address("rows", floats)
        out = SCRATCH.array(f"between {row % 2}", image.shape)
        shape = height, width, channels, image.dtype.itemsize
        source, target = image.__array_interface__["data"][0], out.__array_interface__["data"][0]
        line = rows + 4 * (floats // (len(weights) + 1)) * len(weights)
        stencil(units, source, shape, BORDERS.index(border), 1 / white, weights, across, rows, line, target)  # type: ignore[no-untyped-call]
        del owner
        return out

    def weights(self, row: int) -> tuple[Floats, Floats, str]:
        """(m, n), (k,) or (0,), and the border: a row's own, as far as they weigh anything, whatever others' are."""
        effect, _, place = self.of(row)
        assert isinstance(effect, effects.Stencil), effect
        across = np.empty(0) if effect.across is None else trimmed(effect.across[place][None])[0]
        return trimmed(effect.weights[place]), across, effect.border

    def nbytes(self, row: int) -> int:
        """Of the result, and of the rows that take turns."""
        (_, width, channels), (weights, across, _) = self.shape(row), self.weights(row)
        return 4 * (math.prod(self.shape(row)) + scratch_floats(weights, across, width, channels))

    def explain(self, row: int) -> Iterator[str]:
        weights, across, border = self.weights(row)
        down, right = weights.shape
        told = f"{down} down, {len(across)} across" if len(across) and right == 1 else f"{down} x {right}"
        yield f"  weights  {told}; beyond the edge {border}"

    def reference(self, row: int, image: Floats, doubt: NDArray[np.bool_]) -> Truth:
        from variegate.kernels.reference import Truth
        from variegate.kernels.reference_stencil import weighed

        weights, across, border = self.weights(row)
        steps = [weights, *([across[None]] if len(across) else [])]
        unsure = doubt.astype(np.float64)
        for each in steps:
            image, unsure = weighed(image, each, border), weighed(unsure, np.abs(each), border)
        return Truth(image, unsure > 0)


def scratch_floats(weights: Floats, across: Floats, width: int, channels: int) -> int:
    """How many float32 of scratch `kernels.stencil` uses: a row for each of the weights down, and one more."""
    reach = int(max(weights.shape[1], len(across))) // 2
    return (len(weights) + 1) * channels * (width + 2 * reach)


def trimmed(weights: Floats) -> Floats:
    """Weights (m, n) without the outer ones that are 0 on both sides."""
    for axis in (0, 1):
        there = np.flatnonzero(weights.any(axis=1 - axis))
        middle = weights.shape[axis] // 2
        reach = int(np.abs(there - middle).max(initial=0))
        weights = np.take(weights, range(middle - reach, middle + reach + 1), axis)
    return np.ascontiguousarray(weights, np.float64)
