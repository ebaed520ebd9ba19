"""The records of a TFRecord file, by one pass over its framing, and what is indexed of their Examples.

    uint64 length, uint32 masked CRC-32C of the length, byte data[length], uint32 masked CRC-32C of the data

as www.tensorflow.org/tutorials/load_data/tfrecord says, little-endian. The sum of the length is checked as the file is
indexed; that of the data whenever a record is read, by google-crc32c where it is installed, 4 microseconds for 100 KB.
Python itself would take a second for a few megabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from struct import unpack
from typing import BinaryIO, overload

import numpy as np
from numpy.typing import NDArray

from variegate.errors import SourceError
from variegate.loader.source.folder import path_id
from variegate.loader.source.shards import IndexColumns, Shard, are_places, is_column, refuse_packed
from variegate.loader.source.tfrecord.example import BYTES, Feature, features

HEAD, FOOT = 12, 4  # bytes before and after the data
AHEAD = 4096  # bytes read at a time: what lies around a picture, without most of it


def image_column(image: str) -> str:
    """What the places of the pictures are called in an index."""
    return f"image-{path_id(image):016x}"


def label_column(label: str) -> str:
    """What the labels are called in an index."""
    return f"label-{path_id(label):016x}"


def scan_records(shard: Shard, image: str, label: str | None) -> IndexColumns:
    """Where the records of a file lie, and the pictures in them.

    records      (n, 2) int64: first byte and bytes of the data
    ids          (n,) uint64: as of record_ids
    the image's  (n, 2) int64: first byte and bytes of the feature's first element
    the label's  (n,) int64; or none, (0,), where not every record has one integer

    Raises  SourceError, with the path and the byte, if it is no such file, compressed, cut short, or a record is no
            Example with these features.
    """
    records: list[tuple[int, int]] = []
    pictures: list[tuple[int, int]] = []
    labels: list[int] = []
    with shard.open() as file:
        data = _Window(file)
        refuse_packed(shard, data[0:8], ".tfrecord")
        for start, size in _frames(shard, data):
            where = f"{shard.path}: record {len(records)}, at byte {start - HEAD}"
            try:
                found = features(data, start, start + size)
                pictures.append(_picture(found, image, where))
                if label is not None:
                    labels += _integer(found, label, where)
            except SourceError:
                raise
            except ValueError as error:  # also of the wrong bytes for UTF-8
                raise SourceError(f"{where}: no tf.train.Example ({error})") from error
            records.append((start, size))
    whole = len(labels) == len(records)
    columns: IndexColumns = {
        "records": np.array(records, np.int64).reshape(-1, 2),
        "ids": record_ids(shard.name, len(records)),
        image_column(image): np.array(pictures, np.int64).reshape(-1, 2),
    }
    return columns if label is None else columns | {label_column(label): np.array(labels if whole else [], np.int64)}


def lie_within(shard: Shard, columns: IndexColumns, image: str, label: str | None) -> bool:
    """Whether columns are such as `scan_records` gives, and no place beyond the shard, or the record."""
    records, pictures, ids = columns["records"], columns[image_column(image)], columns["ids"]
    labels = np.zeros(0, np.int64) if label is None else columns[label_column(label)]
    if not (is_column(ids, np.uint64, None) and is_column(labels, np.int64, None) and len(labels) in (0, len(ids))):
        return False
    if not (is_column(records, np.int64, len(ids), 2) and is_column(pictures, np.int64, len(ids), 2)):
        return False
    start, size = records.T
    if not are_places(start, size, shard.size - FOOT) or (np.diff(start) <= 0).any() or len(np.unique(ids)) < len(ids):
        return False
    return are_places(pictures[:, 0] - start, pictures[:, 1], size)


def record_ids(name: str, count: int) -> NDArray[np.uint64]:
    """The hashes of "name/0", "name/1", ..."""
    return np.array([path_id(f"{name}/{number}") for number in range(count)], np.uint64)


class _Window:
    """A file with the face of bytes: what is asked for, and some more, is read and kept until something else is."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._start, self._bytes = file, 0, b""

    @overload
    def __getitem__(self, part: int, /) -> int: ...
    @overload
    def __getitem__(self, part: slice, /) -> bytes: ...
    def __getitem__(self, part: int | slice, /) -> int | bytes:
        start, stop = (part, part + 1) if isinstance(part, int) else (part.start, part.stop)
        if not self._start <= start or stop > self._start + len(self._bytes):
            self._file.seek(start)
            self._start, self._bytes = start, self._file.read(max(stop - start, AHEAD))
        at = start - self._start
        return self._bytes[at] if isinstance(part, int) else self._bytes[at : stop - self._start]


