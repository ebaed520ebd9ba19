"""Content: a value of the user's as text, the same in every process for the same value, and in no other for another.

Of a function count its module, its name, its compiled body, its parameters with their defaults, and what it closes
over; of a bound method also its object; of an array, or what can be one, its numbers; of any other object its class,
its `__call__`, and what pickle would keep of it.

Not told apart are functions that differ in what they read by name from a module; classes, modules and built-in
functions of one name; objects of one class that pickle cannot take; and sparse tensors.
"""

from __future__ import annotations

import copyreg
import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from enum import Enum
from types import CellType, CodeType, EllipsisType, FunctionType, MethodType, ModuleType, NoneType
from typing import Any

import numpy as np

PLAIN = (NoneType, EllipsisType, bool, int, float, complex, str, bytes)  # whose repr tells all there is


def content(value: Any) -> str:
    """The text of a value.

    >>> content({"mode": "x", "sizes": (1, 2)})
    "{'mode': 'x', 'sizes': (1, 2)}"
    >>> content(np.arange(3.0))
    'array(float64 (3,), 3352c09e12f9e7ba)'
    """
    return _Telling().of(value)


class _Telling:
    """One telling, in which a value that holds itself ends, and one that is held many times is told once."""

    def __init__(self) -> None:
        self.above: list[int] = []  # the values that hold the one at hand, outermost first
        self.told: dict[int, tuple[str, Any]] = {}  # and each value itself, so that its id stays its own

    def of(self, value: Any) -> str:
        if type(value) in PLAIN or isinstance(value, np.generic):
            return repr(value)
        place = id(value)
        if place in self.above:
            return f"<what holds this, {len(self.above) - self.above.index(place)} up>"
        if place not in self.told:
            self.above.append(place)
            self.told[place] = self._compound(value), value
            self.above.pop()
        return self.told[place][0]

    def _compound(self, value: Any) -> str:
        value = getattr(value, "py_func", value)  # what numba.njit was given
        for kind, tell in _KINDS:
            if isinstance(value, kind):
                return tell(self, value)
        return self._array_like(value) if hasattr(value, "__array__") else self._object(value)

    def _partial(self, value: functools.partial[Any]) -> str:
        return f"partial({self.of(value.func)}, {self.of(value.args)}, {self.of(value.keywords)})"

    def _method(self, value: MethodType) -> str:
        return f"method({self.of(value.__func__)}, {self.of(value.__self__)})"

    def _function(self, value: FunctionType) -> str:
        held = value.__code__, value.__defaults__, value.__kwdefaults__, value.__closure__
        return f"{_name(value)}, {self._digest(held)}"

    def _code(self, value: CodeType) -> str:
        """A compiled body without places in files or memory."""
        counts = value.co_argcount, value.co_posonlyargcount, value.co_kwonlyargcount, value.co_flags
        parameters = value.co_varnames[: value.co_argcount + value.co_kwonlyargcount]
        names, body = (parameters, value.co_names), (value.co_code, value.co_exceptiontable)
        return f"code{self.of((counts, names, body, value.co_consts))}"

    def _cell(self, value: CellType) -> str:
        try:
            return self.of(value.cell_contents)
        except ValueError:  # nothing is in it yet
            return "empty"

    def _mapping(self, value: Mapping[Any, Any]) -> str:
        items = sorted(f"{self.of(key)}: {self.of(item)}" for key, item in value.items())
        return _of_class(value, dict, f"{{{', '.join(items)}}}")

    def _set(self, value: Iterable[Any]) -> str:
        return f"{type(value).__name__}({', '.join(sorted(map(self.of, value)))})"

    def _list(self, value: list[Any]) -> str:
        return _of_class(value, list, f"[{', '.join(map(self.of, value))}]")

    def _tuple(self, value: tuple[Any, ...]) -> str:
        return _of_class(value, tuple, f"({', '.join(map(self.of, value))}{',' * (len(value) == 1)})")

    def _array(self, value: np.ndarray[Any, Any]) -> str:
        if type(value) is not np.ndarray:
            return f"{_name(type(value))} {self.of((np.asarray(value), getattr(value, 'mask', None)))}"
        if value.dtype.hasobject:
            return f"array({value.shape}, {self.of(value.tolist())})"
        return f"array({value.dtype} {value.shape}, {_hash(value.tobytes())})"

    def _array_like(self, value: Any) -> str:
        """What says that NumPy can make an array of it, as a tensor does, which may hold numbers that NumPy has not."""
        of_class = _name(type(value))
        with suppress(Exception):
            plain = value.detach().cpu() if hasattr(value, "detach") else value
            return f"{of_class} {self._array(np.asarray(plain))}"
        with suppress(Exception):
            return f"{of_class} {value.dtype} {self._digest(value.tolist())}"
        return of_class

    def _object(self, value: Any) -> str:
        """An object by its class, and by what pickle would keep of it, if it can."""
        try:
            reduce = copyreg.dispatch_table.get(type(value))
            kept = reduce(value) if reduce else value.__reduce_ex__(4)
        except Exception:  # pickle's own, and whatever a class of the user's raises
            return _name(type(value))
        if isinstance(kept, str):  # the name of something in a module
            return f"{_name(type(value))} {kept}, {self.of(getattr(value, '__wrapped__', None))}"
        call = getattr(type(value), "__call__", None)  # noqa: B004
        items = [list(each or ()) for each in kept[3:5]]
        return f"{_name(type(value))}({self._digest((call, kept[1:3], items))})"

    def _digest(self, value: Any) -> str:
        return _hash(self.of(value).encode(errors="surrogatepass"))


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def _name(value: Any) -> str:
    """A function's or a class's module and name."""
    return f"{getattr(value, '__module__', None)}.{getattr(value, '__qualname__', type(value).__qualname__)}"


def _of_class(value: Any, usual: type, told: str) -> str:
    """What a container holds, with its class where that is not the usual one."""
    return told if type(value) is usual else f"{_name(type(value))}({told})"


_KINDS: tuple[tuple[type, Callable[[_Telling, Any], str]], ...] = (
    (type, lambda telling, value: _name(value)),
    (ModuleType, lambda telling, value: f"module {value.__name__}"),
    (Enum, lambda telling, value: f"{_name(type(value))}({telling.of(value.value)})"),
    (functools.partial, _Telling._partial),
    (MethodType, _Telling._method),
    (FunctionType, _Telling._function),
    (CodeType, _Telling._code),
    (CellType, _Telling._cell),
    (Mapping, _Telling._mapping),
    (set, _Telling._set),
    (frozenset, _Telling._set),
    (list, _Telling._list),
    (tuple, _Telling._tuple),
    (np.ndarray, _Telling._array),
)
