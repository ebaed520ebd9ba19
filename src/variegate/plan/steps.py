"""Steps: the colour tail of a batch, gathered op by op as rows of numbers; see `plan/ir.py` for what a step is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.ops import effect as effects
from variegate.ops.effect import Floats, Ints
from variegate.plan.ir import AFFINE, CURVE, CURVES, POINTWISE, STEP, TABLE

PLAIN_STEP = np.zeros(STEP)
PLAIN_STEP[[0, 4, 8]] = 1.0


class Steps:
    """The colour steps of a Read, as they are gathered."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.rows: list[Floats] = []
        self.after: list[int] = []
        self.kinds: list[int] = []
        self.picks: list[Ints] = []
        self.tables: list[NDArray[np.float32]] = []
        self.functions: list[Callable[..., Any]] = []
        self.draws: list[Floats] = []

    def add(self, kind: int, after: int, row: Floats, pick: Ints) -> None:
        """One step for all samples; pick -1: it is not for this sample."""
        self.rows.append(row)
        self.after.append(after)
        self.kinds.append(kind)
        self.picks.append(pick)

    def matrix(self, effect: effects.Matrix, after: int, rows: Any) -> None:
        """An affine step for the samples `rows`; the identity for the others."""
        step = self._plain()
        step[rows, :9] = effect.weights.reshape(-1, 9)
        step[rows, 9:12] = effect.offset
        if effect.luminance is not None:
            step[rows, 12] = effect.luminance
        if effect.channel is not None:
            step[rows, 13] = effect.channel
        self.add(AFFINE, after, step, np.zeros(self.count, np.int64))

    def table(self, effect: effects.Table, after: int, rows: Any) -> None:
        """A table for the samples `rows`."""
        values = np.zeros((self.count, 256), np.float32)
        values[rows] = effect.values
        self.add(TABLE, after, self._plain(), self._pick(rows, len(self.tables)))
        self.tables.append(values)

    def curve(self, effect: effects.Curve, after: int, rows: Any, steps: int) -> None:
        """A curve for the samples `rows`, of pictures with so many steps from black to white."""
        row = self._plain()
        row[rows, 0], row[rows, 3] = CURVES.index(effect.kind), steps
        row[rows, 1:3] = effect.numbers
        self.add(CURVE, after, row, self._pick(rows, 0))

    def pointwise(self, effect: effects.Pointwise, after: int, rows: Any) -> None:
        """The user's function for the samples `rows`."""
        draws = np.zeros((self.count, effect.draws.shape[1]))
        draws[rows] = effect.draws
        self.add(POINTWISE, after, self._plain(), self._pick(rows, len(self.functions)))
        self.functions.append(effect.function)
        self.draws.append(draws)

    def _plain(self) -> Floats:
        """The identity for all samples."""
        step = np.empty((self.count, STEP))
        step[:] = PLAIN_STEP
        return step

    def _pick(self, rows: Any, number: int) -> Ints:
        pick = np.full(self.count, -1, np.int64)
        pick[rows] = number
        return pick


def stack(parts: list[Any], empty: tuple[int, ...], dtype: type) -> Any:
    """Columns of samples, side by side as (B, n, ...): `np.stack` in a fifth of its time."""
    if not parts:
        return np.zeros(empty, dtype)
    out: NDArray[Any] = np.empty((empty[0], len(parts), *empty[2:]), dtype)
    for n, part in enumerate(parts):
        out[:, n] = part
    return out
