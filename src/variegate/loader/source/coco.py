"""CocoJson: pictures and objects of a COCO JSON file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import SourceError
from variegate.loader.source.coco_keypoints import mirrored, point_names, points_of
from variegate.loader.source.coco_shapes import Masks, outlines
from variegate.loader.source.coco_table import Table, read_coco
from variegate.loader.source.folder import Files
from variegate.loader.source.instances import Column, Instances, Values, chosen, class_names
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
        polygons     N lists of rings [x0, y0, x1, y1, ...]; an object that has an RLE instead has none
        masks        (N, H, W) uint8, 1 on the object: its RLE, or its rings drawn by pycocotools (variegate[coco])
        keypoints    (N, K, 3) float64: x, y, v; an object without has zeros
        iscrowd      (N,) int64
        area         (N,) float64: as annotated, so of the whole object on the whole picture
        ids          (N,) int64: the annotations' id
        image_id     the picture's id in the file
    classes          names of the classes wanted, numbered as listed here; other objects are left out. None: all of the
                     file, in the order of their id there, so without its gaps
    crowd            whether objects marked iscrowd come along; they are many in one
    pixel_keypoints  whether keypoints count pixels, as COCO's do: each is put at the centre of its pixel, half a pixel
                     further right and down. False: they are places in the plane already
    mode             "RGB", "L", "RGBA" or "bands", all that a file has: into what every picture is decoded
    dtype            "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); more bits are an error

    A picture without annotations is a sample with N = 0. A sample's id is the hash of its file_name, as in ImageFolder.
    `left_out` counts the annotations left out, for their class or as crowds; `image_ids` are the pictures' ids in the
    file. Keypoints named left and right (left_eye, right_eye) are exchanged where a picture is mirrored. The file is
    read once, now; its labels stay in memory as a few arrays.

    Where the file gives a width and a height, a picture of another size is an InputError when it is read.

    Raises  SourceError, with the place in the file, if it is no such JSON, lacks a field asked for, names a picture
            that is not there, or an annotation is of no picture or no category.
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
        mode: str = "RGB",
        dtype: DTypeLike = "uint8",
    ) -> None:
        super().__init__(images, mode, dtype)
        self.annotations = os.fspath(annotations)
        self._fields = chosen(fields, FIELDS, "CocoJson")
        self.crowd, self.pixel_keypoints = bool(crowd), bool(pixel_keypoints)
        tables = read_coco(self.annotations, outlines=not {"polygons", "masks"}.isdisjoint(self._fields))
        rows, categories = tables["annotations"], tables["categories"]
        self._list_pictures(tables["images"])
        number = self._number_classes(categories, classes)
        total = len(rows.rows)
        picture, label = self._select(rows, number, set(categories.wholes("id").tolist()))
        self.left_out = total - len(rows.rows)
        columns: dict[str, Column] = {"labels": Values(label)}
        targets = {name: FIELDS[name] for name in self._fields}
        if "keypoints" in self._fields:
            points = point_names(categories, self.classes)
            columns["keypoints"] = Values(points_of(rows, len(points), self.pixel_keypoints))
            targets["keypoints"] = Keypoints("xyv", swap=mirrored(points))
        self.targets = Targets(**targets)
        self._fill(rows, columns, picture)

    def _list_pictures(self, images: Table) -> None:
        """Take the pictures: their paths, ids and sizes, (0, 0) where the file does not say."""
        if not images.rows:
            raise SourceError(f'{self.annotations}: "images" is empty')
        self._at([images.value(row, "file_name", str, "a path within the folder of pictures") for row in images.rows])
        self.image_ids = images.wholes("id")
        images.once("file_name", self.paths)
        images.once("id", self.image_ids.tolist())
        gone = [n for n in range(len(self)) if not os.path.exists(self.where(n))]
        if gone:
            raise images.error(
                images.rows[gone[0]],
                f"there is no {self.where(gone[0])}; {len(gone)} of {len(self)} pictures are missing. Give the folder "
                "in which they are, or a file of those that are there",
            )
        self.sizes = np.stack([images.wholes(side, missing=0) for side in ("height", "width")], axis=1)
        unknown = np.flatnonzero((self.sizes <= 0).any(axis=1))
        if "masks" in self._fields and unknown.size:
            raise images.error(images.rows[unknown[0]], "it has no height and width, without which no mask is drawn")

    def _number_classes(self, categories: Table, classes: Sequence[str] | None) -> dict[int, int]:
        """Name the classes; the number of each, by the category's id."""
        ids = categories.wholes("id").tolist()
        names = [categories.value(row, "name", str, "a text") for row in categories.rows]
        categories.once("id", ids)
        categories.once("name", names)
        id_of = dict(sorted(zip(names, ids, strict=True), key=lambda item: item[1]))
        self.classes = list(id_of) if classes is None else class_names(classes, "CocoJson")
        unknown = [name for name in self.classes if name not in id_of]
        if unknown:
            raise SourceError(f"{self.annotations} has no category {unknown[0]!r}; it has {', '.join(id_of)}")
        return {id_of[name]: number for number, name in enumerate(self.classes)}

    def _select(
        self, annotations: Table, number: dict[int, int], categories: set[int]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Keep the annotations wanted, picture by picture; the picture and the class of each."""
        known = {image: n for n, image in enumerate(self.image_ids.tolist())}
        images, kinds = annotations.wholes("image_id").tolist(), annotations.wholes("category_id").tolist()
        for row, image, kind in zip(annotations.rows, images, kinds, strict=True):
            if image not in known:
                raise annotations.error(row, f"it is of image {image}, which is not among the images")
            if kind not in categories:
                raise annotations.error(row, f"it is of category {kind}, which is not among the categories")
        picture = np.array([known[image] for image in images], np.int64)
        label = np.array([number.get(kind, -1) for kind in kinds], np.int64)
        wanted = label >= 0
        if not self.crowd:
            wanted &= annotations.wholes("iscrowd", missing=0) == 0
        order = np.argsort(picture, kind="stable")
        order = order[wanted[order]]
        annotations.keep([annotations.rows[n] for n in order.tolist()])
        return picture[order], label[order]

    def _fill(self, annotations: Table, columns: dict[str, Column], picture: NDArray[np.int64]) -> None:
        """Turn the other fields of the annotations into columns."""
        makers: dict[str, Callable[[], Column]] = {
            "boxes": lambda: Values(annotations.numbers("bbox", 4)),
            "iscrowd": lambda: Values(annotations.wholes("iscrowd", missing=0)),
            "area": lambda: Values(annotations.numbers("area", 0)),
            "ids": lambda: Values(annotations.wholes("id")),
        }
        columns |= {name: make() for name, make in makers.items() if name in self._fields}
        self._masks = None
        if not {"polygons", "masks"}.isdisjoint(self._fields):
            columns["polygons"] = rings = outlines(annotations)
            if "masks" in self._fields:
                self._masks = Masks(annotations, rings, self.sizes[picture])
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
            found["image_id"] = int(self.image_ids[i])
        return found

    def __repr__(self) -> str:
        return f"CocoJson({self.annotations!r}, {len(self)} pictures, {len(self._instances)} objects{self._unusual})"
