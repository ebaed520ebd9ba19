"""VocFolder: pictures and objects in the folders and XML of Pascal VOC."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from variegate.errors import SourceError
from variegate.loader.file import regular
from variegate.loader.source.folder import EXTENSIONS, Files, Listing, existing_folder
from variegate.loader.source.instances import Instances, Values, chosen, class_names
from variegate.loader.source.pairs import by_stem, pairs
from variegate.targets import Boxes, PerInstance, Targets

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CLASSES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog"),
    *("horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
FIELDS = {"boxes": Boxes("voc"), "labels": PerInstance(), "difficult": PerInstance()}
CORNERS = ("xmin", "ymin", "xmax", "ymax")


class VocFolder(Files):
    """The pictures in JPEGImages and their objects in Annotations, an XML file a picture.

    root       the folder of the two, such as VOCdevkit/VOC2012
    split      the samples listed in ImageSets/Main/<split>.txt, in that order; None: all there are, in the order of
               their names
    classes    the names of classes 0, 1, 2, ...; another name in a file is an error
    fields     what a sample has beside its picture, of N objects:
        boxes      (N, 4) float64: left, top, right and bottom edge in pixels
        labels     (N,) int64: the class
        difficult  (N,) int64: 1 if so marked, else 0
    one_based  whether corners are numbers of pixels, the first of them 1, and the last one included, as VOC's are: then
               the edges are xmin - 1, ymin - 1, xmax, ymax. False: they are edges already
    mode       "RGB", "L", "RGBA" or "bands", all that a file has: into what every picture is decoded
    dtype      "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); a file of more bits is an error

    A sample's id is the hash of its file's name, as of ImageFolder(root/JPEGImages). The XML is read once, now; the
    labels stay in memory as a few arrays. Where it gives a size, a picture of another size is an InputError when it is
    read.

    Raises  SourceError, with the file, if a picture has no XML, XML no picture, or an object no name or no corners.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        split: str | None = None,
        classes: Sequence[str] = CLASSES,
        fields: Iterable[str] = ("boxes", "labels", "difficult"),
        *,
        one_based: bool = True,
        mode: str = "RGB",
        dtype: DTypeLike = "uint8",
    ) -> None:
        above = existing_folder(root, "VocFolder", "JPEGImages and Annotations")
        super().__init__(f"{above}/JPEGImages", mode, dtype)
        notes = existing_folder(f"{above}/Annotations", "VocFolder", "the XML files")
        self._fields = chosen(fields, FIELDS, "VocFolder")
        self.classes, self.one_based, self.split_name = class_names(classes, "VocFolder"), bool(one_based), split
        names = None if split is None else _listed(f"{above}/ImageSets/Main/{split}.txt")
        pictures = by_stem(self.root, Listing(self.root, EXTENSIONS).some())
        files = by_stem(notes, Listing(notes, (".xml",)).some("annotations"))
        found = pairs(pictures, files, names, ("picture", self.root), ("annotation", notes))
        self._at([picture for picture, _ in found])
        self._take([_Note(f"{notes}/{file}", self.classes) for _, file in found])
        self.targets = Targets(**{name: FIELDS[name] for name in self._fields})

    def _take(self, notes: Sequence[_Note]) -> None:
        self.sizes = np.array([note.size for note in notes], np.int64)
        objects = [one for note in notes for one in note.objects]
        boxes = np.array([one.corners for one in objects], np.float64).reshape(-1, 4)
        if self.one_based:
            boxes[:, :2] -= 1
        columns = {
            "boxes": Values(boxes),
            "labels": Values(np.array([one.label for one in objects], np.int64)),
            "difficult": Values(np.array([one.difficult for one in objects], np.int64)),
        }
        counts = [len(note.objects) for note in notes]
        self._instances = Instances(counts, columns)

    def size_of_labels(self, i: int) -> tuple[int, int] | None:
        """(height, width) of the picture at position i as its XML says, if it does."""
        height, width = self.sizes[i].tolist()
        return (height, width) if height > 0 and width > 0 else None

    def fields(self, i: int) -> dict[str, Any]:
        """The fields chosen, of the picture at position i."""
        return self._instances.of(i, self._fields)

    def __repr__(self) -> str:
        found = f"{len(self)} pictures, {len(self._instances)} objects{self._unusual}"
        return f"VocFolder({os.path.dirname(self.root)!r}, {found})"


class _Object(NamedTuple):
    corners: list[float]
    label: int
    difficult: int


class _Note:
    """One XML file: the picture's size, (0, 0) where it is not given, and its objects."""

    def __init__(self, path: str, classes: Sequence[str]) -> None:
        from xml.etree import ElementTree

        self.path, self.classes = path, classes
        try:
            with open(path, "rb", opener=regular) as file:
                tree = ElementTree.parse(file).getroot()
        except OSError as error:
            raise SourceError(f"{path}: it cannot be read ({error.strerror or error})") from error
        except (ElementTree.ParseError, ValueError) as error:
            raise SourceError(f"{path}: it is no XML: {error}") from None
        side = [self._number(tree, f"size/{name}", path, "0") for name in ("height", "width")]
        self.size = int(side[0]), int(side[1])
        self.objects = [self._object(n, element) for n, element in enumerate(tree.findall("object"), 1)]

    def _object(self, n: int, element: Element) -> _Object:
        name = (element.findtext("name") or "").strip()
        place = f"{self.path}: object {n}, {name!r}"
        if name not in self.classes:
            raise SourceError(f"{place}, is of none of the classes {', '.join(self.classes)}; pass classes=[...]")
        corners = [self._number(element, f"bndbox/{corner}", place) for corner in CORNERS]
        return _Object(corners, self.classes.index(name), int(self._number(element, "difficult", place, "0")))

    @staticmethod
    def _number(element: Element, path: str, place: str, missing: str | None = None) -> float:
        text = element.findtext(path, missing)
        try:
            value = float(text or "")
        except ValueError:
            value = inf
        if isfinite(value):
            return value
        got = "it has none" if text is None else f"got {text!r}"
        raise SourceError(f"{place}: <{path.replace('/', '><')}> is a number, {got}")


def _listed(path: str) -> list[str]:
    """The names in a split's file, one a line."""
    try:
        with open(path, encoding="utf-8-sig", opener=regular) as file:
            lines = file.read().splitlines()
    except OSError as error:
        raise SourceError(f"{path}: the split cannot be read ({error.strerror or error})") from error
    for n, line in enumerate(lines, 1):
        if len(line.split()) > 1:
            raise SourceError(
                f"{path}, line {n}: a line is a name alone, got {line!r}; the lists of one class, which say of each "
                "picture whether it shows any, are no splits"
            )
    return [line.strip() for line in lines if line.strip()]
