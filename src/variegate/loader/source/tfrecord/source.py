"""TFRecord: samples in TensorFlow's record files, read in any order, without TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import DecodeError
from variegate.loader.source.base import Ids, Room, fresh
from variegate.loader.source.shards import (
    IndexColumns,
    Paths,
    Sharded,
    declared,
    named_fields,
    read_indexes,
    shard_names,
)
from variegate.loader.source.tfrecord.example import Feature, features
from variegate.loader.source.tfrecord.records import (
    FOOT,
    image_column,
    is_whole,
    label_column,
    lie_within,
    record_ids,
    scan_records,
    sums_are_checked,
)
from variegate.targets import Target, Targets

FeatureNames = str | tuple[str, ...]


class TFRecord(Sharded):
    """Samples in TFRecord files of tf.train.Example, in the order of the files and of the records there.

    paths    the files: a path, a folder of them, a pattern ("train-{00000..01023}-of-01024", "train-*"), or a list of
             these; also URLs that fsspec reads, each sample by a request of its own
    image    the feature that is an encoded picture
    label    the feature that is the label; None: there are no labels
    fields   what a sample has beside: features; a dict gives them names, {"text": "image/class/text"}, and puts
             several lists of one length together as columns,
             {"boxes": ("image/object/bbox/xmin", ".../ymin", ".../xmax", ".../ymax")}, (N, 4)
    targets  what the fields are; None: as the pipeline says
    mode     "RGB", "L", "RGBA" or "bands", all that a file has: into what every picture is decoded
    dtype    "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); a file of more bits is an error
    index    the folder in which is kept where the records lie; None: a file beside each, *.variegate

    A feature is a list: (n,) int64, (n,) float32, or a list of bytes. Labels of one integer each are `labels`, as they
    are in the file; all others are the field "label". A sample's id is the BLAKE2b-64 hash of "file/number", so that
    the files are not to be cut otherwise; where two files have one name, the folders in which they differ come before.

    The files are read by code of our own: TensorFlow is half a gigabyte to read some headers with. The lengths, labels
    and places of the pictures are read once and kept for the next time, until a file's size or date changes. The
    checksum of a record's length is checked then, that of its data whenever it is read, if google-crc32c is installed
    (pip install "variegate[tfrecord]"); without it, a flipped bit may be another label, or other pixels.

    >>> TFRecord("data/train-*-of-01024", fields={"text": "image/class/text"})  # doctest: +SKIP

    Raises  SourceError, with the path and the byte, if there is no such file, one is compressed, damaged or cut short,
            or a record lacks its picture or label. DecodeError, with the file and the record, when one is read that
            lacks a field, or is not what its checksum was made of.
    """

    def __init__(
        self,
        paths: Paths,
        image: str = "image/encoded",
        label: str | None = "image/class/label",
        fields: Iterable[str] | Mapping[str, str | Sequence[str]] = (),
        targets: Targets | Mapping[str, Target] | None = None,
        mode: str = "RGB",
        index: str | os.PathLike[str] | None = None,
        *,
        dtype: DTypeLike = "uint8",
    ) -> None:
        super().__init__(paths, (".tfrec", "-of-"), mode, dtype)
        wanted = {"records", image_column(image)} | ({label_column(label)} if label is not None else set())
        scan = partial(scan_records, image=image, label=label)
        columns = read_indexes(self.shards, scan, wanted, index, partial(lie_within, image=image, label=label))
        self._count(columns)
        self._starts, self._sizes = np.concatenate([each[image_column(image)] for each in columns]).T.copy()
        self._records = np.concatenate([each["records"] for each in columns])
        self.ids = self._ids(columns)
        asked = named_fields(fields, "TFRecord").items()
        self._fields: dict[str, FeatureNames] = {
            name: given if isinstance(given, str) else tuple(given) for name, given in asked
        }
        self.targets = declared(targets, self._fields, (), "TFRecord")
        if label is not None:
            self._label(label, np.concatenate([each[label_column(label)] for each in columns]))

    def _ids(self, columns: list[IndexColumns]) -> Ids:
        """The ids of all samples; the saved ones where the file's own name is enough."""
        both = zip(self.shards, shard_names(self.shards), columns, strict=True)
        return np.concatenate(
            [each["ids"] if name == shard.name else record_ids(name, len(each["ids"])) for shard, name, each in both]
        )

    def _label(self, label: str, labels: NDArray[np.int64]) -> None:
        if len(labels) == len(self):
            self.labels = labels
        else:
            self._fields["label"] = label

    def where(self, i: int) -> str:
        """The file and the number of the record at position i."""
        shard = self.shard(i)
        return f"{self.shards[shard].path}:{i - (self._ends[shard - 1] if shard else 0)}"

    def read_into(self, i: int, room: Room) -> bytes | memoryview:
        """The bytes of the picture at position i, in memory from `room` where the file is on disk."""
        return self._picture(i, self._record(i, room)) if sums_are_checked() else super().read_into(i, room)

    def fields(self, i: int) -> dict[str, Any]:
        """The fields of the sample at position i, and its label where that is no column."""
        return self.sample(i, fresh)[1] if self._fields else {}

    def sample(self, i: int, room: Room) -> tuple[bytes | memoryview, dict[str, Any]]:
        """The picture and the fields of the sample at position i, by one access where there are fields."""
        if not self._fields:
            return self.read_into(i, room), {}
        record = self._record(i, room)
        try:
            found = features(record, 0, len(record))
        except ValueError as error:
            raise DecodeError(self.where(i), f"it is no tf.train.Example ({error})") from error
        values = {name: self._value(found, names, i) for name, names in self._fields.items()}
        return self._picture(i, record), values

    def _record(self, i: int, room: Room) -> bytes | memoryview:
        """The data of the record at position i, held against its checksum."""
        first, size = self._records[i].tolist()
        record = self._part(i, first, size + FOOT, room, self.where(i))
        if not is_whole(record):
            raise DecodeError(self.where(i), "its bytes are not those of which its checksum was made: it is damaged")
        return record[:size]

    def _picture(self, i: int, record: bytes | memoryview) -> bytes | memoryview:
        start = int(self._starts[i]) - int(self._records[i, 0])
        return record[start : start + int(self._sizes[i])]

    def _value(self, found: dict[str, Feature], names: FeatureNames, i: int) -> Any:
        """A feature, or several as columns."""
        columns = []
        for name in (names,) if isinstance(names, str) else names:
            if name not in found:
                has = ", ".join(sorted(found)[:20])
                raise DecodeError(self.where(i), f"it has no feature {name!r}, but {has}")
            try:
                columns.append(found[name].value())
            except ValueError as error:
                raise DecodeError(self.where(i), f"{name!r} is damaged ({error})") from error
        if isinstance(names, str):
            return columns[0]
        lengths = {len(column) for column in columns}
        if len(lengths) > 1:
            raise DecodeError(self.where(i), f"{names} have {sorted(lengths)} elements; columns have one length")
        return np.stack([np.asarray(column) for column in columns], axis=1)
