"""The compiler as a whole: a declared pipeline, its programs, and the plan of a batch."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from variegate.key import Keys
from variegate.ops.combine import Chain
from variegate.ops.effect import Ints
from variegate.plan.draw import Columns, Drawing, applied
from variegate.plan.flatten import flatten
from variegate.plan.fuse import is_bent
from variegate.plan.group import Group, Kind
from variegate.plan.ir import Defaults, Program
from variegate.plan.passes import compile_nodes
from variegate.plan.plan import Plan
from variegate.targets import Targets
from variegate.targets.leaf import Leaves


class Compiler:
    """What is known of a pipeline before any batch.

    program  the program of a sample to which every op applies
    """

    def __init__(self, pipeline: Chain) -> None:
        self.flat = flatten(pipeline)
        self.defaults = Defaults(pipeline.interpolation, pipeline.antialias)
        self.drawing = Drawing(self.flat)
        self.program = compile_nodes(self.flat.nodes)
        self.cutting = self._cutting()
        self._programs = functools.lru_cache(maxsize=256)(self._program_without)

    def _cutting(self) -> tuple[int, ...]:
        """The nodes that cut a run where they apply, and may not apply: they are part of a sample's signature."""
        nodes = self.flat.nodes
        maps = [n for n, node in enumerate(nodes) if node.op.effect == "geometric"]
        last_map = maps[-1] if maps else -1
        return tuple(
            n
            for n, node in enumerate(nodes)
            if node.gates and (node.op.effect == "opaque" or (is_bent(node) and n < last_map))
        )

    def _program_without(self, left_out: frozenset[int]) -> Program:
        return compile_nodes(tuple(node for n, node in enumerate(self.flat.nodes) if n not in left_out))

    def plan(
        self,
        columns: Columns,
        keys: Keys,
        sizes: Ints,
        channels: int,
        dtype: str,
        targets: Targets,
        leaves: Sequence[Leaves] = (),
    ) -> Plan:
        """Lower one batch of drawn numbers; sizes (B, 2) as (height, width), and the labels of each sample, if any."""
        kind = Kind(channels, dtype, self.defaults, targets)

        def again(channels: int, dtype: str) -> Plan:
            return self.plan(columns, keys, sizes, channels, dtype, targets, leaves)

        if not self.cutting:
            group = Group(self.program, columns, sizes, kind, leaves=leaves)
            return Plan([group], [(0, i) for i in range(len(sizes))], keys, again)
        return Plan(*self._grouped(columns, sizes, kind, leaves), keys, again)

    def _grouped(
        self, columns: Columns, sizes: Ints, kind: Kind, leaves: Sequence[Leaves]
    ) -> tuple[list[Group], list[tuple[int, int]]]:
        """Groups, and where each sample is: samples that differ in what cuts them have programs of their own."""
        flags = [applied(self.flat.nodes[n].gates, columns) for n in self.cutting]
        signatures = [
            frozenset(n for n, flag in zip(self.cutting, flags, strict=True) if flag is not None and not flag[i])
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
            groups.append(Group(self._programs(left_out), part, sizes[rows], kind, leaves=chosen))
        if not groups:
            groups.append(Group(self.program, columns, sizes, kind))
        return groups, where
