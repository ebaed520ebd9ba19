"""WebDataset: samples in tars, read in any order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import DecodeError, SourceError
from variegate.loader.decode import decode_mask, extensions, open_view
from variegate.loader.source.base import Ids, fresh
from variegate.loader.source.folder import path_id
from variegate.loader.source.shards import (
    IndexColumns,
    Paths,
    Sharded,
    declared,
    named_fields,
    npy_array,
    read_indexes,
    shard_names,
)
from variegate.loader.source.webdataset.label import KINDS, LabelPart, label_value, refuse_long, refuse_mixed
from variegate.loader.source.webdataset.tar import COLUMNS, gathered, lie_within, scan_tar
from variegate.targets import Target, Targets

TEXTS = ("txt", "text", "transcript")


def pictures() -> tuple[str, ...]:
    """The suffixes of pictures."""
    return tuple(extension[1:] for extension in extensions())


class WebDataset(Sharded):
    """Samples in tars as WebDataset writes them, in the order of the tars and of the names' first places there.

    paths    the tars: a path, a folder of them, a pattern ("train-{000..099}.tar", "train-*.tar"), or a list of these;
             also URLs that fsspec reads, each sample by requests of its own
    image    the suffix of the pictures, or several, of which the first that a sample has is taken; None: the usual
             ones, jpg first
    label    what the label is: "cls", an integer; "json:key", the value of a key; "txt"; or another suffix. None: cls
             where there are such members. False: there are no labels
    fields   what a sample has beside: suffixes, or "json:key"; a dict gives them names, {"mask": "seg.png"}. A json is
             decoded, an npy an array, a txt a text; a picture the numbers of its pixels where its target is Mask, its
             pixels where that is Image; all else bytes
    targets  what the fields are; None: as the pipeline says. Texts need none
    mode     "RGB", "L", "RGBA" or "bands", all that a file has: into what every picture is decoded
    dtype    "uint8", "uint16" (levels of 8 bits times 257) or "float32" (0 to 1); a file of more bits is an error
    index    the folder in which is kept where the samples lie; None: a file beside each tar, *.tar.variegate

    A sample is all members of a tar that share a path up to the first dot of the last name; they need not be
    neighbours. Its id is the BLAKE2b-64 hash of that name; if a name is in two tars, of "tar/name", for all samples.
    Members whose names begin with a dot, or have none, belong to no sample. Nor do notes on the tar: what is called
    __x__, or lies in a folder of such a name, dataset, dataset_info, metadata, README or LICENSE, is passed over where
    it has members of text alone (.json, .txt, .csv, ...), and is a sample like any other where it has a picture.

    The headers of every tar are read once, some 20 microseconds a member, and kept for the next time, until the tar's
    size or date changes. Integer labels are read in the same pass, and are `labels`; all others are the field "label".
    Numbers in some samples and texts, or null, in others are an error, also in other tars.

    Tars that are compressed (.tar.gz) have no samples that can be read by themselves. They are unpacked once, by what
    the error says, such as `gunzip < a.tar.gz > a.tar`.

    >>> WebDataset("data/train-{000..146}.tar", label="json:class")  # doctest: +SKIP

    Raises  SourceError, with the path, if there is no such tar, one is compressed, damaged or cut short, or a sample
            lacks its picture, its label or a field.
    """

    def __init__(
        self,
        paths: Paths,
        image: str | Iterable[str] | None = None,
        label: str | Literal[False] | None = None,
        fields: Iterable[str] | Mapping[str, str] = (),
        targets: Targets | Mapping[str, Target] | None = None,
        mode: str = "RGB",
        index: str | os.PathLike[str] | None = None,
        *,
        dtype: DTypeLike = "uint8",
    ) -> None:
        super().__init__(paths, (".tar", ".tgz"), mode, dtype)
        part = LabelPart.of(label or "cls")
        wanted, scan = {*COLUMNS, part.column, part.kinds}, partial(scan_tar, label=part)
        columns = read_indexes(self.shards, scan, wanted, index, partial(lie_within, label=part))
        self._names, self._suffixes, self._rows, labels = gathered(columns, part)
        self._places: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        self._count(columns)
        self._starts, self._sizes = self._pictures(image)
        self.ids = self._checked_ids(columns)
        self._label = self._labelled(label, part, labels, columns)
        asked = named_fields(fields, "WebDataset")
        self._fields = {name: LabelPart.of(text) for name, text in asked.items()}
        for each in self._fields.values():
            self._find(each.suffix)
        texts = [name for name, each in self._fields.items() if each.kind in TEXTS]
        self.targets = declared(targets, self._fields, texts, "WebDataset")
        del self._rows

    def _pictures(self, image: str | Iterable[str] | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the pictures begin, and their bytes."""
        given = pictures() if image is None else (image,) if isinstance(image, str) else tuple(image)
        wanted = [LabelPart.of(each).suffix for each in given]
        starts, sizes = np.full((2, len(self._names)), -1, np.int64)
        self._kinds = np.zeros(len(self._names), np.int32)
        for suffix in reversed([each for each in wanted if each in self._suffixes]):
            kind = self._suffixes.index(suffix)
            sample, _, start, size = self._rows[self._rows[:, 1] == kind].T
            starts[sample], sizes[sample], self._kinds[sample] = start, size, kind
        hint = "name its suffix, as by image='left.jpg'" if image is None else f"image={image!r}"
        self._all(starts, "picture", hint, wanted)
        return starts, sizes

    def _find(self, suffix: str) -> None:
        """Where the members of a suffix lie, one in every sample."""
        places = np.full((2, len(self._names)), -1, np.int64)
        if suffix in self._suffixes:
            rows = self._rows[self._rows[:, 1] == self._suffixes.index(suffix)]
            places[:, rows[:, 0]] = rows[:, 2:].T
        self._all(places[0], f".{suffix}", "every sample of a source has the same fields", [suffix])
        self._places[suffix] = places[0], places[1]

    def _all(self, starts: NDArray[np.int64], what: str, hint: str, wanted: Sequence[str]) -> None:
        """Refuse a source in which a sample lacks a member, of one of the suffixes that are wanted."""
        without = np.flatnonzero(starts < 0)
        if not without.size:
            return
        first = int(without[0])
        kinds = self._rows[self._rows[:, 0] == first, 1].tolist()
        suffixes = [self._suffixes[kind] for kind in kinds]
        has, name = " ".join(f".{suffix}" for suffix in suffixes), self._names[first]
        if cut := next((each for each in suffixes if any(each.endswith(f".{suffix}") for suffix in wanted)), None):
            hint = (
                f"the first dot of a name ends its key, so {name}.{cut} is of the sample {name}, with the suffix "
                f".{cut}: write the members without dots in their keys, as {name}_{cut}"
            )
        raise SourceError(
            f"{self.shards[self.shard(first)].path}/{name} has no {what}: its members are {has}; "
            f"{len(without)} of {len(starts)} samples have none. {hint[0].upper()}{hint[1:]}"
        )

    def _checked_ids(self, columns: list[IndexColumns]) -> Ids:
        """The ids of all samples; by tar and name where names alone would not tell two apart."""
        ids = np.concatenate([each["ids"] for each in columns])
        if len(np.unique(ids)) == len(ids):
            return ids
        tars = shard_names(self.shards)
        return np.array([path_id(f"{tars[self.shard(i)]}/{name}") for i, name in enumerate(self._names)], np.uint64)

    def _labelled(
        self,
        label: str | Literal[False] | None,
        part: LabelPart,
        labels: NDArray[np.int64],
        columns: list[IndexColumns],
    ) -> LabelPart | None:
        """Set `labels` where they are a column; else the part that is read with each sample, if there is one."""
        if label is False or (label is None and "cls" not in self._suffixes):
            return None
        self._find(part.suffix)
        self._check_kinds(part, columns)
        if len(labels) == len(self):
            self.labels = labels
            return None
        return part

    def _check_kinds(self, part: LabelPart, columns: list[IndexColumns]) -> None:
        """Refuse labels that are numbers in one tar, and none in another, as in one tar."""
        first: dict[str, str] = {}
        start = 0
        for each in columns:
            for kind, sample in zip(KINDS, each[part.kinds].tolist(), strict=True):
                if sample >= 0 and kind not in first:
                    first[kind] = self._member(start + sample, part.suffix)
                    refuse_mixed(first, first[kind])
            start += len(each["ids"])

    def where(self, i: int) -> str:
        """The tar and the member of the picture at position i."""
        return self._member(i, self._suffixes[self._kinds[i]])

    def _member(self, i: int, suffix: str) -> str:
        return f"{self.shards[self.shard(i)].path}/{self._names[i]}.{suffix}"

    def fields(self, i: int) -> dict[str, Any]:
        """The fields of the sample at position i, and its label where that is no column."""
        read: dict[str, bytes] = {}  # a json of which several keys are asked is read once
        found = {name: self._value(i, part, name, read) for name, part in self._fields.items()}
        if self._label is not None:
            found["label"] = self._value(i, self._label, "label", read)
        return found

    def _value(self, i: int, part: LabelPart, name: str, read: dict[str, bytes]) -> Any:
        where = self._member(i, part.suffix)
        if part.suffix not in read:
            starts, sizes = self._places[part.suffix]
            try:
                refuse_long(int(sizes[i]), part, where)
            except SourceError as error:
                raise DecodeError(where, str(error).removeprefix(f"{where}: ")) from None
            data = self._part(i, int(starts[i]), int(sizes[i]), fresh, where)
            read[part.suffix] = bytes(data)
        target = self.targets[name] if self.targets is not None and name in self.targets else None
        return decoded(read[part.suffix], part, target, where)


def decoded(data: bytes, part: LabelPart, target: Target | None, where: str) -> Any:
    """The value of a member.

    Raises  DecodeError, with `where`, if it is not what its suffix says.
    """
    kind = part.kind
    try:
        if kind in ("json", "cls", *TEXTS):
            return label_value(data, part, where)
        if kind == "npy":
            return npy_array(data).copy()  # which can be written to
    except (SourceError, ValueError, EOFError, OSError) as error:
        raise DecodeError(where, str(error)) from error
    if kind not in pictures() or target is None or target.decodes is None:
        return data
    return decode_mask(data, where) if target.decodes == "numbers" else open_view(data, where).decode()
