"""From the declared tree to a row of nodes: every leaf with its path, and the gates that let it apply.

A path is an op's `name`, or its default name (its class's, or its function's) and occurrence (`Rotate`, `Rotate#2`),
counted over the whole tree in the order of declaration; so wrapping an op in a combinator changes none of its numbers.
What a macro stands for is counted apart, and its paths stand below the macro's own: `RandAugment/Rotate`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from variegate.errors import PipelineError
from variegate.ops.base import Op
from variegate.ops.combine import Chain
from variegate.plan.ir import Gate, Node
from variegate.ramp import Ramp


@dataclass(frozen=True)
class FlatPipeline:
    """A declared tree, flattened.

    nodes   the leaves in order
    ops     every op with its path, the pipeline, its combinators and macros included: all that may draw
    macros  of each op that a macro stands for, that macro's path
    """

    nodes: tuple[Node, ...]
    ops: tuple[Node, ...]
    macros: Mapping[str, str] = field(default_factory=dict)

    @property
    def leaves(self) -> Iterator[Node]:
        """The nodes, and after each those of its branches."""
        return (each for node in self.nodes for each in node.walk())


def flatten(pipeline: Chain) -> FlatPipeline:
    """The nodes of a pipeline.

    Raises  PipelineError if two ops have one name, or an op may change the size and nothing fixes it afterwards.
    """
    walk = _Walk()
    walk.take(pipeline, (), "")
    unsettled = pipeline.unsettled()
    if unsettled is not None:
        raise PipelineError(
            f"{unsettled.label} changes the size of some pictures and not of others, so a batch would be ragged. Put "
            "Resize, CenterCrop or another op of a fixed size after it, or let it apply always (p=1)."
        )
    return FlatPipeline(tuple(walk.leaves), tuple(walk.nodes), walk.macros)


class _Walk:
    """A walk over a tree, in the order of declaration."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()  # how many ops without a name of their own, by macro and default name
        self.taken: dict[str, Op] = {}
        self.macros: dict[str, str] = {}
        self.tops: dict[str, Node] = {}  # of each macro's path, the outermost around it, or itself
        self.nodes: list[Node] = []
        self.leaves: list[Node] = []

    def take(self, op: Op, gates: tuple[Gate, ...], macro: str) -> None:
        """An op and all below it; gates: those above it, macro: the path of the macro that stands for it, or none."""
        path = self._path(op, f"{macro}/" if macro else "")
        own = (*gates, *_own_gate(op, path))
        node = Node(op, path, own, macro=self.tops.get(macro))
        self.nodes.append(node)
        if macro:
            self.macros[path] = macro
        meant, children = op.expand(), op.children()
        if meant is not op:
            self.tops[path] = node.macro or node
            self.take(meant, own, path)
        elif children is None:
            branches = tuple(self._branch(each, own, macro) for each in op.branches())
            self.leaves.append(replace(node, branches=branches))
        else:
            for child, when in children:
                self.take(child, own if when is None else (*own, Gate(path, *when)), macro)

    def _branch(self, op: Op, gates: tuple[Gate, ...], macro: str) -> tuple[Node, ...]:
        """The leaves of one branch, which are none of the pipeline's own."""
        outside, self.leaves = self.leaves, []
        self.take(op, gates, macro)
        found, self.leaves = tuple(self.leaves), outside
        return found

    def _path(self, op: Op, above: str) -> str:
        kind = above + op.default_name
        self.seen[kind] += op.name is None
        path = above + op.name if op.name else kind if self.seen[kind] == 1 else f"{kind}#{self.seen[kind]}"
        if path in self.taken:
            raise PipelineError(
                f"two ops go by the name {path!r}: {self.taken[path]!r} and {op!r}. Their numbers are drawn by name, "
                "so give one of them another name=."
            )
        self.taken[path] = op
        return path


def _own_gate(op: Op, path: str) -> tuple[Gate, ...]:
    # Of a Ramp the column holds what was decided: 0 where the op applies, else 1.
    return (Gate(path, "p", 0.0, 1.0 if isinstance(op.p, Ramp) else float(op.p)),) if op.p != 1 else ()
