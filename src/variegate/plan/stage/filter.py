"""FilterStage: one filter, by weights of the pixels around each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import (
    BOUND,
    DTYPES,
    FIRST_MAP,
    FIRST_STEP,
    HWC,
    LAYOUTS,
    READ,
    ROW_FORM,
    ROW_STAGE,
    TO_RESULT,
    WHITE,
)
from variegate.kernels.taps import Taps, taps
from variegate.ops import effect as effects
from variegate.picture import ImageArray
from variegate.plan.batch import LoweredBatch
from variegate.plan.output import last_write
from variegate.plan.stage.single import SingleEffectStage
from variegate.sampling import BORDERS, KEEP
from variegate.scratch import SCRATCH

if TYPE_CHECKING:
    from variegate.kernels.reference import Truth

Floats = NDArray[np.float64]


class Weights(NamedTuple):
    """What a filter weighs: by its taps, across (k,) or (0,), the pixel itself; and what lies beyond the edge."""

    taps: Taps
    across: Floats
    own: float
    border: str


class FilterStage(SingleEffectStage):
    """Filters, each on a picture that exists."""

    alone: ClassVar[str] = "looks at the pixels around each, which must exist first"
    verb: ClassVar[str] = "filter"
    does: ClassVar[str] = "of the pixels around each"

    def __init__(self, batch: LoweredBatch) -> None:
        super().__init__(batch)
        self._output, (self._gain, self._shift) = batch.output, last_write(batch.output, batch.spec.channels)
        packed = batch.output.layout == LAYOUTS[HWC] or batch.spec.channels == 1
        alike = bool((self._gain == self._gain[0]).all() and (self._shift == self._shift[0]).all())
        self._writes = packed and alike
        self._weights: dict[int, Weights] = {}

    def ends(self, row: int) -> bool:
        """See `Stage.ends`: what is written is packed as the picture is, each number alike."""
        starts, last = self._row_layout.rows[row + 1 : row + 3, [FIRST_MAP, FIRST_STEP]], self._row_layout.rows[row + 1]
        nothing = last[ROW_STAGE] == READ and last[ROW_FORM] & TO_RESULT and (starts[0] == starts[1]).all()
        return bool(self._writes and nothing)

    def run(self, row: int, inputs: tuple[ImageArray, ...], out: ImageArray | None) -> ImageArray:
        """See `Stage.run`; where it `ends` a sample, out is the result."""
        return self._filter(row, inputs[0], self._whites[row], out)

    def make(self, row: int, image: ImageArray, white: float) -> NDArray[np.float32]:
        """See `SingleEffectStage.make`; the result is scratch, for the next row to read."""
        return self._filter(row, image, white, None)

    def _filter(self, row: int, image: ImageArray, white: float, out: ImageArray | None) -> ImageArray:
        from variegate.kernels.colour import WRITERS
        from variegate.kernels.stencil import WIDEN, nest, room, stencil, weigh

        taken, across, own, border = self.weights(row)
        height, width, channels = image.shape
        code = DTYPES.index(self._output.dtype)
        units = WIDEN[DTYPES.index(image.dtype.name)].address, weigh.address, nest.address
        writing, made = WRITERS[code].address, out
        if made is None:
            writing, made = 0, SCRATCH.array(f"between {row % 2}", image.shape)
        rows, owner = SCRATCH.address("rows", room(taken, len(across), width, channels))
        shape = height, width, channels, image.dtype.itemsize
        beyond = (*BORDERS, KEEP).index(border)
        goal, bound = self._row_layout.units[row + 1, [WHITE, BOUND]].tolist()
        last = bound * goal, self._gain / goal, self._shift, made.dtype.itemsize
        source, target = image.__array_interface__["data"][0], made.__array_interface__["data"][0]
        stencil((*units, writing), source, shape, beyond, 1 / white, taken, across, own, last, rows, target)  # type: ignore[no-untyped-call]
        del owner
        return made

    def weights(self, row: int) -> Weights:
        """A row's own, as far as they weigh anything, whatever others' are."""
        if row not in self._weights:
            effect, _, place = self.of(row)
            assert isinstance(effect, effects.Stencil), effect
            across = np.empty(0) if effect.across is None else trimmed(effect.across[place][None])[0]
            own = 0.0 if effect.own is None else float(effect.own[place])
            self._weights[row] = Weights(taps(trimmed(effect.weights[place])), across, own, effect.border)
        return self._weights[row]

    def nbytes(self, row: int) -> int:
        """Of the result, unless it is the sample's, and of the rows that take turns."""
        from variegate.kernels.stencil import room

        (_, width, channels), weights = self.shape(row), self.weights(row)
        made = 0 if self.ends(row) else math.prod(self.shape(row))
        return 4 * (made + room(weights.taps, len(weights.across), width, channels))

    def explain(self, row: int) -> Iterator[str]:
        taken, across, own, border = self.weights(row)
        told = f"{taken.height} down, {len(across)} across" if len(across) else f"{taken.height} x {taken.width}"
        added = f", and the pixel itself by {own:.3g}" if own else ""
        yield f"  weights  {told}{added}; " + ("the edge kept" if border == KEEP else f"beyond the edge {border}")

    def reference(self, row: int, image: Floats, doubt: NDArray[np.bool_]) -> Truth:
        from variegate.kernels.reference import Truth
        from variegate.kernels.reference_stencil import filtered

        effect, _, place = self.of(row)
        _, across, own, border = self.weights(row)
        down = trimmed(effect.weights[place])
        unsure = filtered(doubt.astype(np.float64), np.abs(down), np.abs(across), abs(own), border)
        return Truth(filtered(image, down, across, own, border), unsure > 0)


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
