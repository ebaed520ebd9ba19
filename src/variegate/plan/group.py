"""Group: the samples of a batch that share a program, and the passes over the pixels that it is made of."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError
from variegate.ops import effect as effects
from variegate.ops.base import Facts
from variegate.ops.effect import Ints
from variegate.plan.draw import Columns
from variegate.plan.ir import CHW, NEAREST, Call, Node, Program, Read, nodes_of
from variegate.plan.kind import Kind
from variegate.plan.lower import Lowering, Source, lower_read
from variegate.plan.output import Written, written_by
from variegate.plan.scratch import SCRATCH
from variegate.plan.smaller import Fit, reductions
from variegate.plan.tables import arena_floats, plane_floats
from variegate.plan.trail import Trail
from variegate.targets.leaf import Leaves
from variegate.white import DTYPES, NOMINAL

if TYPE_CHECKING:
    from variegate.plan.report import Report

Image = NDArray[Any]
Flags = NDArray[np.bool_]


class Pass:
    """One Read of a group of samples: its tables, ready for the kernel."""

    def __init__(self, lowering: Lowering, source: Source, written: Written, kind: Kind, final: bool) -> None:
        from variegate.plan.bind import bind

        self.written, self.kind, self.final = written, kind, final
        self.functions, self.antialias = lowering.steps.functions, lowering.antialias
        tables = lowering.tables(source, kind, written, final)
        bounded = kind.white is not None
        self.tables, self.sites = bind(tables, self.functions, self.antialias, written.dtype, bounded)
        self.sizes = lowering.canvas[-1]
        self.widest = self.tables.canvas[:, :, 1].max(axis=1).tolist()  # of each sample's canvases: any may have a mean

    def shape(self, i: int) -> tuple[int, ...]:
        """The shape of sample i's result."""
        h, w = self.sizes[i].tolist()
        return (self.kind.channels, h, w) if self.tables.settings[2] == CHW else (h, w, self.kind.channels)

    def run(self, i: int, image: Image, out: Image, fit: Fit | None = None) -> None:
        """Sample i: image (H, W, C), of the pass's dtype and C-contiguous, to out; fit: of a smaller picture.

        Raises  InputError that names the op if a user's function raised.
        """
        from variegate.kernels.render import render

        tables, sites, site = self.tables, self.sites, i
        if fit is not None:
            from variegate.plan.bind import bind_smaller

            size, bounded = (image.shape[0], image.shape[1]), self.kind.white is not None
            tables, sites = bind_smaller(tables, sites, i, self.antialias, self.written.dtype, bounded, size, fit)
            site = 0
        height, width, channels = image.shape
        rows, columns = self.sizes[i].tolist()
        arena, arena_owner = SCRATCH.address("arena", arena_floats(height, width, channels))
        floats = plane_floats(rows, columns, self.widest[i], width, channels)
        planes, planes_owner = SCRATCH.address("planes", floats)
        source, target = image.__array_interface__["data"][0], out.__array_interface__["data"][0]
        shape = height, width, channels
        report = self._report() if self.functions else None
        told = 0 if report is None else report.address
        render(source, shape, i, site, tables, sites, arena, planes, target, told)  # type: ignore[no-untyped-call]
        del arena_owner, planes_owner
        if report is not None:
            report.check(i)

    def _report(self) -> Report:
        from variegate.plan.report import Report

        return Report(self.functions, self.kind.channels)


