"""Identity: the pipeline that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.key import Keys
from variegate.loader.cache import Cache
from variegate.loader.pipeline import SamplePipeline
from variegate.pipeline import Compose
from variegate.plan.carried import CarriedLabels
from variegate.targets import Targets
from variegate.targets.leaf import Leaves


def pipeline_of(augment: SamplePipeline | None, cache: Cache | None) -> SamplePipeline:
    """What makes samples of pictures: without a pipeline a copy, which enlarges where a cache made them smaller."""
    if augment is None and cache is not None and cache.max_side is not None:
        return Compose([])
    return Identity() if augment is None else augment


class Identity:
    """The pipeline that changes nothing; its own plan for any batch."""

    known = Targets()

    def __init__(
        self,
        shapes: list[tuple[int, ...]] | None = None,
        dtype: DTypeLike = np.uint8,
        leaves: Sequence[Leaves] = (),
        targets: Targets | None = None,
    ) -> None:
        self.shapes, self.dtype = shapes or [], np.dtype(dtype)
        self._leaves, self._targets = leaves, targets or self.known

    def plan(
        self,
        keys: Keys,
        sizes: NDArray[np.int64],
        channels: int = 3,
        dtype: DTypeLike = np.uint8,
        leaves: Sequence[Leaves] = (),
        targets: Targets | None = None,
    ) -> Identity:
        """A plan that copies."""
        shapes: list[tuple[int, ...]] = [(int(height), int(width), channels) for height, width in sizes]
        return Identity(shapes, dtype, leaves, targets)

    def check(self, image: NDArray[Any], *, scaled: bool = False) -> None:
        """Any picture can be copied."""

    def run(self, i: int, image: NDArray[Any], out: NDArray[Any], *, checked: bool = False) -> None:
        """Copy one picture."""
        out[...] = image

    def carry(self, i: int) -> CarriedLabels:
        """The fields of one sample, each written as it was read."""
        if not self._leaves:
            return CarriedLabels({}, {})
        fields = self._targets.write(self._leaves[i], self.shapes[i][:2])  # type: ignore[arg-type]
        # What a batch holds is its user's, so a view of the source's own memory is none of its.
        views = {name: value.copy() for name, value in fields.items() if self._targets[name].picture}
        return CarriedLabels({**fields, **views}, {})
