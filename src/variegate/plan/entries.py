"""EntryTables: the effects of a batch as the tables that `kernels.row_layout` takes, entry by entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.arguments import show
from variegate.errors import InputError
from variegate.kernels.chain import NONE, Lattices
from variegate.kernels.codes import (
    ACROSS,
    AFFINE,
    ALONE,
    COLOUR,
    CURVE,
    DOWN,
    ENTRY,
    FIELDS,
    HOLES,
    LATTICE,
    LEVELS,
    MAP,
    POINTWISE,
    READ,
    ROWWISE,
    STEP,
    TABLE,
    UNSAID,
)
from variegate.kernels.cut import NO
from variegate.kernels.row_layout import Entries
from variegate.ops import effect as effects
from variegate.ops.effect import Effect, Floats
from variegate.plan.ir import Node
from variegate.plan.lower import Lowered
from variegate.plan.picture_spec import PictureSpec
from variegate.plan.stage.registry import STAGES, stage_of
from variegate.plan.statistics import MOST_FLOAT, TableRequest
from variegate.plan.steps import (
    BoundFunction,
    affine_rows,
    curve_rows,
    hole_function,
    noise_function,
    plain_rows,
    table_rows,
)
from variegate.sampling import BORDERS, INTERPOLATIONS
from variegate.white import NOMINAL

Flags = NDArray[np.bool_]
MIRRORS = {"x": ACROSS, "y": DOWN}


class NodeSettings(NamedTuple):
    """What nodes say for all samples alike, looked up once for all batches of one spec.

    maps     by the path of each geometric node: its border, its row of colours, and what it says about reading
    colours  (n, C) float64: what lies outside, in units of white
    """

    maps: dict[str, tuple[int, int, int, int]]
    colours: Floats


def settings_of(nodes: Sequence[Node], spec: PictureSpec) -> NodeSettings:
    """What nodes say for pictures of one spec.

    Raises  InputError if a fill is none that such pictures can hold.
    """
    maps: dict[str, tuple[int, int, int, int]] = {}
    fills: list[tuple[float, ...]] = []
    for node in nodes:
        if issubclass(node.op.gives, effects.Geometric):
            border = BORDERS.index(getattr(node.op, "border", None) or "constant")
            reading, filters = getattr(node.op, "interpolation", None), getattr(node.op, "antialias", None)
            said = UNSAID if reading is None else INTERPOLATIONS.index(reading)
            maps[node.path] = border, len(fills), said, UNSAID if filters is None else int(filters)
            fills.append(fill_colour(getattr(node.op, "fill", 0) if spec.fill is None else spec.fill, node, spec))
    return NodeSettings(maps, np.array(fills, np.float64).reshape(-1, spec.channels) / spec.unit)


class EntryTables:
    """The effects of a batch, each for the samples to which it applies.

    effects    one an entry, with the node that it is of
    gates      of each entry its row of `applies`, or NO: it applies always
    functions  the user's functions of a pixel or of a row, each with the numbers drawn for it
    requests   the tables that hang on a picture, by their place among all
    leaning    how many steps at most lean on a mean
    """

    def __init__(self, lowered: Sequence[Lowered], settings: NodeSettings, steps: int) -> None:
        self.settings, self.levels = settings, steps
        self.effects: list[tuple[Effect, Lowered]] = []
        self.gates: list[int] = []
        self.functions: list[BoundFunction] = []
        self.requests: dict[int, TableRequest] = {}
        self.leaning = 0
        self._codes: list[tuple[int, ...]] = []
        self._maps: list[Floats] = []
        self._canvas: list[NDArray[np.int64]] = []
        self._grids: list[NDArray[np.int64]] = []
        self._nodes: list[Floats] = []
        self._steps: list[Floats] = []
        self._luts: list[Floats] = []
        self._applies: list[Flags] = []
        self._counts = dict.fromkeys(("maps", "grids", "nodes", "steps", "luts", "draws"), 0)
        for each in lowered:
            self._take(each)

    def _take(self, lowered: Lowered) -> None:
        gate = NO if lowered.applies is None else self._gate(lowered.applies)
        before: NDArray[np.int64] | None = None  # of the samples to which it applies; found when it is asked for
        for each in lowered.effects:
            effect, given = each, lowered.before
            self.gates.append(gate)
            if each.may_rest:
                before = lowered.given if before is None else before
                given, moves = before, ~each.neutral(before)
                if not moves.all():
                    effect, given = each.take(moves), before[moves]
                    self.gates[-1] = self._gate(_some(lowered, moves))
            self.effects.append((effect, lowered))
            if isinstance(each, effects.Geometric) and isinstance(effect, effects.Geometric):
                self._map(effect, given, lowered.node.path)
                before = each.size
                continue
            stage = STAGES.index(stage_of(lowered.node))
            if stage == READ:
                self._step(effect, lowered.node.path)
            else:
                self._codes.append((ALONE, 0, 0, 0, UNSAID, UNSAID, 0, 0, stage))

    def _gate(self, applies: Flags) -> int:
        """Where the samples to which an effect applies are noted."""
        self._applies.append(applies)
        return len(self._applies) - 1

    def _map(self, effect: effects.Geometric, before: NDArray[np.int64], path: str) -> None:
        pick = UNSAID if not isinstance(effect, effects.Field) else self._lattices(effect)
        turned = MIRRORS[effect.along] if isinstance(effect, effects.Mirror) else 0
        self._codes.append((MAP, self._add("maps", len(effect.size)), *self.settings.maps[path], turned, pick, 0))
        self._maps.append(effect.matrices(before))
        self._canvas.append(effect.size)

    def _lattices(self, effect: effects.Field) -> int:
        """The first of the lattices of a field."""
        count, rows, columns, _ = effect.lattice.shape
        first, each = self._add("nodes", effect.lattice.size), 2 * rows * columns
        grids = np.empty((count, LATTICE), np.int64)
        grids[:] = FIELDS.index(effect.kind), rows, columns, first
        grids[:, -1] += each * np.arange(count)
        self._grids.append(grids)
        self._nodes.append(effect.lattice.reshape(-1))
        return self._add("grids", count)

    def _step(self, effect: Effect, path: str) -> None:
        pick = 0
        if isinstance(effect, effects.Matrix):
            sort, rows = AFFINE, affine_rows(effect)
            self.leaning += 0 if effect.luminance is None and effect.channel is None else len(rows)
        elif isinstance(effect, effects.Table | effects.Statistic):
            sort, rows, pick = TABLE, *self._tables(effect, path)
        elif isinstance(effect, effects.Curve):
            sort, rows = CURVE, curve_rows(effect, self.levels)
        else:
            sort, called = self._function(effect, path)
            rows, pick = plain_rows(len(called.draws)), self._add("draws", len(called.draws))
            self.functions.append(called)
        self._codes.append((COLOUR, self._add("steps", len(rows)), 0, 0, UNSAID, UNSAID, sort, pick, 0))
        self._steps.append(rows)

    def _function(self, effect: Effect, path: str) -> tuple[int, BoundFunction]:
        """The sort of a step that calls a function, and what it calls."""
        if isinstance(effect, effects.Holes):
            return HOLES, hole_function(path, effect)
        if isinstance(effect, effects.Noise):
            return ROWWISE, noise_function(path, effect, self.settings.colours.shape[1])
        if isinstance(effect, effects.RowFunction):
            return ROWWISE, BoundFunction(path, effect.function, True, effect.draws, effect.bits)
        assert isinstance(effect, effects.PixelFunction), effect
        return POINTWISE, BoundFunction(path, effect.function, False, effect.draws)

    def _tables(self, effect: effects.Table | effects.Statistic, path: str) -> tuple[Floats, int]:
        """The steps of an effect of tables, and the first of these; those of a statistic are filled later."""
        channels = self.settings.colours.shape[1]
        if isinstance(effect, effects.Statistic):
            tables, own = np.zeros((len(effect.draws), channels, LEVELS)), True
        else:
            own = effect.values.ndim == 3
            values = effect.values if own else effect.values[:, None]
            tables = np.broadcast_to(values, (len(values), channels, LEVELS))
        pick = self._add("luts", len(tables))
        if isinstance(effect, effects.Statistic):
            self.requests |= {pick + n: TableRequest(path, effect, n) for n in range(len(tables))}
        self._luts.append(tables)
        return table_rows(len(tables), own), pick

    def _add(self, table: str, rows: int) -> int:
        """Where the next rows of a table begin."""
        begin = self._counts[table]
        self._counts[table] = begin + rows
        return begin

    def entries(self) -> Entries:
        """All effects, one after the other."""
        return Entries(
            np.array(self._codes, np.int64).reshape(-1, ENTRY),
            _joined(self._maps, (0, 3, 3), np.float64),
            _joined(self._canvas, (0, 2), np.int64),
            _joined(self._steps, (0, STEP), np.float64),
        )

    def applies(self, samples: int) -> Flags:
        """(gates, B): for which samples each gated op applies."""
        return np.array(self._applies, np.bool_).reshape(len(self._applies), samples)

    def lattices(self) -> Lattices:
        """All that bends maps."""
        if not self._grids:
            return NONE
        return Lattices(_joined(self._grids, (0, LATTICE), np.int64), _joined(self._nodes, (0,), np.float64))

    def luts(self) -> NDArray[np.float32]:
        """All tables, (n, C, 256): one for each channel."""
        return np.asarray(_joined(self._luts, (0, self.settings.colours.shape[1], LEVELS), np.float32))

    def draws(self) -> tuple[NDArray[np.int64], Floats]:
        """For the user's functions, a row a call: which function it is, and its numbers."""
        tables = [each.table() for each in self.functions]
        count, most = self._counts["draws"], max([table.shape[1] for table in tables], default=0)
        calls, draws, begin = np.empty(count, np.int64), np.zeros((count, most)), 0
        for n, table in enumerate(tables):
            rows = slice(begin, begin + len(table))
            calls[rows], draws[rows, : table.shape[1]], begin = n, table, rows.stop
        return calls, draws


