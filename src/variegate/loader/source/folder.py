"""ImageFolder: picture files in a folder, with a class a subfolder or without labels.

And Files, what every source of picture files shares: paths below a folder, ids of them, and how they are read.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from errno import ELOOP
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from variegate.errors import SourceError
from variegate.loader.decode import extensions as readable
from variegate.loader.file import absolute, opened
from variegate.loader.source.base import Room, Source
from variegate.loader.transient import is_transient, read_error, read_errors, retried

KEPT_BY_SYSTEMS = frozenset(("lost+found", "System Volume Information", "$RECYCLE.BIN"))  # at a file system's root


class Files(Source):
    """Picture files below a folder; a sample's id is the hash of its path there.

    root   the folder
    paths  of the pictures, within the folder, with /

    Raises  SourceError if there is no such folder, or no such mode or dtype.
    """

    paths: Sequence[str]

    def __init__(self, root: str | os.PathLike[str], mode: str, dtype: DTypeLike) -> None:
        self.root = existing_folder(root, type(self).__name__)
        self._decode_into(mode, dtype)

    def _at(self, paths: Sequence[str]) -> None:
        """The pictures are these."""
        self.paths = paths
        self.ids = np.array([path_id(relative) for relative in paths], np.uint64)

    def where(self, i: int) -> str:
        """The path of the picture at position i."""
        return f"{self.root}/{self.paths[i]}"

    def stamp(self, i: int) -> int:
        """The size and the dates of the file at position i, as one number.

        One of the dates is that of its last change of name or rights, which no copy keeps.

        Raises  DecodeError if there is no such file.
        """
        with read_errors(self.where(i)):
            found = os.stat(self.where(i))
        return hash((found.st_size, found.st_mtime_ns, found.st_ctime_ns))  # of numbers: the same in every process

    def read(self, i: int) -> bytes:
        """The bytes of the file at position i."""
        with opened(self.where(i)) as file:
            return file.readall()

    def read_into(self, i: int, room: Room) -> memoryview:
        """The same, in memory from `room`."""
        with opened(self.where(i)) as file:
            memory = room(os.fstat(file.fileno()).st_size)
            end = 0
            while end < len(memory) and (more := file.readinto(memory[end:])):
                end += more
        return memory[:end]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root!r}, {len(self)} pictures{self._unusual})"


class ImageFolder(Files):
    """Picture files in a folder, listed once, in the order of their names.

    path        the folder. Pictures in its subfolders, at any depth: a class a subfolder, labelled 0, 1, 2, ... in the
                order of the names. Pictures beside each other in the folder itself: no labels
    extensions  which files are pictures, upper or lower case; None: those of the formats that are read, to which
                `vg.allow_formats` adds
    labelled    False: no labels whatever the subfolders; None: as the folder is laid out
    mode        "RGB", "L" (grey), "RGBA" or "bands", all that a file has: into what every picture is decoded
    dtype       "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); a file of more bits is an error

    A relative path is made absolute now, of this folder as of all files, so the process may go elsewhere later on.
    A sample's id is the BLAKE2b-64 hash of its path within the folder, so moving the folder, adding a file or removing
    one changes no other sample. Names that begin with a dot are passed over, and so is what a file system keeps at its
    root for itself (lost+found, System Volume Information, $RECYCLE.BIN) unless there are pictures in it; links are
    followed, though never round in a circle. A subfolder without pictures is a class all the same, so labels agree
    between folders for training and for validation.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     for kind in ("cat", "dog"):
    ...         Path(folder, kind).mkdir()
    ...         Image.new("RGB", (8, 6)).save(Path(folder, kind, "1.png"))
    ...     source = ImageFolder(folder)
    ...     source.classes, source.labels.tolist(), source[1]["image"].shape
    (['cat', 'dog'], [0, 1], (6, 8, 3))

    Raises  SourceError if there is no such folder, no picture in it, pictures both beside and in subfolders, or a
            subfolder that cannot be listed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        extensions: str | Iterable[str] | None = None,
        labelled: bool | None = None,
        mode: str = "RGB",
        dtype: DTypeLike = "uint8",
    ) -> None:
        super().__init__(path, mode, dtype)
        texts = [extensions] if isinstance(extensions, str) else extensions or readable()
        self.extensions = tuple(_extension(text) for text in texts)
        listing = Listing(self.root, self.extensions)
        self._at(listing.some())
        if labelled is not False:
            self._label(listing, must=bool(labelled))

    def _label(self, listing: Listing, must: bool) -> None:
        beside = sum("/" not in relative for relative in self.paths)
        if beside == len(self.paths) and not must:
            return
        if beside:
            raise SourceError(
                f"{self.root}: {beside} pictures lie in the folder itself and {len(self.paths) - beside} in its "
                "subfolders, so they are of no class and of one; move them, or pass labelled=False"
            )
        self.classes = listing.folders
        number = {name: i for i, name in enumerate(self.classes)}
        self.labels = np.array([number[relative.partition("/")[0]] for relative in self.paths], np.int64)


