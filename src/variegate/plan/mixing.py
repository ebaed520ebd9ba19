"""Mixing: the ops of a pipeline that see several samples, apart from those that make the picture of one.

What the others make is a sample's *value*; the mixing ops that stand together make one level, of which at most one
applies to a sample, and blend the values of the level below.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, cast

from variegate.errors import PipelineError
from variegate.labels.blend_row import BlendRow, MixingRow, PasteRow
from variegate.ops import effect as effects
from variegate.ops.base import LoweringContext
from variegate.ops.effect import Ints
from variegate.plan.draw import DrawnColumns
from variegate.plan.ir import Node
from variegate.plan.lower import Lowered, lower

MOST_LEVELS = 2
Level = tuple[Node, ...]


class Apart(NamedTuple):
    """The nodes of a pipeline, by what they work on.

    head     those that make of one picture what the collage takes; all, where there is none
    collage  the node that puts pictures side by side, if there is one
    tail     those behind it
    levels   those that blend results
    """

    head: tuple[Node, ...]
    collage: Node | None
    tail: tuple[Node, ...]
    levels: tuple[Level, ...]


def apart(nodes: Sequence[Node]) -> Apart:
    """The nodes that make the picture of one sample, and those that mix.

    Raises  PipelineError if an op that is none of the last write stands behind one that blends results, or too many
            mix.
    """
    head, tail, levels = list[Node](), list[Node](), list[list[Node]]()
    collage: Node | None = None
    for node in nodes:
        if issubclass(node.op.gives, effects.Collage):
            if collage is not None or levels:
                other = collage.path if collage is not None else levels[-1][-1].path
                raise PipelineError(f"{node.path} stands behind {other}: of such ops one stands first, and no other")
            collage = node
        elif not issubclass(node.op.gives, effects.Mixing):
            if levels and not issubclass(node.op.gives, effects.Output):
                raise _behind(node, levels[-1][-1])
            if collage is not None and node.op.looks:
                raise PipelineError(
                    f"{node.path} looks at labels, and behind {collage.path} they are of several samples: put it before"
                )
            (head if collage is None else tail).append(node)
        elif levels and _excludes(levels[-1][-1], node):
            levels[-1].append(node)
        else:
            levels.append([node])
    if len(levels) + (collage is not None) > MOST_LEVELS:
        told = ", ".join([*([] if collage is None else [collage.path]), *(level[0].path for level in levels)])
        raise PipelineError(f"at most {MOST_LEVELS} ops in a row mix, got {told}. Choose among them by OneOf")
    _check_batches(nodes, levels)
    return Apart(tuple(head), collage, tuple(tail), tuple(map(tuple, levels)))


def _behind(node: Node, mixing: Node) -> PipelineError:
    """The error of an op that stands behind one that mixes results."""
    mended = f"[..., {node.op!r}, {mixing.op!r}]"
    if {gate.path for gate in node.gates} & {gate.path for gate in mixing.gates}:
        mended = "[OneOf([...]) of those that make a picture, OneOf([...]) of those that mix]"
    return PipelineError(
        f"{node.path} stands behind {mixing.path}, which takes results that are finished: behind it may stand "
        f"Normalize, ToDtype and one more op that mixes. Put it before: {mended}"
    )


def _check_batches(nodes: Sequence[Node], levels: Sequence[Sequence[Node]]) -> None:
    """Refuse what cannot be said of the samples of a batch.

    Raises  PipelineError if partners out of the batch would have to be mixed within theirs, or a decision that samples
            share is also that of ops that do not share it.
    """
    for level, behind in itertools.pairwise(levels):
        within = next((node for node in level if mixing_op(node).within), None)
        beyond = next((node for node in behind if not mixing_op(node).within), None)
        if within is not None and beyond is not None:
            who = mixing_op(within).partners
            raise PipelineError(
                f"{beyond.path} stands behind {within.path}, whose partners are of the batch, and takes its own "
                f"from elsewhere: put it before, or give both partners of the batch, as partners={who!r}"
            )
    for node in (each for level in levels for each in level if mixing_op(each).one_per != "sample"):
        per, paths = mixing_op(node).one_per, {gate.path for gate in node.gates}
        for other in nodes:
            if paths & {gate.path for gate in other.gates} and _per(other) != per:
                held = " and ".join(sorted(paths - {node.path}))
                raise PipelineError(
                    f"{node.path} draws once a {per}, per={per!r}, and {other.path}, with which it stands in {held}, "
                    f"once a {_per(other)}, so what is chosen would not be one thing: give both the same per, or put "
                    "them apart"
                )


def _per(node: Node) -> str:
    return mixing_op(node).one_per if issubclass(node.op.gives, effects.Mixing) else "sample"


class MixingOp(Protocol):
    """What is asked of an op that mixes, beside what all have: see there."""

    @property
    def partners(self) -> str: ...
    @property
    def within(self) -> bool: ...
    @property
    def one_per(self) -> str: ...


def mixing_op(node: Node) -> MixingOp:
    """The op of a node that mixes."""
    return cast(MixingOp, node.op)


def one_per(level: Level) -> str:
    """Which samples share a draw of a level: those of a "pair", of a "batch", or none, "sample"."""
    return mixing_op(level[0]).one_per


def _excludes(one: Node, other: Node) -> bool:
    """Whether a OneOf applies at most one of two nodes to a sample."""
    return any(
        a.path == b.path and a.field == b.field == "choice" and (a.high <= b.low or b.high <= a.low)
        for a in one.gates
        for b in other.gates
    )


def lowered_levels(levels: Sequence[Level], columns: DrawnColumns, sizes: Ints, channels: int) -> list[list[Lowered]]:
    """What each level does to samples whose values have these sizes."""
    context = LoweringContext(channels)
    return [lower(level, columns, sizes, context, lambda *_: context) for level in levels]


def blend_rows(level: Sequence[Lowered], columns: DrawnColumns, count: int) -> list[MixingRow | None]:
    """What a level does to each of so many samples; None if it leaves it as it is."""
    rows: list[MixingRow | None] = [None] * count
    for each in level:
        for i, row in _rows(each, columns, count) if each.effects else ():
            rows[i] = None if row.rests else row
    return rows


def _rows(each: Lowered, columns: DrawnColumns, count: int) -> Iterator[tuple[int, MixingRow]]:
    """What an op does to each sample to which it applies."""
    (effect,), path = each.effects, each.node.path
    partner, sizes = columns[path]["partner"].tolist(), each.before.tolist()
    who = mixing_op(each.node).partners
    applies = [True] * count if each.applies is None else each.applies.tolist()
    if isinstance(effect, effects.Blend):
        shares, boxes = effect.share.tolist(), effect.box.tolist()
    for i in itertools.compress(range(count), applies):
        row, rest = each.row(i), (tuple(sizes[i]), partner[i], who)
        if isinstance(effect, effects.Paste):
            yield i, PasteRow(path, int(effect.objects[row]), effect.order[:, row : row + 1], effect.edge, *rest)
        else:
            yield i, BlendRow(path, shares[row], tuple(boxes[row]), *rest)