def _some(lowered: Lowered, rows: Flags) -> Flags:
    """(B,): the samples of some of the rows of effects."""
    if lowered.applies is None:
        return rows
    applies = lowered.applies.copy()
    applies[applies] = rows
    return applies


def _joined(parts: list[Any], empty: tuple[int, ...], dtype: type) -> Any:
    """Rows one after the other."""
    if not parts:
        return np.zeros(empty, dtype)
    if len(parts) == 1:
        return np.ascontiguousarray(parts[0], dtype)
    # Of parts that are views NumPy makes an array in an order of its own.
    return np.ascontiguousarray(np.concatenate(parts, dtype=dtype, casting="unsafe"))


def fill_colour(fill: Any, node: Node, spec: PictureSpec) -> tuple[float, ...]:
    """What lies outside as one number a channel, in the picture's own numbers.

    Raises  InputError if there are more or fewer, or the picture's dtype cannot hold one.
    """
    values = fill if isinstance(fill, tuple) else (fill,) * spec.channels
    if len(values) == 1:
        values *= spec.channels
    if len(values) != spec.channels:
        raise InputError(
            f"{node.owner('fill')} has {len(values)} numbers, but the picture has {spec.channels} channels. Write one "
            "number a channel, or one for all."
        )
    most = MOST_FLOAT if spec.dtype == "float32" else NOMINAL[spec.dtype]
    least = -most if spec.dtype == "float32" else 0
    for value in values:
        if not least <= value <= most:
            raise InputError(
                f"{node.owner('fill')} is {show(float(value))}, and a picture of {spec.dtype} holds {least:.6g} to "
                f"{most:.6g}. Write a fill in the picture's own numbers"
            )
    return tuple(float(value) for value in values)
