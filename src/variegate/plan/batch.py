"""LoweredBatch: a batch, lowered, cut and laid out as rows: all that a stage is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.row_layout import RowLayout
from variegate.ops.effect import Effect, Floats
from variegate.picture import ImageArray
from variegate.plan.ir import Node
from variegate.plan.output import OutputFormat
from variegate.plan.picture_spec import PictureSpec
from variegate.plan.statistics import TableRequest
from variegate.plan.steps import BoundFunction


class Branch(Protocol):
    """What a branch makes of the samples to which the op that holds it applies."""

    def run(self, i: int, image: ImageArray, out: ImageArray) -> None:
        """The i-th of them; both float32 in units of white."""

    def nbytes(self, i: int) -> int:
        """Bytes of the pictures between its passes."""

    def nodes(self, i: int) -> list[list[Node]]:
        """What is done to it, pass by pass."""


class LoweredBatch(NamedTuple):
    """The rows of a batch and what they refer to.

    spec        what all pictures share; output: how results are written
    row_layout  the rows, as in `kernels.row_layout`
    effects     one an entry, with the node that it is of
    colours     (n, C) float64: what lies outside, in units of white, which `row_layout.fills` counts
    luts        (T, C, 256) float32: tables; requests: those that hang on a picture, by their place among them
    branches    by the path of each node that has any
    functions   the user's functions of a pixel or of a row; calls: (D,), the function of each row of draws, (D, most)
    """

    spec: PictureSpec
    output: OutputFormat
    row_layout: RowLayout
    effects: Sequence[tuple[Effect, Node]]
    colours: Floats
    luts: NDArray[np.float32]
    requests: Mapping[int, TableRequest]
    functions: Sequence[BoundFunction]
    calls: NDArray[np.int64]
    draws: Floats
    branches: Mapping[str, Sequence[Branch]]