def _frames(shard: Shard, data: _Window) -> Iterator[tuple[int, int]]:
    """Where the data of each record begins, and its bytes."""
    at, number = 0, 0
    while at < shard.size:
        head = data[at : at + HEAD]
        where = f"{shard.path}: record {number}, at byte {at} of {shard.size}"
        if len(head) == HEAD:
            size, told = unpack("<QI", head)
            if masked_crc(head[:8]) != told:
                other = "; if it was written with compression, write it without" if number == 0 else ""
                raise SourceError(f"{where}: the checksum of its length is wrong: no TFRecord file, or damaged{other}")
        if len(head) < HEAD or at + HEAD + size + FOOT > shard.size:
            raise SourceError(f"{where}: the file is cut short within it; copy or write it again")
        yield at + HEAD, size
        at += HEAD + size + FOOT
        number += 1


def _picture(found: dict[str, Feature], image: str, where: str) -> tuple[int, int]:
    feature = _named(found, image, "image", where)
    blobs = feature.blobs()
    if len(blobs) != 1:
        got = f"{len(blobs)} of them" if feature.kind == BYTES else "a list of numbers"
        raise SourceError(f"{where}: {image!r} is the bytes of one picture file, got {got}")
    start, stop = blobs[0]
    return start, stop - start


def _integer(found: dict[str, Feature], label: str, where: str) -> list[int]:
    """The label, if it is one integer; else none."""
    value = _named(found, label, "label", where).value()
    return value.tolist() if isinstance(value, np.ndarray) and value.dtype == np.int64 and len(value) == 1 else []


def _named(found: dict[str, Feature], name: str, argument: str, where: str) -> Feature:
    if name not in found:
        has = ", ".join(sorted(found)[:20]) or "none"
        none = " (label=None: there are no labels)" if argument == "label" else ""
        raise SourceError(f"{where}: it has no feature {name!r}, but {has}; name yours by {argument}={none}")
    return found[name]


@cache
def _table() -> list[int]:
    """CRC-32C of each byte (Castagnoli; reflected polynomial 0x82F63B78)."""
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ (0x82F63B78 if value & 1 else 0) for value in table]
    return table


def masked_crc(data: bytes) -> int:
    """The CRC-32C of some bytes as TFRecord stores it.

    >>> hex(masked_crc(b"123456789"))
    '0xc78ab0e5'
    """
    table, crc = _table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    return _masked(crc ^ 0xFFFFFFFF)


def _masked(crc: int) -> int:
    return (crc >> 15 | crc << 17) + 0xA282EAD8 & 0xFFFFFFFF


@cache
def _library() -> Callable[[bytes], int] | None:
    """google-crc32c's function, where it is installed and in C."""
    with suppress(ImportError):
        import google_crc32c

        if google_crc32c.implementation == "c":
            return google_crc32c.value  # type: ignore[no-any-return]
    return None


def sums_are_checked() -> bool:
    """Whether the sums of records' data are."""
    return _library() is not None


def is_whole(record: bytes | memoryview) -> bool:
    """Whether a record's data has the sum that stands behind it; so it is taken to be where nothing can tell."""
    value = _library()
    if value is None:
        return True
    (told,) = unpack("<I", record[-FOOT:])
    return _masked(value(bytes(record[:-FOOT]))) == int(told)
