"""Haste: threads that change places within a user's op, so that what they share shows in few samples."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from types import FrameType
from typing import Any

SWITCH = 1e-5  # seconds after which Python makes a thread give way, instead of 5 ms
PAUSE = 1e-5  # seconds that a thread pauses before a line of a user's op
PAUSES = 4000  # at most, so that an op which is a long loop takes no minutes
OURS = frozenset(("variegate", "numpy", "numba", "llvmlite", "PIL", "torch", *sys.stdlib_module_names)) - {"__main__"}


@contextmanager
def haste() -> Iterator[None]:
    """Meanwhile threads change places as often as they can, and new ones before each line that is none of a library's.

    A tracer of new threads, as a debugger or a coverage tool sets, is put back afterwards.
    """
    usual, tracer = sys.getswitchinterval(), threading.gettrace()
    sys.setswitchinterval(SWITCH)
    threading.settrace(_Pauses())
    try:
        yield
    finally:
        threading.settrace(tracer)
        sys.setswitchinterval(usual)


class _Pauses:
    """A tracer: a pause before each line of code of the user's."""

    def __init__(self) -> None:
        self._made = count()

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Any:
        module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        return None if module in OURS else self._line

    def _line(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            time.sleep(PAUSE)
            if next(self._made) >= PAUSES:
                sys.settrace(None)
        return self._line
