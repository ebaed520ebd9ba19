"""The compiler as a whole: a declared pipeline, its programs, and the plan of a batch."""

from __future__ import annotations

import functools

import numpy as np

from variegate.key import Keys
from variegate.ops.combine import Chain
from variegate.ops.effect import Ints
from variegate.plan.draw import Columns, Drawing, applied
from variegate.plan.flatten import flatten
from variegate.plan.fuse import is_bent
from variegate.plan.ir import Program
from variegate.plan.lower import Defaults
from variegate.plan.passes import compile_nodes
from variegate.plan.plan import Group, Kind, Plan


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

    def plan(self, keys: Keys, sizes: Ints, channels: int, dtype: str) -> Plan:
        """Draw and lower one batch; sizes (B, 2) as (height, width)."""
        columns = self.drawing.columns(keys)
        kind = Kind(channels, dtype, self.defaults)
        if not self.cutting:
            return Plan([Group(self.program, columns, sizes, kind)], [(0, i) for i in range(len(keys))], keys)
        return self._grouped(keys, columns, sizes, kind)

    def _grouped(self, keys: Keys, columns: Columns, sizes: Ints, kind: Kind) -> Plan:
        """The same, where samples differ in what cuts them: a group for each signature, with a program of its own."""
        flags = [applied(self.flat.nodes[n].gates, columns) for n in self.cutting]
        signatures = [
            frozenset(n for n, flag in zip(self.cutting, flags, strict=True) if flag is not None and not flag[i])
            for i in range(len(keys))
        ]
        groups: list[Group] = []
        where: list[tuple[int, int]] = [(0, 0)] * len(keys)
        for left_out in dict.fromkeys(signatures):
            rows = np.array([i for i, s in enumerate(signatures) if s == left_out], np.int64)
            part = {path: {f: c[..., rows] for f, c in fields.items()} for path, fields in columns.items()}
            for place, i in enumerate(rows.tolist()):
                where[i] = (len(groups), place)
            groups.append(Group(self._programs(left_out), part, sizes[rows], kind))
        if not groups:
            groups.append(Group(self.program, columns, sizes, kind))
        return Plan(groups, where, keys)
