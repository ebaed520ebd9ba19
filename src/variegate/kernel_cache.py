"""Kernel cache: machine code of compiled functions, kept in a folder for the next process.

Numba keeps machine code too, but believes whatever lies in its folder, ends the process for what it cannot read or
write there, and looks at the time stamp of one file, so that an edit in another kernel file would go unseen. Here the
folder is named by a hash of every file that holds a kernel, each file has a digest, and nothing that goes wrong stops
anybody: what cannot be loaded is compiled, what cannot be saved is not, and why is said once. The JPEG decoder has a
folder of its own, so that an edit there throws no other kernel away, nor one elsewhere the decoder.

Machine code does what it likes, so it is loaded from nowhere but a folder of this user or of root in which nobody else
can write; there is no other place if that cannot be had. Windows tells no owners this way: there the user's own folder
is private by its access list, and a folder that VARIEGATE_CACHE_DIR names is the user's choice.

VARIEGATE_CACHE_DIR   where to keep compiled kernels (default: the user's cache folder)
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from variegate import parts

DIGEST = 32  # bytes
RIGHTS = 0o755  # everybody may read: one user, or root, can fill a folder for all
OTHERS = stat.S_IWGRP | stat.S_IWOTH
# Where kernels are, or what they hold comes from, beside the folder `kernels`.
BESIDE = "compiled.py", "exact_tables.py", "formulas.py", "picture.py", "rng.py", "sampling.py", "white.py"
KERNELS, JPEG = "kernels", "jpeg"  # what has a folder of its own, here and there
BESIDE_OF = {KERNELS: BESIDE, JPEG: BESIDE[:1]}
trouble: list[str] = []  # what went wrong in this process, so that its kernels are not all kept


def home() -> Path:
    """The folder for compiled kernels of all versions.

    Raises  RuntimeError if the user has no home.
    """
    asked = os.environ.get("VARIEGATE_CACHE_DIR")
    if asked:
        return Path(asked).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "variegate"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "variegate"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "variegate"


def version(which: str = KERNELS) -> str:
    """A digest of all that decides these kernels' machine code, but the machine."""
    here = Path(__file__).parent
    kernels = (file for file in (here / which).glob("*.py") if not file.stem.startswith("reference"))
    own = [*(here / name for name in BESIDE_OF[which]), Path(__file__)]
    digest = hashlib.blake2b(f"{numba.__version__} {sys.implementation.cache_tag}".encode(), digest_size=8)
    for file in (*sorted(kernels), *own):
        digest.update(file.read_bytes())
    return digest.hexdigest()


# Of what this process runs, as far as it can be known: kernels are imported after this.
BEGUN = {which: version(which) for which in BESIDE_OF}


@functools.cache
def folder(which: str = KERNELS) -> str:
    """The folder for these very kernels, made where there is none; "" if there is none to be believed."""
    try:
        base = os.path.abspath(home())
        os.makedirs(os.path.dirname(base), exist_ok=True)
        path = os.path.join(base, f"{which}-{BEGUN[which]}")
        for each in (base, path):
            if not os.path.lexists(each):
                os.makedirs(each, RIGHTS, exist_ok=True)
            elif each == base and not os.environ.get("VARIEGATE_CACHE_DIR"):
                _close(base)
            _believe(each, os.lstat(each), stat.S_ISDIR)
        parts.sweep(path)
    except (OSError, RuntimeError) as error:
        _say(error)
        return ""
    return path


def _close(base: str) -> None:
    """Let nobody else write in the user's own cache folder, which earlier releases made with the user's umask."""
    found = os.lstat(base)
    if sys.platform != "win32" and stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
        os.chmod(base, stat.S_IMODE(found.st_mode) & ~OTHERS)


