"""DownscaleStage: a picture at fewer pixels, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import DTYPES
from variegate.ops import effect as effects
from variegate.ops.effect.low_resolution import RESIZINGS
from variegate.picture import ImageArray
from variegate.plan.stage.neighbour import LastWrite, NeighbourStage
from variegate.scratch import SCRATCH

if TYPE_CHECKING:
    from variegate.kernels.reference import Truth

Floats = NDArray[np.float64]


class DownscaleStage(NeighbourStage):
    """Resizes, each of a picture that exists, and back."""

    verb: ClassVar[str] = "downscale"
    does: ClassVar[str] = "and back"

    def resolution(self, row: int) -> tuple[tuple[int, int], str]:
        """The size between, and how."""
        effect, _, place = self.of(row)
        assert isinstance(effect, effects.LowResolution), effect
        height, width = effect.size[place].tolist()
        return (height, width), effect.kind

    def put(self, row: int, image: ImageArray, white: float, made: ImageArray, write: LastWrite) -> None:
        from variegate.kernels.codes import FLOAT32
        from variegate.kernels.downscale import downscale, room
        from variegate.kernels.library import UPRIGHTS
        from variegate.kernels.resize import axis_taps

        (h, w), kind = self.resolution(row)
        height, width, channels = image.shape
        resizers = axis_taps, UPRIGHTS[DTYPES.index(image.dtype.name)], UPRIGHTS[FLOAT32]
        units = *(each.address for each in resizers), write.unit
        low, low_owner = SCRATCH.address("low", h * w * channels)
        rows, rows_owner = SCRATCH.address("rows", room(width, w, channels))
        source, target = image.__array_interface__["data"][0], made.__array_interface__["data"][0]
        scale, code = np.float32(1 / white), RESIZINGS.index(kind)
        shape = height, width, channels, image.dtype.itemsize
        downscale(units, source, shape, scale, (h, w), code, write.how, low, rows, target)  # type: ignore[no-untyped-call]
        del low_owner, rows_owner

    def rows(self, row: int) -> int:
        from variegate.kernels.downscale import room

        (h, w), (_, width, channels) = self.resolution(row)[0], self.shape(row)
        return h * w * channels + room(width, w, channels)

    def explain(self, row: int) -> Iterator[str]:
        (h, w), kind = self.resolution(row)
        yield f"  between  {h} x {w}, {kind}"

    def reference(self, row: int, image: Floats, doubt: NDArray[np.bool_]) -> Truth:
        from variegate.kernels.reference import Truth
        from variegate.kernels.reference_downscale import resized

        small, kind = self.resolution(row)
        own, given = (image.shape[0], image.shape[1]), (image, doubt.astype(np.float64))
        made, unsure = (resized(resized(each, small, kind), own, kind) for each in given)
        return Truth(made, unsure > 0)
