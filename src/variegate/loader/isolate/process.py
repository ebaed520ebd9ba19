"""Process: one child and this process's end of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import weakref
from contextlib import suppress
from multiprocessing import spawn, util
from typing import Any

from variegate.errors import FieldError, VariegateError
from variegate.loader.isolate.channel import Channel
from variegate.loader.isolate.failure import Failure
from variegate.loader.isolate.leases import Leases
from variegate.loader.isolate.payload import Isolable, ahead, packed
from variegate.loader.transient import resource_errors

CLOSED = "the loader was closed, and with it the epochs under way; begin another"
PATIENCE = 6.0  # seconds that an end may take; the child gives its own threads 5
BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from variegate.loader.isolate.server import main; main(int(sys.argv[1]))"
)


class Process:
    """A child that has the loader and makes its batches; ends with `end`, or when nobody refers to this any more.

    ahead  whether a batch is to be asked for when the one before it has come, and not when it is needed

    Raises  FieldError if the loader cannot be pickled, or not be unpickled there; whatever else the child raises.
    """

    def __init__(self, loader: Isolable) -> None:
        if not hasattr(socket, "send_fds") or os.name != "posix":
            raise FieldError(f"isolate=True needs descriptors sent over sockets, which {sys.platform} has not")
        self.owner, self.leases, self.ahead = os.getpid(), Leases(), ahead(loader)
        self._fate: str | None = None  # how it ended, once that is known
        data, sizes, segment = packed(loader)
        prepared = dict(spawn.get_preparation_data("variegate"))
        prepared["authkey"] = bytes(prepared["authkey"])
        self._control, theirs = Channel.pair()
        try:
            self._popen = _spawned(theirs, prepared.pop("sys_path"))
        except BaseException:
            self._control.close()
            raise
        finally:
            theirs.close()
        self.end = weakref.finalize(self, _end, self._popen, self._control, self.owner)
        try:
            channel = self.open((self.owner, prepared, data, sizes, segment.size), segment.descriptor)
            self.ask(channel)
            self.answer(channel)
            channel.close()
        except BaseException:
            self._popen.kill()
            self.end()
            raise

    @property
    def alive(self) -> bool:
        """Whether the child is there, and is this process's."""
        return self.end.alive and os.getpid() == self.owner and self._popen.poll() is None

    @property
    def pid(self) -> int:
        """The child's number."""
        return self._popen.pid

    def open(self, request: Any, *descriptors: int) -> Channel:
        """Begin a conversation.

        Raises  VariegateError if the child has died.
        """
        channel, theirs = Channel.pair(self._look)
        try:
            self._control.send(request, (theirs.fileno(), *descriptors))
        except OSError:
            channel.close()
            raise self._died() from None
        finally:
            theirs.close()
        return channel

    def ask(self, channel: Channel) -> None:
        """Ask for an answer; if the child is dead, that shows when it is waited for.

        Raises  VariegateError after a fork, or once the child was ended.
        """
        self._check()
        with suppress(OSError):
            channel.send(None)

    def answer(self, channel: Channel) -> tuple[Any, list[int]]:
        """The oldest answer that is due, and the descriptors with it; waits for as long as it takes.

        Raises  VariegateError as `ask` does, and if the child has died; what it raises itself.
        """
        self._check()  # the last answers may lie in the socket yet
        try:
            answer, descriptors = channel.receive()
        except (EOFError, OSError):
            raise self._died() from None
        if isinstance(answer, Failure):
            raise answer.error()
        return answer, descriptors

    def _check(self) -> None:
        if os.getpid() != self.owner:
            raise VariegateError("this epoch was begun before a fork, which copies no threads; begin one afterwards")
        if not self.end.alive:
            raise self._died()

    def _look(self) -> None:
        # Its death closes the socket, unless a process that was forked in the wrong moment has a copy of that end.
        if not self.alive:
            raise EOFError

    def _died(self) -> VariegateError:
        if self._fate is None:
            self._fate = self._end_of(self._popen) if self.end.alive else CLOSED
            self.end()
        return VariegateError(self._fate)

    @staticmethod
    def _end_of(popen: subprocess.Popen[bytes]) -> str:
        try:
            code = popen.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            how = "broke off"
        else:
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return (
            f"the process that makes the batches (isolate=True, pid {popen.pid}) {how}. If it was killed, memory may "
            "have run out: give the loader memory=..., a smaller prefetch or smaller batches; else see what it wrote "
            "to stderr. The next epoch starts another"
        )


def _spawned(theirs: socket.socket, path: list[str]) -> subprocess.Popen[bytes]:
    """A new interpreter that holds one socket; Ctrl-C does not reach it, from its first moment on."""
    flags = util._args_from_interpreter_flags()  # type: ignore[attr-defined]
    command = [os.fsdecode(spawn.get_executable()), *flags, "-c", BOOT, str(theirs.fileno()), json.dumps(path)]
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with resource_errors("isolate=True: no process can be started"):
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _end(popen: subprocess.Popen[bytes], control: Channel, owner: int) -> None:
    """End the child, which takes it a moment; one that does not is killed."""
    if os.getpid() == owner:
        with suppress(OSError):
            control.send(None)
    control.close()
    if os.getpid() == owner:
        try:
            popen.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()
