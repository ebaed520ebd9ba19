"""Lowering: a batch's drawn numbers and sizes become the tables that the kernels read. Lowering looks; drawing did not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from variegate.errors import InputError
from variegate.ops import effect as effects
from variegate.ops.base import Facts, Op
from variegate.ops.effect import Effect, Floats, Ints
from variegate.plan.draw import Columns, Flags, applied
from variegate.plan.ir import (
    AFFINE,
    BORDERS,
    DTYPES,
    INTERPOLATIONS,
    LAYOUTS,
    POINTWISE,
    STEP,
    TABLE,
    Node,
    Read,
)
from variegate.plan.tables import Tables

EYE = np.eye(3)
PLAIN_STEP = np.zeros(STEP)
PLAIN_STEP[[0, 4, 8]] = 1.0


@dataclass(frozen=True)
class Defaults:
    """What a pipeline says for ops that do not: how to read between pixels, and whether to filter what shrinks."""

    interpolation: str
    antialias: bool


@dataclass
class Written:
    """How a Read's result is written: dtype and layout by name, and per channel the mean and deviation to take off."""

    dtype: str
    layout: str = "HWC"
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None


class Steps:
    """The colour steps of a Read, as they are gathered."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.rows: list[Floats] = []
        self.after: list[int] = []
        self.kinds: list[int] = []
        self.picks: list[Ints] = []
        self.tables: list[Floats] = []
        self.functions: list[Callable[..., Any]] = []
        self.draws: list[Floats] = []

    def add(self, kind: int, after: int, row: Floats, pick: Ints) -> None:
        """One step for all samples; pick -1: a table or function that is not for this sample."""
        self.rows.append(row)
        self.after.append(after)
        self.kinds.append(kind)
        self.picks.append(pick)

    def matrix(self, effect: effects.Matrix, after: int, rows: Any) -> None:
        """An affine step for the samples `rows`; the identity for the others."""
        step = np.empty((self.count, STEP))
        step[:] = PLAIN_STEP
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
        self.add(TABLE, after, np.zeros((self.count, STEP)), self._pick(rows, len(self.tables)))
        self.tables.append(values)

    def pointwise(self, effect: effects.Pointwise, after: int, rows: Any) -> None:
        """The user's function for the samples `rows`."""
        draws = np.zeros((self.count, effect.draws.shape[1]))
        draws[rows] = effect.draws
        self.add(POINTWISE, after, np.zeros((self.count, STEP)), self._pick(rows, len(self.functions)))
        self.functions.append(effect.function)
        self.draws.append(draws)

    def _pick(self, rows: Any, number: int) -> Ints:
        pick = np.full(self.count, -1, np.int64)
        pick[rows] = number
        return pick


