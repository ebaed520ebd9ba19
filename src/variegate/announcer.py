"""Announcer: says that kernels are being compiled, in one line, however many they are.

On a terminal the line counts on while one compiles, and is gone in between, so that it is in nobody's way; as the
process ends, the total is told. Elsewhere, as in a log or a notebook, one line is written when the first one begins.

VARIEGATE_QUIET   anything but 0 or nothing: say none of this
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event

from variegate import kernel_cache


class Announcer(event.Listener):
    """Listens to what Numba compiles of ours: how many kernels, and in how much time."""

    def __init__(self) -> None:
        self.depth, self.count = 0, 0
        self.started = self.seconds = 0.0
        self.silent = False
        self._shown = 0  # letters on the terminal's line

    def on_start(self, event: Any) -> None:
        """A kernel begins to be compiled, or one within it."""
        if not _is_ours(event):
            return
        if self.depth == 0:
            self.started = time.perf_counter()
            self.count += 1
        self.depth += 1
        self._tell()

    def on_end(self, event: Any) -> None:
        """It is compiled, or was not."""
        if not _is_ours(event):
            return
        self.depth -= 1
        if self.depth == 0:
            self.seconds += time.perf_counter() - self.started
            self._show("")

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Say nothing meanwhile: somebody else does."""
        before, self.silent = self.silent, True
        try:
            yield
        finally:
            self.silent = before

    def _tell(self) -> None:
        kept, first = "" if kernel_cache.trouble else ", once", self.count == self.depth == 1
        if first:
            atexit.register(self._total)
        if _is_terminal():
            seconds = self.seconds + time.perf_counter() - self.started
            self._show(f"variegate: compiling kernels{kept}: number {self.count}, {seconds:.1f} s so far")
        elif first and self._speaks():
            folder = "" if kernel_cache.trouble else f", and keeping them in {kernel_cache.folder()}"
            _write(f"variegate: compiling kernels{kept}{folder}\n")

    def _show(self, line: str) -> None:
        """Put this in the place of what stands on the terminal's line."""
        if self._speaks() and (line or self._shown):
            _write(f"\r{' ' * self._shown}\r{line}")
            self._shown = len(line)

    def _total(self) -> None:
        if self._speaks() and _is_terminal():
            folder = "not kept" if kernel_cache.trouble else f"kept in {kernel_cache.folder()}"
            several = "s" * (self.count > 1)
            _write(f"variegate: compiled {self.count} kernel{several} in {self.seconds:.1f} s, {folder}\n")

    def _speaks(self) -> bool:
        return not self.silent and os.environ.get("VARIEGATE_QUIET", "0") in ("", "0")


def _is_ours(event: Any) -> bool:
    return str(event.data["dispatcher"].py_func.__module__).startswith("variegate.")


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _write(text: str) -> None:
    if sys.stderr is not None:  # as under pythonw
        sys.stderr.write(text)
        sys.stderr.flush()


announcer = Announcer()
event.register("numba:compile", announcer)
