"""From the declared tree to a row of nodes: every leaf with its path, and the gates that let it apply.

A path is an op's `name`, or its default name (its class's, or its function's) and occurrence (`Rotate`, `Rotate#2`),
counted over the whole tree in the order of declaration; so wrapping an op in a combinator changes none of its numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from variegate.errors import PipelineError
from variegate.ops.base import Op
from variegate.ops.combine import Chain, Combinator, OneOf, RandomApply, SomeOf
from variegate.plan.ir import Gate, Node
from variegate.ramp import Ramp


@dataclass(frozen=True)
class Flat:
    """A declared tree, flattened.

    nodes  the leaves in order
    ops    every op with its path, the pipeline and its combinators included: all that may draw
    """

    nodes: tuple[Node, ...]
    ops: tuple[Node, ...]


def flatten(pipeline: Chain) -> Flat:
    """The nodes of a pipeline.

    Raises  PipelineError if two ops have one name, or an op may change the size and nothing fixes it afterwards.
    """
    everything = list(_walk(pipeline))
    paths = _paths(everything)
    below = iter(paths)
    top = next(below)
    nodes = tuple(_leaves(pipeline, top, _own_gate(pipeline, top), below))
    _check_sizes(pipeline.ops)
    return Flat(nodes, tuple(Node(op, path) for op, path in zip(everything, paths, strict=True)))


def _walk(op: Op) -> Iterator[Op]:
    """An op and all below it, in the order of declaration."""
    yield op
    if isinstance(op, Combinator):
        for each in op.ops:
            yield from _walk(each)


def _paths(everything: list[Op]) -> list[str]:
    """The path of each op."""
    seen: Counter[str] = Counter()
    taken: dict[str, Op] = {}
    for op in everything:
        kind = op.default_name
        seen[kind] += op.name is None
        path = op.name or (kind if seen[kind] == 1 else f"{kind}#{seen[kind]}")
        if path in taken:
            raise PipelineError(
                f"two ops go by the name {path!r}: {taken[path]!r} and {op!r}. Their numbers are drawn by name, so "
                "give one of them another name=."
            )
        taken[path] = op
    return list(taken)


def _own_gate(op: Op, path: str) -> tuple[Gate, ...]:
    # Of a Ramp the column holds what was decided: 0 where the op applies, else 1.
    return (Gate(path, "p", 0.0, 1.0 if isinstance(op.p, Ramp) else float(op.p)),) if op.p != 1 else ()


def _leaves(parent: Combinator, path: str, gates: tuple[Gate, ...], below: Iterator[str]) -> Iterator[Node]:
    """The leaves below a combinator, each with all the gates above it; `below` gives the paths in order."""
    parts = parent.bounds() if isinstance(parent, OneOf) else []
    for k, op in enumerate(parent.ops):
        here, own = next(below), gates
        if isinstance(parent, OneOf):
            own = (*own, Gate(path, "choice", *parts[k]))
        elif isinstance(parent, SomeOf):
            own = (*own, Gate(path, "order", k, k))
        own = (*own, *_own_gate(op, here))
        if isinstance(op, Combinator):
            yield from _leaves(op, here, own, below)
        else:
            yield Node(op, here, own)


def _check_sizes(ops: Sequence[Op]) -> None:
    """An error where chance decides a size and no later op settles it."""
    unsettled = _unsettled(ops)
    if unsettled is not None:
        raise PipelineError(
            f"{unsettled.label} changes the size of some pictures and not of others, so a batch would be ragged. Put "
            "Resize, CenterCrop or another op of a fixed size after it, or let it apply always (p=1)."
        )


def _unsettled(ops: Sequence[Op]) -> Op | None:
    """The last op by which chance decides a size, if nothing after it fixes the size."""
    found: Op | None = None
    for op in ops:
        found = None if op.fixes_size() and op.p == 1 else _chancy(op) or found
    return found


def _chancy(op: Op) -> Op | None:
    """The op, or one below it, if chance decides whether it changes the size."""
    if not isinstance(op, Combinator):
        return op if op.resizes and op.p != 1 else None
    if isinstance(op, (Chain, RandomApply)) and op.p == 1:
        return _unsettled(op.ops)
    return next((each for each in _walk(op) if each.resizes), None)
