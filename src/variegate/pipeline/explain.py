"""The plan as text: for people who would rather see what will happen to their pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from variegate.arguments import show
from variegate.errors import InputError, VariegateError
from variegate.key import Keys
from variegate.ops.effect import Field, Geometric, Output
from variegate.picture import ImageArray, as_picture
from variegate.pipeline.display import Explanation
from variegate.pipeline.timed import stage_times
from variegate.plan.cutter import Cutter
from variegate.plan.ir import Node
from variegate.plan.picture_spec import PictureSpec
from variegate.plan.stage.registry import stage_of
from variegate.targets import Boxes, Mask, Targets
from variegate.white import DTYPES, NOMINAL

if TYPE_CHECKING:
    from variegate.pipeline.pipeline import Pipeline

UNLABELLED = Targets(boxes=Boxes(), masks=Mask(stack=True))  # of a plan told without a sample: no label is found
WORDS = {  # by how a line that has them begins
    "stage": "what is done in one go over a picture; between two stages it exists, as float32",
    "map": "says where each pixel comes from; all maps of a stage are one, and the picture is resampled once",
    "field": "a map that bends",
    "colour": "says what becomes of each pixel's numbers",
    "canvas": "the picture's size before, and after each map; a window cuts where the fill beyond its edge is seen",
    "read": "how pixels are taken from the picture; prefiltered: smoothed first, because it shrinks",
    "mosaic": "pictures of partners, which a Loader draws; each is read once, where it shows",
    "mix": "the results of several samples made one; a Loader draws the partners, by the sample's own key",
    "mean": "a number of the whole picture, so that each pixel is looked at once before",
    "time": "measured here, on one thread, without drawing and planning; the median of some turns",
    "cut": "why the op after it must wait until the one before has made its picture",
}


def explain(pipeline: Pipeline, size: Any, channels: int, dtype: str | None, timed: bool = False) -> Explanation:
    """See `Compose.explain`."""
    picture = None
    if hasattr(size, "shape"):
        picture, _ = as_picture(size, "explain's picture")
        size, dtype = picture.shape, picture.dtype.name
    elif timed and size is None:
        raise InputError("explain(timed=True) measures on a picture: give one, or its (height, width)")
    if size is not None:
        sides = tuple(size) if isinstance(size, Sequence) else (size,)
        if len(sides) not in (2, 3) or not all(hasattr(side, "__index__") and side > 0 for side in sides):
            raise InputError(f"explain takes (height, width) of a picture, its shape, or a picture; got {size!r}")
        size, channels = (int(sides[0]), int(sides[1])), int(sides[2]) if len(sides) == 3 else channels
    if dtype is None:
        dtype = next(name for name in DTYPES if name == DTYPES[-1] or _holds(pipeline, name))
    elif dtype not in DTYPES:
        raise InputError(
            f"explain tells of pictures of {', '.join(DTYPES)}, got {dtype}; int16 and others become float32"
        )
    cutter = pipeline.compiler.cutter
    lines = [_headline(pipeline, cutter)]
    if size is None:
        for n, nodes in enumerate(cutter.segments):
            lines += _stage(n, nodes, cutter.output if n == len(cutter.segments) - 1 else None, ())
    else:
        lines += _drawn(pipeline, size, channels, dtype, timed, picture)
    if pipeline.compiler.collage is not None:
        op = pipeline.compiler.collage.collage.op
        lines.append(f"mosaic     {op!r}: {op.times('partner') + 1} pictures, each through a plan like this")
    for level in pipeline.compiler.levels:
        told = " or ".join(f"{node.op!r}{_gates(node)}" for node in level)
        lines.append(f"mix        {told}, of the result and a partner's")
    for cut in cutter.cuts:
        lines.append(f"cut        {cut.left} | {cut.right}: {cut.reason}.")
    if not cutter.cuts:
        lines.append("cut        none: all of it is one pass")
    return Explanation("\n".join([*lines, *_legend(lines)]))


def _legend(lines: Sequence[str]) -> Iterator[str]:
    """What the words mean that a plan begins its lines with."""
    seen = {line.split()[0] for line in lines}
    for n, (word, meaning) in enumerate((word, each) for word, each in WORDS.items() if word in seen):
        yield f"{'' if n else 'words':<11}{word:<8}{meaning}"


def shown(pipeline: Pipeline) -> str:
    """A pipeline as HTML: its plan, or if it has none, why."""
    try:
        return explain(pipeline, None, 3, None)._repr_html_()
    except VariegateError as problem:
        return f"<pre>{escape(repr(pipeline))}</pre><p><strong>{escape(str(problem))}</strong></p>"


def _drawn(
    pipeline: Pipeline, size: tuple[int, int], channels: int, dtype: str, timed: bool, picture: ImageArray | None
) -> Iterator[str]:
    """One picture's way, with the numbers that a key draws for it; timed: on the picture, or on noise."""
    compiler = pipeline.compiler
    leaves = UNLABELLED.read({"boxes": [], "masks": [], "mask": np.zeros(size, np.uint8)}, size)
    spec = pipeline.picture_spec(channels, dtype, UNLABELLED)
    keys = Keys.at(0, 0, [0])
    plan = compiler.plan(compiler.drawing.columns(keys), keys, np.array([size], np.int64), spec, [leaves])
    bound = plan.bound
    yield f"picture    {size[0]} x {size[1]} x {channels} {dtype}, drawn with Key() for this text"
    yield f"numbers    {_meaning(spec, plan.asks)}"
    for node in compiler.flat.nodes:
        if node.op.looks:
            yield f"labels     {node.path} looks at them; here it finds none"
    skipped = [each.node.path for each in bound.lowered if not each.effects]
    if skipped:
        yield f"skipped    {', '.join(skipped)}: by the numbers of this key"
    rows = bound.rows(0)
    spent = stage_times(bound, _noise(size, spec) if picture is None else picture) if timed else []
    for n, (row, nodes) in enumerate(zip(rows, bound.nodes(0), strict=True)):
        told = [*bound.stage(row).explain(row), *_time(spent[n : n + 1], sum(spent))]
        yield from _stage(n, nodes, bound.cutter.output if row == rows[-1] else None, told)


