"""The plan as text: for people who would rather see what will happen to their pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from variegate.dist import show
from variegate.errors import InputError
from variegate.key import Keys
from variegate.plan.group import Group
from variegate.plan.ir import Call, Node, Program, Read, Stage, nodes_of
from variegate.plan.kind import Kind
from variegate.targets import Boxes, Targets
from variegate.white import DTYPES, NOMINAL

if TYPE_CHECKING:
    from variegate.pipeline import Compose
    from variegate.plan.group import Pass

UNLABELLED = Targets(boxes=Boxes())  # a plan told without a sample: what looks at labels finds none
HOW = ("as it is", "prefiltered", "by the exact separable kernel")


def explain(pipeline: Compose, size: tuple[int, int] | None, channels: int, dtype: str | None) -> str:
    """See `Compose.explain`."""
    if dtype is None:
        dtype = next(name for name in DTYPES if name == DTYPES[-1] or _holds(pipeline, name))
    elif dtype not in DTYPES:
        raise InputError(
            f"explain tells of pictures of {', '.join(DTYPES)}, got {dtype}; int16 and others become float32"
        )
    compiler = pipeline.compiler
    program = compiler.program
    lines = [_headline(program, compiler.cutting, pipeline)]
    group = None
    if size is not None:
        columns = compiler.drawing.columns(Keys.at(0, 0, [0]))
        leaves = UNLABELLED.read({"boxes": [], "mask": np.zeros(size, np.uint8)}, size)
        kind = pipeline.kind(channels, dtype, UNLABELLED)
        group = Group(program, columns, np.array([size], np.int64), kind, leaves=[leaves])
        lines.append(f"picture    {size[0]} x {size[1]} x {channels} {dtype}, drawn with Key() for this text")
        lines.append(f"numbers    {_meaning(kind, compiler.asks(kind, group.last.written))}")
        looking = [node.path for node in compiler.flat.nodes if node.op.looks]
        lines += [f"labels     {path} looks at them; here it finds none" for path in looking]
    for n, stage in enumerate(program.stages):
        lines += _stage(n, stage, n == len(program.stages) - 1, group)
    for cut in program.cuts:
        lines.append(f"No         {cut.left} | {cut.right}: {cut.reason}.")
    if not program.cuts:
        lines.append("No         none: nothing had to be cut")
    return "\n".join(lines)


def _holds(pipeline: Compose, dtype: str) -> bool:
    """Whether pictures of this dtype can have the white and the fills that are declared."""
    fills = [getattr(node.op, "fill", 0) for node in pipeline.compiler.flat.nodes]
    numbers = [number for fill in fills for number in (fill if isinstance(fill, tuple) else (fill,))]
    white = pipeline.white if isinstance(pipeline.white, float) else NOMINAL[dtype]
    whole = pipeline.white is not None and white == int(white)
    return whole and all(0 <= number <= NOMINAL[dtype] for number in (*numbers, white))


def resamplings(program: Program) -> int:
    """How often a pixel of the result is read from another picture: stages with maps."""
    return sum(bool(stage.maps) for stage in program.stages if isinstance(stage, Read))


def _headline(program: Program, cutting: tuple[int, ...], pipeline: Compose) -> str:
    ops = sum(len(nodes_of(stage)) for stage in program.stages)
    count, stages = resamplings(program), len(program.stages)
    some = " (where every op applies; samples that an op skips may take fewer)" if cutting else ""
    return (
        f"plan       {ops} op{'s' * (ops != 1)} in {stages} stage{'s' * (stages != 1)}, "
        f"{count} resampling{'s' * (count != 1)}{some}; "
        f"{pipeline.interpolation}, antialias {'on' if pipeline.antialias else 'off'}"
    )


def _stage(n: int, stage: Stage, final: bool, group: Group | None) -> Iterator[str]:
    if isinstance(stage, Call):
        yield f"stage {n + 1}    call {stage.node.op!r} on float32 (height, width, channels)"
        return
    yield f"stage {n + 1}    one pass over the pixels"
    for node in nodes_of(stage):
        yield f"  {_kind(node):<9}{node.op!r}{_gates(node)}"
    if group is not None:
        yield from _numbers(group, n)
    if not final:
        yield "  write    float32, neither rounded nor clamped"


def _numbers(group: Group, n: int) -> Iterator[str]:
    """What is known with a size: how the source is read, and what is written."""
    stage: Pass = group.stages[n]  # type: ignore[assignment]
    state, scale = stage.sites.state[0, 0], stage.sites.scale[0, 0]
    told = HOW[int(state[2])]
    if state[2] == 1:
        told += f" (scales {scale[0]:.2f} along x, {scale[1]:.2f} along y, {scale[2]:.2f} along a diagonal)"
    canvases = " -> ".join(f"{h} x {w}" for h, w in stage.tables.canvas[0].tolist())
    leaning = (stage.tables.steps[0, :, 12:14] != 0).any(axis=1)
    means = int(leaning.sum())
    if means:
        early = int((stage.tables.levels[leaning] > 0).sum())
        where = f", {early} of them by a read-only pass over an earlier canvas" if early else ""
        yield f"  mean     {means} mean{'s' * (means != 1)} of the picture{where}"
    yield f"  canvas   {canvases}; {int(state[0])} window{'s' * (int(state[0]) != 1)} cut"
    yield f"  read     {told}"
    if stage.final:
        shape = " x ".join(map(str, stage.shape(0)))
        yield f"  write    {np.dtype(stage.written.dtype).name} {stage.written.layout} {shape}"


def _meaning(kind: Kind, asks: str) -> str:
    """What the picture's numbers are taken for, and what becomes of those beyond."""
    if kind.white is None:
        return "no range (white=None): nothing is clamped, but by what the dtype of the result holds"
    told = f"black 0, white {show(kind.white)}"
    if not asks:
        held = "" if kind.dtype == "float32" else ", but by what the dtype holds"
        return f"{told}; no op asks for them, so nothing is clamped{held}"
    may_leave = kind.dtype == "float32" or kind.white < NOMINAL[kind.dtype]
    refused = "a picture beyond them is refused, and " if may_leave else ""
    return f"{told}, which {asks} asks for: {refused}the result is clamped to them, once"


def _kind(node: Node) -> str:
    return {"geometric": "map", "output": "output"}.get(node.op.gives.word, "colour")


def _gates(node: Node) -> str:
    """On what it depends whether the op applies, where that is a combinator above it."""
    others = [gate for gate in node.gates if gate.path != node.path]
    return f"   if {' and '.join(gate.path for gate in others)}" if others else ""
