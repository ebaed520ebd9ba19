"""Cutter: how the nodes of a pipeline fall into segments, found once for all samples by asking `fuse`."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from variegate.errors import PipelineError
from variegate.kernels.codes import READ
from variegate.kernels.cut import NO, START, Automaton
from variegate.ops import effect as effects
from variegate.ops.effect import Effect
from variegate.plan.entries import NodeSettings, settings_of
from variegate.plan.fuse import No, Yes, fuse, mirrors
from variegate.plan.ir import Node
from variegate.plan.picture_spec import PictureSpec
from variegate.plan.stage.registry import STAGES, stage_of


class Cut(NamedTuple):
    """Where a segment ended, and why: the No that `fuse` answered."""

    left: str
    right: str
    reason: str


class Cutter:
    """The nodes that may apply, and what may stand together.

    nodes      all but the last write, which is `output`
    automaton  what `kernels.cut` follows; symbols: by the path of each node
    branches   by the path of each node that has any, what may stand together in each
    """

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        possible = [node for node in nodes if all(g.amount or g.low < g.high for g in node.gates)]
        self.output = tuple(node for node in possible if issubclass(node.op.gives, effects.Output))
        self.nodes = tuple(node for node in possible if node not in self.output)
        _check_end(possible)
        kinds = dict[tuple[object, ...], int]()  # what `fuse` tells apart: a symbol each, and an example
        self.symbols = {node.path: kinds.setdefault(_told(node), len(kinds)) for node in self.nodes}
        examples = {self.symbols[node.path]: node for node in reversed(self.nodes)}
        self.automaton = _automaton([examples[n] for n in range(len(kinds))])
        self.branches = {node.path: tuple(map(Cutter, node.branches)) for node in self.nodes if node.branches}
        self._settings: dict[tuple[object, ...], NodeSettings] = {}

    def settings(self, spec: PictureSpec) -> NodeSettings:
        """What the nodes say for pictures of one spec; see `settings_of`."""
        key = spec.channels, spec.dtype, spec.unit, spec.fill
        found = self._settings.get(key)
        if found is None:
            found = self._settings[key] = settings_of(self.nodes, spec)
        return found

    @property
    def segments(self) -> tuple[tuple[Node, ...], ...]:
        """The segments of a sample to which every node applies."""
        return self._cut[0]

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """Why each of these segments but the last ended."""
        return self._cut[1]

    @functools.cached_property
    def _cut(self) -> tuple[tuple[tuple[Node, ...], ...], tuple[Cut, ...]]:
        segments: list[list[Node]] = []
        cuts: list[Cut] = []
        for node in self.nodes:
            answer = fuse(segments[-1], node) if segments else Yes()
            if segments and isinstance(answer, Yes):
                segments[-1].append(node)
                continue
            if isinstance(answer, No):
                cuts.append(Cut(segments[-1][-1].path, node.path, answer.reason))
            segments.append([node])
        if not segments or STAGES.index(stage_of(segments[-1][-1])) != READ:
            segments.append([])
        return tuple(map(tuple, segments)), tuple(cuts)

    @property
    def varies(self) -> bool:
        """Whether a sample that an op skips may take fewer passes."""
        cut = [issubclass(node.op.gives, effects.Geometric) and not mirrors(node) for node in self.nodes]
        last_map = max((n for n, cuts in enumerate(cut) if cuts), default=NO)
        return any(
            node.gates
            and (stage_of(node).alone or (node.op.gives.begins and n) or (node.op.gives.cuts and n < last_map))
            for n, node in enumerate(self.nodes)
        )


def _told(node: Node) -> tuple[object, ...]:
    """What `fuse` tells nodes apart by."""
    gives: type[Effect] = node.op.gives
    return stage_of(node), bool(gives.cuts), bool(gives.begins), issubclass(gives, effects.Geometric), mirrors(node)


def _automaton(examples: list[Node]) -> Automaton:
    """The states that segments of such nodes can be in, found by trying."""
    states: dict[tuple[object, bool], int] = {}
    shown: list[list[Node]] = [[]]  # of each state a segment
    begins, joins = [], [[NO] * len(examples)]

    def state_of(nodes: list[Node]) -> int:
        key = stage_of(nodes[-1]), any(node.op.gives.cuts for node in nodes)
        if key not in states:
            states[key] = len(shown)
            shown.append(nodes)
        return states[key]

    for node in examples:
        begins.append(state_of([node]))
    joins[START] = list(begins)
    state = START + 1
    while state < len(shown):
        left = shown[state]
        joins.append([NO if isinstance(fuse(left, node), No) else state_of([*left, node]) for node in examples])
        state += 1
    return Automaton(
        np.array(joins, np.int64).reshape(len(shown), len(examples)),
        np.array(begins, np.int64),
        np.array([issubclass(node.op.gives, effects.Geometric) for node in examples], np.bool_),
        np.array([bool(nodes) and STAGES.index(stage_of(nodes[-1])) == READ for nodes in shown], np.bool_),
    )


def _check_end(nodes: list[Node]) -> None:
    """Normalize and ToDtype say how the result is written, so only each other may follow them."""
    written: Node | None = None
    for node in nodes:
        if written is not None and not issubclass(node.op.gives, effects.Output):
            raise PipelineError(
                f"{node.path} comes after {written.path}, which says how the result is written and must be last. "
                f"Put {node.path} before it."
            )
        if issubclass(node.op.gives, effects.Output):
            if node.gates:
                raise PipelineError(
                    f"{node.path} stands within {node.gates[0].path}, by which it would be for some pictures and not "
                    f"for others, and a batch has one form. Put {node.path} last, on its own"
                )
            written = node