class Listing:
    """The files of some extensions below a folder, in the order of their names, and what else was seen."""

    def __init__(self, root: str, extensions: tuple[str, ...]) -> None:
        self.root, self.extensions = root, extensions
        self.folders: list[str] = []  # of the first level
        self.others: Counter[str] = Counter()
        self.files = list(self._walk())
        tops = {file.partition("/")[0] for file in self.files}
        self.folders = [name for name in self.folders if name not in KEPT_BY_SYSTEMS or name in tops]

    def _walk(self) -> Iterator[str]:
        """Paths of files relative to the root, with /."""
        # Of each folder on the way down: its path, the real one, what is left of it, and the real ones that lead there.
        real = os.path.realpath(self.root)
        way = [("", real, iter(self._entries(self.root, "")), frozenset([real]))]
        while way:
            prefix, here, entries, above = way[-1]
            entry = next(entries, None)
            if entry is None:
                way.pop()
            elif self._is_folder(entry):
                if not prefix:
                    self.folders.append(entry.name)
                real = os.path.realpath(entry.path) if entry.is_symlink() else os.path.join(here, entry.name)
                if real not in above:
                    below = f"{prefix}{entry.name}/"
                    way.append((below, real, iter(self._entries(entry.path, below)), above | {real}))
            elif entry.name.lower().endswith(self.extensions):
                yield prefix + entry.name  # a broken link as well: reading it is an error, and says so
            else:
                self.others[os.path.splitext(entry.name)[1] or "no extension"] += 1

    def _entries(self, folder: str, relative: str) -> list[os.DirEntry[str]]:
        """What is in a folder, in the order of the names."""

        def listed() -> list[os.DirEntry[str]]:
            with os.scandir(folder) as scan:
                return sorted((e for e in scan if not e.name.startswith(".")), key=lambda e: e.name)

        try:
            return retried(listed)
        except PermissionError as error:
            if relative[:-1] in KEPT_BY_SYSTEMS:
                return []
            raise self._unlisted(folder, error) from error
        except OSError as error:
            raise self._unlisted(folder, error) from error

    def _is_folder(self, entry: os.DirEntry[str]) -> bool:
        """Whether it is a folder, or a link to one; a link to itself leads nowhere, as a broken one."""
        try:
            return entry.is_dir()
        except OSError as error:
            if error.errno == ELOOP:
                return False
            raise self._unlisted(entry.path, error) from error

    def _unlisted(self, folder: str, error: OSError) -> Exception:
        if is_transient(error):
            return read_error(folder, error)
        return SourceError(
            f"{folder}: it cannot be listed ({error.strerror or error}), so what it holds of the data set is not "
            "known; make it readable, or move it elsewhere"
        )

    def some(self, what: str = "pictures") -> list[str]:
        """The files, at least one.

        Raises  SourceError, which says what there is instead of `what`, if there are none.
        """
        if not self.files:
            raise SourceError(self._found_nothing(what))
        return self.files

    def _found_nothing(self, what: str) -> str:
        sought = f"looked for {' '.join('*' + text for text in self.extensions)}, in it and below"
        if not self.others and not self.folders:
            return f"{self.root}: the folder is empty; {sought}"
        seen = ", ".join(f"{count} files ({name})" for name, count in self.others.most_common(4)) or "no files"
        return f"{self.root}: no {what}; {sought}; found {seen} and {len(self.folders)} subfolders"


def path_id(relative: str) -> int:
    """The id of a file: BLAKE2b-64 of its path within the folder, little-endian.

    >>> path_id("cats/1.jpg")
    13417929494924127293
    """
    try:
        data = relative.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a text out of JSON, which may hold halves of letters
        data = relative.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


def _extension(text: str) -> str:
    return "." + text.lower().lstrip("*").lstrip(".")


def existing_folder(path: str | os.PathLike[str], owner: str, what: str = "the pictures") -> str:
    """The absolute path of a folder that is there; `owner` is who takes it, `what` it holds, for the error."""
    root = os.fspath(path)
    if os.path.isdir(root):
        return absolute(root)
    if os.path.exists(root):
        raise SourceError(f"{root} is a file; {owner} takes the folder that holds {what}, such as {Path(root).parent}")
    raise SourceError(f"{root}: there is no such folder; looked in {os.getcwd()}")
