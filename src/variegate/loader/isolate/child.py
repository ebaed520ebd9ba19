"""Child: the process that makes a loader's batches, as the loader sees it."""

from __future__ import annotations

import os
from collections.abc import Generator
from threading import Lock
from typing import Any
from weakref import ref

from variegate.errors import VariegateError
from variegate.loader.isolate import script
from variegate.loader.isolate.payload import Isolable
from variegate.loader.isolate.process import Process
from variegate.loader.transient import retried

Batch = dict[str, Any]


class Child:
    """One process at a time for a loader: started by its first epoch, and anew by the next if it has died.

    The loader is held weakly; the iterators of `batches` hold the process, and not this.
    """

    def __init__(self, loader: Isolable) -> None:
        self._loader = ref(loader)
        self._process: Process | None = None
        self._owner, self._starting = os.getpid(), Lock()

    def batches(self, epoch: int, position: int = 0, endless: bool = False) -> Generator[Batch, None, None]:
        """The batches of an epoch from a position on, or of all epochs from there; any number of them at once.

        Raises  VariegateError if the process dies or cannot be started; ResourceError if there are no handles or memory
                for it, which is waited for; what making a batch raises.
        """
        loader = self._loader()
        assert loader is not None  # who calls has it
        return self._run(loader, ("batches", epoch, position, endless))

    def _run(self, loader: Isolable, request: Any) -> Generator[Batch, None, None]:
        process = self._started(loader)
        del loader, self
        channel = retried(lambda: process.open(request))
        try:
            process.ask(channel)
            while True:
                parcel, descriptors = process.answer(channel)
                if parcel is None:
                    return
                if process.ahead:
                    process.ask(channel)
                # Not by a variable of this frame, which would hold the batch while the consumer asks for the next.
                yield process.leases.unpack(parcel, descriptors)
                if not process.ahead:
                    process.ask(channel)
        finally:
            channel.close()

    def _started(self, loader: Isolable) -> Process:
        _refuse_without_guard()
        if os.getpid() != self._owner:  # forked: another thread may have held the lock
            self._owner, self._starting, self._process = os.getpid(), Lock(), None
        with self._starting:
            if self._process is None or not self._process.alive:
                self.close()
                self._process = retried(lambda: Process(loader))
            return self._process

    def stats(self) -> dict[str, Any]:
        """The `stats` of the loader in the process; empty if there is none."""
        process = self._process
        if process is None or not process.alive:
            return {}
        try:
            channel = process.open(("stats",))
        except VariegateError:
            return {}
        try:
            process.ask(channel)
            stats: dict[str, Any] = process.answer(channel)[0]
            return stats
        except VariegateError:
            return {}
        finally:
            channel.close()

    def close(self) -> None:
        """End the process, and with it the epochs under way; another epoch starts another."""
        process, self._process = self._process, None
        if process is not None:
            process.end()


def _refuse_without_guard() -> None:
    if script.importing:
        raise VariegateError(
            "isolate=True starts a process, which imports the script for the classes that it defines; so what the "
            'script does when it runs belongs under `if __name__ == "__main__":`'
        )
