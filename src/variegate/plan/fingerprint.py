"""A pipeline's fingerprint: a digest of what was declared, the user's functions included."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from types import CodeType
from typing import Any

from variegate.ops.base import Op
from variegate.plan.ir import Node


def fingerprint(pipeline: Op, nodes: Iterable[Node]) -> str:
    """A hex digest of the ops, their fields, and the module, name and compiled body of the user's functions."""
    digest = hashlib.blake2b(_declaration(pipeline).encode(), digest_size=16)
    for node in nodes:
        function = getattr(node.op, "function", None)
        if function is not None:
            function = getattr(function, "py_func", function)
            name = getattr(function, "__qualname__", type(function).__qualname__)
            told = (function.__module__, name, _body(getattr(function, "__code__", None)))
            digest.update(repr(told).encode())
    return digest.hexdigest()


def _declaration(pipeline: Op) -> str:
    """The pipeline as text; its targets are the same in any order."""
    targets = getattr(pipeline, "targets", None)
    if targets is None:
        return repr(pipeline)
    return f"{replace(pipeline, targets=None)!r} {sorted(map(repr, targets.fields))}"  # type: ignore[call-arg]


def _body(code: Any) -> Any:
    """A function's compiled body without places in files or memory."""
    if not isinstance(code, CodeType):
        return repr(code) if isinstance(code, (int, float, str, bytes, tuple, type(None))) else type(code).__name__
    return code.co_code, code.co_names, tuple(_body(constant) for constant in code.co_consts)
