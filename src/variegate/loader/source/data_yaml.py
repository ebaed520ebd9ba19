"""DataYaml: the file that goes with a data set of YOLO's: names of classes, and where pictures lie."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from variegate.errors import SourceError
from variegate.loader.file import absolute, read_bytes
from variegate.loader.source.instances import first_of
from variegate.loader.source.json_text import short

PARTS = ("train", "val", "test")


class DataYaml(NamedTuple):
    """What a data.yaml says.

    path    of the file
    names   of the classes 0, 1, 2, ...
    places  what it says under path, train, val and test
    """

    path: str
    names: list[str]
    places: Mapping[str, Any]

    @classmethod
    def read(cls, path: str) -> DataYaml:
        """That of a file, with PyYAML.

        Raises  SourceError if it cannot be read, or has no `names`: a list, or a mapping from 0, 1, 2, ...
        """
        content = _content(path)
        if isinstance(content, str):
            raise SourceError(
                f"{path}: it is a text, and a data.yaml has `names: [...]`; of a list of names, one a line, as "
                "classes.txt and obj.names, pass the names: classes=Path(...).read_text().splitlines()"
            )
        names = content.get("names") if isinstance(content, Mapping) else None
        if isinstance(names, Mapping) and names.keys() == set(range(len(names))):
            names = [names[n] for n in range(len(names))]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            got = (
                f"a mapping of {first_of([short(key) for key in names], 4)}"
                if isinstance(names, Mapping)
                else short(names)
            )
            raise SourceError(f"{path}: `names` is a list of names, or a mapping 0: name, 1: name, ...; got {got}")
        return cls(path, names, {key: content[key] for key in ("path", *PARTS) if content.get(key) is not None})

    def folder(self, part: str, root: str | os.PathLike[str] | None) -> str:
        """The folder of pictures of a part, "train", "val" or "test".

        root  what its `path` stands for; None: what it says, within the folder of the file

        Raises  SourceError if it names none, several, a list of files, or one that lies elsewhere.
        """
        if part not in PARTS:
            raise SourceError(f"a data.yaml has the parts {', '.join(PARTS)}, got part={part!r}")
        place = self.places.get(part)
        if isinstance(place, list) and len(place) == 1:
            place = place[0]
        if not isinstance(place, str) or place.endswith(".txt"):
            raise SourceError(
                f"{self.path}: `{part}` is the folder of pictures, got {short(place)}; give folders one by one: "
                "YoloFolder(one, classes=...) + YoloFolder(other, classes=...)"
            )
        base = self._base() if root is None else absolute(os.fspath(root))
        there = os.path.normpath(os.path.join(base, place))
        if not os.path.isdir(there):  # as where the file was made in a folder beside the pictures' own
            there = os.path.normpath(os.path.join(base, place.removeprefix("../")))
        if not _within(there, base):
            raise SourceError(f"{self.path}: `{part}` leads out of {base}, to {there}; pass root= or the folder itself")
        return there

    def _base(self) -> str:
        """The folder that is meant by `path`, within that of the file."""
        own = os.path.dirname(absolute(self.path))
        said = os.path.normpath(os.path.join(own, str(self.places.get("path", ""))))
        if not _within(said, own):
            raise SourceError(
                f"{self.path}: its `path` is {said}, outside of its own folder; if that is meant, pass root={said!r}"
            )
        return said


def labels_beside(images: str) -> str:
    """The folder of labels that goes with one of pictures: images/train has labels/train.

    >>> labels_beside("/data/images/train")
    '/data/labels/train'

    Raises  SourceError if no folder of the path is called images.
    """
    before, found, after = f"{images}/".rpartition("/images/")
    if not found:
        raise SourceError(f"{images}: no folder of this path is called images; give the folder of labels too")
    return f"{before}/labels/{after}".rstrip("/")


def _within(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder


def _content(path: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise SourceError(f'{path}: YAML needs PyYAML: pip install "variegate[cli]"; or pass the names') from None
    data = read_bytes(path)
    try:
        return yaml.safe_load(data.decode("utf-8"))
    except MemoryError:
        raise
    except RecursionError:
        raise SourceError(f"{path}: its lists and mappings are nested too deeply to be read") from None
    except Exception as error:  # PyYAML raises ValueError, IndexError and more of numbers and dates that are none
        raise SourceError(f"{path}: it cannot be read ({str(error)[:200]})") from error