def _believe(path: str, found: os.stat_result, is_kind: Callable[[int], bool]) -> None:
    """Refuse what somebody else may have made, or may change.

    Raises  PermissionError.
    """
    if stat.S_ISLNK(found.st_mode):
        raise PermissionError(f"{path} is a link: name the folder itself in VARIEGATE_CACHE_DIR")
    if not is_kind(found.st_mode):
        raise PermissionError(f"{path} is something else than a {'folder' if is_kind is stat.S_ISDIR else 'file'}")
    if sys.platform == "win32":
        return
    if found.st_uid not in (0, os.geteuid()):
        raise PermissionError(f"{path} belongs to another user (uid {found.st_uid}), whose machine code is not run")
    if found.st_mode & OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        raise PermissionError(f"others may write to {path} (mode {mode:o}); if it is yours alone, chmod go-w it")


def _say(error: Exception) -> None:
    """Say, for the first of all troubles, that kernels are not kept."""
    told = str(error) or type(error).__name__
    if isinstance(error, OSError) and error.filename is not None:
        told = f"{error.filename}: {error.strerror}"
    trouble.append(told)
    if len(trouble) == 1:
        what = "compiled kernels are not kept, so each process compiles its own, which takes 10 to 20 s"
        _print(f"{what}: {told}. Mend that, or name another folder in VARIEGATE_CACHE_DIR")


@functools.cache
def _print(line: str) -> None:
    """Print a line, once."""
    print(f"variegate: {line}", file=sys.stderr, flush=True)


class KernelCache(NullCache):  # type: ignore[misc]
    """A function's machine code by its argument types, as Numba's dispatchers and callbacks ask for it. Never raises.

    It is found by the function's name and line. So what `version` does not see is not kept: closures, and functions of
    other packages.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._which = JPEG if function.__module__.startswith("variegate.jpeg.") else KERNELS
        self._ours = function.__module__.startswith("variegate.") and function.__closure__ is None

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What Numba made for this signature; None if it is not here."""
        target_context.refresh()  # a context is empty before its first use
        path = self._path(sig, target_context.codegen())
        if not path:
            return None
        try:
            payload = _read(path)
            return payload and CompileResult._rebuild(target_context, *pickle.loads(payload))
        except Exception as error:
            _say(error)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what Numba made for this signature, if it holds no address of this process."""
        path = self._path(sig, data.codegen)
        if not path or data.lifted or data.library.has_dynamic_globals:
            return
        # Files that changed under a running process: what it imported when, nobody knows.
        if version(self._which) != BEGUN[self._which]:
            return
        try:
            payload = dumps(data._reduce())
            parts.publish(path, lambda file: file.write(_digest(path, payload) + payload), RIGHTS & 0o666)
        except Exception as error:
            _say(error)

    def _path(self, signature: Any, codegen: Any) -> str:
        """Where the machine code for a signature is, on this machine; "" if nowhere."""
        if not self._ours or not folder(self._which):
            return ""
        name, line = self._function.__qualname__, self._function.__code__.co_firstlineno
        told = repr((self._function.__module__, name, line, str(signature), codegen.magic_tuple()))
        return os.path.join(folder(self._which), f"{name}-{hashlib.blake2b(told.encode(), digest_size=8).hexdigest()}")


def _read(path: str) -> bytes | None:
    """What a file holds; None if there is none, or it is not as it was written: it will be written anew.

    Raises  OSError if it cannot be read or is not to be believed.
    """
    try:
        with open(path, "rb") as file:
            _believe(path, os.fstat(file.fileno()), stat.S_ISREG)
            found = file.read()
    except FileNotFoundError:
        return None
    digest, payload = found[:DIGEST], found[DIGEST:]
    if digest == _digest(path, payload):
        return payload
    _print(f"{os.path.dirname(path)}: kernels are damaged; they are compiled and written anew")
    return None


def _digest(path: str, payload: bytes) -> bytes:
    return hashlib.blake2b(os.path.basename(path).encode() + payload, digest_size=DIGEST).digest()
