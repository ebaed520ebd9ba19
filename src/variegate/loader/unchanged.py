"""A pipeline as far as the loader knows it, and the one that does nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.key import Keys
from variegate.plan.carried import Carried
from variegate.targets import Targets
from variegate.targets.leaf import Leaves


class Plan(Protocol):
    """What a pipeline makes of a batch's keys and sizes."""

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


class Carrying(Plan, Protocol):
    """A plan that takes labels along."""

    def carry(self, i: int) -> Carried:
        """The other fields of sample i, moved as its pixels are, from any thread."""


class Augment(Protocol):
    """A pipeline, as far as the loader knows it; one that takes labels has `known`, and a plan that takes them too."""

    def plan(self, keys: Keys, sizes: NDArray[np.int64], channels: int = 3, dtype: DTypeLike = np.uint8) -> Plan:
        """The plan of one batch; sizes are (B, 2), height and width."""


class Labelling(Augment, Protocol):
    """A pipeline that takes labels."""

    @property
    def known(self) -> Targets:
        """What the fields of a sample are, as far as the pipeline says."""

    def plan(
        self,
        keys: Keys,
        sizes: NDArray[np.int64],
        channels: int = 3,
        dtype: DTypeLike = np.uint8,
        leaves: Sequence[Leaves] = (),
        targets: Targets | None = None,
    ) -> Carrying:
        """The plan of one batch and of its labels, which are what `targets` says."""


class Unchanged:
    """The pipeline that does nothing; its own plan for any batch."""

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
    ) -> Unchanged:
        """A plan that copies."""
        shapes: list[tuple[int, ...]] = [(int(height), int(width), channels) for height, width in sizes]
        return Unchanged(shapes, dtype, leaves, targets)

    def check(self, image: NDArray[Any], *, scaled: bool = False) -> None:
        """Any picture can be copied."""

    def run(self, i: int, image: NDArray[Any], out: NDArray[Any], *, checked: bool = False) -> None:
        """Copy one picture."""
        out[...] = image

    def carry(self, i: int) -> Carried:
        """The fields of one sample, each written as it was read."""
        if not self._leaves:
            return Carried({}, {})
        fields = self._targets.write(self._leaves[i], self.shapes[i][:2])  # type: ignore[arg-type]
        # What a batch holds is its user's, so a view of the source's own memory is none of its.
        views = {name: value.copy() for name, value in fields.items() if self._targets[name].picture}
        return Carried({**fields, **views}, {})
