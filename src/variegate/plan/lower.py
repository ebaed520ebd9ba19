"""Lowering: each node once a batch, in order. Lowering looks at draws, sizes and labels; drawing did not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import InputError, PipelineError
from variegate.ops import effect as effects
from variegate.ops.base import Draws, Facts
from variegate.ops.effect import Effect, Floats, Ints
from variegate.picture import MOST_PIXELS
from variegate.plan.draw import Columns, applied
from variegate.plan.ir import Node

Flags = NDArray[np.bool_]
LONGEST = 1 << 20  # pixels of a side, unless a picture has more: what is prepared for a column or a row costs by it
STRETCH = 1_000_000  # times that an op may stretch or shrink a picture
GROWTH = 16  # as often as its own pixels a picture may come to have: RandomZoomOut makes 4 of each side
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

    def row(self, i: int) -> int:
        """Which row of the effects is of sample i; it must apply to it."""
        return i if self.applies is None else int(np.count_nonzero(self.applies[:i]))


Look = Callable[[Node, Sequence[Lowered], Any], Facts]  # (node, those before it, rows) -> what it may know


def lower(nodes: Sequence[Node], columns: Columns, sizes: Ints, facts: Facts, look: Look) -> list[Lowered]:
    """All nodes, one after the other; `look` is asked for the facts of those that look at labels.

    Raises  PipelineError that names the op if it gives what it does not say, or makes more pixels than a picture has.
    """
    own, found = sizes, list[Lowered]()
    for node in nodes:
        flags, rows = _where(node, columns)
        if rows is None:
            found.append(Lowered(node, (), flags, sizes, sizes))
            continue
        draws, given = columns[node.path], sizes
        if flags is not None:
            draws, given = {name: column[..., rows] for name, column in draws.items()}, sizes[rows]
        seen = look(node, found, rows) if node.op.looks and RESOLVED not in draws else facts
        given_by = _effects(node, draws, given, seen)
        after = given
        for effect in given_by:
            if isinstance(effect, effects.Map):
                _check_pixels(effect.size, own[rows], node.path)
                _check_scale(effect.matrix, node.path)
                after = effect.size
        if flags is not None and after is not given:
            whole = sizes.copy()
            whole[rows] = after
            after = whole
        found.append(Lowered(node, given_by, flags, sizes, sizes if after is given else after))
        sizes = found[-1].after
    return found


def _where(node: Node, columns: Columns) -> tuple[Flags | None, Any]:
    """To which samples a node applies: (flags, None for all; their rows, None for no row)."""
    flags = applied(node.gates, columns)
    if flags is None:
        return None, slice(None)
    count = int(np.count_nonzero(flags))
    if count == len(flags):
        return None, slice(None) if count else None
    return flags, flags.nonzero()[0] if count else None


def _effects(node: Node, draws: Draws, sizes: Ints, facts: Facts) -> tuple[Effect, ...]:
    """What the op gives for the samples to which it applies."""
    if RESOLVED in draws:
        return (resolved(draws),)
    made: Any = node.op.lower(draws, sizes, facts)
    found: tuple[Effect, ...] = made if isinstance(made, tuple) else (made,)
    gives = node.op.gives
    for effect in found:
        if not isinstance(effect, gives):
            raise PipelineError(
                f"{node.path} says gives = {gives.__name__}, but its lower() returned "
                f"{effect!r:.60}: return a {gives.__name__} of variegate.ops.effect, or say what it is"
            )
        if isinstance(effect, effects.Matrix) and facts.channels != 3 and not effect.uniform:
            raise InputError(f"{node.path} mixes 3 colours, but the picture has {facts.channels} channels")
    return found


def resolved(draws: Draws) -> effects.Map:
    """The map that a record holds in place of the labels which it hung on."""
    rows = draws[RESOLVED].T
    return effects.Map(np.ascontiguousarray(rows[:, :9]).reshape(-1, 3, 3), rows[:, 9:].astype(np.int64))


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
