"""The members of a tar and the samples that they make, by one pass over its headers.

A member's sample is its path up to the first dot after the last slash; what follows the dot, in lower case, is its
suffix (the rule of WebDataset: github.com/webdataset/webdataset). The headers are read by Python's tarfile.
"""

from __future__ import annotations

import json
import tarfile
from array import array
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from variegate.errors import SourceError
from variegate.loader.source.folder import path_id
from variegate.loader.source.index import Columns, Names
from variegate.loader.source.shards import Shard, refuse_packed

BLOCK = 512  # bytes: what everything in a tar is a multiple of
END = bytes(BLOCK)  # what comes after the last member
CHUNK = 1 << 20  # bytes read at a time of what comes after that


class Part(NamedTuple):
    """What a user asks of a sample: a member by its suffix, or one value of a JSON object.

    >>> Part.of("json:class")
    Part(suffix='json', key='class')
    """

    suffix: str
    key: str = ""

    @classmethod
    def of(cls, text: str) -> Part:
        """The part that a text names."""
        suffix, _, key = text.partition(":")
        return cls(suffix.lower().lstrip("."), key)

    @property
    def kind(self) -> str:
        """The end of the suffix, which says what the member is: "png" of "seg.png"."""
        return self.suffix.rpartition(".")[2]

    @property
    def column(self) -> str:
        """What its labels are called in an index."""
        return f"label-{path_id(f'{self.suffix}:{self.key}'):016x}"


def scan_tar(shard: Shard, label: Part) -> Columns:
    """Where the members of a tar lie.

    names, ends        the samples, as of Names
    suffixes, stops    the suffixes, as of Names
    ids                (samples,) uint64, the hashes of their names
    members            (members, 4) int64: sample, suffix, first byte, bytes; those of a sample one after another
    the label's        (samples,) int64; or none, (0,), where not every sample has one that is an integer

    Raises  SourceError, with the path and the byte, if it is no tar, compressed, cut short, or a member comes twice.
    """
    table = _Table(shard, label)
    with shard.open() as file:
        for member in _members(shard, file):
            table.add(member, file)
    return table.columns()


def sample_of(path: str) -> tuple[str, str] | None:
    """The sample and the suffix of a member; None of one that belongs to no sample.

    >>> sample_of("cats/0.1/x.seg.PNG"), sample_of("cats/.hidden")
    (('cats/0.1/x', 'seg.png'), None)
    """
    folder, slash, name = path.rpartition("/")
    stem, dot, suffix = name.partition(".")
    return (folder + slash + stem, suffix.lower()) if stem and dot else None


def _members(shard: Shard, file: BinaryIO) -> Iterator[tarfile.TarInfo]:
    """The files in a tar."""
    refuse_packed(shard, file.read(8), "Unpack it, as by `gunzip`")
    file.seek(0)
    last, at = "its first header", 0
    try:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            while (member := tar.next()) is not None:
                tar.members = []  # type: ignore[attr-defined]  # or it keeps them all
                if member.size < 0:
                    raise tarfile.ReadError("a member of negative size")
                last, at = repr(member.name), tar.offset
                if _is_file(member, shard):
                    yield member
            at = tar.offset
    except SourceError:
        raise
    except (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError) as error:  # all that tarfile raises
        raise _cut(shard, last, at, str(error)) from error
    file.seek(at)  # tarfile stops without a word wherever no header can be read
    if file.read(BLOCK) != END:
        said = "there is no end mark" if at >= shard.size else "no header can be read there"
        raise _cut(shard, last, at, said)
    _refuse_more(shard, file)


def _refuse_more(shard: Shard, file: BinaryIO) -> None:
    """Refuse what stands behind the end mark, where readers of tars stop: of two that `cat` joined, the second."""
    while more := file.read(CHUNK):
        if more.strip(b"\0"):
            at = (file.tell() - len(more.lstrip(b"\0"))) // BLOCK * BLOCK
            raise SourceError(
                f"{shard.path}: there is more behind the end mark of the tar, at byte {at} of {shard.size}, as where "
                "`cat` joined two of them; all of it would be lost. `tar --concatenate --file=a.tar b.tar` joins them; "
                "or give the tars one by one"
            )


def _is_file(member: tarfile.TarInfo, shard: Shard) -> bool:
    if (member.islnk() or member.issym() or member.issparse()) and sample_of(member.name):
        kind = "a sparse file" if member.issparse() else "a link"
        raise SourceError(
            f"{shard.path}: {member.name!r} is {kind}, whose bytes do not lie there in one piece; write the tar by "
            "`tar --dereference --hard-dereference`, without --sparse"
        )
    return member.isreg()


