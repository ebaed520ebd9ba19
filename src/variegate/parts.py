"""Parts: files on their way to their names.

A file is written under another name, locked, brought to the disk and then renamed, so under its own name it is whole.
Where a process is killed, the part that it was at stays behind; `sweep` removes it, if its lock is free and nothing has
been written to it for a while. Where there are no locks, the while is long.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

PART = ".part"
LEFT = 600  # seconds without a write after which an unlocked file has no writer
LEFT_UNKNOWN = 86400  # the same, where locks cannot tell


def publish(path: str, write: Callable[[BinaryIO], object], mode: int = 0o666) -> None:
    """Have a file written, and give it its name when all of it is on the disk.

    mode  its rights, less the umask

    Raises  OSError, after the part is removed, if it cannot be written.
    """
    part = f"{path}-{secrets.token_hex(6)}{PART}"
    try:
        with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            lock(file)
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise
    _sync(os.path.dirname(path) or ".")


def _sync(folder: str) -> None:
    """Bring the names to the disk; a system that cannot open a folder has no need of it."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def is_part(path: str, ending: str = "") -> bool:
    """Whether a path is that of a part of a file whose name ends so."""
    return re.fullmatch(f".*{re.escape(ending)}-[0-9a-f]+{re.escape(PART)}", path, re.DOTALL) is not None


def sweep(folder: str, ending: str = "") -> None:
    """Remove what dead writers have left in a folder, of files whose names end so."""
    try:
        with os.scandir(folder) as scan:
            parts = [each for each in scan if is_part(each.name, ending)]
    except OSError:  # who wants to write there will be told
        return
    for each in parts:
        with suppress(OSError):  # another process may be quicker
            age = time.time() - each.stat(follow_symlinks=False).st_mtime
            if age > LEFT and left(each.path, age):
                os.unlink(each.path)


def left(path: str, age: float) -> bool:
    """Whether a part has no writer any more; age in seconds."""
    with open(path, "rb") as file:
        free = lock(file)
    return age > LEFT_UNKNOWN if free is None else free


def lock(file: BinaryIO) -> bool | None:
    """Lock an open file until it is closed or the process ends; False if another has it, None if nothing tells.

    Where the process forks meanwhile the child has the lock too, until it ends or one of them asks for `unlock`.
    """
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


def unlock(file: BinaryIO) -> None:
    """Give a lock back that `lock` has given."""
    import fcntl

    fcntl.flock(file, fcntl.LOCK_UN)
