"""Folder: the shards of one fingerprint, shared by any number of processes.

A shard is written under another name, locked, brought to the disk and then renamed, so under its own name it is whole.
Names are unique and begin with the time, and nothing is ever changed: no process needs to know of another. Where a
process is killed, the file that it was at stays behind; whoever opens the folder removes it, if its lock is free and
nothing has been written to it for a while. Where there are no locks, the while is long.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from typing import Any, BinaryIO

from variegate.errors import SourceError
from variegate.loader.cache.fingerprint import FORMAT

SHARD, PART = ".arrow", ".part"
LEFT = 600  # seconds without a write after which an unlocked file has no writer
LEFT_UNKNOWN = 86400  # the same, where locks cannot tell


class Folder:
    """A subfolder of a cache's folder, found by its facts.

    writes  whether it is made where there is none, tried, and cleared of what dead writers have left

    Raises  SourceError if it cannot be read, or made or written to.
    """

    def __init__(self, root: str, facts: dict[str, Any], writes: bool) -> None:
        digest = blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=8).hexdigest()
        self.root, self.facts = root, facts
        self.path = os.path.join(root, f"v{FORMAT}-{digest}")
        try:
            if writes:
                os.makedirs(self.path, exist_ok=True)
                self._try()
                self._sweep()
            elif os.path.exists(self.path):
                os.listdir(self.path)
        except OSError as error:
            raise SourceError(self._refusal(error, writes)) from error

    def _refusal(self, error: OSError, writes: bool) -> str:
        what = "written to" if writes else "read"
        hint = "; to read what is there and write nothing, say bytes=0" if writes and os.path.exists(self.path) else ""
        return (
            f"{self.root}: the cache cannot be {what} ({error.strerror or error}); give another folder in "
            f'Loader(cache=...), make room or set its rights, or use cache="memory"{hint}'
        )

    def _try(self) -> None:
        """Write what a person who looks at the folder wants to know; a full disk shows here."""
        said = json.dumps({**self.facts, "what": "decoded pictures of variegate.Cache; may be deleted"}, indent=1)
        self.publish("about.json", lambda file: file.write(said.encode()))

    def shards(self) -> dict[str, int]:
        """Name -> bytes, oldest first; empty where there is no such folder."""
        try:
            with os.scandir(self.path) as scan:
                entries = sorted((each for each in scan if each.name.endswith(SHARD)), key=lambda each: each.name)
        except FileNotFoundError:
            return {}
        found = {}
        for entry in entries:
            with suppress(FileNotFoundError):
                found[entry.name] = entry.stat().st_size
        return found

    def where(self, name: str) -> str:
        """The path of a shard."""
        return os.path.join(self.path, name)

    @staticmethod
    def new_name() -> str:
        """A name for a shard that no other has."""
        return f"{time.time_ns():016x}-{secrets.token_hex(6)}{SHARD}"

    def publish(self, name: str, write: Callable[[BinaryIO], object]) -> None:
        """Have a file written, and give it its name when all of it is on the disk.

        Raises  OSError, after the file is removed, if it cannot be written.
        """
        part = self.where(f"{name}-{secrets.token_hex(6)}{PART}")
        try:
            with open(part, "xb") as file:
                lock(file)
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, self.where(name))
        except BaseException:
            with suppress(OSError):
                os.unlink(part)
            raise
        self._sync()

    def _sync(self) -> None:
        """Bring the names to the disk; a system that cannot open a folder has no need of it."""
        with suppress(OSError):
            folder = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _sweep(self) -> None:
        """Remove what dead writers have left."""
        with os.scandir(self.path) as scan:
            parts = [each for each in scan if each.name.endswith(PART)]
        for part in parts:
            with suppress(OSError):  # another process may be quicker
                age = time.time() - part.stat().st_mtime
                if age > LEFT and _left(part.path, age):
                    os.unlink(part.path)


def _left(path: str, age: float) -> bool:
    """Whether the file has no writer any more."""
    with open(path, "rb") as file:
        free = lock(file)
    return age > LEFT_UNKNOWN if free is None else free


def lock(file: BinaryIO) -> bool | None:
    """Lock an open file until it is closed or the process ends; False if another has it, None if nothing tells."""
    try:
        import fcntl
    except ImportError:  # Windows, which deletes no file that is open
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return None
    return True
