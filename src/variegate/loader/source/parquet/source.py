"""Parquet: encoded pictures in a column of Parquet or Arrow files."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import DecodeError, SourceError
from variegate.loader.bytes import Bytes, parse_bytes
from variegate.loader.source.arrow import ArrowRow, Loaded, UnreadableError
from variegate.loader.source.base import Room, Source
from variegate.loader.source.cell import encoded, field_of, ids_of
from variegate.loader.source.classes import classed, passes_on
from variegate.loader.source.folder import path_id
from variegate.loader.source.location import above, check_schemes
from variegate.loader.source.parquet.files import RowFile, open_rows
from variegate.loader.source.parquet.lru import LruCache
from variegate.loader.source.shards import Paths, Shard, declared, find_shards, named_fields, shard_names
from variegate.targets import Target, Targets

ENDINGS = (".parquet", ".arrow", ".feather")
MOST = 128  # units kept at most


class Parquet(Source):
    """The rows of Parquet and Arrow files with encoded pictures in a column, in the order of the files.

    paths    the files: a path, a folder of them, a pattern ("train-*.parquet"), or a list of these
    image    the column of pictures: bytes of picture files, Hugging Face's {bytes, path}, or lists of one of these
    label    the column of labels: texts are classes, numbered in the order of their names; numbers stay; lists are
             rows of 0 and 1, one for each class
    id       the column of ids: integers, or texts, which are hashed; None: the hash of "file name:row", rows from 0
    fields   the columns that samples have beside the picture; or a dict of names and columns
    targets  what these fields are; None where the pipeline says
    mode     "RGB", "L", "RGBA" or "bands", all that a file has: into what every picture is decoded
    dtype    "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); a file of more bits is an error
    classes  the names of classes 0, 1, 2, ...; None: as Hugging Face's datasets noted them in the file, or those in
             the column
    keep     bytes of row groups, or of batches of packed Arrow files, that are kept decoded, such as "256MB"; beside
             the memory= of the loader, and one for each thread that reads
    root     where the paths lie that cells have: a folder, or a URL, of which "s3://" has all buckets; None: the folder
             of each file. What does not lie there is not read: root="/" allows all of this machine

    What a row costs: of an Arrow file that is not compressed, any row is read by itself, in some thirty microseconds,
    and thirty more for each field; one that is written again meanwhile is an error. Parquet decodes a whole row group
    for any of its rows. So a shuffled epoch of more than `keep` decodes about a group for each sample: one of 100
    photographs of 100 KB takes 4 ms, one of 10 takes 0.2 ms. Allow enough `keep` for all of it; or write the files
    again, as Arrow, or with pq.write_table(table, path, row_group_size=10).

    Parquet's sums of pages are checked where it has some: pq.write_table(..., write_page_checksum=True).

    Labels and ids are read once, now; fields with their pictures. A Mask or an Image as a field is decoded as pictures
    are.

    >>> Parquet("data/train-*.parquet", label="label")  # doctest: +SKIP

    Raises  SourceError, with the file, if it is neither, or damaged, lacks a column, or has a group beyond `keep`.
            DecodeError, with the file and the row, when a row is read that is damaged.
    """

    def __init__(
        self,
        paths: Paths,
        image: str = "image",
        label: str | None = None,
        id: str | None = None,
        fields: Iterable[str] | Mapping[str, str] = (),
        targets: Targets | Mapping[str, Target] | None = None,
        mode: str = "RGB",
        *,
        dtype: DTypeLike = "uint8",
        classes: Sequence[str] | None = None,
        keep: Bytes = "256MiB",
        root: str | os.PathLike[str] | None = None,
    ) -> None:
        self._decode_into(mode, dtype)
        self.root = None if root is None else os.fspath(root)
        check_schemes([self.root or ""], "Parquet.root")
        self.image, self.keep = image, parse_bytes(keep, "Parquet.keep")
        self._fields = named_fields(fields, "Parquet")
        self.targets = declared(targets, self._fields, (), "Parquet")
        self._known = dict((self.targets or Targets()).fields)
        columns = list(dict.fromkeys([image, *self._fields.values()]))
        shards = find_shards(paths, ENDINGS, "Parquet")
        self.files = [open_rows(shard, columns, self.keep) for shard in shards]
        self._index()
        for file in self.files:
            _check_pictures(file, image)
        self.ids = self._ids(id)
        if label is not None:
            self._label(label, classes)
        self._begin()

    def _begin(self) -> None:
        self._kept: LruCache[Loaded] = LruCache(self.keep, MOST)

    def _index(self) -> None:
        """Where units begin, and of which file each is.

        Raises  SourceError if there are no rows, or one is too large.
        """
        self._units = [(n, unit) for n, file in enumerate(self.files) for unit in range(len(file.counts))]
        counts = [count for file in self.files for count in file.counts]
        self._ends = list(accumulate(counts))
        self._first = np.cumsum([0, *(sum(file.counts) for file in self.files)]).tolist()
        if not self._first[-1]:
            raise SourceError(f"{self.files[0].shard.path}: the files have no rows ({len(self.files)} files)")
        for file in self.files:
            most = max(file.sizes, default=0)
            if most > self.keep:
                raise SourceError(_too_large(file, file.sizes.index(most), most, self.keep))

    def _ids(self, id: str | None) -> NDArray[np.uint64]:
        if id is not None:
            return ids_of(self._column(id), self._place)
        names = shard_names([file.shard for file in self.files])
        rows = [(name, row) for name, file in zip(names, self.files, strict=True) for row in range(sum(file.counts))]
        return np.array([path_id(f"{name}:{row}") for name, row in rows], np.uint64)

    def _label(self, label: str, classes: Sequence[str] | None) -> None:
        names = self.files[0].class_names(label) if classes is None else classes
        for file in self.files:
            other = file.class_names(label) if classes is None else names
            if other != names:
                raise SourceError(f"{file.shard.path}: its classes are not those of {self.files[0].shard.path}")

        def place(i: int) -> str:
            return f"{self._place(i)}, column {label!r}"

        self.labels, self.classes = classed(self._column(label), place, names, "Parquet", passes_on(self.targets))

    def _column(self, name: str) -> Any:
        """A whole column of all files.

        Raises  SourceError if it is not there, or of another kind in another file: integers would become floats.
        """
        parts, first = [], self.files[0]
        for file in self.files:
            if name not in file.schema.names:
                raise SourceError(f"{file.shard.path}: there is no column {name!r}; it has {file.schema.names}")
            parts.append(file.column(name))
            kind, other = file.schema.field(name).type, first.schema.field(name).type
            if _kind(kind) != _kind(other):
                raise SourceError(
                    f"{file.shard.path}: the column {name!r} is {kind}, and {other} in {first.shard.path}; the files "
                    "of a source have columns of one kind, so write them again"
                )
        if all(isinstance(part, np.ndarray) for part in parts) and len({part.dtype for part in parts}) == 1:
            return np.concatenate(parts)
        return [value for part in parts for value in (part if isinstance(part, list) else part.tolist())]

    def _place(self, i: int) -> str:
        file = bisect_right(self._first, i) - 1
        return f"{self.files[file].shard.path}, row {i - self._first[file]}"

    def where(self, i: int) -> str:
        """The file and the row at position i."""
        return self._place(i)

    def stamp(self, i: int) -> int:
        """The size and the date of the file at position i, as one number."""
        shard = self._shard(i)
        return path_id(f"{shard.size} {shard.stamp}") >> 1

    @contextmanager
    def _row(self, i: int) -> Iterator[ArrowRow]:
        """The cells of the row at position i."""
        at = bisect_right(self._ends, i)
        number, unit = self._units[at]
        file, row = self.files[number], i - (self._ends[at] - self.files[number].counts[unit])

        def load() -> tuple[Loaded, int]:
            loaded = file.load(unit)
            if not file.sizes[unit] and loaded.size > self.keep:
                raise SourceError(_too_large(file, unit, loaded.size, self.keep))
            return loaded, loaded.size

        try:
            if file.by_row:
                with file.row(unit, row) as cells:
                    yield cells
            else:
                yield self._kept.get((number, unit), file.sizes[unit], load).row(row)
        except (UnreadableError, UnicodeDecodeError) as error:
            raise DecodeError(self._place(i), f"the file is damaged there ({error})") from error

    def sample(self, i: int, room: Room) -> tuple[bytes | memoryview, dict[str, Any]]:
        """The picture and the fields of the row at position i, by one access."""
        with self._row(i) as row:
            return self._picture(i, row), self._values(i, row)

    def read(self, i: int) -> bytes:
        """The bytes of the picture at position i."""
        return bytes(self.read_into(i))

    def read_into(self, i: int, room: Room | None = None) -> bytes | memoryview:
        """The same, in memory of PyArrow's."""
        with self._row(i) as row:
            return self._picture(i, row)

    def fields(self, i: int) -> dict[str, Any]:
        """The fields of the row at position i."""
        if not self._fields:
            return {}
        with self._row(i) as row:
            return self._values(i, row)

    def _picture(self, i: int, row: ArrowRow) -> bytes | memoryview:
        data = row.picture(self.image)
        if data is None:
            place = f"{self._place(i)}, column {self.image!r}"
            return encoded(row.value(self.image), place, self._root(i), anywhere=False)[0]
        return data

    def _values(self, i: int, row: ArrowRow) -> dict[str, Any]:
        if not self._fields:
            return {}
        root, place = self._root(i), self._place(i)
        return {
            name: field_of(row.value(column), self._known.get(name), f"{place}, field {name!r}", root, anywhere=False)
            for name, column in self._fields.items()
        }

    def _root(self, i: int) -> str:
        """Where the paths lie that the row at position i has."""
        return above(self._shard(i).path) if self.root is None else self.root

    def _shard(self, i: int) -> Shard:
        """The file at position i."""
        return self.files[bisect_right(self._first, i) - 1].shard

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_kept"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    def __repr__(self) -> str:
        return f"Parquet({self.files[0].shard.path!r}, {len(self.files)} files, {len(self)} rows{self._unusual})"