def _cut(shard: Shard, last: str, at: int, said: str) -> SourceError:
    mend = "Copy or write it again"
    if at == shard.size and at % BLOCK == 0 and at:
        mend += f"; if it is whole and its writer left the end mark out, `truncate -s +{2 * BLOCK}` adds it"
    place = f"after {last}, at byte {at} of {shard.size}"
    return SourceError(f"{shard.path}: not a whole tar: {place}: {said.rstrip('.')}. {mend}")


class _Table:
    """The columns of a tar in the making."""

    def __init__(self, shard: Shard, label: Part) -> None:
        self.shard, self.label = shard, label
        self.samples: dict[str, int] = {}
        self.suffixes: dict[str, int] = {}
        self.rows = array("q")
        self.labels: dict[int, int] = {}

    def add(self, member: tarfile.TarInfo, file: BinaryIO) -> None:
        """One more member; its content is read only if it is a label."""
        found = sample_of(member.name)
        if found is None:
            return
        name, suffix = found
        sample = self.samples.setdefault(name, len(self.samples))
        kind = self.suffixes.setdefault(suffix, len(self.suffixes))
        self.rows.extend((sample, kind, member.offset_data, member.size))
        if suffix == self.label.suffix and self.label.kind in ("cls", "json"):  # no other is a number
            file.seek(member.offset_data)
            value = label_value(file.read(member.size), self.label, f"{self.shard.path}/{member.name}")
            if isinstance(value, int) and -1 << 63 <= value < 1 << 63:
                self.labels[sample] = int(value)

    def columns(self) -> Columns:
        """All of it."""
        members = np.array(self.rows, np.int64).reshape(-1, 4)
        names, suffixes = Names.of(self.samples), Names.of(self.suffixes)
        members = members[np.lexsort((members[:, 1], members[:, 0]))]
        twice = np.flatnonzero((members[1:, :2] == members[:-1, :2]).all(axis=1))
        if twice.size:
            sample, kind = members[twice[0], :2].tolist()
            raise SourceError(
                f"{self.shard.path}: {names[sample]}.{suffixes[kind]} comes twice; the samples of a tar have names of "
                "their own"
            )
        whole = len(self.labels) == len(self.samples)
        labels = [self.labels[i] for i in range(len(self.samples))] if whole else []
        return {
            "names": names.letters, "ends": names.ends, "suffixes": suffixes.letters, "stops": suffixes.ends,
            "ids": np.array([path_id(name) for name in self.samples], np.uint64),
            "members": members, self.label.column: np.array(labels, np.int64),
        }  # fmt: skip


def label_value(data: bytes | memoryview, label: Part, where: str) -> Any:
    """A label out of its member: an integer of cls, a value of a JSON, else the text.

    Raises  SourceError if it cannot be.
    """
    try:
        if label.kind == "cls":
            return int(bytes(data))
        text = str(data, "utf-8")
        value = json.loads(text) if label.kind == "json" else text
        return value[label.key] if label.key else value  # type: ignore[index]
    except (ValueError, TypeError, RecursionError) as error:  # also of the wrong bytes for UTF-8, and of JSON
        what = "an integer" if label.kind == "cls" else "the value asked for"
        raise SourceError(f"{where}: it is {bytes(data[:40])!r}, from which {what} cannot be read ({error})") from error
    except (KeyError, IndexError) as error:
        raise SourceError(f"{where}: it has no {label.key!r}") from error


def gathered(parts: list[Columns], label: Part) -> tuple[Names, list[str], NDArray[np.int64], NDArray[np.int64]]:
    """The columns of several shards as one: the samples, the suffixes, the members, and the labels."""
    names = Names.joined([Names(part["names"], part["ends"]) for part in parts])
    suffixes: dict[str, int] = {}
    members, base = [], 0
    for part in parts:
        own = [suffixes.setdefault(text, len(suffixes)) for text in Names(part["suffixes"], part["stops"])]
        rows = part["members"] + np.array([base, 0, 0, 0])
        rows[:, 1] = np.array(own, np.int64)[rows[:, 1]]
        members.append(rows)
        base += len(part["ids"])
    return names, list(suffixes), np.concatenate(members), np.concatenate([part[label.column] for part in parts])
