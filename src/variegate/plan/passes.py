"""The compiler: a row of nodes becomes a program, by passes in a fixed, visible order; each is checked after it ran."""

from __future__ import annotations

from collections.abc import Callable

from variegate.ops import effect as effects
from variegate.plan.fuse import No, fuse, joined
from variegate.plan.ir import Call, Cut, Node, Program, Read, Stage, nodes_of
from variegate.plan.verify import COLOURS, verify

Pass = Callable[[Program], Program]


def stage_of(node: Node) -> Stage:
    """One node as a stage of its own."""
    if issubclass(node.op.gives, effects.Map):
        return Read(maps=(node,))
    if issubclass(node.op.gives, COLOURS):
        return Read(colours=(node,), after=(0,))
    return Read(output=(node,)) if issubclass(node.op.gives, effects.Output) else Call(node)


def drop_never(program: Program) -> Program:
    """Leave out what can never apply: p=0, or a weight of 0."""

    def possible(stage: Stage) -> bool:
        gates = (gate for node in nodes_of(stage) for gate in node.gates)
        return all(gate.field == "order" or gate.low < gate.high for gate in gates)

    return Program(tuple(filter(possible, program.stages)), program.cuts)


def merge(program: Program) -> Program:
    """Join each stage to the one before it, where `fuse` says yes; note each No."""
    stages: list[Stage] = []
    cuts: list[Cut] = []
    for stage in program.stages:
        answer = fuse(stages[-1], stage) if stages else None
        if answer is None or isinstance(answer, No):
            if isinstance(answer, No):
                cuts.append(Cut(_last(stages[-1]), _first(stage), answer.reason))
            stages.append(stage)
        else:
            before = stages.pop()
            assert isinstance(before, Read) and isinstance(stage, Read)
            stages.append(joined(before, stage))
    return Program(tuple(stages), tuple(cuts))


def end_with_read(program: Program) -> Program:
    """A program ends in a Read, which writes the result: add an empty one after a Call, or for no ops at all."""
    if program.stages and isinstance(program.stages[-1], Read):
        return program
    return Program((*program.stages, Read()), program.cuts)


PASSES: tuple[Pass, ...] = (drop_never, merge, end_with_read)


def compile_nodes(nodes: tuple[Node, ...]) -> Program:
    """The program of a row of nodes.

    Raises  PipelineError if something follows the last write.
    """
    program = Program(tuple(stage_of(node) for node in nodes))
    verify(program)
    for each in PASSES:
        program = each(program)
        verify(program)
    return program


def _first(stage: Stage) -> str:
    return nodes_of(stage)[0].path


def _last(stage: Stage) -> str:
    return nodes_of(stage)[-1].path
