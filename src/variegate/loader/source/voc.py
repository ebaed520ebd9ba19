"""VocFolder: pictures and objects in the folders and XML of Pascal VOC."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import SourceError
from variegate.loader.decode import extensions
from variegate.loader.file import read_bytes, read_lines
from variegate.loader.source.digits import decimal
from variegate.loader.source.folder import Files, Listing, existing_folder
from variegate.loader.source.instances import Instances, Values, are_most, chosen, class_names, first_of
from variegate.loader.source.json_text import LENGTH, short
from variegate.loader.source.pairs import by_stem, pairs
from variegate.targets import Boxes, PerInstance, Targets

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CLASSES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog"),
    *("horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
FIELDS = {"boxes": Boxes("voc"), "labels": PerInstance(), "difficult": PerInstance()}
SAID = {"": 0, "unspecified": 0, "false": 0, "true": 1}  # what some write of whether an object is difficult
UNTOLD = {"": 0}  # and of a side of the picture
CORNERS = ("xmin", "ymin", "xmax", "ymax")


class VocFolder(Files):
    """The pictures in JPEGImages and their objects in Annotations, an XML file a picture.

    root       the folder of the two, such as VOCdevkit/VOC2012
    split      the samples listed in ImageSets/Main/<split>.txt, in that order; None: all there are, in the order of
               their names
    classes    the names of classes 0, 1, 2, ...; another name in a file is an error. None: VOC's twenty if all names
               are among them, else the names that there are in Annotations, sorted, whatever the split. So the splits
               of one folder agree, though two folders may not
    fields     what a sample has beside its picture, of N objects:
        boxes      (N, 4) float64: left, top, right and bottom edge in pixels
        labels     (N,) int64: the class
        difficult  (N,) int64: 1 if so marked, also as "True"; 0 if not, or where it is empty or "Unspecified"
    one_based  whether corners are numbers of pixels, the first of them 1, and the last one included, as VOC's are: then
               the edges are xmin - 1, ymin - 1, xmax, ymax. False: they are edges already, as many exporters write
               them; so a corner at 0 is an error that says so, and if most have fractions, a UserWarning does
    mode       "RGB", "L", "RGBA" or "bands", all that a file has: into what every picture is decoded
    dtype      "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); a file of more bits is an error

    A sample's id is the hash of its file's name, as of ImageFolder(root/JPEGImages). The XML is read once, now; the
    labels stay in memory as a few arrays. Where it gives a size, a picture of another size is an InputError when it is
    read.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> told = "<annotation><object><name>cat</name><bndbox>{}</bndbox></object></annotation>"
    >>> corners = "<xmin>11</xmin><ymin>21</ymin><xmax>40</xmax><ymax>60</ymax>"
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("JPEGImages", "Annotations"):
    ...         Path(folder, name).mkdir()
    ...     Image.new("RGB", (80, 60)).save(Path(folder, "JPEGImages", "a.jpg"))
    ...     _ = Path(folder, "Annotations", "a.xml").write_text(told.format(corners))
    ...     source = VocFolder(folder)
    ...     source.classes[source[0]["labels"][0]], source[0]["boxes"]
    ('cat', array([[10., 20., 40., 60.]]))

    Raises  SourceError, with the file, if a picture has no XML, XML no picture, or an object no name or no corners; and
            if an XML is no <annotation> of VOC.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        split: str | None = None,
        classes: Sequence[str] | None = None,
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
        self.one_based = bool(one_based)
        names = None if split is None else _listed(f"{above}/ImageSets/Main/{split}.txt")
        pictures = by_stem(self.root, Listing(self.root, extensions()).some())
        files = by_stem(notes, Listing(notes, (".xml",)).some("annotations"))
        found = pairs(pictures, files, names, ("picture", self.root), ("annotation", notes))
        self._at([picture for picture, _ in found])
        read = [_Note(f"{notes}/{file}") for _, file in found]
        if classes is None:
            others = set(files.values()) - {file for _, file in found}
            self.classes = _names(read, [f"{notes}/{file}" for file in others])
        else:
            self.classes = class_names(classes, "VocFolder")
        self._take(read)
        self.targets = Targets(**{name: FIELDS[name] for name in self._fields})

    def _take(self, notes: Sequence[_Note]) -> None:
        self.sizes = np.array([note.size for note in notes], np.int64).reshape(-1, 2)
        objects = [one for note in notes for one in note.objects]
        boxes = np.array([one.corners for one in objects], np.float64).reshape(-1, 4)
        if self.one_based:
            self._check_base(objects, boxes)
            boxes[:, :2] -= 1
        number = {name: n for n, name in enumerate(self.classes)}
        unknown = next((one for one in objects if one.name not in number), None)
        if unknown is not None:
            told = f"{first_of(self.classes)}; pass classes=[...], or None for those that there are"
            raise SourceError(f"{unknown.place}, is of none of the classes {told}")
        columns = {
            "boxes": Values(boxes),
            "labels": Values(np.array([number[one.name] for one in objects], np.int64)),
            "difficult": Values(np.array([one.difficult for one in objects], np.int64)),
        }
        counts = [len(note.objects) for note in notes]
        self._instances = Instances(counts, columns)

    def _check_base(self, objects: Sequence[_VocObject], boxes: NDArray[np.float64]) -> None:
        """Refuse corners before pixel 1, which is the first; warn of fractions, which no pixel's number has."""
        before = np.flatnonzero((boxes[:, :2] < 1).any(axis=1))
        if before.size:
            corner = boxes[before[0], :2].tolist()
            raise SourceError(
                f"{objects[before[0]].place}: it begins at {corner[0]:g}, {corner[1]:g} (xmin, ymin), and VOC's pixels "
                f"count from 1 ({before.size} of {len(boxes)} objects begin before that). If these are counted from 0, "
                "pass one_based=False; else mend the file"
            )
        parts = int((boxes % 1 != 0).any(axis=1).sum())
        if are_most(parts, len(boxes)):
            warnings.warn(
                f"{os.path.dirname(self.root)}: {parts} of {len(boxes)} boxes have corners with fractions, which are "
                "no numbers of pixels but edges, as CVAT writes them. Then pass one_based=False: counted from 1, left "
                "and top are a pixel less",
                stacklevel=4,
            )

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


