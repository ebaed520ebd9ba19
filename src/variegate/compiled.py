"""`kernel`, `inlined`, `unit` and `entry`, the ways to compile here.

What they make is kept on disk by `kernel_cache`, and the wait is told by `announcer`. Importing this module imports
Numba: whoever needs it is imported lazily.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core.ccallback import CFunc
from numba.core.sigutils import normalize_signature
from numpy.typing import NDArray

import variegate.announcer  # noqa: F401  # it hears what is compiled from now on
from variegate.kernel_cache import KernelCache

Function = TypeVar("Function", bound=Callable[..., Any])
PART = {"nogil": True, "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: Function) -> Function:
    """Compile a small function as a part of others: no GIL, no fast-math (so no FMA: the same bits on every CPU)."""
    return cast(Function, numba.njit(**PART)(_told_apart(function)))


def inlined(function: Function) -> Function:
    """A kernel that is always compiled into its caller: LLVM calls what is long, and vectorises no loop with a call."""
    return cast(Function, numba.njit(**PART, forceinline=True)(_told_apart(function)))


def entry(function: Function) -> Function:
    """Compile a function that Python calls, and keep the result on disk."""
    made: Any = numba.njit(nogil=True, error_model="numpy")(function)
    made._cache = KernelCache(function)
    return cast(Function, made)


def _told_apart(function: Function) -> Function:
    """The same function, under a name that tells of what it was made, if another function made it.

    Numba gives all that a maker makes one name and a number, counted anew in each process, and the linker takes
    functions of one name for one: machine code that another process kept would call what this one made of other parts.
    """
    function.__qualname__ = _told(function)
    return function


def _told(made: Any) -> str:
    """A function's name, and in brackets what it closes over; of anything else, what Python says of it."""
    function = inspect.unwrap(made)  # of a dispatcher or an intrinsic
    if not hasattr(function, "__closure__"):
        return repr(made)
    name, cells = str(function.__qualname__).partition("[")[0], function.__closure__ or ()
    return f"{name}[{', '.join(_told(cell.cell_contents) for cell in cells)}]" if cells else name


def plain(column: NDArray[Any]) -> NDArray[Any]:
    """The same array, contiguous and writable, as an `entry` takes it: another kind would be another compilation."""
    return column if column.flags.c_contiguous and column.flags.writeable else column.copy()


class Unit:
    """A function compiled once, by itself, when its address is first asked for, and called by address.

    Numba compiles a callee anew into each of its callers, and again into theirs; a deep tree of kernels took 45 s. A
    unit is compiled once (about 0.4 s, then kept on disk), and its callers see no more than a signature.
    """

    def __init__(self, function: Callable[..., Any], signature: Any, cache: bool = True) -> None:
        self.function, self.signature, self.cache = function, signature, cache

    @functools.cached_property
    def compiled(self) -> Any:
        """The C callback; compiled or loaded now."""
        options = {"nopython": True, "error_model": "numpy"}
        made: Any = CFunc(self.function, normalize_signature(self.signature), {}, options)
        if self.cache:
            made._cache = KernelCache(self.function)
        made.compile()
        return made

    @property
    def address(self) -> int:
        """Where the machine code is."""
        with _lock:
            return int(self.compiled.address)


def unit(*arguments: Any) -> Callable[[Callable[..., Any]], Unit]:
    """Make a function a `Unit` with these argument types, returning nothing."""
    return lambda function: Unit(function, numba.void(*arguments))


_lock = threading.RLock()
