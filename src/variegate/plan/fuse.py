"""Whether two neighbouring stages can be one: Yes, or No with its reason. Nothing else decides."""

from __future__ import annotations

from dataclasses import dataclass

from variegate.plan.ir import Call, Node, Read, Stage

MOST_MAPS = 250  # border codes are bytes


@dataclass(frozen=True)
class No:
    """The stages stay two, and why."""

    reason: str


class Yes:
    """The stages become one."""


def fuse(left: Stage, right: Stage) -> Yes | No:
    """Whether the right stage can join the left one without changing what is meant."""
    for stage in (left, right):
        if isinstance(stage, Call):
            return No(f"{stage.node.path} is a function of the whole array, which must exist first")
    assert isinstance(left, Read) and isinstance(right, Read)
    bent = next((node for node in left.colours if is_bent(node)), None)
    if right.maps and bent is not None:
        return No(
            f"{bent.path} is no affine map of colour, so it does not commute with interpolation: "
            f"{right.maps[0].path} must read its result. Put it after the geometric ops"
        )
    if len(left.maps) + len(right.maps) > MOST_MAPS:
        return No(f"one pass holds at most {MOST_MAPS} maps")
    return Yes()


def is_bent(node: Node) -> bool:
    """Whether a colour op is no affine map: a table, or the user's function of a pixel."""
    return bool(node.op.gives.cuts)


def joined(left: Read, right: Read) -> Read:
    """Two stages as one."""
    shifted = tuple(len(left.maps) + after for after in right.after)
    return Read(left.maps + right.maps, left.colours + right.colours, left.after + shifted, left.output + right.output)