class Group:
    """The samples of a batch that share a program.

    leaves  the labels of each sample, for ops that look at them
    ranged  (B,) whose numbers have a range already, by ops before `start`
    trail   all maps of the program, which labels follow
    """

    def __init__(
        self,
        program: Program,
        columns: Columns,
        sizes: Ints,
        kind: Kind,
        start: int = 0,
        leaves: Sequence[Leaves] = (),
        ranged: Flags | None = None,
    ) -> None:
        self.program, self.columns, self.kind, self.start = program, columns, kind, start
        self.stages: list[Pass | effects.Opaque] = []
        self.sizes = [sizes]
        self.trail = Trail(sizes, kind.defaults, kind.targets, leaves, kind.fill)
        if ranged is not None:
            self.trail.ranged |= ranged
        calls = any(isinstance(stage, Call) for stage in program.stages)
        self.between = 1.0 if calls else kind.between  # what white is between two passes; functions take it for 1
        facts = Facts(kind.channels, steps=kind.steps)
        for n, stage in enumerate(program.stages[start:], start):
            if isinstance(stage, Call):
                effect = stage.node.op.lower(columns[stage.node.path], self.sizes[-1], facts)
                assert isinstance(effect, effects.Opaque)
                self.stages.append(effect)
                self.sizes.append(self.sizes[-1])
            else:
                self.stages.append(self._pass(stage, n, facts))
                self.sizes.append(self.last.sizes)

    def _pass(self, read: Read, n: int, facts: Facts) -> Pass:
        sizes, final = self.sizes[-1], n == len(self.program.stages) - 1
        kind = self.kind
        source = Source(kind.dtype, kind.unit)
        if n > 0:
            source = Source("float32", self.between)
        written = Written("float32", self.between)
        if final:
            written = written_by(read, kind, self.columns, sizes, facts)
        lowering = lower_read(read, self.columns, sizes, facts, self.trail)
        return Pass(lowering, source, written, kind, final)

    @property
    def last(self) -> Pass:
        """The pass that writes the result."""
        last = self.stages[-1]
        assert isinstance(last, Pass)
        return last

    def check_labels(self, fields: Sequence[str]) -> None:
        """Refuse fields with places in the picture where the user's function may have moved the pixels.

        Raises  InputError that names the op and the fields.
        """
        calls = [stage.node for stage in self.program.stages if isinstance(stage, Call)]
        moving = [node for node in calls if _moves(node)]
        if moving and fields:
            raise InputError(
                f"{moving[0].path} is a function of the whole picture that may move pixels, and {', '.join(fields)} "
                "cannot follow it. If it leaves every pixel in its place, declare it with moves=False"
            )

    def run(self, i: int, image: Image, out: Image, fit: Fit | None = None) -> None:
        """Sample i of the group, through all stages; fit: of a picture smaller than planned, see `plan.smaller`."""
        unit = self.kind.unit if self.start == 0 else 1.0
        if fit is not None and not isinstance(self.stages[0], Pass):
            image, fit, unit = self._enlarged(i, image, fit), None, self.between
        for n, stage in enumerate(self.stages):
            if isinstance(stage, effects.Opaque):
                image, unit = self._call(stage, n, i, image, unit), 1.0
                if image.shape[:2] != tuple(self.sizes[n + 1][i]):
                    return self._resume(n, i, image, out)
            else:
                final = n == len(self.stages) - 1
                target = out if final else np.empty(stage.shape(i), np.float32)
                stage.run(i, image, target, fit if n == 0 else None)
                image, unit = target, self.between
        return None

    def _enlarged(self, i: int, image: Image, fit: Fit) -> Image:
        """A smaller picture at the size that was planned: what a user's function that comes first is given."""
        out = np.empty(self.whole.shape(i), np.float32)
        self.whole.run(i, image, out, fit)
        return out

    @functools.cached_property
    def whole(self) -> Pass:
        """The pass that does nothing."""
        facts, sizes, kind = Facts(self.kind.channels), self.sizes[0], self.kind
        lowering = lower_read(Read(), {}, sizes, facts, Trail(sizes, kind.defaults, kind.targets))
        return Pass(lowering, Source(kind.dtype, kind.unit), Written("float32", self.between), kind, final=False)

    @functools.cached_property
    def reductions(self) -> list[int]:
        """For each sample the whole factor, 1, 2, 4 or 8, by which its picture may be smaller; see `Plan.reduction`."""
        first = self.stages[0]
        if not isinstance(first, Pass) or not first.antialias or first.tables.settings[0] == NEAREST:
            return [1] * len(self.sizes[0])
        return reductions(first.tables.maps, first.tables.canvas, first.tables.borders)

    def _call(self, stage: effects.Opaque, n: int, i: int, image: Image, unit: float) -> Image:
        """The user's function on a float32 picture in units of white, with what it returns checked.

        unit  what white is in the picture at hand
        """
        given = image.astype(np.float32) if unit == 1.0 else image.astype(np.float32) * np.float32(1 / unit)
        node = self.program.stages[self.start + n]
        assert isinstance(node, Call)
        try:
            result = stage.call(i, given)
        except Exception as error:
            told = ", ".join(f"{name}={value!r:.60}" for name, value in stage.draws[i].items())
            error.add_note(f"variegate: this was in {node.node.path}, whose function was called with ({told})")
            raise
        if (
            not isinstance(result, np.ndarray)
            or result.ndim != 3
            or result.shape[2] != image.shape[2]
            or not result.size
        ):
            told = f"shape {result.shape}" if isinstance(result, np.ndarray) else type(result).__name__
            raise InputError(
                f"{node.node.path}: the function must return an array (height, width, {image.shape[2]}), got {told}"
            )
        if not _moves(node.node) and result.shape != image.shape:
            raise InputError(
                f"{node.node.path} is declared with moves=False, but made {image.shape[:2]} to {result.shape[:2]}"
            )
        if result.dtype.kind != "f" and result.dtype.name not in DTYPES:
            raise InputError(f"{node.node.path}: the function must return float32, uint8 or uint16, got {result.dtype}")
        if result.dtype.kind == "f" or self.kind.white is None:
            return np.ascontiguousarray(result, np.float32)
        return result.astype(np.float32) * np.float32(1 / NOMINAL[result.dtype.name])

    def rest(self, n: int, i: int, size: tuple[int, int]) -> Group:
        """Sample i alone from stage n on, for a picture of another size."""
        one = {path: {f: c[..., i : i + 1] for f, c in fields.items()} for path, fields in self.columns.items()}
        ranged = self.trail.ranged[i : i + 1]
        return Group(self.program, one, np.array([size], np.int64), self.kind, self.start + n, ranged=ranged)

    def _resume(self, n: int, i: int, image: Image, out: Image) -> None:
        """What follows stage n, a user's function, for one sample whose size it changed."""
        rest, call = self.rest(n + 1, i, image.shape[:2]), self.program.stages[self.start + n]
        if rest.last.shape(0) != out.shape:
            raise InputError(
                f"{nodes_of(call)[0].path} changed the size of the picture to {image.shape[:2]}, so the result has "
                f"shape {rest.last.shape(0)} instead of {out.shape}. Put Resize or CenterCrop after it."
            )
        rest.run(0, image, out)


def _moves(node: Node) -> bool:
    """Whether a user's function may move pixels: yes, unless it was declared that it does not."""
    return bool(getattr(node.op, "moves", True))
