"""FilterStage: one filter, by weights of the pixels around each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import DTYPES
from variegate.ops import effect as effects
from variegate.picture import ImageArray
from variegate.plan.stage.single import SingleEffectStage
from variegate.sampling import BORDERS, KEEP
from variegate.scratch import SCRATCH

if TYPE_CHECKING:
    from variegate.kernels.reference import Truth

Floats = NDArray[np.float64]


class Weights(NamedTuple):
    """What a filter weighs: down (m, n), across (k,) or (0,), the pixel itself; and what lies beyond the edge."""

    down: Floats
    across: Floats
    own: float
    border: str


class FilterStage(SingleEffectStage):
    """Filters, each on a picture that exists."""

    alone: ClassVar[str] = "looks at the pixels around each, which must exist first"
    verb: ClassVar[str] = "filter"
    does: ClassVar[str] = "of the pixels around each"

    def make(self, row: int, image: ImageArray, white: float) -> NDArray[np.float32]:
        """See `SingleEffectStage.make`; the result is scratch, for the next row to read."""
        from variegate.kernels.stencil import WIDEN, stencil, weigh

        weights, across, own, border = self.weights(row)
        height, width, channels = image.shape
        units = WIDEN[DTYPES.index(image.dtype.name)].address, weigh.address
        floats = scratch_floats(weights, across, width, channels)
        rows, owner = SCRATCH.address("rows", floats)
        out = SCRATCH.array(f"between {row % 2}", image.shape)
        shape = height, width, channels, image.dtype.itemsize
        source, target = image.__array_interface__["data"][0], out.__array_interface__["data"][0]
        line = rows + 4 * (floats // (len(weights) + 1)) * len(weights)
        beyond = (*BORDERS, KEEP).index(border)
        stencil(units, source, shape, beyond, 1 / white, weights, across, own, rows, line, target)  # type: ignore[no-untyped-call]
        del owner
        return out

    def weights(self, row: int) -> Weights:
        """A row's own, as far as they weigh anything, whatever others' are."""
        effect, _, place = self.of(row)
        assert isinstance(effect, effects.Stencil), effect
        across = np.empty(0) if effect.across is None else trimmed(effect.across[place][None])[0]
        own = 0.0 if effect.own is None else float(effect.own[place])
        return Weights(trimmed(effect.weights[place]), across, own, effect.border)

    def nbytes(self, row: int) -> int:
        """Of the result, and of the rows that take turns."""
        (_, width, channels), weights = self.shape(row), self.weights(row)
        return 4 * (math.prod(self.shape(row)) + scratch_floats(weights.down, weights.across, width, channels))

    def explain(self, row: int) -> Iterator[str]:
        weights, across, own, border = self.weights(row)
        down, right = weights.shape
        told = f"{down} down, {len(across)} across" if len(across) and right == 1 else f"{down} x {right}"
        added = f", and the pixel itself by {own:.3g}" if own else ""
        yield f"  weights  {told}{added}; " + ("the edge kept" if border == KEEP else f"beyond the edge {border}")

    def reference(self, row: int, image: Floats, doubt: NDArray[np.bool_]) -> Truth:
        from variegate.kernels.reference import Truth
        from variegate.kernels.reference_stencil import filtered

        weights, across, own, border = self.weights(row)
        unsure = filtered(doubt.astype(np.float64), np.abs(weights), np.abs(across), abs(own), border)
        return Truth(filtered(image, weights, across, own, border), unsure > 0)


def scratch_floats(weights: Floats, across: Floats, width: int, channels: int) -> int:
    """How many float32 of scratch `kernels.stencil` uses: a row for each of the weights down, and one more."""
    reach = int(max(weights.shape[1], len(across))) // 2
    return (len(weights) + 1) * channels * (width + 2 * reach)


def trimmed(weights: Floats) -> Floats:
    """Weights (m, n) without the outer ones that are 0 on both sides."""
    there = np.nonzero(weights)
    kept = tuple(_around(side, at) for side, at in zip(weights.shape, there, strict=True))
    return np.ascontiguousarray(weights[kept], np.float64)


def _around(side: int, there: NDArray[np.int64]) -> slice:
    """The part about the middle of so many that holds all of these places."""
    middle = side // 2
    reach = max(middle - int(there.min()), int(there.max()) - middle) if side > 1 and len(there) else 0
    return slice(middle - reach, middle + reach + 1)