class _VocObject(NamedTuple):
    place: str
    name: str
    corners: list[float]
    difficult: int


class _Note:
    """One XML file: the picture's size, (0, 0) where it is not given, and its objects."""

    def __init__(self, path: str) -> None:
        tree = _annotation(path)
        self.size = self._side(tree, "height", path), self._side(tree, "width", path)
        self.objects = [self._object(path, n, element) for n, element in enumerate(tree.findall("object"), 1)]
        if not self.objects and tree.find(".//bndbox") is not None:
            raise SourceError(f"{path}: it has a <bndbox>, and no <object> right below <annotation>, where VOC's are")

    def _object(self, path: str, n: int, element: Element) -> _VocObject:
        name = (element.findtext("name") or "").strip()
        place = f"{path}: object {n}, {short(name)}"
        if not name:
            raise SourceError(f"{place}: it has no name")
        if len(element.findall("bndbox")) > 1:
            raise SourceError(f"{place}: it has several <bndbox>; an object has one")
        corners = [self._number(element, f"bndbox/{corner}", place) for corner in CORNERS]
        return _VocObject(place, name, corners, self._whole(element, "difficult", place, SAID))

    def _side(self, tree: Element, name: str, path: str) -> int:
        """A side of the picture; 0 where it is not given."""
        side = self._whole(tree, f"size/{name}", path, UNTOLD)
        if side < 0:
            raise SourceError(f"{path}: <size><{name}> is a number of pixels, got {side}; 0 says not known")
        return side

    def _whole(self, element: Element, path: str, place: str, words: Mapping[str, int]) -> int:
        """A whole number, or a word for one; 0 where there is none."""
        text = element.findtext(path, "")
        word = words.get(text.strip().lower())
        value = self._number(element, path, place) if word is None else float(word)
        if value.is_integer() and abs(value) < 1 << 31:
            return int(value)
        raise SourceError(f"{place}: <{path.replace('/', '><')}> is a whole number, got {short(text)}")

    @staticmethod
    def _number(element: Element, path: str, place: str) -> float:
        text = element.findtext(path)
        try:
            value = decimal(text or "")
        except ValueError:
            value = inf
        if isfinite(value):
            return value
        got = "it has none" if text is None else f"got {short(text)}"
        raise SourceError(f"{place}: <{path.replace('/', '><')}> is a number, {got}")


def _annotation(path: str) -> Element:
    """The root of an XML file.

    Raises  SourceError if it cannot be read, or is no annotation of VOC.
    """
    from xml.etree import ElementTree

    data = read_bytes(path)
    try:
        tree = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # the last of an encoding that nobody knows
        raise SourceError(f"{path}: it is no XML: {error}") from None
    if tree.tag != "annotation":
        export = "; CVAT writes VOC's if asked to export Pascal VOC" if tree.tag == "annotations" else ""
        raise SourceError(f"{path}: VOC's XML is an <annotation>, one a picture; got <{tree.tag[:LENGTH]}>{export}")
    return tree


def _names(notes: Sequence[_Note], others: Sequence[str]) -> list[str]:
    """VOC's classes, if the objects of notes and of other files are of no others; else those that there are."""
    found = {one.name for note in notes for one in note.objects}
    found.update((name.text or "").strip() for path in others for name in _annotation(path).iterfind("object/name"))
    found.discard("")
    return list(CLASSES) if found.issubset(CLASSES) else sorted(found)


def _listed(path: str) -> list[str]:
    """The names in a split's file, one a line."""
    lines = read_lines(path)
    for n, line in enumerate(lines, 1):
        if len(line.split()) > 1:
            raise SourceError(
                f"{path}, line {n}: a line is a name alone, got {short(line)}; the lists of one class, which say of "
                "each picture whether it shows any, are no splits"
            )
    return [line.strip() for line in lines if line.strip()]
