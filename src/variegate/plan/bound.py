"""BoundBatch: a batch's nodes, lowered once, cut sample by sample, and laid out as the rows that stages run."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError, PipelineError
from variegate.kernels.codes import (
    BOUND,
    FIRST_MAP,
    GOAL,
    READ,
    ROW_ENTRY,
    ROW_FORM,
    ROW_STAGE,
    TO_RESULT,
)
from variegate.kernels.cut import NO, cut
from variegate.kernels.row_layout import GROWTH, LONGEST, NO_NUMBER, STRETCH, TOO_LARGE, RowLayout, lay, room
from variegate.ops.base import LoweringContext
from variegate.ops.effect import Colour, Ints
from variegate.picture import MOST_PIXELS, ImageArray
from variegate.plan.batch import LoweredBatch
from variegate.plan.cutter import Cutter
from variegate.plan.draw import DrawnColumns
from variegate.plan.entries import EntryTables
from variegate.plan.ir import Node
from variegate.plan.lower import Look, Lowered, lower
from variegate.plan.output import output_format
from variegate.plan.picture_spec import PictureSpec
from variegate.plan.smaller import Fit, reductions
from variegate.plan.stage.base import Stage, Window
from variegate.plan.stage.call import CallStage, moves_pixels
from variegate.plan.stage.read import ReadStage
from variegate.plan.stage.registry import STAGES
from variegate.plan.stage.single import SingleEffectStage
from variegate.sampling import INTERPOLATIONS
from variegate.scratch import SCRATCH

Flags = NDArray[np.bool_]


class Continuation(NamedTuple):
    """What was done to pictures before: they are what a function made, float32 in units of white.

    ranged  (B,): which samples an op of colour has changed; nodes: those that are left
    """

    ranged: Flags
    nodes: tuple[Node, ...]


class BoundBatch:
    """The rows of a batch, each bound to its stage.

    sizes     (B, 2): of the pictures that come in; after: of the results
    goes_on   whether more is to come: what is written is float32 in units of white, neither rounded nor clamped
    segments  (E, B): see `kernels.cut`
    """

    def __init__(
        self,
        cutter: Cutter,
        columns: DrawnColumns,
        sizes: Ints,
        spec: PictureSpec,
        look: Look,
        continuation: Continuation | None = None,
        goes_on: bool = False,
    ) -> None:
        self.cutter, self.columns, self.sizes, self.spec = cutter, columns, sizes, spec
        self._continuation, self.look = continuation, look
        context = LoweringContext(spec.channels, steps=spec.steps)
        self.lowered = lower(
            cutter.nodes if continuation is None else continuation.nodes, columns, sizes, context, look
        )
        self.after = self.lowered[-1].after if self.lowered else sizes
        self.output = output_format(cutter.output, spec, columns, self.after, context)
        self.entry_tables = EntryTables(self.lowered, cutter.settings(spec), spec.steps)
        self.row_layout = self._lay()
        if goes_on:
            self.row_layout.rows[:, ROW_FORM] &= ~TO_RESULT
            self.row_layout.units[:, GOAL], self.row_layout.units[:, BOUND] = 1.0, -1.0
        self.first: list[int] = self.row_layout.first.tolist()
        self.run_by: list[int] = self.row_layout.rows[:-1, ROW_STAGE].tolist()
        branching = [each for each in self.lowered if each.effects and each.node.branches]
        self.branches = {each.node.path: self._branches(each) for each in branching}
        batch = self._batch()
        self._stages: dict[int, Stage] = {code: STAGES[code](batch) for code in {READ, *self.run_by}}

    def _lay(self) -> RowLayout:
        """Cut the samples' rows of effects, and lay out what they hold."""
        entry_tables, count = self.entry_tables, len(self.sizes)
        entries = entry_tables.entries()
        symbols = np.array([self.cutter.symbols[each.node.path] for _, each in entry_tables.effects], np.int64)
        self.segments, counts = np.empty((len(symbols), count), np.int64), np.empty(count, np.int64)
        gates = np.array(entry_tables.gates, np.int64)
        table = entry_tables.applies(count)
        rows = cut(*self.cutter.automaton, symbols, gates, table, self.segments, counts)  # type: ignore[no-untyped-call]
        row_layout = room(
            rows, count, len(entries.maps), len(entries.steps), entry_tables.leaning, entry_tables.lattices()
        )
        spec, defaults = self.spec, self.spec.defaults
        reading = INTERPOLATIONS.index(defaults.interpolation), int(defaults.antialias)
        begun = self._continuation is not None
        whites = (1.0, 1.0) if begun else (spec.unit, spec.between)
        bounds = self._bounds()
        sites, *slip = lay(self.segments, counts, *entries, self.sizes, whites, bounds, reading, begun, row_layout)  # type: ignore[no-untyped-call]
        if slip[0]:
            self._refuse(*slip)
        return row_layout._replace(tops=row_layout.tops[:sites])

    def _batch(self) -> LoweredBatch:
        """What stages are made of."""
        entry_tables = self.entry_tables
        effects = [(effect, each.node) for effect, each in entry_tables.effects]
        tables = entry_tables.settings.colours, entry_tables.luts(), entry_tables.requests, entry_tables.functions
        return LoweredBatch(
            self.spec, self.output, self.row_layout, effects, *tables, *entry_tables.draws(), self.branches
        )

    def _branches(self, lowered: Lowered) -> tuple[BoundBatch, ...]:
        """What each branch of a node makes of the samples to which it applies."""
        rows = slice(None) if lowered.applies is None else lowered.applies
        columns = {path: {f: c[..., rows] for f, c in fields.items()} for path, fields in self.columns.items()}
        found = []
        for cutter in self.cutter.branches[lowered.node.path]:
            begun = Continuation(np.ones(len(lowered.given), np.bool_), cutter.nodes)
            found.append(BoundBatch(cutter, columns, lowered.given, self.spec, _unseen, begun, goes_on=True))
        return tuple(found)

    def _refuse(self, slip: int, entry: int, i: int) -> None:
        """Refuse an op that makes more pixels than any picture has, leaves nothing of one, or makes no colours.

        Raises  PipelineError that names the op.
        """
        lowered = self.entry_tables.effects[entry][1]
        path, made, own = lowered.node.path, lowered.after[i].tolist(), self.sizes[i].tolist()
        if slip == NO_NUMBER:
            raise PipelineError(f"{path}: its lower() made colours of numbers that are not finite: a slip")
        if slip == TOO_LARGE:
            raise PipelineError(
                f"{path} makes {made[0]} x {made[1]} pixels of a picture of {own[0]} x {own[1]}. A picture may "
                f"come to have {MOST_PIXELS:,} pixels, or {GROWTH} times its own, and {LONGEST:,} a side: give {path} "
                "a smaller size"
            )
        raise PipelineError(
            f"{path} shrinks or stretches a picture more than {STRETCH:,.0f} times; its numbers are a slip"
        )

    def _bounds(self) -> NDArray[np.float64]:
        """To what each result is clamped, in units of white: where its numbers have a range, or its dtype has.

        A sample that every op of colour skips keeps its numbers, as in a pipeline without them.
        """
        spec = self.spec
        if self.output.asked:
            return np.full(len(self.sizes), 1.0 if spec.white is not None else -1.0)
        if spec.white is None or spec.bound == 1.0:
            return np.full(len(self.sizes), spec.bound)
        return np.where(self.ranged, 1.0, spec.bound)

    @functools.cached_property
    def ranged(self) -> Flags:
        """(B,): which samples an op of colour changes."""
        found = np.zeros(len(self.sizes), np.bool_) if self._continuation is None else self._continuation.ranged.copy()
        for each in self.lowered:
            if each.effects and isinstance(each.effects[0], Colour):
                found |= True if each.applies is None else each.applies
        return found

    def stage(self, row: int) -> Stage:
        """The stage that runs a row."""
        return self._stages[self.run_by[row]]

    @functools.cached_property
    def read(self) -> ReadStage:
        """The stage that every sample ends in."""
        found = self._stages[READ]
        assert isinstance(found, ReadStage)
        return found

    def rows(self, i: int) -> range:
        """The rows of sample i."""
        return range(self.first[i], self.first[i + 1])

    def shape(self, i: int) -> tuple[int, ...]:
        """The shape of sample i's result."""
        return self.read.shape(self.first[i + 1] - 1)

    def nbytes(self, i: int) -> int:
        """Bytes of the pictures between sample i's segments."""
        return sum(self.stage(r).nbytes(r) for r in self.rows(i))

    def nodes(self, i: int) -> list[list[Node]]:
        """The nodes that apply to sample i, row by row."""
        found: list[list[Node]] = [[] for _ in self.rows(i)]
        for (_, lowered), segments in zip(self.entry_tables.effects, self.segments, strict=True):
            place = int(segments[i])
            if place != NO and lowered.node not in found[place]:
                found[place].append(lowered.node)
        return found

    def run(self, i: int, image: ImageArray, out: ImageArray, fit: Fit | None = None) -> None:
        """Sample i through all its rows; fit: of a picture smaller than planned, see `plan.smaller`."""
        rows = self.rows(i)
        for r in rows:
            stage = self.stage(r)
            last = r == rows[-1] or (fit is None and stage.ends(r))
            to = out if last else None
            if fit is not None:
                image, fit = self._first(stage, r, i, image, to, fit), None
            else:
                image = stage.run(r, (image,), to)
            if last:
                return
            if image.shape[:2] != self.planned(r + 1):
                self._go_on(r, i, image, out)
                return

    def _first(self, stage: Stage, r: int, i: int, image: ImageArray, to: ImageArray | None, fit: Fit) -> ImageArray:
        """The first row of a sample whose picture is smaller than planned."""
        if isinstance(stage, ReadStage):
            return stage.run_smaller(r, image, to, fit)
        assert isinstance(stage, SingleEffectStage)
        own = SCRATCH.array("whole", self.whole.read.shape(i))  # not where the stage's own result may go
        return stage.make(r, self.whole.read.run_smaller(i, image, own, fit), 1.0)

    @functools.cached_property
    def whole(self) -> BoundBatch:
        """What does nothing but write pictures as float32 in units of white."""
        return BoundBatch(Cutter(()), {}, self.sizes, self.spec, _unseen, goes_on=True)

    def planned(self, r: int) -> tuple[int, int]:
        """(height, width) of the picture that row r reads."""
        height, width = self.row_layout.canvas[self.row_layout.rows[r, FIRST_MAP] + r].tolist()
        return height, width

    def _go_on(self, r: int, i: int, image: ImageArray, out: ImageArray) -> None:
        """What follows row r, a user's function, for a sample whose size it changed: lowered again."""
        rest = self.rest(r, i, image.shape[:2])
        if rest.shape(0) != out.shape:
            raise InputError(
                f"{self.node(r).path} changed the size of the picture to {image.shape[:2]}, so the result has "
                f"shape {rest.shape(0)} instead of {out.shape}. Put Resize or CenterCrop after it."
            )
        rest.run(0, image, out)

    @functools.cached_property
    def reductions(self) -> list[int]:
        """For each sample the whole factor, 1, 2, 4 or 8, by which its picture may be smaller; see `Plan.reduction`."""
        found, first = [1] * len(self.sizes), self.first[:-1]
        asked = [i for i, r in enumerate(first) if self.run_by[r] == READ]
        factors = reductions([self.read.tables.row(first[i]) for i in asked])
        for i, factor in zip(asked, factors, strict=True):
            found[i] = factor
        return found

    def window(self, i: int) -> Window:
        """The pixels of sample i's picture on which its result hangs: top, bottom, left, right."""
        found = 0, 0, 0, 0
        for r in reversed(self.rows(i)):
            found = self.stage(r).window(r, found, self.planned(r))
        return found

    def check_labels(self, i: int, fields: Sequence[str]) -> None:
        """Refuse fields with places in the picture where a user's function may have moved sample i's pixels.

        Raises  InputError that names the op and the fields.
        """
        calls = [self.node(r) for r in self.rows(i) if isinstance(self.stage(r), CallStage)]
        moving = [node for node in calls if moves_pixels(node)]
        if moving and fields:
            raise InputError(
                f"{moving[0].path} is a function of the whole picture that may move pixels, and {', '.join(fields)} "
                "cannot follow it. If it leaves every pixel in its place, declare it with moves_pixels=False"
            )

    def node(self, r: int) -> Node:
        """The node of a row that shares it with no other."""
        entry = int(self.row_layout.rows[r, ROW_ENTRY])
        return self.entry_tables.effects[entry][1].node

    def rest(self, r: int, i: int, size: tuple[int, ...]) -> BoundBatch:
        """Sample i alone after row r, for a picture of another size."""
        one = {path: {f: c[..., i : i + 1] for f, c in fields.items()} for path, fields in self.columns.items()}
        nodes = self.cutter.nodes[self.cutter.nodes.index(self.node(r)) + 1 :]
        continuation = Continuation(self.ranged[i : i + 1], nodes)
        return BoundBatch(self.cutter, one, np.array([size], np.int64), self.spec, _unseen, continuation)


def _unseen(node: Node, before: Sequence[Lowered], rows: Any) -> LoweringContext:
    """What an op may look at where no label can have followed: nothing."""
    return LoweringContext(0)
