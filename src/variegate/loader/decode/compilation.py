"""Compilation: the machine code of the decoder by windows, made by a child process while others decode.

A thread that compiles would hold the interpreter's lock and Numba's for seconds, and every batch with them. So the code
is made by a process of its own, one a machine, which fills the cache of kernels and ends with its parent; this process
loads it between two batches. Until then, and where nothing can be kept, JPEGs are read by who always read them.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from variegate.loader.transient import is_transient

if TYPE_CHECKING:
    import subprocess

PULSE = 0.5  # seconds between two looks
BUSY = 3  # the exit code of a child that found another one at work
BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from variegate.loader.decode.compilation import main; main(int(sys.argv[1]))"
)


class Compilation:
    """How far it is in this process. Threads share it.

    there   whether the decoder can be called
    wanted  whether anybody had a use for it
    """

    def __init__(self) -> None:
        self.there = self.wanted = False
        self._lock, self._process = Lock(), os.getpid()
        self._child: subprocess.Popen[bytes] | None = None
        self._next, self._hopeless = 0.0, False

    def tend(self) -> None:
        """Between two batches: have it compiled, or load it if it is; waits for nothing but the loading."""
        if self.there or not self.wanted or self._hopeless or monotonic() < self._next:
            return
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._next = monotonic() + PULSE
            self._step()
        finally:
            self._lock.release()

    def compile(self) -> None:
        """Compile it here and now, or load it."""
        from variegate.pipeline import ready

        for _ in ready.made():
            pass
        self.there = True

    def _step(self) -> None:
        from variegate.pipeline import ready

        if ready.kept():
            self.compile()
        elif self._child is not None and self._process == os.getpid():
            code = self._child.poll()
            if code is not None:
                self._child, self._hopeless = None, code not in (0, BUSY)
        else:
            locked = _locked(ready.lock_path())
            self._hopeless = locked is None
            if locked is False:
                self._begin()

    def _begin(self) -> None:
        import subprocess
        from multiprocessing import spawn

        self._process = os.getpid()
        python = spawn.get_executable()
        if not python or getattr(sys, "frozen", False):  # a program that would begin itself again
            self._hopeless = True
            return
        command = [os.fsdecode(python), "-c", BOOT, str(self._process), json.dumps(sys.path)]
        with suppress(OSError):  # no handles, no memory: it is tried again
            null = subprocess.DEVNULL
            self._child = subprocess.Popen(command, stdin=null, stdout=null, stderr=null)
            atexit.register(_end, self._child, self._process)


def _locked(path: str) -> bool | None:
    """Whether a process has a file locked; None if it cannot be written, so that nothing can be kept beside it."""
    from variegate import parts

    try:
        with open(path, "ab") as file:
            return parts.lock(file) is False
    except OSError as error:
        return True if is_transient(error) else None


def _end(child: subprocess.Popen[bytes], owner: int) -> None:
    if os.getpid() == owner and child.poll() is None:
        child.kill()
        child.wait()


COMPILATION = Compilation()  # of this process


def main(parent: int) -> None:
    """The life of the child: compile, unless another one does."""
    from threading import Thread

    from variegate import parts
    from variegate.announcer import announcer
    from variegate.pipeline import ready

    Thread(target=_end_with, args=(parent,), daemon=True).start()
    with open(ready.lock_path(), "ab") as file, announcer.quiet():
        if parts.lock(file) is False:
            sys.exit(BUSY)
        for _ in ready.made():
            pass
    sys.exit(0 if ready.kept() else 1)


def _end_with(parent: int) -> None:
    """End when the parent has ended, whatever became of it."""
    from time import sleep

    while not hasattr(os, "getppid") or os.getppid() == parent:
        sleep(PULSE)
    os._exit(1)
