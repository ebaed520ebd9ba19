"""Whether an effect can join the segment before it: Yes, or No with its reason. Nothing else decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from variegate.kernels.cut import MOST_MAPS
from variegate.ops import effect as effects
from variegate.plan.ir import Node
from variegate.plan.stage.registry import stage_of


@dataclass(frozen=True)
class No:
    """They stay apart, and why."""

    reason: str


class Yes:
    """They become one."""


def mirrors(node: Node) -> bool:
    """Whether a node only exchanges whole pixels, and says nothing of how the others are read."""
    reads = getattr(node.op, "interpolation", None) is not None or getattr(node.op, "antialias", None) is not None
    return issubclass(node.op.gives, effects.Mirror) and not reads


def fuse(left: Sequence[Node], right: Node) -> Yes | No:
    """Whether a node can join a segment of nodes without changing what is meant.

    The answer hangs on the stages that run them, and on whether anything in the segment `cuts`: so what holds of some
    nodes holds of all whose effects are of the same classes. (How many maps there are is counted, see `kernels.cut`.)
    """
    for node in (left[-1], right):
        reason = stage_of(node).alone
        if reason:
            return No(f"{node.path} {reason}")
    if stage_of(left[-1]) is not stage_of(right):
        return No(f"{right.path} and what comes before it are different kinds of work on the pixels")
    if right.op.gives.begins:
        return No(f"{right.path} {right.op.gives.begins}")
    if not issubclass(right.op.gives, effects.Geometric):
        return Yes()
    bent = None if mirrors(right) else next((node for node in left if node.op.gives.cuts), None)
    if bent is not None:
        return No(
            f"{bent.path} {bent.op.gives.cuts}: {right.path} must read its result. Put it after the geometric ops"
        )
    if sum(issubclass(node.op.gives, effects.Geometric) for node in left) >= MOST_MAPS:
        return No(f"one pass holds at most {MOST_MAPS} maps")
    return Yes()
