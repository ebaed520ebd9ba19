"""Lowering: a batch's numbers and sizes become the tables that kernels read. Lowering looks; drawing did not."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from variegate.dist import show
from variegate.errors import InputError, PipelineError
from variegate.ops import effect as effects
from variegate.ops.base import Draws, Facts, Op
from variegate.ops.effect import Effect, Floats, Ints
from variegate.picture import MOST_PIXELS
from variegate.plan.draw import Columns, applied
from variegate.plan.ir import BORDERS, DTYPES, INTERPOLATIONS, LAYOUTS, STEP, Node, Read
from variegate.plan.kind import Kind
from variegate.plan.output import Written, last_write
from variegate.plan.steps import Steps, stack
from variegate.plan.tables import Tables
from variegate.plan.trail import Trail
from variegate.white import NOMINAL

EYE = np.eye(3)
LONGEST = 1 << 20  # pixels of a side, unless a picture has more: what is prepared for a column or a row costs by it
STRETCH = 1_000_000  # times that an op may stretch or shrink a picture
GROWTH = 16  # as often as its own pixels a picture may come to have: RandomZoomOut makes 4 of each side
MOST_FLOAT = float(np.finfo(np.float32).max)
RESOLVED = (
    "(map)"  # no field's name; among the draws of a replay: (11, B), a matrix and a size that once hung on labels
)


def resolved(draws: Draws) -> effects.Map:
    """The map that a record holds in place of the labels which it hung on."""
    rows = draws[RESOLVED].T
    return effects.Map(np.ascontiguousarray(rows[:, :9]).reshape(-1, 3, 3), rows[:, 9:].astype(np.int64))


class Source(NamedTuple):
    """What a pass reads: the dtype, by name, and what white is in its numbers."""

    dtype: str
    white: float


class Lowering:
    """The tables of one Read for one batch, gathered node by node."""

    def __init__(self, columns: Columns, sizes: Ints, facts: Facts, trail: Trail) -> None:
        self.columns, self.sizes, self.facts, self.trail = columns, sizes, facts, trail
        self.count = len(sizes)
        self.interpolation, self.antialias = trail.defaults.interpolation, trail.defaults.antialias
        self.maps: list[Floats] = []
        self.canvas: list[Ints] = [sizes]
        self.borders: list[int] = []
        self.fills: list[Any] = []
        self.filling: list[str] = []  # the ops that say so
        self.steps = Steps(self.count)

    def take(self, node: Node) -> None:
        """One geometric or colour node."""
        flags = applied(node.gates, self.columns)
        rows: Any = slice(None)
        if flags is not None and not flags.all():
            rows = np.flatnonzero(flags)
        if issubclass(node.op.gives, effects.Map):
            self._options(node.op)
        for effect in self._effects(node, rows):
            if isinstance(effect, effects.Map):
                self._map(effect, node, rows)
            else:
                self._colour(effect, node, rows)

    def _colour(self, effect: Effect, node: Node, rows: Any) -> None:
        """One step of colour, for the samples `rows`, whose numbers it gives a range."""
        self.trail.ranged[rows] = True
        if isinstance(effect, effects.Matrix):
            self._check_channels(effect, node)
            self.steps.matrix(effect, len(self.maps), rows)
        elif isinstance(effect, effects.Table):
            self.steps.table(effect, len(self.maps), rows)
        elif isinstance(effect, effects.Curve):
            self.steps.curve(effect, len(self.maps), rows, self.facts.steps)
        else:
            assert isinstance(effect, effects.Pointwise), effect
            self.steps.pointwise(effect, node.path, len(self.maps), rows)

    def _effects(self, node: Node, rows: Any) -> tuple[Effect, ...]:
        """What the op does to the samples for which it applies."""
        draws, sizes = self.columns[node.path], self.canvas[-1]
        if not isinstance(rows, slice):
            draws, sizes = {name: column[..., rows] for name, column in draws.items()}, sizes[rows]
        if RESOLVED in draws:
            return (resolved(draws),)
        facts = self.trail.seen_by(node.op, self.facts, rows) if node.op.looks else self.facts
        effect = node.op.lower(draws, sizes, facts)
        return effect if isinstance(effect, tuple) else (effect,)

    def _check_channels(self, effect: effects.Matrix, node: Node) -> None:
        if self.facts.channels != 3 and not effect.uniform:
            raise InputError(f"{node.path} mixes 3 colours, but the picture has {self.facts.channels} channels")

    def _options(self, op: Op) -> None:
        """What the op says about reading: the last op of a run that says anything decides."""
        interpolation, antialias = getattr(op, "interpolation", None), getattr(op, "antialias", None)
        self.interpolation = self.interpolation if interpolation is None else interpolation
        self.antialias = self.antialias if antialias is None else antialias

    def _map(self, effect: effects.Map, node: Node, rows: Any) -> None:
        op = node.op
        matrix, size = effect.matrix, effect.size
        _check_pixels(size, self.trail.canvas[0][rows], node.path)
        _check_scale(matrix, node.path)
        if not isinstance(rows, slice):
            matrix, size = np.empty((self.count, 3, 3)), self.canvas[-1].copy()
            matrix[:] = EYE
            matrix[rows], size[rows] = effect.matrix, effect.size
        self.maps.append(matrix)
        self.canvas.append(size)
        self.borders.append(BORDERS.index(getattr(op, "border", None) or "constant"))
        self.trail.add(matrix, size, self.borders[-1])
        if op.looks:
            self.trail.looked[node.path] = effects.Map(matrix, size)
        self.filling.append(op.label)
        fill = getattr(op, "fill", 0) if self.trail.fill is None else self.trail.fill
        self.fills.append(_fill(fill, op, self.facts.channels))

    def tables(self, source: Source, kind: Kind, written: Written, final: bool) -> Tables:
        """All that was gathered; source: of this pass; kind: of the batch's pictures, in whose numbers fills are."""
        channels, steps, count = self.facts.channels, self.steps, self.count
        most = max([each.draws.shape[1] for each in steps.functions], default=0)
        draws = np.zeros((count, len(steps.functions), most))
        for n, each in enumerate(steps.functions):
            draws[:, n, : each.draws.shape[1]] = each.draws
        gain, shift = last_write(written, channels)
        itemsize = np.dtype(written.dtype).itemsize
        return Tables(
            maps=stack(self.maps, (count, 0, 3, 3), np.float64),
            canvas=stack(self.canvas, (count, 0, 2), np.int64),
            borders=np.array(self.borders, np.int64),
            fills=self._fills(kind) / kind.unit,
            steps=stack(steps.rows, (count, 0, STEP), np.float64),
            after=np.array(steps.after, np.int64),
            levels=np.zeros(len(steps.after), np.int64),
            kinds=np.array(steps.kinds, np.int64),
            picks=stack(steps.picks, (count, 0), np.int64),
            luts=stack(steps.tables, (count, 0, 256), np.float32),
            functions=np.zeros(len(steps.functions), np.int64),
            draws=draws,
            gain=gain,
            shift=shift,
            bounds=self._bounds(kind, written) if final else np.full(count, -1.0),
            settings=(
                INTERPOLATIONS.index(self.interpolation),
                itemsize,
                LAYOUTS.index(written.layout),
                DTYPES.index(source.dtype),
                kind.steps,
            ),
            white=source.white,
            library=np.zeros(0, np.int64),
        )

    def _fills(self, kind: Kind) -> Floats:
        """(G, C): what lies outside, in the picture's own numbers.

        Raises  InputError if its dtype cannot hold one.
        """
        fills = np.array(self.fills, np.float64).reshape(-1, self.facts.channels)
        most = MOST_FLOAT if kind.dtype == "float32" else NOMINAL[kind.dtype]
        least = -most if kind.dtype == "float32" else 0
        wrong = (fills < least) | (fills > most)
        if wrong.any():
            n = int(np.argmax(wrong.any(axis=1)))
            raise InputError(
                f"{self.filling[n]}.fill is {show(float(fills[n][wrong[n]][0]))}, and a picture of {kind.dtype} holds "
                f"{least:.6g} to {most:.6g}. Write a fill in the picture's own numbers"
            )
        return fills

    def _bounds(self, kind: Kind, written: Written) -> Floats:
        """To what each result is clamped, in units of white: where its numbers have a range, or its dtype has.

        A sample that every op of colour skips keeps its numbers, as in a pipeline without them.
        """
        if written.asked:
            return np.full(self.count, 1.0 if kind.white is not None else -1.0)
        return np.where(self.trail.ranged & (kind.white is not None), 1.0, kind.bound)


