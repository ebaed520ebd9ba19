"""A pipeline's fingerprint: a digest of what was declared, the user's functions included."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from variegate.content import content
from variegate.ops.base import Op
from variegate.plan.ir import Node


def fingerprint(pipeline: Op, nodes: Iterable[Node]) -> str:
    """A hex digest of the ops, their fields, and the module, name and compiled body of the user's functions."""
    digest = hashlib.blake2b(_declaration(pipeline).encode(), digest_size=16)
    for node in nodes:
        function = getattr(node.op, "function", None)
        if function is not None:
            digest.update(content(function).encode())
    return digest.hexdigest()


def _declaration(pipeline: Op) -> str:
    """The pipeline as text; its targets are the same in any order."""
    targets = getattr(pipeline, "targets", None)
    if targets is None:
        return repr(pipeline)
    return f"{replace(pipeline, targets=None)!r} {sorted(map(repr, targets.fields))}"  # type: ignore[call-arg]
