"""The members of a tar and the samples that they make, by one pass over its headers.

A member's sample is its path up to the first dot after the last slash; what follows the dot, in lower case, is its
suffix (the rule of WebDataset: github.com/webdataset/webdataset). The headers are read by Python's tarfile.
"""

from __future__ import annotations

import re
import tarfile
from array import array
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from variegate.errors import SourceError
from variegate.loader.source.folder import path_id
from variegate.loader.source.shards import IndexColumns, NameTable, Shard, are_places, is_column, lie_in, refuse_packed
from variegate.loader.source.webdataset.label import KINDS, LabelPart, label_value, refuse_long, refuse_mixed

COLUMNS = ("names", "ends", "suffixes", "stops", "ids", "members")  # and one for the label
BLOCK = 512  # bytes: what everything in a tar is a multiple of
END = bytes(BLOCK)  # what comes after the last member
NOTE = re.compile(r"^(\./)?__[^/]*__(/|$)|(^|/)(dataset|dataset_info|metadata|README|LICENSE)$")
NOTES = ("json", "jsonl", "txt", "md", "csv", "tsv", "yaml", "yml")  # what notes on a tar are written in
CHUNK = 1 << 20  # bytes read at a time of what comes after that


def scan_tar(shard: Shard, label: LabelPart) -> IndexColumns:
    """Where the members of a tar lie.

    names, ends        the samples, as of Names
    suffixes, stops    the suffixes, as of Names
    ids                (samples,) uint64, the hashes of their names
    members            (members, 4) int64: sample, suffix, first byte, bytes; those of a sample one after another
    the label's        (samples,) int64; or none, (0,), where not every sample has one that is an integer
    its kinds          (3,) int64: the first sample with a label of each of `KINDS`, or -1

    Raises  SourceError, with the path and the byte, if it is no tar, compressed, cut short, a member comes twice, or
            labels are numbers in some samples and texts, or nothing, in others.
    """
    table = _Table(shard, label)
    with shard.open() as file:
        for member in _members(shard, file):
            table.add(member, file)
        return table.columns(file)


def lie_within(shard: Shard, columns: IndexColumns, label: LabelPart) -> bool:
    """Whether columns are such as `scan_tar` gives, and no place beyond the shard."""
    names, suffixes = NameTable(columns["names"], columns["ends"]), NameTable(columns["suffixes"], columns["stops"])
    ids, members, labels, kinds = columns["ids"], columns["members"], columns[label.column], columns[label.kinds]
    if not (names.are_sound() and suffixes.are_sound() and is_column(ids, np.uint64, len(names))):
        return False
    if not (is_column(members, np.int64, None, 4) and is_column(labels, np.int64, None)):
        return False
    sample, suffix, start, size = members.T
    numbers = sample * (len(suffixes) + 1) + suffix
    return bool(
        lie_in(sample, len(names)) and lie_in(suffix, len(suffixes))
        and is_column(kinds, np.int64, 3) and lie_in(kinds + 1, len(names) + 1)
        and (np.diff(numbers) > 0).all() and len(np.unique(ids)) == len(ids)
        and are_places(start, size, shard.size) and len(labels) in (0, len(names))
    )  # fmt: skip


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
    refuse_packed(shard, file.read(8), ".tar")
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
    said = f"at byte {at} of {shard.size}: {said.rstrip('.')}"
    return SourceError(f"{shard.path}: not a whole tar: after {last}, {said}. {mend}")


