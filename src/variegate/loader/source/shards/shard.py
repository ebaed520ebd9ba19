"""Shards: files that hold many samples each, on disk or behind an fsspec URL, and how a part of one is read."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, FileIO
from itertools import product
from shlex import quote
from typing import BinaryIO, cast

from variegate.errors import DecodeError, ResourceError, SourceError
from variegate.loader.file import opened, regular
from variegate.loader.source.base import Room
from variegate.loader.source.location import system_of
from variegate.loader.source.shards.remote import RemoteFile, check_whole
from variegate.loader.transient import fetch_errors, retried_at
from variegate.parts import is_part

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

BUFFER = 1024  # bytes
INDEX = ".variegate"  # what the name of a saved index ends with
PACKED = {  # what a compressed file begins with: by what, and what unpacks it
    b"\x1f\x8b": ("gzip", "gunzip"), b"BZh": ("bzip2", "bunzip2"), b"\xfd7zXZ": ("xz", "unxz"),
    b"\x28\xb5\x2f\xfd": ("zstd", "unzstd"),
}  # fmt: skip


@dataclass(frozen=True)
class Shard:
    """One file.

    path   as the user gave it
    size   in bytes
    stamp  what else changes when the file does: its time of modification, in nanoseconds
    """

    path: str
    size: int
    stamp: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def open(self) -> BinaryIO:
        """The file, to be read through while a source is made; its buffer is small, for reading headers.

        Raises  SourceError if it cannot be read; ResourceError if that is the machine's or the network's fault.
        """
        return retried_at(self.path, lambda: open(self.path, "rb", buffering=BUFFER, opener=regular))

    def read(self, start: int, size: int, room: Room) -> bytes | memoryview:
        """`size` bytes from `start` on, in memory from `room` where that saves a copy.

        The file is opened and closed: 2 of 13 microseconds for 100 KB, and nothing to pickle, or to share after a fork.
        """
        with self._unchanged() as file:
            memory = room(size)
            file.seek(start)
            end = 0
            while end < size and (more := file.readinto(memory[end:])):
                end += more
        return memory[:end]

    @contextmanager
    def parts(self) -> Iterator[Callable[[int, int], bytes]]:
        """A function that reads so many bytes from a place on, all of them, while the file is open."""
        with self._unchanged() as file:

            def read(start: int, size: int) -> bytes:
                file.seek(start)
                data = file.read(size)
                while len(data) < size and (more := file.read(size - len(data))):
                    data += more
                if len(data) < size:
                    raise DecodeError(self.path, f"it ends {size - len(data)} bytes before what is to be read there")
                return data

            yield read

    @contextmanager
    def _unchanged(self) -> Iterator[FileIO]:
        """The file, open; it is the one that was indexed."""
        with opened(self.path) as file:
            now = os.fstat(file.fileno())
            if (now.st_size, str(now.st_mtime_ns)) != (self.size, self.stamp):
                raise DecodeError(self.path, "the file has changed since the source was made; make it again")
            yield file


@dataclass(frozen=True)
class RemoteShard(Shard):
    """One file behind an fsspec URL; each part is a request of its own."""

    def open(self, patient: bool = True) -> BinaryIO:
        """The file, to be read through, which fetches most of it; not `patient` where the caller tries again."""
        return BufferedReader(RemoteFile(self.path, self.size, patient), BUFFER)

    def read(self, start: int, size: int, room: Room) -> bytes:
        """`size` bytes from `start` on."""
        system, path = system_of(self.path)
        with fetch_errors(self.path):
            data = cast(bytes, system.cat_file(path, start=start, end=start + size))
        if len(data) > size:
            raise ResourceError(f"{self.path}: its server gives no parts of files (HTTP's Range); download the file")
        with fetch_errors(self.path):
            check_whole(self.path, len(data), min(size, self.size - start), self.size)
        return data


def find_shards(paths: Paths, endings: tuple[str, ...], owner: str) -> list[Shard]:
    """The files that a user means: paths, folders, patterns ({000..099}, {a,b}, *, ?), or a list of these.

    endings  what the names of the files in a folder end with
    owner    who asks, for errors

    Raises  SourceError if one is not there, or comes twice.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found = [path for each in given for text in braces(os.fspath(each)) for path in _expanded(text, endings, owner)]
    if not found:
        raise SourceError(f"{owner} got no paths")
    path, times = Counter(found).most_common(1)[0]
    if times > 1:
        raise SourceError(f"{path}: {owner} got this file {times} times; an epoch has each sample once")
    # The process may go elsewhere later on. Nothing else of a path changes, as ids may hang on it.
    return [_shard(path if "://" in path else os.path.join(os.getcwd(), path)) for path in found]