def lower_read(read: Read, columns: Columns, sizes: Ints, facts: Facts, trail: Trail) -> Lowering:
    """Gather a Read's maps and colours, in the order declared."""
    lowering = Lowering(columns, sizes, facts, trail)
    for k in range(len(read.maps) + 1):
        for node, after in zip(read.colours, read.after, strict=True):
            if after == k:
                lowering.take(node)
        if k < len(read.maps):
            lowering.take(read.maps[k])
    return lowering


def _check_pixels(size: Ints, own: Ints, path: str) -> None:
    """Refuse an op that makes more pixels than any picture has: a slip of the pen would take all memory.

    own  the sizes of the pictures that came in

    Raises  PipelineError that names the op.
    """
    pixels, given = size.prod(axis=1, dtype=np.float64), own.prod(axis=1, dtype=np.float64)
    wrong = (pixels > np.maximum(MOST_PIXELS, GROWTH * given)) | (size > np.maximum(LONGEST, own)).any(axis=1)
    if wrong.any():
        made, picture = (each[wrong.argmax()].tolist() for each in (size, own))
        raise PipelineError(
            f"{path} makes {made[0]} x {made[1]} pixels of a picture of {picture[0]} x {picture[1]}. A picture may "
            f"come to have {MOST_PIXELS:,} pixels, or {GROWTH} times its own, and {LONGEST:,} a side: give {path} a "
            "smaller size"
        )


def _check_scale(matrix: Floats, path: str) -> None:
    """Refuse an op that leaves nothing of a picture, or so large that numbers run out.

    Raises  PipelineError that names the op.
    """
    (a, b), (c, d) = matrix[..., 0, :2].T, matrix[..., 1, :2].T
    with np.errstate(over="ignore", invalid="ignore"):
        area, far = np.abs(a * d - b * c), np.abs(matrix[..., :2, :2]).max(initial=0)
    if not (np.isfinite(far) and far <= STRETCH and (area >= STRETCH**-2).all()):
        raise PipelineError(
            f"{path} shrinks or stretches a picture more than {STRETCH:,} times; its numbers are a slip"
        )


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