class _Table:
    """The columns of a tar in the making."""

    def __init__(self, shard: Shard, label: LabelPart) -> None:
        self.shard, self.label = shard, label
        self.samples: dict[str, int] = {}
        self.suffixes: dict[str, int] = {}
        self.rows = array("q")
        self.labels: dict[int, int] = {}
        self.kinds: dict[str, tuple[int, str]] = {}  # of labels, and the first sample and member of each
        self.notes: dict[int, list[tarfile.TarInfo]] = {}  # members of what are perhaps no samples

    def add(self, member: tarfile.TarInfo, file: BinaryIO) -> None:
        """One more member; its content is read only if it is a label."""
        if (found := sample_of(member.name)) is None:
            return
        name, suffix = found
        sample = self.samples.setdefault(name, len(self.samples))
        kind = self.suffixes.setdefault(suffix, len(self.suffixes))
        self.rows.extend((sample, kind, member.offset_data, member.size))
        if NOTE.search(name):
            self.notes.setdefault(sample, []).append(member)
        else:
            self._read_label(sample, suffix, member, file)

    def _read_label(self, sample: int, suffix: str, member: tarfile.TarInfo, file: BinaryIO) -> None:
        if suffix != self.label.suffix or self.label.kind not in ("cls", "json"):  # no other is a number
            return
        where = f"{self.shard.path}/{member.name}"
        refuse_long(member.size, self.label, where)
        file.seek(member.offset_data)
        value = label_value(file.read(member.size), self.label, where)
        if isinstance(value, int):
            if not -1 << 63 <= value < 1 << 63:
                raise SourceError(f"{where}: the label is {value}; a label is an integer of -2**63 to 2**63 - 1")
            self.labels[sample] = int(value)
        kind = "a number" if isinstance(value, (int, float)) else "a text" if isinstance(value, str) else "another"
        self.kinds.setdefault("null" if value is None else kind, (sample, where))
        refuse_mixed({kind: where for kind, (_, where) in self.kinds.items()}, where)

    def columns(self, file: BinaryIO) -> IndexColumns:
        """All of it, but for notes."""
        members = np.array(self.rows, np.int64).reshape(-1, 4)
        names, suffixes = NameTable.of(self.samples), NameTable.of(self.suffixes)
        members = members[np.lexsort((members[:, 1], members[:, 0]))]
        twice = np.flatnonzero((members[1:, :2] == members[:-1, :2]).all(axis=1))
        if twice.size:
            sample, kind = members[twice[0], :2].tolist()
            raise SourceError(
                f"{self.shard.path}: {names[sample]}.{suffixes[kind]} comes twice; the samples of a tar have names of "
                "their own"
            )
        kept = self._kept(file)
        numbers, samples = np.flatnonzero(kept).tolist(), list(self.samples)
        members = members[kept[members[:, 0]]]
        place = np.cumsum(kept) - 1
        members[:, 0] = place[members[:, 0]]
        names = NameTable.of(samples[number] for number in numbers)
        labels = [self.labels[number] for number in numbers] if self.labels.keys() >= set(numbers) else []
        return {
            "names": names.letters, "ends": names.ends, "suffixes": suffixes.letters, "stops": suffixes.ends,
            "ids": np.array([path_id(name) for name in names], np.uint64),
            "members": members, self.label.column: np.array(labels, np.int64),
            self.label.kinds: np.array([place[self.kinds[kind][0]] if kind in self.kinds else -1 for kind in KINDS]),
        }  # fmt: skip

    def _kept(self, file: BinaryIO) -> NDArray[np.bool_]:
        """Which samples are such, and no notes on the tar; reads the labels of those whose names left it open."""
        kept = np.ones(len(self.samples), bool)
        for sample, members in self.notes.items():
            suffixes = [found[1] for member in members if (found := sample_of(member.name))]
            kept[sample] = not all(suffix.rpartition(".")[2] in NOTES for suffix in suffixes)
            for suffix, member in zip(suffixes, members, strict=True) if kept[sample] else ():
                self._read_label(sample, suffix, member, file)
        return kept


def gathered(
    parts: list[IndexColumns], label: LabelPart
) -> tuple[NameTable, list[str], NDArray[np.int64], NDArray[np.int64]]:
    """The columns of several shards as one: the samples, the suffixes, the members, and the labels."""
    names = NameTable.joined([NameTable(part["names"], part["ends"]) for part in parts])
    suffixes: dict[str, int] = {}
    members, base = [], 0
    for part in parts:
        own = [suffixes.setdefault(text, len(suffixes)) for text in NameTable(part["suffixes"], part["stops"])]
        rows = part["members"] + np.array([base, 0, 0, 0])
        rows[:, 1] = np.array(own, np.int64)[rows[:, 1]]
        members.append(rows)
        base += len(part["ids"])
    return names, list(suffixes), np.concatenate(members), np.concatenate([part[label.column] for part in parts])
