"""HuggingFace: a dataset of Hugging Face's datasets, its pictures decoded here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike

from variegate.errors import SourceError
from variegate.loader.source.arrow import ArrowCells, picture_cell
from variegate.loader.source.base import Room, Source
from variegate.loader.source.cell import encoded, field_of, ids_of
from variegate.loader.source.classes import SEVERAL, classed, is_missing, label_column, passes_on
from variegate.loader.source.folder import path_id
from variegate.loader.source.location import check_schemes
from variegate.loader.source.multi_hot import NameOf
from variegate.loader.source.shards import declared, named_fields
from variegate.targets import Target, Targets


class HuggingFace(Source):
    """The rows of a datasets.Dataset, in its order; pictures are read undecoded, as the bytes that were saved.

    dataset  a Dataset, also one that was filtered or shuffled
    image    the column of pictures, an Image feature; None: the only one there is
    label    the column of labels; None: the only ClassLabel there is, or of several that called "label"; False: none.
             Lists of texts, or of a ClassLabel, are rows of 0 and 1, one for each class
    fields   the columns that samples have beside; or a dict of names and columns
    targets  what these fields are; None where the pipeline says
    mode     "RGB", "L", "RGBA" or "bands", all that a file has: into what every picture is decoded;
             None: as the feature says, else "RGB"
    dtype    "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); a file of more bits is an error
    id       the column of ids: integers, or texts, which are hashed; None: the index in the dataset as it is given, so
             a filtered dataset counts anew. To keep ids, filter by `Subset`, or give a column
    root     where the paths lie that cells have instead of bytes: a folder, or a URL, of which "https://" has all
             hosts; also any path of this machine. None: that alone

    A Mask or an Image as a field is an Image feature, decoded as pictures are. The names of a ClassLabel are `classes`.
    The library maps its Arrow files into memory, so one that is cut or written again in use ends the process;
    Parquet(paths) reads the same files and does not.

    >>> from datasets import Dataset, Features, ClassLabel, Image
    >>> features = Features(photo=Image(), kind=ClassLabel(names=["cat", "owl"]))
    >>> rows = {"photo": [{"bytes": b"...", "path": None}], "kind": [1]}
    >>> source = HuggingFace(Dataset.from_dict(rows, features=features))
    >>> source.read(0), source.labels, source.classes
    (b'...', array([1]), ['cat', 'owl'])

    Raises  SourceError if it is no Dataset, has a transform of its own, or lacks a column.
    """

    def __init__(
        self,
        dataset: Any,
        image: str | None = None,
        label: str | Literal[False] | None = None,
        fields: Iterable[str] | Mapping[str, str] = (),
        targets: Targets | Mapping[str, Target] | None = None,
        mode: str | None = None,
        *,
        dtype: DTypeLike = "uint8",
        id: str | None = None,
        root: str | os.PathLike[str] | None = None,
    ) -> None:
        _check(dataset)
        self.root = "" if root is None else os.fspath(root)
        check_schemes([self.root], "HuggingFace.root")
        self._fields = named_fields(fields, "HuggingFace")
        self.targets = declared(targets, self._fields, (), "HuggingFace")
        self._known = dict((self.targets or Targets()).fields)
        self.dataset = dataset
        self.image = self._one("Image", image, "image")
        self._decode_into(mode or getattr(dataset.features[self.image], "mode", None) or "RGB", dtype)
        for column in self._fields.values():
            self._feature(column, "fields")
        self._begin()
        self.ids = np.arange(len(dataset), dtype=np.uint64)
        if id is not None:
            self.ids = ids_of(self._column(id, "id"), lambda row: f"{self.where(row)}, column {id!r}")
        chosen = self._label_column(label)
        if chosen is not None:
            self._label(chosen)

    def _begin(self) -> None:
        self._rows = _plain(self.dataset, [self.image, *self._fields.values()])

    def _feature(self, name: str, what: str) -> Any:
        features = self.dataset.features
        if name not in features:
            told = ", ".join(f"{each!r} ({type(feature).__name__})" for each, feature in features.items())
            raise SourceError(f"HuggingFace.{what}: there is no column {name!r}; the dataset has {told}")
        return features[name]

    def _of_kind(self, kind: str) -> list[str]:
        return [name for name, feature in self.dataset.features.items() if type(feature).__name__ == kind]

    def _one(self, kind: str, name: str | None, what: str) -> str:
        """The column of a kind that is meant."""
        found = self._of_kind(kind)
        if name is None and len(found) == 1:
            return found[0]
        if name is None:
            told = f"several, {', '.join(found)}: say which, {what}={found[0]!r}" if found else "none"
            raise SourceError(
                f"HuggingFace looks for a column that is an {kind} feature, and the dataset has {told}; its features "
                f"are {dict(self.dataset.features)}"
            )
        feature = self._feature(name, what)
        if name not in found:
            raise SourceError(
                f"HuggingFace.{what}: the column {name!r} is {feature}; pictures are an Image feature: "
                f"dataset.cast_column({name!r}, datasets.Image()). Arrays are for Items(dataset)"
            )
        return name

    def _label_column(self, label: str | Literal[False] | None) -> str | None:
        """The column of labels, if there is one."""
        if label is False or label is not None:
            return label or None
        found = self._of_kind("ClassLabel")
        if len(found) < 2 or "label" in found:
            return "label" if "label" in found else found[0] if found else None
        raise SourceError(
            f"the dataset has several columns of classes, {', '.join(found)}: say which, label={found[0]!r}, or "
            "label=False for none"
        )

    def _label(self, name: str) -> None:
        """The labels in a column: of one class a row, or lists of classes."""
        values, feature = self._column(name, "label"), self.dataset.features[name]
        known = getattr(feature, "names", None) or getattr(getattr(feature, "feature", None), "names", None)
        any_form = passes_on(self.targets)

        def place(row: int) -> str:
            return f"{self.where(row)}, column {name!r}"

        if any(isinstance(value, SEVERAL) for value in values):
            found = classed(values, place, known, "HuggingFace", any_form, numbers=known is not None)
            self.labels, self.classes = found
        else:
            self._refuse_missing(values, place)
            self.labels, self.classes = label_column(values, len(self), place, any_form), list(known or ())

    def _refuse_missing(self, values: Any, place: NameOf) -> None:
        """Refuse labels with gaps: what the others are would hang on them."""
        if isinstance(values, np.ndarray) and values.dtype.kind in "biu":
            return
        missing = next((row for row, value in enumerate(values) if is_missing(value)), None)
        if missing is not None:
            raise SourceError(f"{place(missing)}: there is no label; filter such rows out, or label=False for none")

    def _column(self, name: str, what: str) -> Any:
        self._feature(name, what)
        return ArrowCells(_plain(self.dataset, [name])[:][name], f"HuggingFace, column {name!r}").all()

    def where(self, i: int) -> str:
        """The row of the dataset, and its split where it is known."""
        return f"Dataset{f' {self.dataset.split}' if self.dataset.split else ''}, row {i}"

    def stamp(self, i: int) -> int:
        """A hash of the dataset's own fingerprint."""
        return path_id(str(self.dataset._fingerprint)) >> 1

    def sample(self, i: int, room: Room | None = None) -> tuple[bytes | memoryview, dict[str, Any]]:
        """The picture and the fields of row i, from one access."""
        row = self._rows[i]
        return self._picture(i, row), self._values(i, row)

    def read(self, i: int) -> bytes:
        """The bytes of the picture in row i."""
        return bytes(self._picture(i, self._rows[i]))

    def read_into(self, i: int, room: Room) -> bytes | memoryview:
        """The same, in memory of PyArrow's."""
        return self._picture(i, self._rows[i])

    def fields(self, i: int) -> dict[str, Any]:
        """The fields of row i."""
        return self._values(i, self._rows[i]) if self._fields else {}

    def _picture(self, i: int, row: Any) -> bytes | memoryview:
        cell = row[self.image][0]
        data = picture_cell(cell)
        if data is not None:
            return data
        return encoded(cell.as_py(), f"{self.where(i)}, column {self.image!r}", self.root, anywhere=True)[0]

    def _values(self, i: int, row: Any) -> dict[str, Any]:
        place, known = self.where(i), self._known
        return {
            name: field_of(
                row[column][0].as_py(), known.get(name), f"{place}, field {name!r}", self.root, anywhere=True
            )
            for name, column in self._fields.items()
        }

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_rows"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    def __repr__(self) -> str:
        return f"HuggingFace({len(self)} rows, {', '.join(self.dataset.column_names)}{self._unusual})"


