"""Index: where the samples of each shard lie, found once by reading through it and kept in a small file.

The file is NumPy's npz, without pickles: columns, and the size and stamp of the shard for which they were made. It has
its name only when it is whole, and what a killed process has left of one is removed, ten minutes later or more, by
whoever reads indexes in that folder. One that is damaged, of another version or of a shard that has changed since is
made again. So is one whose columns are not of the shape and dtype that they should be, or lead beyond the shard: it may
be from anybody. Where it cannot be written, nothing is.
"""

from __future__ import annotations

import os
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate import parts
from variegate.errors import ResourceError
from variegate.loader.file import opened
from variegate.loader.source.folder import path_id
from variegate.loader.source.shards.npy import npy_array
from variegate.loader.source.shards.shard import INDEX, RemoteShard, Shard
from variegate.loader.transient import retried

VERSION = 2  # of the columns: another one makes every saved index anew
PATIENCE = 2.0  # seconds of reading before a bar is shown

IndexColumns = dict[str, NDArray[Any]]


def read_indexes(
    shards: Sequence[Shard],
    scan: Callable[[Shard], IndexColumns],
    wanted: Iterable[str],
    folder: str | os.PathLike[str] | None,
    sound: Callable[[Shard, IndexColumns], bool],
) -> list[IndexColumns]:
    """The columns of each shard: as saved where all that are wanted are there, else from `scan`, which are then saved.

    sound   whether saved columns, all that are wanted, are what they should be for a shard
    folder  where the indexes are kept; None: each beside its shard, those of URLs not at all
    """
    wanted, found = set(wanted), []
    paths = [_place(shard, folder) for shard in shards]
    for home in {os.path.dirname(path) or "." for path in paths if path is not None}:
        parts.sweep(home, INDEX)
    with _bar(len(shards)) as tell:
        for shard, path in zip(shards, paths, strict=True):
            stamp = _text(f"{VERSION} {shard.size} {shard.stamp} {shard.name}")
            columns = {} if path is None else _load(path, stamp)
            if not (wanted <= columns.keys() and sound(shard, columns)):
                columns |= scan(shard)  # labels of another key that were saved stay
                if path is not None:
                    _save(path, columns | {"stamp": stamp})
            found.append(columns)
            tell()
    return found


def _place(shard: Shard, folder: str | os.PathLike[str] | None) -> str | None:
    """The path of a shard's index."""
    if folder is None:
        return None if isinstance(shard, RemoteShard) else shard.path + INDEX
    whole = shard.path if isinstance(shard, RemoteShard) else os.path.abspath(shard.path)
    return os.path.join(os.fspath(folder), f"{os.path.basename(shard.path)}-{path_id(whole):016x}{INDEX}")


def _load(path: str, stamp: NDArray[np.uint8]) -> IndexColumns:
    """What was saved for this state of the shard; nothing if that cannot be read or is of another."""

    def read() -> IndexColumns:
        with opened(path) as whole, zipfile.ZipFile(whole) as file:
            entries = {entry.filename.removesuffix(".npy"): entry for entry in file.infolist()}
            size = os.fstat(whole.fileno()).st_size
            if sum(entry.file_size for entry in entries.values()) > size:  # they are never compressed
                return {}
            if not np.array_equal(npy_array(file.read(entries.pop("stamp"))), stamp):
                return {}
            return {name: npy_array(file.read(entry)) for name, entry in entries.items()}

    try:
        return retried(read)
    except ResourceError:
        raise
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
        return {}  # RuntimeError of an entry with a password


def _save(path: str, columns: IndexColumns) -> None:
    with suppress(OSError):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        parts.publish(path, lambda file: np.savez(file, **columns))  # type: ignore[arg-type]


def _text(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8", "surrogateescape"), np.uint8)


def is_column(array: NDArray[Any], dtype: Any, length: int | None, width: int | None = None) -> bool:
    """Whether an array is of a dtype, and (length,) or (length, width); None: of any length."""
    shape = array.shape[:1] if length is None else (length,)
    return array.ndim > 0 and array.dtype == dtype and array.shape == shape + (() if width is None else (width,))


def lie_in(numbers: NDArray[np.int64], count: int) -> bool:
    """Whether numbers are of 0 to count - 1."""
    return bool(((numbers >= 0) & (numbers < count)).all())


def are_places(starts: NDArray[np.int64], sizes: NDArray[np.int64], end: int | NDArray[np.int64]) -> bool:
    """Whether so many bytes from so many on end before `end`."""
    return bool(((starts >= 0) & (starts <= end) & (sizes >= 0) & (sizes <= end - starts)).all())


class NameTable:
    """Texts by number, as one array of bytes and where each ends: a million of them are a few objects.

    >>> names = NameTable.of(["a/0", "a/1"])
    >>> len(names), names[1]
    (2, 'a/1')
    """

    def __init__(self, letters: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self.letters, self.ends = letters, ends

    @classmethod
    def of(cls, texts: Iterable[str]) -> NameTable:
        """Of a list."""
        words = [text.encode("utf-8", "surrogateescape") for text in texts]
        return cls(np.frombuffer(b"".join(words), np.uint8), np.cumsum([len(word) for word in words], dtype=np.int64))

    @classmethod
    def joined(cls, parts: Sequence[NameTable]) -> NameTable:
        """All of them, one after another."""
        shifts = np.cumsum([0, *(len(part.letters) for part in parts)])
        ends = [part.ends + shift for part, shift in zip(parts, shifts[:-1], strict=True)]
        return cls(np.concatenate([part.letters for part in parts]), np.concatenate(ends))

    def are_sound(self) -> bool:
        """Whether the ends lie one after another, up to the last letter."""
        if not (is_column(self.letters, np.uint8, None) and is_column(self.ends, np.int64, None)):
            return False
        edges = np.concatenate([[0], self.ends, [len(self.letters)]])
        return bool((edges[:-1] <= edges[1:]).all() and edges[-2] == edges[-1])

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, i: int) -> str:
        start = self.ends[i - 1] if i else 0
        return self.letters[start : self.ends[i]].tobytes().decode("utf-8", "surrogateescape")

    def __iter__(self) -> Iterator[str]:
        return (self[i] for i in range(len(self)))


@contextmanager
def _bar(total: int) -> Iterator[Callable[[], None]]:
    """A function to call after each shard: on a terminal it draws a bar, once this takes long."""
    if not getattr(sys.stderr, "isatty", bool)():
        yield lambda: None
        return
    begun, bar, done = time.monotonic(), None, 0

    def tell() -> None:
        nonlocal bar, done
        done += 1
        if bar is not None:
            bar.update(1)
        elif time.monotonic() - begun > PATIENCE:
            bar = _drawn(total, done)

    try:
        yield tell
    finally:
        if bar is not None:
            bar.close()


def _drawn(total: int, done: int) -> Any:
    """A bar by tqdm, if it is installed."""
    try:
        from tqdm import tqdm  # type: ignore[import-untyped]
    except ImportError:
        return None
    return tqdm(total=total, initial=done, desc="variegate: indexing shards", unit="shard")