def _noise(size: tuple[int, int], spec: PictureSpec) -> ImageArray:
    """A picture to measure on, where none is given."""
    numbers = np.random.default_rng(0).integers(0, 256, (*size, spec.channels)) * (spec.unit / 255)
    return np.ascontiguousarray(numbers.astype(spec.dtype))


def _time(spent: Sequence[float], total: float) -> Iterator[str]:
    """A stage's line of its time; none if nothing was measured."""
    for seconds in spent:
        own = f"{seconds * 1e6:.0f} us, {seconds / total:.0%} of {total * 1e6:.0f} us"
        yield f"  time     {own if seconds else 'none: the stage before writes the result itself'}"


def _holds(pipeline: Pipeline, dtype: str) -> bool:
    """Whether pictures of this dtype can have the white and the fills that are declared."""
    maps = [node.op for node in pipeline.compiler.flat.leaves if issubclass(node.op.gives, Geometric)]
    fills = [getattr(op, "fill", 0) for op in maps]  # in the picture's own numbers; those of dropout are in white's
    numbers = [number for fill in fills for number in (fill if isinstance(fill, tuple) else (fill,))]
    white = pipeline.white if isinstance(pipeline.white, float) else NOMINAL[dtype]
    whole = pipeline.white is not None and white == int(white)
    return whole and all(0 <= number <= NOMINAL[dtype] for number in (*numbers, white))


def resamplings(cutter: Cutter) -> int:
    """How often a pixel of the result is read from another picture: segments with maps, where every op applies."""
    return sum(any(issubclass(node.op.gives, Geometric) for node in nodes) for nodes in cutter.segments)


def _headline(pipeline: Pipeline, cutter: Cutter) -> str:
    ops, count, stages = len(cutter.nodes) + len(cutter.output), resamplings(cutter), len(cutter.segments)
    some = " (where every op applies; samples that an op skips may take fewer)" if cutter.varies else ""
    return (
        f"plan       {ops} op{'s' * (ops != 1)} in {stages} stage{'s' * (stages != 1)}, "
        f"{count} resampling{'s' * (count != 1)}{some}; "
        f"{pipeline.interpolation}, antialias {'on' if pipeline.antialias else 'off'}"
    )


def _stage(n: int, nodes: Sequence[Node], output: Sequence[Node] | None, told: Iterable[str]) -> Iterator[str]:
    """One stage; output: the nodes of the last write, None if this is not the last; told: what is known with a size."""
    stage = stage_of(nodes[0]) if nodes else None
    if stage is not None and stage.alone:
        yield f"stage {n + 1}    {stage.verb} {nodes[0].op!r} {stage.does}{_gates(nodes[0])}"
        yield from told
        return
    yield f"stage {n + 1}    one pass over the pixels"
    for node in (*nodes, *(output or ())):
        yield f"  {_kind(node):<9}{node.op!r}{_gates(node)}"
    yield from told
    if output is None:
        yield "  write    float32, neither rounded nor clamped"


def _meaning(spec: PictureSpec, asks: str) -> str:
    """What the picture's numbers are taken for, and what becomes of those beyond."""
    if spec.white is None:
        return "no range (white=None): nothing is clamped, but by what the dtype of the result holds"
    told = f"black 0, white {show(spec.white)}"
    if not asks:
        held = "" if spec.dtype == "float32" else ", but by what the dtype holds"
        return f"{told}; no op asks for them, so nothing is clamped{held}"
    may_leave = spec.dtype == "float32" or spec.white < NOMINAL[spec.dtype]
    refused = "a picture beyond them is refused, and " if may_leave else ""
    return f"{told}, which {asks} asks for: {refused}the result is clamped to them, once"


def _kind(node: Node) -> str:
    kinds = {Field: "field", Geometric: "map", Output: "output"}
    return next((told for kind, told in kinds.items() if issubclass(node.op.gives, kind)), "colour")


def _gates(node: Node) -> str:
    """On what it depends whether the op applies, where that is a combinator above it."""
    does: dict[str, str] = {}
    for gate in node.gates:
        if gate.path != node.path and does.get(gate.path) != "chooses it":
            does[gate.path] = "applies" if gate.field == "p" else "chooses it"
    return f"   if {' and '.join(f'{path} {what}' for path, what in does.items())}" if does else ""
