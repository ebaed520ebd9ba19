"""FilterStage: one filter, by weights of the pixels around each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import DTYPES
from variegate.kernels.taps import Taps, taps
from variegate.ops import effect as effects
from variegate.picture import ImageArray
from variegate.plan.batch import LoweredBatch
from variegate.plan.stage.neighbour import LastWrite, NeighbourStage
from variegate.sampling import BORDERS, KEEP
from variegate.scratch import SCRATCH

if TYPE_CHECKING:
    from variegate.kernels.reference import Truth

Floats = NDArray[np.float64]
NEAR = 1e-5  # to a threshold: float32 may lie on the other side


class Weights(NamedTuple):
    """What a filter weighs: by its taps, across (k,) or (0,), the pixel itself; which change counts; the border."""

    taps: Taps
    across: Floats
    own: float
    threshold: float
    border: str


class FilterStage(NeighbourStage):
    """Filters, each on a picture that exists."""

    verb: ClassVar[str] = "filter"

    def __init__(self, batch: LoweredBatch) -> None:
        super().__init__(batch)
        self._weights: dict[int, Weights] = {}

    def put(self, row: int, image: ImageArray, white: float, made: ImageArray, write: LastWrite) -> None:
        from variegate.kernels.stencil import WIDEN, nest, room, settle, stencil, weigh

        taken, across, own, threshold, border = self.weights(row)
        height, width, channels = image.shape
        widen = WIDEN[DTYPES.index(image.dtype.name)]
        units = *(each.address for each in (widen, weigh, nest, settle)), write.unit
        rows, owner = SCRATCH.address("rows", room(taken, len(across), width, channels))
        shape, beyond = (height, width, channels, image.dtype.itemsize), (*BORDERS, KEEP).index(border)
        source, target = image.__array_interface__["data"][0], made.__array_interface__["data"][0]
        stencil(units, source, shape, beyond, 1 / white, taken, across, own, threshold, write.how, rows, target)  # type: ignore[no-untyped-call]
        del owner

    def weights(self, row: int) -> Weights:
        """A row's own, as far as they weigh anything, whatever others' are."""
        if row not in self._weights:
            effect, _, place = self.of(row)
            assert isinstance(effect, effects.Stencil), effect
            across = np.empty(0) if effect.across is None else trimmed(effect.across[place][None])[0]
            own = 0.0 if effect.own is None else float(effect.own[place])
            threshold = 0.0 if effect.threshold is None else float(effect.threshold[place])
            taken = taps(trimmed(effect.weights[place]))
            self._weights[row] = Weights(taken, across, own, threshold, effect.border)
        return self._weights[row]

    def reach(self, row: int) -> tuple[int, int, str]:
        taken, across, _, _, border = self.weights(row)
        return taken.height // 2, max(taken.width, len(across)) // 2, border

    def rows(self, row: int) -> int:
        from variegate.kernels.stencil import room

        (_, width, channels), weights = self.shape(row), self.weights(row)
        return room(weights.taps, len(weights.across), width, channels)

    def explain(self, row: int) -> Iterator[str]:
        taken, across, own, threshold, border = self.weights(row)
        told = f"{taken.height} down, {len(across)} across" if len(across) else f"{taken.height} x {taken.width}"
        added = f", and the pixel itself by {own:.3g}" if own else ""
        added += f", where that changes more than {threshold:.3g}" if threshold else ""
        yield f"  weights  {told}{added}; " + ("the edge kept" if border == KEEP else f"beyond the edge {border}")

    def reference(self, row: int, image: Floats, doubt: NDArray[np.bool_]) -> Truth:
        from variegate.kernels.reference import Truth
        from variegate.kernels.reference_stencil import filtered

        effect, _, place = self.of(row)
        _, across, own, threshold, border = self.weights(row)
        down = trimmed(effect.weights[place])
        unsure = filtered(doubt.astype(np.float64), np.abs(down), np.abs(across), abs(own), border)
        made = filtered(image, down, across, own, border)
        if not threshold:
            return Truth(made, unsure > 0)
        change = np.abs(made - image)
        return Truth(np.where(change <= threshold, image, made), (unsure > 0) | (np.abs(change - threshold) < NEAR))


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
