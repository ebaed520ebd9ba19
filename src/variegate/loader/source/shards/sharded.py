"""Sharded: what sources share whose samples lie in shards, each a number of bytes from a place in one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from variegate.errors import DecodeError, SourceError
from variegate.loader.source.base import Room, Source, fresh
from variegate.loader.source.folder import path_id
from variegate.loader.source.shards.index import IndexColumns
from variegate.loader.source.shards.shard import Paths, Shard, find_shards
from variegate.targets import PerSample, Target, Targets
from variegate.targets.declared import KNOWN, proposed
from variegate.targets.names import name_clash


class Sharded(Source):
    """Samples in shards, in the order of the shards and of the samples there.

    shards  the files

    Raises  SourceError if a file is not there, or there is no such mode or dtype.
    """

    shards: Sequence[Shard]
    _starts: NDArray[np.int64]  # of the pictures, in their shards
    _sizes: NDArray[np.int64]

    def __init__(self, paths: Paths, endings: tuple[str, ...], mode: str, dtype: DTypeLike) -> None:
        self._decode_into(mode, dtype)
        self.shards = find_shards(paths, endings, type(self).__name__)

    def _count(self, columns: Sequence[IndexColumns]) -> None:
        """So many samples are in each shard.

        Raises  SourceError if there are none.
        """
        self._ends = np.cumsum([len(each["ids"]) for each in columns]).tolist()
        if not self._ends[-1]:
            raise SourceError(f"{self.shards[0].path}: {type(self).__name__} found no samples in {len(columns)} files")

    def shard(self, i: int) -> int:
        """The number of the shard in which the sample at position i lies."""
        return bisect_right(self._ends, i)

    def read(self, i: int) -> bytes:
        """The bytes of the picture at position i."""
        return bytes(self.read_into(i, fresh))

    def read_into(self, i: int, room: Room) -> bytes | memoryview:
        """The same, in memory from `room` where the shard is a file on disk."""
        return self._part(i, int(self._starts[i]), int(self._sizes[i]), room, self.where(i))

    def _part(self, i: int, start: int, size: int, room: Room, where: str) -> bytes | memoryview:
        """A part of the shard in which the sample at position i lies; all of it."""
        data = self.shards[self.shard(i)].read(start, size, room)
        if len(data) < size:
            raise DecodeError(where, f"its shard ends {size - len(data)} bytes before it does")
        return data

    def stamp(self, i: int) -> int:
        """The size and the date of the shard at position i, as one number."""
        shard = self.shards[self.shard(i)]
        return path_id(f"{shard.size} {shard.stamp}") >> 1

    def __repr__(self) -> str:
        found = f"{len(self.shards)} shards, {len(self)} samples{self._unusual}"
        return f"{type(self).__name__}({self.shards[0].path!r}, {found})"


def named_fields(fields: Iterable[str] | Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Fields by the name that a batch has for them: a list names each as it is found, a dict otherwise.

    >>> named_fields(["txt", "json:boxes"], "WebDataset"), named_fields({"caption": "txt"}, "WebDataset")
    ({'txt': 'txt', 'boxes': 'json:boxes'}, {'caption': 'txt'})

    Raises  SourceError if a name is taken.
    """
    if isinstance(fields, str):
        raise SourceError(f"{owner}.fields is a list such as [{fields!r}], or a dict from names; got {fields!r}")
    found = dict(fields) if isinstance(fields, Mapping) else {text.rpartition(":")[2]: text for text in fields}
    for name, place in found.items():
        said = name_clash([name], owner, ("image", "label"))
        if said is not None:
            raise SourceError(f'{said}, as by fields={{"my_{name}": {place!r}}}')
    return found


def declared(
    targets: Targets | Mapping[str, Target] | None, fields: Iterable[str], texts: Iterable[str], owner: str
) -> Targets | None:
    """What the fields are, as the user says; `texts` can be nothing but passed on. None where there are none.

    Raises  SourceError if the user names some, and one is missing or is no field.
    """
    fields, passed = list(fields), dict.fromkeys(texts, PerSample())
    if targets is None:
        return Targets.of(passed) if passed else None
    given = Targets.of(targets)
    for name in fields:
        if name not in given and name not in passed:
            raise SourceError(f"the field {name!r} of {owner} has no target: say what it is, as by {proposed([name])}")
    own = {name: target for name, target in given.fields if name in fields or (name, target) not in KNOWN}
    for name, target in own.items():
        if name not in fields and name != "label":  # which is known to be one without being named
            raise SourceError(f"{owner}: {name}={target!r} is the target of no field; the fields are {fields}")
    return Targets.of({**passed, **own})
