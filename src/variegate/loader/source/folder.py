"""ImageFolder: picture files in a folder, with a class a subfolder or without labels."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from io import FileIO
from pathlib import Path

import numpy as np

from variegate.errors import DecodeError, SourceError
from variegate.loader.source.base import Room, Source

EXTENSIONS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".avif"),
)


class ImageFolder(Source):
    """Picture files in a folder, listed once, in the order of their names.

    path        the folder. Pictures in its subfolders, at any depth: a class a subfolder, labelled 0, 1, 2, ... in the
                order of the names. Pictures beside each other in the folder itself: no labels
    extensions  which files are pictures, upper or lower case
    labelled    False: no labels whatever the subfolders; None: as the folder is laid out
    mode        "RGB", "L" (grey) or "RGBA": into what every picture is decoded

    A sample's id is the BLAKE2b-64 hash of its path within the folder, so moving the folder, adding a file or removing
    one changes no other sample. Names that begin with a dot are passed over; links are followed, though never round in
    a circle. A subfolder without pictures is a class all the same, so labels agree between folders for training and
    for validation.

    Raises  SourceError if there is no such folder, no picture in it, or pictures both beside and in subfolders.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        extensions: str | Iterable[str] = EXTENSIONS,
        labelled: bool | None = None,
        mode: str = "RGB",
    ) -> None:
        self.root = os.fspath(path)
        if not os.path.isdir(self.root):
            raise SourceError(_not_a_folder(self.root))
        if mode not in ("RGB", "L", "RGBA"):
            raise SourceError(f'mode of ImageFolder is "RGB", "L" or "RGBA", got {mode!r}')
        texts = [extensions] if isinstance(extensions, str) else extensions
        self.extensions = tuple(_extension(text) for text in texts)
        self.mode = mode
        listing = _Listing(self.root, self.extensions)
        self.paths = listing.pictures
        if not self.paths:
            raise SourceError(listing.found_nothing())
        self.ids = np.array([path_id(relative) for relative in self.paths], np.uint64)
        if labelled is not False:
            self._label(listing, must=bool(labelled))

    def _label(self, listing: _Listing, must: bool) -> None:
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

    def where(self, i: int) -> str:
        """The path of the picture at position i."""
        return f"{self.root}/{self.paths[i]}"

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
        return f"ImageFolder({self.root!r}, {len(self)} pictures)"


class _Listing:
    """The pictures below a folder, and what else was seen."""

    def __init__(self, root: str, extensions: tuple[str, ...]) -> None:
        self.root, self.extensions = root, extensions
        self.folders: list[str] = []  # of the first level
        self.others: Counter[str] = Counter()
        self.pictures = list(self._walk(root, "", {os.path.realpath(root)}))

    def _walk(self, folder: str, prefix: str, above: set[str]) -> Iterator[str]:
        """Paths of pictures relative to the root, with /; `above` are the real folders that lead here."""
        with os.scandir(folder) as scan:
            entries = sorted((e for e in scan if not e.name.startswith(".")), key=lambda e: e.name)
        for entry in entries:
            if entry.is_dir():
                if not prefix:
                    self.folders.append(entry.name)
                real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                if real not in above:
                    yield from self._walk(entry.path, f"{prefix}{entry.name}/", above | {os.path.realpath(real)})
            elif entry.name.lower().endswith(self.extensions):
                yield prefix + entry.name  # a broken link as well: reading it is an error, and says so
            else:
                self.others[os.path.splitext(entry.name)[1] or "no extension"] += 1

    def found_nothing(self) -> str:
        """What to say of a folder without pictures."""
        sought = f"looked for {' '.join('*' + text for text in self.extensions)}, in it and below"
        if not self.others and not self.folders:
            return f"{self.root}: the folder is empty; {sought}"
        seen = ", ".join(f"{count} files ({name})" for name, count in self.others.most_common(4)) or "no files"
        return f"{self.root}: no pictures; {sought}; found {seen} and {len(self.folders)} subfolders"


@contextmanager
def opened(path: str) -> Iterator[FileIO]:
    """A file to read, without a buffer; what goes wrong is said with its path."""
    try:
        with FileIO(path) as file:
            yield file
    except OSError as error:
        raise DecodeError(path, f"it cannot be read ({error.strerror or error})") from error


def path_id(relative: str) -> int:
    """The id of a file: BLAKE2b-64 of its path within the folder, little-endian.

    >>> path_id("cats/1.jpg")
    13417929494924127293
    """
    return int.from_bytes(blake2b(relative.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "little")


def _extension(text: str) -> str:
    return "." + text.lower().lstrip("*").lstrip(".")


def _not_a_folder(root: str) -> str:
    if os.path.exists(root):
        return f"{root} is a file; ImageFolder takes the folder that holds the pictures, such as {Path(root).parent}"
    return f"{root}: there is no such folder; looked in {os.getcwd()}"
