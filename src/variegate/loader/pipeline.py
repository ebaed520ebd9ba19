"""SamplePipeline: a pipeline as far as the loader knows it, and its plan of a batch."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.key import Keys


class SamplePlan(Protocol):
    """What a pipeline makes of a batch's keys and sizes.

    One that knows at which part of a picture it looks tells it by `window(i)`, and by `inspects` whether `check` looks
    at all of it; see `variegate.plan.plan.Plan`.
    """

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of each sample's output."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of every output."""

    def check(self, image: NDArray[Any], *, scaled: bool = False) -> None:
        """Refuse a picture whose numbers the ops cannot take; scaled: its decoder has made white 1."""

    def run(self, i: int, image: NDArray[Any], out: NDArray[Any], *, checked: bool = False) -> None:
        """Write sample i into `out`, from any thread; checked: `check` has seen the picture already."""


class SamplePipeline(Protocol):
    """A pipeline, as far as the loader knows it; one that takes labels has `known`, and a plan that takes them too."""

    def plan(self, keys: Keys, sizes: NDArray[np.int64], channels: int = 3, dtype: DTypeLike = np.uint8) -> SamplePlan:
        """The plan of one batch; sizes are (B, 2), height and width."""
