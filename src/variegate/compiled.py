"""`kernel`, `unit` and `entry`, the ways to compile here: where the result is kept, and how the wait is told.

Numba's own disk cache looks at one file's time stamp, so an edit in another kernel file would go unseen. Here the cache
folder is named by a hash of every file that holds a kernel and of Numba's version. Importing this module imports Numba:
whoever needs it is imported lazily.

VARIEGATE_CACHE_DIR   where to keep compiled kernels (default: the user's cache folder)
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import event

Function = TypeVar("Function", bound=Callable[..., Any])


def home() -> Path:
    """The folder for compiled kernels of all versions."""
    asked = os.environ.get("VARIEGATE_CACHE_DIR")
    if asked:
        return Path(asked)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "variegate"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "variegate"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "variegate"


@functools.cache
def folder() -> str:
    """The folder for these very kernels; a temporary one if the user's cache folder cannot be written."""
    here = Path(__file__).parent
    kernels = (file for file in (here / "kernels").glob("*.py") if not file.stem.startswith("reference"))
    files = [*sorted(kernels), here / "rng.py", here / "plan" / "ir.py"]
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    for file in files:
        digest.update(file.read_bytes())
    for base in (home(), Path(tempfile.gettempdir()) / f"variegate-{os.getuid() if hasattr(os, 'getuid') else 'user'}"):
        path = base / f"kernels-{digest.hexdigest()}"
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(path, os.W_OK):
            return str(path)
    return ""


def kernel(function: Function) -> Function:
    """Compile a small function as a part of others: no GIL, no fast-math (so no FMA: the same bits on every CPU)."""
    options = {"nogil": True, "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast(Function, numba.njit(**options)(function))


@contextlib.contextmanager
def _cached() -> Iterator[bool]:
    """Numba's cache folder set to ours while a function is declared; whether there is one."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = folder()
    try:
        yield bool(folder())
    finally:
        numba.config.CACHE_DIR = before


def entry(function: Function) -> Function:
    """Compile a function that Python calls, and keep the result on disk."""
    with _cached() as cache:
        return cast(Function, numba.njit(nogil=True, error_model="numpy", cache=cache)(function))


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
        with _cached() as there:
            options = {"nopython": True, "error_model": "numpy", "cache": there and self.cache}
            return numba.cfunc(self.signature, **options)(self.function)

    @property
    def address(self) -> int:
        """Where the machine code is."""
        with _lock:
            return int(self.compiled.address)


def unit(*arguments: Any) -> Callable[[Callable[..., Any]], Unit]:
    """Make a function a `Unit` with these argument types, returning nothing."""
    return lambda function: Unit(function, numba.void(*arguments))


_lock = threading.RLock()


class Announcer(event.Listener):
    """Says on the terminal that kernels are being compiled, once, and how long it took."""

    def __init__(self) -> None:
        self.depth = 0
        self.started = 0.0

    def on_start(self, event: Any) -> None:
        if not str(event.data["dispatcher"].py_func.__module__).startswith("variegate."):
            return
        if self.depth == 0:
            self.started = time.perf_counter()
            print("variegate: compiling kernels, once ...", end="", file=sys.stderr, flush=True)
        self.depth += 1

    def on_end(self, event: Any) -> None:
        if not str(event.data["dispatcher"].py_func.__module__).startswith("variegate."):
            return
        self.depth -= 1
        if self.depth == 0:
            print(f" {time.perf_counter() - self.started:.1f} s", file=sys.stderr, flush=True)


event.register("numba:compile", Announcer())
