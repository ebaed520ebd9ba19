"""The checker that runs between passes: is this a program by the grammar of `plan/ir.py`?"""

from __future__ import annotations

from variegate.errors import PipelineError
from variegate.ops import effect as effects
from variegate.plan.ir import Call, Node, Program, Read, nodes_of

COLOURS = (effects.Matrix, effects.Tone, effects.Pointwise)


def verify(program: Program) -> None:
    """Raise if a stage holds what it may not, or if anything comes after the last write.

    Raises  PipelineError for what a user can have declared; AssertionError for a fault of the compiler.
    """
    for stage in program.stages:
        if isinstance(stage, Read):
            assert all(issubclass(node.op.gives, effects.Map) for node in stage.maps), stage
            assert all(issubclass(node.op.gives, COLOURS) for node in stage.colours), stage
            assert all(issubclass(node.op.gives, effects.Output) for node in stage.output), stage
            assert len(stage.after) == len(stage.colours), stage
            assert list(stage.after) == sorted(stage.after), stage
            assert all(0 <= after <= len(stage.maps) for after in stage.after), stage
        else:
            assert isinstance(stage, Call) and issubclass(stage.node.op.gives, effects.Opaque), stage
    _check_end([node for stage in program.stages for node in nodes_of(stage)])


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