class Lowering:
    """The tables of one Read for one batch, gathered node by node."""

    def __init__(self, columns: Columns, sizes: Ints, facts: Facts, white: float, defaults: Defaults) -> None:
        self.columns, self.sizes, self.facts = columns, sizes, facts
        self.count, self.white = len(sizes), white
        self.interpolation, self.antialias = defaults.interpolation, defaults.antialias
        self.maps: list[Floats] = []
        self.canvas: list[Ints] = [sizes]
        self.borders: list[int] = []
        self.fills: list[Any] = []
        self.steps = Steps(self.count)

    def take(self, node: Node) -> None:
        """One geometric or colour node."""
        flags = applied(node.gates, self.columns)
        rows: Any = slice(None)
        if flags is not None and not flags.all():
            rows = np.flatnonzero(flags)
        if node.op.effect == "geometric":
            self._options(node.op)
        for effect in self._effects(node, rows):
            if isinstance(effect, effects.Map):
                self._map(effect, node.op, rows)
            elif isinstance(effect, effects.Matrix):
                self._check_channels(effect, node)
                self.steps.matrix(effect, len(self.maps), rows)
            elif isinstance(effect, effects.Table):
                self.steps.table(effect, len(self.maps), rows)
            else:
                assert isinstance(effect, effects.Pointwise), effect
                self.steps.pointwise(effect, len(self.maps), rows)

    def _effects(self, node: Node, rows: Any) -> tuple[Effect, ...]:
        """What the op does to the samples for which it applies."""
        draws, sizes = self.columns[node.path], self.canvas[-1]
        if not isinstance(rows, slice):
            draws, sizes = {name: column[..., rows] for name, column in draws.items()}, sizes[rows]
        effect = node.op.lower(draws, sizes, self.facts)
        return effect if isinstance(effect, tuple) else (effect,)

    def _check_channels(self, effect: effects.Matrix, node: Node) -> None:
        if self.facts.channels != 3 and not effect.uniform:
            raise InputError(f"{node.path} mixes 3 colours, but the picture has {self.facts.channels} channels")

    def _options(self, op: Op) -> None:
        """What the op says about reading: the last op of a run that says anything decides."""
        interpolation, antialias = getattr(op, "interpolation", None), getattr(op, "antialias", None)
        self.interpolation = self.interpolation if interpolation is None else interpolation
        self.antialias = self.antialias if antialias is None else antialias

    def _map(self, effect: effects.Map, op: Op, rows: Any) -> None:
        matrix, size = effect.matrix, effect.size
        if not isinstance(rows, slice):
            matrix, size = np.empty((self.count, 3, 3)), self.canvas[-1].copy()
            matrix[:] = EYE
            matrix[rows], size[rows] = effect.matrix, effect.size
        self.maps.append(matrix)
        self.canvas.append(size)
        self.borders.append(BORDERS.index(getattr(op, "border", None) or "constant"))
        self.fills.append(_fill(getattr(op, "fill", 0), op, self.facts.channels))

    def tables(self, unit: float, written: Written, clamped: bool) -> Tables:
        """All that was gathered; unit: what one white is in the picture's own numbers, for the fills."""
        channels, steps, count = self.facts.channels, self.steps, self.count
        most = max([d.shape[1] for d in steps.draws], default=0)
        draws = np.zeros((count, len(steps.draws), most))
        for n, each in enumerate(steps.draws):
            draws[:, n, : each.shape[1]] = each
        gain, shift = _last_write(written, channels)
        itemsize = np.dtype(written.dtype).itemsize
        return Tables(
            maps=_stack(self.maps, (count, 0, 3, 3), np.float64),
            canvas=np.stack(self.canvas, axis=1),
            borders=np.array(self.borders, np.int64),
            fills=np.array(self.fills, np.float64).reshape(-1, channels) / unit,
            steps=_stack(steps.rows, (count, 0, STEP), np.float64),
            after=np.array(steps.after, np.int64),
            levels=np.zeros(len(steps.after), np.int64),
            kinds=np.array(steps.kinds, np.int64),
            picks=_stack(steps.picks, (count, 0), np.int64),
            luts=_stack(steps.tables, (count, 0, 256), np.float32),
            functions=np.zeros(len(steps.functions), np.int64),
            draws=draws,
            gain=gain,
            shift=shift,
            settings=(
                INTERPOLATIONS.index(self.interpolation),
                itemsize,
                LAYOUTS.index(written.layout),
                int(clamped),
            ),
            white=self.white,
            library=np.zeros(0, np.int64),
        )


def written_by(read: Read, dtype: str, columns: Columns, sizes: Ints, facts: Facts) -> Written:
    """How the last Read writes: the picture's own dtype, unless Normalize or ToDtype say otherwise; the last one wins."""
    written = Written(dtype)
    for node in read.output:
        effect = node.op.lower(columns[node.path], sizes, facts)
        assert isinstance(effect, effects.Output)
        if written.mean is not None and (effect.mean is not None or effect.dtype == "uint8"):
            raise InputError(f"{node.path} after Normalize: a normalised picture is no longer in the range of {effect.dtype}")
        written.dtype = effect.dtype or written.dtype
        written.layout = effect.layout or written.layout
        written.mean, written.std = effect.mean or written.mean, effect.std or written.std
    return written


def lower_read(
    read: Read, columns: Columns, sizes: Ints, facts: Facts, white: float, defaults: Defaults
) -> Lowering:
    """Gather a Read's maps and colours, in the order declared."""
    lowering = Lowering(columns, sizes, facts, white, defaults)
    for k in range(len(read.maps) + 1):
        for node, after in zip(read.colours, read.after, strict=True):
            if after == k:
                lowering.take(node)
        if k < len(read.maps):
            lowering.take(read.maps[k])
    return lowering


def _last_write(written: Written, channels: int) -> tuple[Floats, Floats]:
    """Gain and shift a channel, from white to the output's unit."""
    white = 255.0 if written.dtype == "uint8" else 1.0
    mean, std = written.mean or (0.0,) * channels, written.std or (1.0,) * channels
    return np.array([white / s for s in std]), np.array([-m / s for m, s in zip(mean, std, strict=True)])


def _fill(fill: Any, op: Op, channels: int) -> tuple[float, ...]:
    """A fill as one number a channel."""
    values = fill if isinstance(fill, tuple) else (fill,) * channels
    if len(values) == 1:
        values *= channels
    if len(values) != channels:
        raise InputError(
            f"{op.label}.fill has {len(values)} numbers, but the picture has {channels} channels. Write one number a "
            "channel, or one for all."
        )
    return tuple(float(value) for value in values)


def _stack(parts: list[Any], empty: tuple[int, ...], dtype: type) -> Any:
    """Columns of samples, side by side as (B, n, ...)."""
    return np.stack(parts, axis=1) if parts else np.zeros(empty, dtype)


__all__ = ["DTYPES", "Defaults", "Flags", "Lowering", "Written", "lower_read", "written_by"]
