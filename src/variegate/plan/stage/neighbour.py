"""NeighbourStage: a stage that makes each pixel of those around it; a sample's last such row writes its result."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

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
from variegate.picture import ImageArray
from variegate.plan.batch import LoweredBatch
from variegate.plan.output import last_write
from variegate.plan.stage.base import Window
from variegate.plan.stage.single import SingleEffectStage
from variegate.scratch import SCRATCH


class LastWrite(NamedTuple):
    """How a kernel writes a row of float32: the address of a unit of `write.WRITERS`, 0 for none, and its numbers.

    how  (bound, gain (C,), shift (C,), bytes a number)
    """

    unit: int
    how: tuple[Any, ...]


class NeighbourStage(SingleEffectStage):
    """Rows that look at the pixels around each; on a picture that exists, row by row."""

    alone: ClassVar[str] = "looks at the pixels around each, which must exist first"
    does: ClassVar[str] = "of the pixels around each"

    def __init__(self, batch: LoweredBatch) -> None:
        super().__init__(batch)
        self._written, (self._gain, self._shift) = batch.output, last_write(batch.output, batch.spec.channels)
        packed = batch.output.layout == LAYOUTS[HWC] or batch.spec.channels == 1
        alike = bool((self._gain == self._gain[0]).all() and (self._shift == self._shift[0]).all())
        self._writes = packed and alike

    def ends(self, row: int) -> bool:
        """See `Stage.ends`: what is written is packed as the picture is, each number alike."""
        starts, last = self._row_layout.rows[row + 1 : row + 3, [FIRST_MAP, FIRST_STEP]], self._row_layout.rows[row + 1]
        nothing = last[ROW_STAGE] == READ and last[ROW_FORM] & TO_RESULT and (starts[0] == starts[1]).all()
        return bool(self._writes and nothing)

    def run(self, row: int, inputs: tuple[ImageArray, ...], out: ImageArray | None) -> ImageArray:
        """See `Stage.run`; where it `ends` a sample, out is the result."""
        if out is None:
            return self.make(row, inputs[0], self._whites[row])
        self.put(row, inputs[0], self._whites[row], out, self._last_write(row))
        return out

    def make(self, row: int, image: ImageArray, white: float) -> NDArray[np.float32]:
        """See `SingleEffectStage.make`; the result is scratch, for the next row to read."""
        made = SCRATCH.array(f"between {row % 2}", image.shape)
        self.put(row, image, white, made, LastWrite(0, (-1.0, self._gain, self._shift, made.itemsize)))
        return made

    def _last_write(self, row: int) -> LastWrite:
        from variegate.kernels.write import WRITERS

        goal, bound = self._row_layout.units[row + 1, [WHITE, BOUND]].tolist()
        size = np.dtype(self._written.dtype).itemsize
        unit = WRITERS[DTYPES.index(self._written.dtype)].address
        return LastWrite(unit, (bound * goal, self._gain / goal, self._shift, size))

    def window(self, row: int, made: Window, size: tuple[int, int]) -> Window:
        around = self.reach(row)
        if around is None:
            return super().window(row, made, size)
        (down, across, border), (top, bottom, left, right) = around, made
        return *_widened(top, bottom, size[0], down, border), *_widened(left, right, size[1], across, border)

    def reach(self, row: int) -> tuple[int, int, str] | None:
        """How many pixels a row looks up and down, and to both sides, and the border; None: at any."""
        return None

    @abstractmethod
    def put(self, row: int, image: ImageArray, white: float, made: ImageArray, write: LastWrite) -> None:
        """Make a row's picture of one in which white is this number: float32 in units of white, or as it is written."""

    @abstractmethod
    def rows(self, row: int) -> int:
        """How many float32 of scratch a row's kernel uses."""

    def nbytes(self, row: int) -> int:
        """Of the result, unless it is the sample's, and of the rows that take turns."""
        return 4 * ((0 if self.ends(row) else math.prod(self.shape(row))) + self.rows(row))


def _widened(first: int, last: int, size: int, reach: int, border: str) -> tuple[int, int]:
    """What is looked at for the pixels from first to before last, along a side."""
    low, high = first - reach, last + reach
    far = reach >= size or border == "wrap"  # a border that folds once leads back into what is looked at anyway
    return (0, size) if far and (low < 0 or high > size) else (max(low, 0), min(high, size))
