"""Folder: the shards of one fingerprint, shared by any number of processes.

A shard has its name only when it is whole. Names are unique and begin with the time, and nothing is ever changed: who
reads needs to know of nobody. Who writes has the folder's lock, first looks at what others have published, and so
neither writes it again nor goes beyond the limit that all have together. Without locks, as on Windows, what is written
in the same moment may be there twice. What killed processes leave behind is removed by whoever opens the folder.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from typing import Any, BinaryIO

from variegate import parts
from variegate.errors import SourceError
from variegate.loader.cache.fingerprint import FORMAT
from variegate.loader.file import regular

SHARD, LOCK = ".arrow", "lock"
PATIENCE = 10.0  # seconds of waiting to write, as a process that writes may hang
PAUSE = 0.005  # seconds between two tries


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
                parts.sweep(self.path)
            elif os.path.exists(self.path):
                os.listdir(self.path)
        except OSError as error:
            raise SourceError(self._refusal(error, writes)) from error

    def _refusal(self, error: OSError, writes: bool) -> str:
        what = "written to" if writes else "read"
        hint = (
            "; to read what is there and write nothing, say max_bytes=0" if writes and os.path.exists(self.path) else ""
        )
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

    def used(self) -> int:
        """The bytes of all files, of what is being written too."""
        with os.scandir(self.path) as scan:
            return sum(map(_size, scan))

    @contextmanager
    def writing(self) -> Iterator[bool]:
        """The right to write, which one of all threads and processes has at a time; whether it could be had.

        Raises  OSError if the lock's file cannot be made.
        """
        with open(self.where(LOCK), "ab", opener=regular) as file:
            begun = time.monotonic()
            while (had := parts.lock(file)) is False and time.monotonic() - begun < PATIENCE:
                time.sleep(PAUSE)
            try:
                yield had is not False
            finally:
                if had:
                    parts.unlock(file)

    def where(self, name: str) -> str:
        """The path of a shard."""
        return os.path.join(self.path, name)

    @staticmethod
    def new_name() -> str:
        """A name for a shard that no other has."""
        return f"{time.time_ns():016x}-{secrets.token_hex(6)}{SHARD}"

    def publish(self, name: str, write: Callable[[BinaryIO], object]) -> None:
        """Have a file written, and give it its name when all of it is on the disk.

        Raises  OSError, after what there is of it is removed, if it cannot be written.
        """
        parts.publish(self.where(name), write)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except FileNotFoundError:  # it has its name by now, or is removed
        return 0
