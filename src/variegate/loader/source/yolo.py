"""YoloFolder: pictures, and a text file of objects for each."""

from __future__ import annotations

import os
from array import array
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from variegate.errors import SourceError
from variegate.loader.file import regular
from variegate.loader.source.folder import EXTENSIONS, Files, Listing, existing_folder
from variegate.loader.source.instances import Column, Instances, Rings, Values, class_names
from variegate.targets import Boxes, PerInstance, Polygons, Targets

LINE = {False: "class cx cy w h", True: "class x y x y x y ..., three points or more"}
FIELDS = {"boxes": Boxes("yolo"), "labels": PerInstance(), "polygons": Polygons(normalised=True, flat=True)}


class YoloFolder(Files):
    """Picture files, each with a text file of the same name: an object a line, in fractions of width and height.

    images    the folder of pictures, at any depth
    labels    the folder of text files, at the same places there: train/a.txt for train/a.jpg
    classes   the names of classes 0, 1, 2, ...; or the path of a data.yaml, of which the `names` are taken (with
              PyYAML, variegate[cli])
    segments  False: a line is `class cx cy w h`, a box. True: `class x y x y ...`, a polygon
    mode      "RGB", "L", "RGBA" or "bands", all that a file has: into what every picture is decoded
    dtype     "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); a file of more bits is an error

    A sample of N objects has boxes, (N, 4) float64 as cx, cy, w, h in fractions, and labels, (N,) int64; with segments
    also polygons, N lists of one ring [x, y, x, y, ...] in fractions, and its boxes are those around the polygons.
    A picture without a text file, or with an empty one, has no objects: N = 0. `unlabelled` counts those without a
    file; `orphans` lists the files that belong to no picture. The text files are read once, now; the labels stay in
    memory as a few arrays. A sample's id is the hash of its picture's path, as in ImageFolder.

    Raises  SourceError, with file and line, if a line is none of these; and if no text file belongs to a picture.
    """

    def __init__(
        self,
        images: str | os.PathLike[str],
        labels: str | os.PathLike[str],
        classes: Sequence[str] | str | os.PathLike[str] = (),
        *,
        segments: bool = False,
        mode: str = "RGB",
        dtype: DTypeLike = "uint8",
    ) -> None:
        super().__init__(images, mode, dtype)
        self.label_root = existing_folder(labels, "YoloFolder", "the labels")
        self.segments = bool(segments)
        path = isinstance(classes, (str, os.PathLike))
        self.classes = class_names(_names(os.fspath(classes)) if path else classes, "YoloFolder")  # type: ignore
        self._at(Listing(self.root, EXTENSIONS).some())
        self._read_labels(Listing(self.label_root, (".txt",)).some("labels"))
        self._fields = ("boxes", "labels", "polygons") if self.segments else ("boxes", "labels")
        self.targets = Targets(**{name: FIELDS[name] for name in self._fields})

    def _read_labels(self, files: Sequence[str]) -> None:
        """Read the text file of every picture that has one."""
        known = {_stem(file): file for file in files}
        found = [known.get(_stem(path)) for path in self.paths]
        self.orphans = sorted(set(files) - set(found))
        self.unlabelled = found.count(None)
        if self.unlabelled == len(found):
            raise SourceError(
                f"{self.label_root}: none of its {len(files)} text files belongs to a picture of {self.root}; "
                f"{self.paths[0]} looks for {_stem(self.paths[0])}.txt"
            )
        objects = [[] if file is None else self._objects(f"{self.label_root}/{file}") for file in found]
        flat = [one for some in objects for one in some]
        columns: dict[str, Column] = {}
        if self.segments:
            columns["polygons"] = Rings([[one.numbers] for one in flat])
            flat = [_Object(one.kind, _around(one.numbers)) for one in flat]
        columns["boxes"] = Values(np.array([one.numbers for one in flat], np.float64).reshape(-1, 4))
        columns["labels"] = Values(np.array([one.kind for one in flat], np.int64))
        self._instances = Instances([len(some) for some in objects], columns)

    def _objects(self, path: str) -> list[_Object]:
        """The objects in one file; blank lines are none."""
        try:
            with open(path, encoding="utf-8-sig", opener=regular) as file:
                lines = file.read().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{path}: it cannot be read ({getattr(error, 'strerror', None) or error})") from error
        return [self._object(line, f"{path}, line {n}") for n, line in enumerate(lines, 1) if line.strip()]

    def _object(self, line: str, place: str) -> _Object:
        """The object of one line."""
        try:
            numbers = array("d", map(float, line.split()))
        except ValueError:
            raise SourceError(f"{place}: a line is `{LINE[self.segments]}`, numbers apart, got {line[:60]!r}") from None
        kind = numbers.pop(0)
        fits = len(numbers) >= 6 and len(numbers) % 2 == 0 if self.segments else len(numbers) == 4
        if not fits:
            other = len(numbers) == 4 if self.segments else len(numbers) >= 6 and len(numbers) % 2 == 0
            hint = f"; segments={not self.segments} takes `{LINE[not self.segments]}`" if other else ""
            raise SourceError(
                f"{place}: a line is `{LINE[self.segments]}`, got {len(numbers)} numbers after the class{hint}"
            )
        if not kind.is_integer() or not 0 <= kind < (len(self.classes) or 1 << 31):
            limit = f"0 to {len(self.classes) - 1}" if self.classes else "an integer from 0"
            raise SourceError(f"{place}: the class is {limit}, got {line.split()[0]}")
        return _Object(int(kind), numbers)

    def fields(self, i: int) -> dict[str, Any]:
        """boxes, labels and, of segments, polygons of the picture at position i."""
        return self._instances.of(i, self._fields)

    def __repr__(self) -> str:
        return f"YoloFolder({self.root!r}, {len(self)} pictures, {len(self._instances)} objects{self._unusual})"


class _Object(NamedTuple):
    kind: int
    numbers: Sequence[float]


def _stem(path: str) -> str:
    return os.path.splitext(path)[0]


def _around(ring: Sequence[float]) -> tuple[float, ...]:
    """The box around the points x, y, x, y, ..., as cx, cy, w, h."""
    x0, x1, y0, y1 = min(ring[::2]), max(ring[::2]), min(ring[1::2]), max(ring[1::2])
    return (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0


def _names(path: str) -> Any:
    """The `names` of a data.yaml: a list, or a mapping from 0, 1, 2, ...

    Raises  SourceError if it cannot be read or has no such names.
    """
    try:
        import yaml
    except ImportError:
        raise SourceError(f'{path}: YAML needs PyYAML: pip install "variegate[cli]"; or pass the names') from None
    try:
        with open(path, encoding="utf-8", opener=regular) as file:
            content = yaml.safe_load(file)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SourceError(f"{path}: it cannot be read ({getattr(error, 'strerror', None) or error})") from error
    names = content.get("names") if isinstance(content, Mapping) else None
    if isinstance(names, Mapping) and sorted(names, key=str) == sorted(range(len(names)), key=str):
        names = [names[n] for n in range(len(names))]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SourceError(f"{path}: `names` is a list of names, or a mapping 0: name, 1: name, ...; got {names!r}")
    return names
