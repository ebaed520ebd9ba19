"""SingleEffectStage: a stage that shares its rows with nothing: one effect, of one sample, on a picture that exists."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.kernels.codes import FIRST_MAP, ROW_ENTRY, ROW_PLACE, WHITE
from variegate.picture import ImageArray
from variegate.plan.batch import LoweredBatch
from variegate.plan.ir import Node
from variegate.plan.stage.base import Stage


class SingleEffectStage(Stage):
    """One effect a row; what it makes is float32 in units of white. A stage of this kind says in `alone` why."""

    def __init__(self, batch: LoweredBatch) -> None:
        self.spec, self._row_layout, self._effects = batch.spec, batch.row_layout, batch.effects
        self._rows: list[list[int]] = batch.row_layout.rows[:-1, [ROW_ENTRY, ROW_PLACE]].tolist()
        self._whites: list[float] = batch.row_layout.units[:, WHITE].tolist()

    def run(self, row: int, inputs: tuple[ImageArray, ...], out: ImageArray | None) -> ImageArray:
        return self.make(row, inputs[0], self._whites[row])

    @abstractmethod
    def make(self, row: int, image: ImageArray, white: float) -> NDArray[np.float32]:
        """What a row makes of a picture in which white is this number, which may be another than was planned."""

    def of(self, row: int) -> tuple[Any, Node, int]:
        """A row's effect, the node that it is of, and which of its samples it is for."""
        entry, place = self._rows[row]
        effect, node = self._effects[entry]
        return effect, node, place

    def shape(self, row: int) -> tuple[int, ...]:
        """That of what it is given, as far as is known."""
        height, width = self._row_layout.canvas[self._row_layout.rows[row, FIRST_MAP] + row].tolist()
        return height, width, self.spec.channels

    def explain(self, row: int) -> Iterator[str]:
        yield from ()