def _check(dataset: Any) -> None:
    """Refuse what is no Dataset, or has a transform that would be passed over."""
    from_datasets = type(dataset).__module__.partition(".")[0] == "datasets"
    if from_datasets and isinstance(dataset, Mapping):
        raise SourceError(f"HuggingFace takes one split, such as dataset[{next(iter(dataset), 'train')!r}]")
    if type(dataset).__name__ == "IterableDataset":
        raise SourceError(
            "an IterableDataset has no rows by position: load it without streaming=True; or, if it is too large for "
            "this machine's disk, read its Parquet files: Parquet(paths)"
        )
    if not from_datasets or not hasattr(dataset, "with_format"):
        raise SourceError(f"HuggingFace takes a datasets.Dataset, got {type(dataset).__name__}; others are for Items")
    if not len(dataset):
        raise SourceError("the dataset has no rows")
    if dataset.format["type"] == "custom":
        raise SourceError(
            "the dataset has a transform (set_transform), and pictures would not go through it: "
            "HuggingFace(dataset.with_format(None)) reads them as they are, Items(dataset) as the transform gives them"
        )


def _plain(dataset: Any, columns: list[str]) -> Any:
    """Some columns of a dataset as Arrow tables, which have pictures as they were saved: no feature decodes them."""
    return dataset.select_columns(list(dict.fromkeys(columns))).with_format("arrow")
