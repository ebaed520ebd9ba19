"""Server: the child's life. One thread hears the parent; one for each epoch under way answers its questions."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from threading import Thread, Timer
from typing import Any

from variegate.loader.isolate import script
from variegate.loader.isolate.channel import Channel
from variegate.loader.isolate.failure import Failure
from variegate.loader.isolate.payload import unpacked
from variegate.loader.isolate.segment import Segment
from variegate.loader.isolate.slots import Parcel, Slots
from variegate.loader.transient import retried

PATIENCE = 5.0  # seconds for the threads of epochs under way, when the parent says that it is over
ORPHAN = 1.0  # seconds for them when the parent is dead
NOTHING: Parcel = (b"", [], [], [])


def main(descriptor: int) -> None:
    """Serve the parent at the other end of a socket until it says so, or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    Server(descriptor).run()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # taking an interpreter apart that compiled kernels lasts a third of a second


class Server:
    """The loader in this process, and the conversations about it."""

    def __init__(self, descriptor: int) -> None:
        self._control = Channel(socket.socket(fileno=descriptor), self._look)
        self._parent = os.getppid()
        self._conversations: list[tuple[Channel, Thread]] = []
        self._slots: Slots | None = None
        self._loader: Any = None

    def run(self) -> None:
        """Hear requests, each with a socket for its answers; the first brings the loader."""
        limit = ORPHAN
        try:
            request, (end, *descriptors) = self._control.receive()
            if not self._begin(Channel(socket.socket(fileno=end)), request, descriptors):
                return
            while True:
                request, descriptors = self._control.receive()
                if request is None:
                    limit = PATIENCE
                    break
                channel = Channel(socket.socket(fileno=descriptors[0]))
                thread = Thread(target=self._converse, args=(channel, request), daemon=True)
                self._conversations = [each for each in self._conversations if each[1].is_alive()]
                self._conversations.append((channel, thread))
                thread.start()
        except EOFError:
            pass
        self._finish(limit)

    def _look(self) -> None:
        """About every second: what did the parent give back, and is it there?"""
        if os.getppid() != self._parent:
            raise EOFError
        if self._slots is not None:
            self._slots.reclaim()

    def _begin(self, channel: Channel, request: Any, descriptors: list[int]) -> bool:
        self._parent, prepared, data, sizes, size = request
        answer: Failure | None = None
        try:
            script.prepare(prepared)
            self._loader = unpacked(data, sizes, Segment(size, *descriptors), script.Unpickler)
            self._slots = self._loader._pool.memory = Slots(self._loader._pool.keep)
        except BaseException as error:
            answer = Failure.of(error)
        with suppress(OSError, EOFError):
            channel.receive()
            channel.send(answer)
        return answer is None

    def _converse(self, channel: Channel, request: Any) -> None:
        kind, *options = request
        with suppress(EOFError, OSError):
            if kind == "stats":
                channel.receive()
                channel.send(self._stats())
            else:
                self._batches(channel, *options)
        channel.close()

    def _stats(self) -> dict[str, Any]:
        assert self._slots is not None
        self._slots.reclaim()
        stats, others = self._loader.stats(), self._slots.others
        more = {"lent": others.out, "lent_bytes": others.out_bytes, "idle": others.idle, "made": others.made}
        return {**stats, **{name: stats[name] + number for name, number in more.items() if name in stats}}

    def _batches(self, channel: Channel, epoch: int, position: int, endless: bool) -> None:
        """Answer each question with a batch, until the questions or the batches end."""
        assert self._slots is not None
        batches, parcel = None, NOTHING
        try:
            while True:
                channel.receive()
                if batches is None:
                    batches = self._loader._batches(epoch, position, endless)
                answer, descriptors = self._made(batches)
                parcel = NOTHING if answer is None or isinstance(answer, Failure) else answer
                channel.send(answer, descriptors)
        finally:
            if batches is not None:
                batches.close()
            self._slots.unsent(parcel)

    def _made(self, batches: Iterator[Any]) -> tuple[Parcel | Failure | None, tuple[int, ...]]:
        assert self._slots is not None
        try:
            return retried(partial(self._slots.pack, next(batches)))
        except StopIteration:
            return None, ()
        except BaseException as error:
            return Failure.of(error), ()

    def _finish(self, limit: float) -> None:
        watchdog = Timer(limit, os._exit, (0,))
        watchdog.daemon = True
        watchdog.start()
        for channel, _ in self._conversations:
            channel.close()
        for _, thread in self._conversations:
            thread.join()
        self._loader.close()
