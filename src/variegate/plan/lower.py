"""Lowering: each node once a batch, in order. Lowering looks at draws, sizes and labels; drawing did not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError, PipelineError, VariegateError
from variegate.ops import effect as effects
from variegate.ops.base import Draws, LoweringContext
from variegate.ops.effect import Effect, Ints
from variegate.plan.draw import DrawnColumns, applied
from variegate.plan.ir import Node
from variegate.plan.stage.registry import stands_for

Flags = NDArray[np.bool_]
RESOLVED = (
    "(map)"  # no field's name; among the draws of a replay: (11, B), a matrix and a size that once hung on labels
)


class Lowered(NamedTuple):
    """A node and what it does.

    effects  what it gives, a row for each sample to which it applies; none if it applies to none
    applies  (B,): to which; None: to all
    before   (B, 2): the sizes of the pictures that come to it, as (height, width), and after: of those that leave it
    """

    node: Node
    effects: tuple[Effect, ...]
    applies: Flags | None
    before: Ints
    after: Ints

    @property
    def given(self) -> Ints:
        """The sizes before, of the samples to which it applies."""
        return self.before if self.applies is None else self.before[self.applies]

    def row(self, i: int) -> int:
        """Which row of the effects is of sample i; it must apply to it."""
        return i if self.applies is None else int(np.count_nonzero(self.applies[:i]))


Look = Callable[[Node, Sequence[Lowered], Any], LoweringContext]  # (node, those before it, rows) -> what it may know


def lower(
    nodes: Sequence[Node], columns: DrawnColumns, sizes: Ints, context: LoweringContext, look: Look
) -> list[Lowered]:
    """All nodes, one after the other; `look` is asked for the context of those that look at labels.

    Raises  PipelineError that names the op if it gives what it does not say.
    """
    found = list[Lowered]()
    for node in nodes:
        flags, rows = _where(node, columns)
        if rows is None:
            found.append(Lowered(node, (), flags, sizes, sizes))
            continue
        draws, given = columns[node.path], sizes
        if flags is not None:
            draws, given = {name: column[..., rows] for name, column in draws.items()}, sizes[rows]
        seen = look(node, found, rows) if node.op.looks and RESOLVED not in draws else context
        given_by = _effects(node, draws, given, seen)
        after = given
        for effect in given_by:
            if isinstance(effect, effects.Geometric):
                after = effect.size
        if flags is not None and after is not given:
            whole = sizes.copy()
            whole[rows] = after
            after = whole
        found.append(Lowered(node, given_by, flags, sizes, sizes if after is given else after))
        sizes = found[-1].after
    return found


def _where(node: Node, columns: DrawnColumns) -> tuple[Flags | None, Any]:
    """To which samples a node applies: (flags, None for all; their rows, None for no row)."""
    flags = applied(node.gates, columns)
    if flags is None:
        return None, slice(None)
    count = int(np.count_nonzero(flags))
    if count == len(flags):
        return None, slice(None) if count else None
    return flags, flags.nonzero()[0] if count else None


def _effects(node: Node, draws: Draws, sizes: Ints, context: LoweringContext) -> tuple[Effect, ...]:
    """What the op gives for the samples to which it applies."""
    if RESOLVED in draws:
        return (resolved(draws),)
    try:
        made: Any = node.op.lower(draws, sizes, context)
    except VariegateError:  # which names the op, as those of the library's own ops do
        raise
    except Exception as error:
        error.add_note(f"variegate: this was in {node.path}.lower(), of {len(sizes)} samples")
        raise
    found: tuple[Effect, ...] = made if isinstance(made, tuple) else (made,)
    gives = node.op.gives
    for effect in found:
        if not isinstance(effect, gives):
            got = f"a {type(effect).__name__}" if isinstance(effect, Effect) else f"{effect!r:.60}"
            raise PipelineError(
                f"{node.path} says gives = {gives.__name__}, but its lower() returned {got}: "
                f"return a {gives.__name__} of variegate.ops.effect, or say what it is"
            )
        if node.op.looks and isinstance(effect, effects.Field):
            raise PipelineError(
                f"{node.path} looks at labels, so its lower() may not return a Field: a record keeps what came of it, "
                "which is a matrix and a size"
            )
        if type(effect) is not gives and not stands_for(gives, type(effect)):
            kind = type(effect).__name__
            raise PipelineError(
                f"{node.path} says gives = {gives.__name__}, but its lower() returned a {kind}, which cuts where other "
                f"effects of that class do not: say gives = {kind}, and of several kinds make a Macro of several ops"
            )
        wrong = effect.misfit(len(sizes))
        if wrong:
            raise PipelineError(f"{node.path}: what its lower() returned does not fit: {wrong}")
        if isinstance(effect, effects.Map) and effect.size is not sizes and (effect.size < 1).any():
            raise PipelineError(
                f"{node.path} makes pictures of {effect.size.min(axis=0)} pixels (height, width): 1 is least"
            )
        if isinstance(effect, effects.Mirror) and not np.array_equal(effect.size, sizes):
            raise PipelineError(
                f"{node.path} makes a Mirror of another size than the canvas has: return a Map for that"
            )
        if isinstance(effect, effects.Table) and effect.values.shape[1:-1] not in ((), (context.channels,)):
            raise InputError(
                f"{node.path} has tables for {effect.values.shape[1]} channels, but the picture has {context.channels}"
            )
        if isinstance(effect, effects.Matrix) and context.channels != 3 and not effect.uniform:
            raise InputError(f"{node.path} mixes 3 colours, but the picture has {context.channels} channels")
    return found


def resolved(draws: Draws) -> effects.Map:
    """The map that a record holds in place of the labels which it hung on."""
    rows = draws[RESOLVED].T
    return effects.Map(np.ascontiguousarray(rows[:, :9]).reshape(-1, 3, 3), rows[:, 9:].astype(np.int64))
