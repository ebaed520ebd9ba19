"""YoloFolder: pictures, and a text file of objects for each."""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from variegate.errors import SourceError
from variegate.loader.decode import extensions
from variegate.loader.file import read_lines
from variegate.loader.source.clip import clip_boxes, clip_summary
from variegate.loader.source.data_yaml import DataYaml, labels_beside
from variegate.loader.source.digits import decimals
from variegate.loader.source.folder import Files, Listing, existing_folder
from variegate.loader.source.instances import InstanceColumn, Instances, RingColumn, Values, class_names
from variegate.targets import Boxes, PerInstance, Polygons, Targets

LINE = {False: "class cx cy w h", True: "class x y x y x y ..., three points or more"}
LEAST, MOST = -0.01, 1.01  # fractions; a picture with a number beyond is not trained on by ultralytics either
SLACK = 1e-6  # by how much a box may reach outside as its numbers are rounded to six digits
FIELDS = {"boxes": Boxes("yolo"), "labels": PerInstance(), "polygons": Polygons(normalised=True, flat=True)}


class YoloFolder(Files):
    """Picture files, each with a text file of the same name: an object a line, in fractions of width and height.

    images    the folder of pictures, at any depth; or a data.yaml, which names that of `part` and the classes (with
              PyYAML, variegate[cli])
    labels    the folder of text files, at the same places there: train/a.txt for train/a.jpg; None: that called labels
              where the path of the pictures has images, as ultralytics looks for them
    classes   the names of classes 0, 1, 2, ...; or the path of a data.yaml, of which the `names` are taken
    part      of a data.yaml: "train", "val" or "test"
    root      of a data.yaml: the folder that its `path` stands for. None: what it says, if that lies within its own
              folder; a file of strangers names no other place
    segments  False: a line is `class cx cy w h`, a box. True: `class x y x y ...`, a polygon
    clip      whether a box that reaches outside of 0 to 1 is cut there, and an object whose box lies outside is left
              out; polygons stay, the pipeline cuts them. Then cx, cy, w and h, also of the box around a polygon, are
              -0.01 to 1.01, and anything else is an error. False: all come as they are, for Boxes(clip=False)
    mode      "RGB", "L", "RGBA" or "bands", all that a file has: into what every picture is decoded
    dtype     "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); a file of more bits is an error

    A sample of N objects has boxes, (N, 4) float64 as cx, cy, w, h in fractions, and labels, (N,) int64; with segments
    also polygons, N lists of one ring [x, y, x, y, ...] in fractions, and its boxes are those around the polygons.
    `clipped` counts the boxes that were cut, `outside` the objects left out.
    A picture without a text file, or with an empty one, has no objects: N = 0. `unlabelled` counts those without a
    file; `orphans` lists the files that belong to no picture. The text files are read once, now; the labels stay in
    memory as a few arrays. A sample's id is the hash of its picture's path, as in ImageFolder.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("images", "labels"):
    ...         Path(folder, name).mkdir()
    ...     Image.new("RGB", (80, 60)).save(Path(folder, "images", "a.png"))
    ...     _ = Path(folder, "labels", "a.txt").write_text("1 0.5 0.5 0.25 0.5")
    ...     source = YoloFolder(Path(folder, "images"), classes=["cat", "dog"])
    ...     source[0]["boxes"], source[0]["labels"]
    (array([[0.5 , 0.5 , 0.25, 0.5 ]]), array([1]))

    Raises  SourceError, with file and line, if a line is none of these; and if no text file belongs to a picture.
    """

    def __init__(
        self,
        images: str | os.PathLike[str],
        labels: str | os.PathLike[str] | None = None,
        classes: Sequence[str] | str | os.PathLike[str] = (),
        *,
        part: str = "train",
        root: str | os.PathLike[str] | None = None,
        segments: bool = False,
        clip: bool = True,
        mode: str = "RGB",
        dtype: DTypeLike = "uint8",
    ) -> None:
        if os.fspath(images).endswith((".yaml", ".yml")):
            said = DataYaml.read(os.fspath(images))
            images, classes = said.folder(part, root), classes or said.names
        super().__init__(images, mode, dtype)
        labels = labels_beside(self.root) if labels is None else labels
        self.label_root = existing_folder(labels, "YoloFolder", "the labels")
        self.segments, self.clip = bool(segments), bool(clip)
        path = isinstance(classes, (str, os.PathLike))
        self.classes = class_names(DataYaml.read(os.fspath(classes)).names if path else classes, "YoloFolder")  # type: ignore
        self._at(Listing(self.root, extensions()).some())
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
        picture = np.repeat(np.arange(len(objects)), [len(some) for some in objects])
        boxes = np.array([one.box for one in flat], np.float64).reshape(-1, 4)
        self.clipped = self.outside = 0
        if self.clip:
            made = clip_boxes(boxes, "cxcywh", np.ones((len(boxes), 2)), SLACK)
            self.outside = int(made.outside.sum())
            self.clipped = int(made.reached.sum()) - self.outside
            seen = np.flatnonzero(~made.outside)
            flat, picture, boxes = [flat[n] for n in seen.tolist()], picture[seen], made.rows[seen]
        columns: dict[str, InstanceColumn] = {"boxes": Values(boxes)}
        columns["labels"] = Values(np.array([one.kind for one in flat], np.int64))
        if self.segments:
            columns["polygons"] = RingColumn([[one.numbers] for one in flat])
        self._instances = Instances(np.bincount(picture, minlength=len(objects)), columns)

    def _objects(self, path: str) -> list[_YoloObject]:
        """The objects in one file; blank lines are none."""
        lines = enumerate(read_lines(path), 1)
        return [self._object(line, f"{path}, line {n}") for n, line in lines if line.strip()]

    def _object(self, line: str, place: str) -> _YoloObject:
        """The object of one line."""
        try:
            numbers = array("d", decimals(line))
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
            raise SourceError(f"{place}: the class is {limit}, got {line.split()[0][:60]}")
        wild = next((number for number in numbers if not isfinite(number)), None)
        if wild is not None:
            raise SourceError(f"{place}: a fraction of the picture is a finite number, got {wild}")
        box = _around(numbers) if self.segments else tuple(numbers)
        if self.clip and not (all(LEAST <= number <= MOST for number in box) and box[2] >= 0 <= box[3]):
            around = " of the box around it" if self.segments else ""
            raise SourceError(
                f"{place}: cx, cy, w and h{around} are fractions of the picture's width and height, 0 to 1, got "
                f"{', '.join(f'{number:g}' for number in box)}; of pixels, divide x and w by its width, y and h by its "
                "height"
            )
        return _YoloObject(int(kind), box, numbers)

    def fields(self, i: int) -> dict[str, Any]:
        """boxes, labels and, of segments, polygons of the picture at position i."""
        return self._instances.of(i, self._fields)

    def __repr__(self) -> str:
        counts = f"{len(self)} pictures, {len(self._instances)} objects{clip_summary(self.clipped, self.outside)}"
        return f"YoloFolder({self.root!r}, {counts}{self._unusual})"


class _YoloObject(NamedTuple):
    kind: int
    box: tuple[float, ...]  # cx, cy, w, h
    numbers: Sequence[float]  # of the line


def _stem(path: str) -> str:
    return os.path.splitext(path)[0]


def _around(ring: Sequence[float]) -> tuple[float, ...]:
    """The box around the points x, y, x, y, ..., as cx, cy, w, h."""
    x0, x1, y0, y1 = min(ring[::2]), max(ring[::2]), min(ring[1::2]), max(ring[1::2])
    return (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0
