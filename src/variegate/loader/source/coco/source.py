"""CocoJson: pictures and objects of a COCO JSON file."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.coords import Floats
from variegate.errors import SourceError
from variegate.loader.source.clip import clip_boxes, clip_summary
from variegate.loader.source.coco.keypoints import mirrored, point_names, points_of
from variegate.loader.source.coco.shapes import CocoMasks, outlines
from variegate.loader.source.coco.table import ABSENT, AnnotationTable, Id, in_64_bits, read_coco
from variegate.loader.source.folder import Files
from variegate.loader.source.instances import (
    InstanceColumn,
    Instances,
    ValueColumn,
    Values,
    are_most,
    chosen,
    class_names,
    first_of,
)
from variegate.loader.source.json_text import short
from variegate.loader.source.location import leads_out, no_path
from variegate.picture import MOST_PIXELS
from variegate.targets import Boxes, Keypoints, Mask, PerInstance, PerSample, Polygons, Targets

FIELDS = {
    "boxes": Boxes("coco"),
    "labels": PerInstance(),
    "polygons": Polygons(flat=True),
    "masks": Mask(stack=True),
    "keypoints": Keypoints("xyv"),
    "iscrowd": PerInstance(),
    "area": PerInstance(),
    "ids": PerInstance(),
    "image_id": PerSample(),
}


class CocoJson(Files):
    """The pictures of a COCO JSON file and what is annotated on them, in the order of the file.

    images           the folder in which the file's file_name are
    annotations      the JSON file: instances or person keypoints, or any of that form
    fields           what a sample has beside its picture, of N objects:
        boxes        (N, 4) float64: x, y, width, height in pixels
        labels       (N,) int64: the class, 0, 1, 2, ...
        polygons     N lists of rings [x0, y0, x1, y1, ...]; an object that has an RLE instead, or nothing, has none
        masks        (N, H, W) uint8, 1 on the object: its RLE, or its rings drawn by pycocotools (variegate[coco])
        keypoints    (N, K, 3) float64: x, y, v; an object without has zeros
        iscrowd      (N,) int64
        area         (N,) float64: as annotated, so of the whole object on the whole picture
        ids          (N,) int64: the annotations' id; a list if any in the file is a text, or has more than 64 bits
        image_id     the picture's id in the file
    classes          names of the classes wanted, numbered as listed here; other objects are left out. None: all of the
                     file, in the order of their id there, so without its gaps. Categories of one name are one class; in
                     a file without categories an id is a name: "3"
    crowd            whether objects marked iscrowd come along; they are many in one
    pixel_keypoints  whether keypoints count pixels, as COCO's do: each is put at the centre of its pixel, half a pixel
                     further right and down. False: they are places in the plane already
    clip             whether a box that reaches outside of the picture by more than 0.01 px is cut at its edge, and an
                     object whose box lies outside is left out, where the file gives the picture's size; outlines stay,
                     the pipeline cuts them. False: boxes come as they are, for a pipeline with Boxes(clip=False)
    mode             "RGB", "L", "RGBA" or "bands", all that a file has: into what every picture is decoded
    dtype            "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); more bits are an error

    A picture without annotations is a sample with N = 0. A sample's id is the hash of its file_name, as in ImageFolder.
    `left_out` counts the annotations left out, for their class or as crowds; `clipped` the boxes cut at the edge of
    their picture; `outside` the objects left out as their box lies outside of it. `image_ids` are the pictures' ids in
    the file, an array of int64, or a list if any is a text. Keypoints named left and right (left_eye, right_eye) are
    exchanged where a picture is mirrored. The file is read once, now; its labels stay in memory as a few arrays.

    Where the file gives a width and a height, a picture of another size is an InputError when it is read. A UserWarning
    says if most boxes reach outside, as where they are x0, y0, x1, y1, and if most objects are left out as crowds.

    >>> import json
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> picture = {"id": 5, "file_name": "a.png", "width": 80, "height": 60}
    >>> cat = {"id": 1, "image_id": 5, "category_id": 17, "bbox": [10, 20, 30, 40], "area": 1200, "iscrowd": 0}
    >>> told = {"images": [picture], "annotations": [cat], "categories": [{"id": 17, "name": "cat"}]}
    >>> with TemporaryDirectory() as folder:
    ...     Image.new("RGB", (80, 60)).save(Path(folder, "a.png"))
    ...     _ = Path(folder, "instances.json").write_text(json.dumps(told))
    ...     source = CocoJson(folder, Path(folder, "instances.json"), fields=("boxes", "labels"))
    ...     source.classes, source[0]["boxes"], source[0]["labels"]
    (['cat'], array([[10., 20., 30., 40.]]), array([0]))

    Raises  SourceError, with the place in the file, if it is no such JSON, lacks a field asked for, names a picture
            that is not there or not within the folder, or an annotation is of no picture or no category.
    """

    def __init__(
        self,
        images: str | os.PathLike[str],
        annotations: str | os.PathLike[str],
        fields: Iterable[str] = ("boxes", "labels", "polygons"),
        classes: Sequence[str] | None = None,
        *,
        crowd: bool = False,
        pixel_keypoints: bool = True,
        clip: bool = True,
        mode: str = "RGB",
        dtype: DTypeLike = "uint8",
    ) -> None:
        super().__init__(images, mode, dtype)
        self.annotations = os.fspath(annotations)
        self._fields = chosen(fields, FIELDS, "CocoJson")
        self.crowd, self.pixel_keypoints, self.clip = bool(crowd), bool(pixel_keypoints), bool(clip)
        tables = read_coco(self.annotations, outlines=not {"polygons", "masks"}.isdisjoint(self._fields))
        rows, categories = tables["annotations"], tables["categories"]
        known = self._list_pictures(tables["images"])
        number = self._number_classes(categories if categories.rows else rows, classes)
        total = len(rows.rows)
        picture, label = self._select(rows, number, known)
        self.left_out = total - len(rows.rows)
        columns: dict[str, InstanceColumn] = {}
        self.clipped = self.outside = 0
        if "boxes" in self._fields:
            boxes, seen = self._boxes(rows, self.sizes[picture])
            columns["boxes"], picture, label = Values(boxes), picture[seen], label[seen]
        columns["labels"] = Values(label)
        targets = {name: FIELDS[name] for name in self._fields}
        if "keypoints" in self._fields:
            points = point_names(categories, self.classes)
            columns["keypoints"] = Values(points_of(rows, len(points), self.pixel_keypoints))
            targets["keypoints"] = Keypoints("xyv", swap=mirrored(points))
        self.targets = Targets(**targets)
        self._fill(rows, columns, picture)

    def _list_pictures(self, images: AnnotationTable) -> dict[Id, int]:
        """Take the pictures: their paths, ids and sizes, (0, 0) where the file does not say; the place of each id."""
        if not images.rows:
            raise SourceError(f'{self.annotations}: "images" is empty')
        names = [images.value(row, "file_name", str, "a path within the folder of pictures") for row in images.rows]
        for row, name in zip(images.rows, names, strict=True):
            if said := no_path(name):
                raise images.error(row, f'{said}, got {short(name)} for "file_name"')
            if said := leads_out(name):
                raise images.error(row, f'"file_name" is a path within the folder of pictures; {short(name)} {said}')
        self._at(names)
        ids = images.ids("id")
        images.once("file_name", self.paths)
        images.once("id", ids)
        self.image_ids: NDArray[np.int64] | list[Id] = np.array(ids, np.int64) if all(map(in_64_bits, ids)) else ids
        gone = [n for n in range(len(self)) if not os.path.exists(self.where(n))]
        if gone:
            raise images.error(
                images.rows[gone[0]],
                f"there is no {self.where(gone[0])}; {len(gone)} of {len(self)} pictures are missing. "
                + ('Write "/" for "\\" in "file_name", or give ' if "\\" in names[gone[0]] else "Give ")
                + "the folder in which they are, or a file of those that are there",
            )
        self.sizes = np.stack([images.wholes(side, missing=0) for side in ("height", "width")], axis=1)
        below = np.flatnonzero((self.sizes < 0).any(axis=1))
        if below.size:
            height, width = self.sizes[below[0]].tolist()
            raise images.error(images.rows[below[0]], f"it is {height} x {width} (height, width); 0 says not known")
        unknown = np.flatnonzero((self.sizes <= 0).any(axis=1))
        if "masks" in self._fields and unknown.size:
            raise images.error(images.rows[unknown[0]], "it has no height and width, without which no mask is drawn")
        huge = np.flatnonzero(self.sizes.astype(np.float64).prod(axis=1) > MOST_PIXELS)
        if "masks" in self._fields and huge.size:
            height, width = self.sizes[huge[0]].tolist()
            raise images.error(
                images.rows[huge[0]], f"it is {height} x {width}; a mask has at most {MOST_PIXELS} pixels"
            )
        return {image: n for n, image in enumerate(ids)}

    def _number_classes(self, table: AnnotationTable, classes: Sequence[str] | None) -> dict[Id, int]:
        """Name the classes; the number of each, by the category's id, and -1 of those that are not wanted.

        table  the categories; or the annotations, where there are none
        """
        if table.name == "categories":
            ids = table.ids("id")
            names = [table.value(row, "name", str, "a text") for row in table.rows]
            table.once("id", ids)
        else:
            ids = list(dict.fromkeys(table.ids("category_id", missing=None)))
            names = [str(id) for id in ids]
            if None in ids and ("labels" in self._fields or classes is not None):
                bare = next(row for row in table.rows if row.get("category_id") is None)
                raise table.error(bare, 'it has no "category_id", without which it is of no class; leave labels out')
        in_order = sorted(zip(ids, names, strict=True), key=lambda one: _in_order(one[0]))
        known = list(dict.fromkeys(name for id, name in in_order if id is not None))
        self.classes = known if classes is None else class_names(classes, "CocoJson")
        number = {name: n for n, name in enumerate(self.classes)}
        unknown = [name for name in self.classes if name not in set(known)]
        if unknown:
            raise SourceError(f"{self.annotations} has no category {short(unknown[0])}; it has {first_of(known)}")
        return {id: 0 if id is None else number.get(name, -1) for id, name in in_order}

    def _select(
        self, annotations: AnnotationTable, number: dict[Id, int], known: dict[Id, int]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Keep the annotations wanted, picture by picture; the picture and the class of each."""
        missing = None if None in number else ABSENT
        images, kinds = annotations.ids("image_id"), annotations.ids("category_id", missing)
        for row, image, kind in zip(annotations.rows, images, kinds, strict=True):
            if image not in known:
                raise annotations.error(row, f"it is of image {short(image)}, which is not among the images")
            if kind not in number:
                raise annotations.error(row, f"it is of category {short(kind)}, which is not among the categories")
        picture = np.array([known[image] for image in images], np.int64)
        label = np.array([number[kind] for kind in kinds], np.int64)
        wanted = label >= 0
        if not self.crowd:
            wanted = self._without_crowds(annotations, wanted)
        order = np.argsort(picture, kind="stable")
        order = order[wanted[order]]
        annotations.keep([annotations.rows[n] for n in order.tolist()])
        return picture[order], label[order]

    def _without_crowds(self, annotations: AnnotationTable, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of the annotations wanted are no crowds."""
        alone: NDArray[np.bool_] = wanted & (annotations.flags("iscrowd") == 0)
        total, crowds = int(wanted.sum()), int(wanted.sum() - alone.sum())
        if 2 * crowds > total:
            warnings.warn(
                f"{self.annotations}: {crowds} of {total} objects are marked iscrowd, and are left out. CVAT and "
                "Datumaro mark every mask so; crowd=True takes them",
                stacklevel=4,
            )
        return alone

    def _boxes(self, annotations: AnnotationTable, sizes: NDArray[np.int64]) -> tuple[Floats, NDArray[np.bool_]]:
        """The boxes, cut at the edges of pictures of these sizes, and which annotations are kept for theirs."""
        boxes = annotations.numbers("bbox", 4)
        if not self.clip:
            return boxes, np.ones(len(boxes), np.bool_)
        limits = np.where((sizes > 0).all(axis=1, keepdims=True), sizes[:, ::-1], np.nan)
        found = clip_boxes(boxes, "xywh", limits, Boxes.epsilon)
        seen, reached = ~found.outside, int(found.reached.sum())
        self.outside = int(found.outside.sum())
        self.clipped = reached - self.outside
        if are_most(reached, len(boxes)):
            warnings.warn(
                f"{self.annotations}: {reached} of {len(boxes)} boxes reach outside of their pictures, and are cut or "
                'left out. "bbox" is x, y, width, height in pixels of the picture; is it something else here?',
                stacklevel=3,
            )
        annotations.keep([row for row, kept in zip(annotations.rows, seen.tolist(), strict=True) if kept])
        return found.rows[seen], seen

    def _fill(
        self, annotations: AnnotationTable, columns: dict[str, InstanceColumn], picture: NDArray[np.int64]
    ) -> None:
        """Turn the other fields of the annotations into columns."""
        makers: dict[str, Callable[[], InstanceColumn]] = {
            "iscrowd": lambda: Values(annotations.flags("iscrowd")),
            "area": lambda: Values(annotations.numbers("area", 0)),
            "ids": lambda: _id_column(annotations.ids("id")),
        }
        columns |= {name: make() for name, make in makers.items() if name in self._fields}
        self._masks = None
        if not {"polygons", "masks"}.isdisjoint(self._fields):
            columns["polygons"] = rings = outlines(annotations)
            if "masks" in self._fields:
                self._masks = CocoMasks(annotations, rings, self.sizes[picture])
        self._instances = Instances(np.bincount(picture, minlength=len(self)), columns)

    def size_of_labels(self, i: int) -> tuple[int, int] | None:
        """(height, width) of the picture at position i as the file says, if it does."""
        height, width = self.sizes[i].tolist()
        return (height, width) if height > 0 and width > 0 else None

    def fields(self, i: int) -> dict[str, Any]:
        """The fields chosen, of the picture at position i."""
        found = self._instances.of(i, self._fields)
        if self._masks is not None:
            found["masks"] = self._masks.rows(*self._instances.span(i), tuple(self.sizes[i].tolist()))
        if "image_id" in self._fields:
            known = self.image_ids[i]
            found["image_id"] = int(known) if isinstance(known, np.integer) else known
        return found

    def __repr__(self) -> str:
        counts = f"{len(self)} pictures, {len(self._instances)} objects{clip_summary(self.clipped, self.outside)}"
        return f"CocoJson({self.annotations!r}, {counts}{self._unusual})"


def _in_order(id: Id) -> tuple[bool, Any]:
    """By what ids of both kinds are sorted: integers before texts."""
    return isinstance(id, str), 0 if id is None else id


def _id_column(ids: list[Id]) -> InstanceColumn:
    """Ids as integers, if all are."""
    return Values(np.array(ids, np.int64)) if all(map(in_64_bits, ids)) else ValueColumn(ids)