def _too_large(file: RowFile, unit: int, size: int, keep: int) -> str:
    """What is said of a unit that is more than may be kept."""
    return (
        f"{file.shard.path}: a {file.unit} of {file.counts[unit]} rows takes {size} bytes, and any of its rows needs "
        f"all of it; keep is {keep} bytes. Write the file again {file.smaller}; or pass keep={size} or more"
    )


def _kind(arrow: Any) -> str:
    """What the cells of a column are, whatever their width: integers, floats, texts; else the type itself."""
    from pyarrow import types

    if types.is_dictionary(arrow):
        return _kind(arrow.value_type)
    for name in ("integer", "floating", "string", "large_string", "string_view"):
        if getattr(types, f"is_{name}")(arrow):
            return "string" if "string" in name else name
    return f"a list of {_kind(arrow.value_type)}" if hasattr(arrow, "value_field") else str(arrow)


def _check_pictures(file: RowFile, image: str) -> None:
    """Refuse a column that has no encoded pictures."""
    from pyarrow import types

    whole = kind = file.schema.field(image).type
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        kind = kind.value_type
    if types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        kind = kind.field("bytes").type
    if types.is_dictionary(kind):
        kind = kind.value_type
    if not (types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)):
        hint = "; paths are for Manifest(path, image=...)" if "string" in str(kind) else ""
        raise SourceError(
            f"{file.shard.path}: the column {image!r} has encoded pictures, as binary, struct<bytes, path> or lists of "
            f"one; it is {whole}{hint}"
        )
