"""File: a file on a disk, opened to be read, if it is a regular one."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from variegate.errors import SourceError, VariegateError
from variegate.loader.transient import read_error, retried_at

KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def absolute(path: str | os.PathLike[str]) -> str:
    """A path as it leads to the same file from wherever the process stands later on; links and .. stay in it.

    >>> absolute("/data/x/../1.jpg")
    '/data/x/../1.jpg'
    """
    return str(Path(path).absolute())


@contextmanager
def opened(path: str | os.PathLike[str], name: str | None = None) -> Iterator[FileIO]:
    """A file to read, without a buffer; what goes wrong is said with its path, or what else errors call it.

    Raises  DecodeError; or ResourceError of what is the machine's fault.
    """
    try:  # as `read_errors` does, which would cost a microsecond more for each sample
        with FileIO(path, opener=regular) as file:
            yield file
    except VariegateError:
        raise
    except (OSError, ValueError) as error:
        raise read_error(name or os.fspath(path), error) from error


def read_bytes(path: str) -> bytes:
    """The bytes of a file that a source is made of, waited for where something is lacking.

    Raises  SourceError if it cannot be read; ResourceError if that is the machine's fault.
    """

    def read() -> bytes:
        with opened(path) as file:
            return file.readall()

    return retried_at(path, read)


def read_lines(path: str) -> list[str]:
    """The lines of a text in UTF-8 that a source is made of.

    Raises  as `read_bytes`; SourceError if it is no such text.
    """
    try:
        return read_bytes(path).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: it cannot be read ({error})") from error


def regular(path: str, flags: int) -> int:
    """An `opener`, as of `open`, that takes regular files alone: to open a FIFO waits until somebody writes to it.

    Raises  OSError if it is another kind of file, or cannot be opened.
    """
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)  # which regular files take no notice of
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    if kind == stat.S_IFREG:
        return descriptor
    os.close(descriptor)
    if kind == stat.S_IFDIR:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    raise OSError(errno.EINVAL, f"it is {KINDS.get(kind, 'another kind of thing')}, and no file with contents", path)