def braces(text: str) -> list[str]:
    """What a pattern with braces stands for, as in a shell.

    >>> braces("train-{008..010}.tar")
    ['train-008.tar', 'train-009.tar', 'train-010.tar']
    >>> braces("{a,b}-{0..1}")
    ['a-0', 'a-1', 'b-0', 'b-1']
    """
    parts = re.split(r"\{([^{}]*(?:\.\.|,)[^{}]*)\}", text)
    choices = [_choices(part) if i % 2 else [part] for i, part in enumerate(parts)]
    return ["".join(words) for words in product(*choices)]


def _choices(inner: str) -> list[str]:
    span = re.fullmatch(r"(\d+)\.\.(\d+)", inner)
    if not span:
        return inner.split(",")
    first, last = span.groups()
    width = max(len(first), len(last)) if "0" in (first[0], last[0]) else 0
    return [f"{number:0{width}}" for number in range(int(first), int(last) + 1)]


def _expanded(text: str, endings: tuple[str, ...], owner: str) -> Iterator[str]:
    """The files that a path without braces means, in the order of their names."""
    wild = any(letter in text for letter in "*?[")
    if "://" in text:
        found = _remote_glob(text) if wild else [text]
    elif os.path.isdir(text):
        found = [f"{text.rstrip('/')}/{name}" for name in sorted(_listed(text)) if _of_folder(name, endings)]
    else:
        found = _globbed(text) if wild and not os.path.exists(text) else [text]
    found = [path for path in found if not path.endswith(INDEX) and not is_part(path, INDEX)]
    if not found:
        what = "the folder has no files" if os.path.isdir(text) else "no file matches"
        raise SourceError(f"{text}: {what} for {owner}; looked for {' '.join(f'*{end}*' for end in endings)}")
    yield from found


def _of_folder(name: str, endings: tuple[str, ...]) -> bool:
    """Whether a file of a folder is a shard: one that begins so, to be refused, as well as one that ends so."""
    return not name.startswith(".") and any(end in name for end in endings)


def _listed(folder: str) -> list[str]:
    return retried_at(folder, lambda: os.listdir(folder))


def _globbed(pattern: str) -> list[str]:
    _listed(os.curdir)  # for glob, a folder for which there is no handle is an empty one
    return sorted(glob.glob(pattern, recursive=True))


def _remote_glob(url: str) -> list[str]:
    system, path = system_of(url)
    found: list[str] = retried_at(url, lambda: system.glob(path))
    return [str(system.unstrip_protocol(each)) for each in sorted(found)]


def _shard(path: str) -> Shard:
    if "://" in path:
        system, inner = system_of(path)
        return retried_at(path, lambda: RemoteShard(path, int(system.size(inner)), str(system.ukey(inner))))
    try:
        found = os.stat(path)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}; looked in {os.getcwd()}") from error
    if not stat.S_ISREG(found.st_mode):
        raise SourceError(f"{path}: it is no regular file, whose contents could be read in any order")
    return Shard(path, found.st_size, str(found.st_mtime_ns))


def shard_names(shards: Sequence[Shard]) -> list[str]:
    """A name of each shard that hangs on no folder above: its base name; where two are equal, the path from the
    folder that holds all of them."""
    names = [shard.name for shard in shards]
    if len(set(names)) == len(names):
        return names
    common = os.path.commonpath([shard.path for shard in shards])
    return [shard.path[len(common) :].lstrip("/") for shard in shards]


def refuse_packed(shard: Shard, start: bytes, ending: str) -> None:
    """Refuse a compressed file, and say what unpacks it; what comes of that is to end with `ending`.

    Raises  SourceError.
    """
    for magic, (name, command) in PACKED.items():
        if start.startswith(magic):
            remote = isinstance(shard, RemoteShard)
            path, first = (shard.name, "Download it; ") if remote else (shard.path, "")
            stem = re.sub(r"\.(gz|tgz|bz2|tbz2?|xz|txz|zst)$", "", path).removesuffix(ending)
            made = stem + ("-unpacked" if stem + ending == path else "") + ending
            raise SourceError(
                f"{shard.path}: the file is compressed ({name}), so no sample can be read without all before it. "
                f"{first}`{command} < {quote(path)} > {quote(made)}` unpacks it, once; then name the latter alone. "
                "Pictures are compressed as they are, so it hardly grows"
            )
