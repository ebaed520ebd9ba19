"""The intermediate representation: what a pipeline is flattened to.

Node     an op, its path, and the gates that must all say yes
entry    one effect of one node, for the samples to which it applies
segment  neighbouring entries of one sample that one stage does together
row      a segment, in the tables that a stage is bound to; see `kernels.codes`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from variegate.ops.base import Op


@dataclass(frozen=True)
class Gate:
    """A drawn decision on which an op depends.

    path, field  whose draw decides: "p" of any op, "choice" of a OneOf, "order" of a SomeOf
    low, high    it says yes where low <= draw < high
    amount       another draw of the path that says how many: `field` is drawn several times, and that of index `low` is
                 among the `amount` smallest
    """

    path: str
    field: str
    low: float
    high: float
    amount: str = ""


@dataclass(frozen=True)
class Node:
    """An op, the path that its draws, errors and records go by, and the gates that must all say yes.

    branches  of one that averages pictures: the nodes of each branch
    macro     the outermost macro that stands for the op, which answers for it in errors; None: nobody does
    """

    op: Op
    path: str
    gates: tuple[Gate, ...] = ()
    branches: tuple[tuple[Node, ...], ...] = ()
    macro: Node | None = None

    def owner(self, item: str) -> str:
        """A field's path in errors: that of the macro, which gave it its value, or the op's own."""
        answers = self.macro is not None and hasattr(self.macro.op, item)
        return f"{self.macro.path if self.macro and answers else self.op.label}.{item}"

    def walk(self) -> Iterator[Node]:
        """Itself, and the nodes of its branches."""
        yield self
        for branch in self.branches:
            for node in branch:
                yield from node.walk()


@dataclass(frozen=True)
class Defaults:
    """What a pipeline says for ops that do not: how to read between pixels, and whether to filter what shrinks."""

    interpolation: str
    antialias: bool
