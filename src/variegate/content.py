"""Content: a value of the user's as text, the same in every process for the same value, and in no other for another.

Of a function counts its module, its name and its compiled body; of arrays their bytes; of a `functools.partial` what it
holds; of any other object what its `repr` tells, or its class alone where that would tell a place in memory.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from types import CodeType
from typing import Any

import numpy as np


def content(value: Any) -> str:
    """The text of a value.

    >>> content({"mode": "x", "sizes": (1, 2)})
    "{'mode': 'x', 'sizes': (1, 2)}"
    >>> content(np.arange(3.0))
    'array(float64 (3,), 3352c09e12f9e7ba)'
    """
    value = getattr(value, "py_func", value)  # what numba.njit was given
    if isinstance(value, type):
        return _name(value)
    if isinstance(value, functools.partial):
        return f"partial({content(value.func)}, {content(value.args)}, {content(value.keywords)})"
    if isinstance(value, Mapping):
        items = sorted(f"{content(key)}: {content(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}({', '.join(sorted(map(content, value)))})"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(content, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    if isinstance(value, np.ndarray) or (hasattr(value, "__array__") and not isinstance(value, np.generic)):
        return _array(np.asarray(value))
    code = getattr(value, "__code__", None)
    if isinstance(code, CodeType):
        return f"{_name(value)}, {_digest(repr(_body(code)).encode())}"
    told = repr(value)
    return _name(type(value)) if " at 0x" in told else told


def _array(array: np.ndarray[Any, Any]) -> str:
    if array.dtype.hasobject:
        return f"array({array.shape}, {content(array.tolist())})"
    return f"array({array.dtype} {array.shape}, {_digest(array.tobytes())})"


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def _name(value: Any) -> str:
    """A function's or a class's module and name."""
    return f"{getattr(value, '__module__', None)}.{getattr(value, '__qualname__', type(value).__qualname__)}"


def _body(code: Any) -> Any:
    """A function's compiled body without places in files or memory."""
    if not isinstance(code, CodeType):
        return repr(code) if isinstance(code, (int, float, str, bytes, tuple, type(None))) else type(code).__name__
    return code.co_code, code.co_names, tuple(_body(constant) for constant in code.co_consts)
