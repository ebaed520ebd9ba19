"""The compiler as a whole: a declared pipeline, its programs, and the plan of a batch."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from variegate.key import Keys
from variegate.ops import effect as effects
from variegate.ops.combine import Chain
from variegate.ops.effect import Ints
from variegate.plan.draw import Columns, Drawing, applied
from variegate.plan.flatten import flatten
from variegate.plan.fuse import is_bent
from variegate.plan.group import Group
from variegate.plan.ir import Defaults, Node, Program
from variegate.plan.kind import Kind
from variegate.plan.output import Written
from variegate.plan.passes import compile_nodes
from variegate.plan.plan import Plan
from variegate.plan.verify import COLOURS
from variegate.targets.leaf import Leaves


class Programs:
    """The programs of a row of nodes: which one a sample has hangs on what it skips."""

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.nodes = nodes
        self.program = compile_nodes(nodes)
        self.cutting = self._cutting()
        self.without = functools.lru_cache(maxsize=256)(self._without)

    def _cutting(self) -> tuple[int, ...]:
        """The nodes that cut a run where they apply, and may not apply: they are part of a sample's signature."""
        maps = [n for n, node in enumerate(self.nodes) if issubclass(node.op.gives, effects.Map)]
        last_map = maps[-1] if maps else -1
        return tuple(
            n
            for n, node in enumerate(self.nodes)
            if node.gates and (issubclass(node.op.gives, effects.Opaque) or (is_bent(node) and n < last_map))
        )

    def _without(self, left_out: frozenset[int]) -> Program:
        return compile_nodes(tuple(node for n, node in enumerate(self.nodes) if n not in left_out))


class Compiler:
    """What is known of a pipeline before any batch.

    program  the program of a sample to which every op applies
    """

    def __init__(self, pipeline: Chain) -> None:
        self.flat = flatten(pipeline)
        self.defaults = Defaults(pipeline.interpolation, pipeline.antialias)
        self.drawing = Drawing(self.flat)
        self.programs = Programs(self.flat.nodes)
        self.program, self.cutting = self.programs.program, self.programs.cutting

    @functools.cached_property
    def moving(self) -> Programs:
        """The programs of a view that is no picture: what moves pixels, and the layout of what is written."""
        return Programs(tuple(node for node in self.flat.nodes if not is_colour(node)))

    def asks(self, kind: Kind, written: Written) -> str:
        """The first op that must know what white is in pictures of this kind; empty if none is declared."""
        if not kind.colour or kind.white is None:
            return ""
        asking = [node.path for node in self.flat.nodes if issubclass(node.op.gives, COLOURS)]
        if written.asked:
            asking += [node.path for node in self.flat.nodes if issubclass(node.op.gives, effects.Output)]
        return asking[0] if asking else ""

    def plan(self, columns: Columns, keys: Keys, sizes: Ints, kind: Kind, leaves: Sequence[Leaves] = ()) -> Plan:
        """Lower one batch of drawn numbers; sizes (B, 2) as (height, width), and the labels of each sample, if any."""

        def again(kind: Kind) -> Plan:
            return self.plan(columns, keys, sizes, kind, leaves)

        groups, where = self._grouped(columns, sizes, kind, leaves)
        return Plan(groups, where, keys, self.asks(kind, groups[0].last.written), again)

    def _grouped(
        self, columns: Columns, sizes: Ints, kind: Kind, leaves: Sequence[Leaves]
    ) -> tuple[list[Group], list[tuple[int, int]]]:
        """Groups, and where each sample is: samples that differ in what cuts them have programs of their own."""
        programs = self.programs if kind.colour else self.moving
        if not programs.cutting or not len(sizes):
            group = Group(programs.program, columns, sizes, kind, leaves=leaves)
            return [group], [(0, i) for i in range(len(sizes))]
        flags = [applied(programs.nodes[n].gates, columns) for n in programs.cutting]
        signatures = [
            frozenset(n for n, flag in zip(programs.cutting, flags, strict=True) if flag is not None and not flag[i])
            for i in range(len(sizes))
        ]
        groups: list[Group] = []
        where: list[tuple[int, int]] = [(0, 0)] * len(sizes)
        for left_out in dict.fromkeys(signatures):
            rows = np.array([i for i, s in enumerate(signatures) if s == left_out], np.int64)
            part = {path: {f: c[..., rows] for f, c in fields.items()} for path, fields in columns.items()}
            for place, i in enumerate(rows.tolist()):
                where[i] = (len(groups), place)
            chosen = [leaves[i] for i in rows.tolist()] if leaves else ()
            groups.append(Group(programs.without(left_out), part, sizes[rows], kind, leaves=chosen))
        return groups, where


def is_colour(node: Node) -> bool:
    """Whether an op changes colours and leaves every pixel in its place."""
    if issubclass(node.op.gives, effects.Opaque):
        return not getattr(node.op, "moves", True)
    return issubclass(node.op.gives, COLOURS)
