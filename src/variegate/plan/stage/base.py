"""Stage: what does a segment of a sample's effects together; bound once to all rows of a batch that it runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from variegate.picture import ImageArray
from variegate.plan.batch import LoweredBatch

if TYPE_CHECKING:
    from variegate.kernels.reference import Truth


Window = tuple[int, int, int, int]  # top, bottom, left, right: the pixels from the first to before the second


class Stage(ABC):
    """One way of making one picture of others, for the rows of a batch.

    alone  why no effect shares a segment with one that this stage runs; empty: they can
    verb, does  of such a stage what it does, before and after the op's own words
    """

    alone: ClassVar[str] = ""
    verb: ClassVar[str] = ""
    does: ClassVar[str] = ""

    @abstractmethod
    def __init__(self, batch: LoweredBatch) -> None:
        """The stage for all rows of a batch that it runs: once a batch, whatever they are."""

    @abstractmethod
    def run(self, row: int, inputs: tuple[ImageArray, ...], out: ImageArray | None) -> ImageArray:
        """Make a row's picture.

        inputs  pictures (H, W, C), C-contiguous: of the batch's own dtype where the row reads the sample, else float32
        out     where it goes, of `shape(row)`; None: the stage says where, and it may be used again by the next row
        """

    def ends(self, row: int) -> bool:
        """Whether a row can write its sample's result itself: the next is the last, and would do nothing else."""
        return False

    def window(self, row: int, made: Window, size: tuple[int, int]) -> Window:
        """The pixels of the picture that a row reads, of this (height, width), on which those that it makes hang.

        made  which of those that it makes are wanted
        """
        return 0, size[0], 0, size[1]

    @abstractmethod
    def shape(self, row: int) -> tuple[int, ...]:
        """The shape of what a row makes, as far as that is known before."""

    @abstractmethod
    def nbytes(self, row: int) -> int:
        """Bytes that a row takes beside its inputs, the sample's result and the scratch of one kernel."""

    @abstractmethod
    def explain(self, row: int) -> Iterator[str]:
        """What a row does, as lines of text below those that tell its ops."""

    @abstractmethod
    def reference(self, row: int, image: NDArray[np.float64], doubt: NDArray[np.bool_]) -> Truth:
        """What a row makes by the definitions, in plain NumPy, from a picture in units of white."""
