"""Without: a pipeline with some of its ops left out, wherever they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from variegate.errors import FieldError
from variegate.ops.base import Op, walk
from variegate.ops.combine import Combinator
from variegate.ops.mixing import MixingOp

if TYPE_CHECKING:
    from variegate.pipeline.pipeline import Pipeline

Held = TypeVar("Held", bound=Combinator)


def without(pipeline: Pipeline, kinds: Sequence[type[Op]]) -> Pipeline:
    """See `Compose.without`."""
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Op)):
            raise FieldError(f"without takes classes of ops, as augment.without(MixUp), got {kind!r}")
    return _holding(pipeline, [(n, _left(op, tuple(kinds) or (MixingOp,))) for n, op in enumerate(pipeline.ops)])


def _left(op: Op, kinds: tuple[type[Op], ...]) -> Op | None:
    """An op without those of some classes in it; None if nothing is left."""
    if isinstance(op, kinds):
        return None
    if not isinstance(op, Combinator) or not any(isinstance(each, kinds) for each in walk(op)):
        return op
    kept = [(n, _left(each, kinds)) for n, each in enumerate(op.ops)]
    return _holding(op, kept) if any(left is not None for _, left in kept) else None


def _holding(op: Held, kept: Sequence[tuple[int, Op | None]]) -> Held:
    """What holds ops, with those of them that are left."""
    there = [(n, left) for n, left in kept if left is not None]
    changed: dict[str, Any] = {"ops": tuple(left for _, left in there)}
    if getattr(op, "weights", None) is not None:
        changed["weights"] = tuple(op.weights[n] for n, _ in there)  # type: ignore[attr-defined]
    return replace(op, **changed)
