"""MedianStage: the median of the pixels around each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import DTYPES
from variegate.picture import ImageArray
from variegate.plan.stage.neighbour import LastWrite, NeighbourStage
from variegate.scratch import SCRATCH

if TYPE_CHECKING:
    from variegate.kernels.reference import Truth

Floats = NDArray[np.float64]


class MedianStage(NeighbourStage):
    """Medians, each of a picture that exists."""

    verb: ClassVar[str] = "take medians"

    def size(self, row: int) -> int:
        """How many pixels down and across a median is of."""
        effect, _, place = self.of(row)
        return int(effect.size[place])

    def put(self, row: int, image: ImageArray, white: float, made: ImageArray, write: LastWrite) -> None:
        from variegate.kernels.median import median, medians, sort_columns
        from variegate.kernels.stencil import WIDEN

        size, (height, width, channels) = self.size(row), image.shape
        widen = WIDEN[DTYPES.index(image.dtype.name)]
        units = widen.address, sort_columns.address, medians.address, write.unit
        rows, owner = SCRATCH.address("rows", self.rows(row))
        shape = height, width, channels, image.dtype.itemsize
        source, target = image.__array_interface__["data"][0], made.__array_interface__["data"][0]
        median(units, source, shape, 1 / white, size, write.how, rows, target)  # type: ignore[no-untyped-call]
        del owner

    def reach(self, row: int) -> tuple[int, int, str]:
        return self.size(row) // 2, self.size(row) // 2, "edge"

    def rows(self, row: int) -> int:
        from variegate.kernels.median import room

        return room(self.size(row), *self.shape(row)[1:])

    def explain(self, row: int) -> Iterator[str]:
        yield f"  medians  of {self.size(row)} x {self.size(row)}; beyond the edge edge"

    def reference(self, row: int, image: Floats, doubt: NDArray[np.bool_]) -> Truth:
        from variegate.kernels.reference import Truth
        from variegate.kernels.reference_stencil import medians

        size = self.size(row)
        return Truth(medians(image, size), medians(doubt.astype(np.float64), size, np.max) > 0)
