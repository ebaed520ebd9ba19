"""tf.train.Example read from its wire format: features by name, each a list of bytes, floats or integers.

    message Example  { Features features = 1; }
    message Features { map<string, Feature> feature = 1; }
    message Feature  { oneof kind { BytesList bytes_list = 1; FloatList float_list = 2; Int64List int64_list = 3; } }

and each list is `repeated ... value = 1`. The encoding is that of protobuf.dev/programming-guides/encoding; a map's
entry is a message of key = 1 and value = 2. Nothing is copied but the values asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, overload

import numpy as np
from numpy.typing import NDArray

VARINT, EIGHT, COUNTED, FOUR = 0, 1, 2, 5  # wire types
BYTES, FLOATS, INTEGERS = 1, 2, 3  # the kinds of Feature
LONGEST = 10  # bytes of a varint

ByteSpan = tuple[int, int]  # the first byte and the byte after the last


class Data(Protocol):
    """Bytes, or what gives parts of a file as they are asked for."""

    @overload
    def __getitem__(self, part: int, /) -> int: ...
    @overload
    def __getitem__(self, part: slice, /) -> bytes | memoryview: ...


class Feature:
    """One feature, not looked into before something is asked of it.

    kind  1 of bytes, 2 of floats, 3 of integers; 0 of none
    """

    __slots__ = ("_data", "_place")

    def __init__(self, data: Data, place: ByteSpan) -> None:
        self._data, self._place = data, place

    @property
    def kind(self) -> int:
        return self._list()[0]

    def _list(self) -> tuple[int, list[ByteSpan]]:
        """The kind, and the messages that make up the list, one as a rule."""
        kind, places = 0, list[ByteSpan]()
        for field, wire, start, stop in parts(self._data, *self._place):
            if wire == COUNTED and field in (BYTES, FLOATS, INTEGERS):
                if field != kind:
                    kind, places = field, []
                places.append((start, stop))
        return kind, places

    def _elements(self) -> tuple[int, list[ByteSpan]]:
        """The kind, and where each element lies, or several that are packed."""
        kind, places = self._list()
        elements = [part for place in places for part in parts(self._data, *place)]
        return kind, [(start, stop) for field, _, start, stop in elements if field == 1]

    def blobs(self) -> list[ByteSpan]:
        """Where the elements of a list of bytes lie; empty of another kind."""
        kind, elements = self._elements()
        return elements if kind == BYTES else []

    def value(self) -> NDArray[np.int64] | NDArray[np.float32] | list[bytes]:
        """(n,) int64, (n,) float32, or a list of bytes.

        Raises  ValueError if it is damaged.
        """
        kind, elements = self._elements()
        contents = [self._data[start:stop] for start, stop in elements]
        if kind == INTEGERS:
            return _varints(b"".join(contents))
        if kind == FLOATS:
            return np.frombuffer(b"".join(contents), "<f4").astype(np.float32, copy=False)
        return [bytes(content) for content in contents]


def features(data: Data, start: int, stop: int) -> dict[str, Feature]:
    """The features of an Example that lies in these bytes.

    Raises  ValueError if it is no such message.
    """
    found: dict[str, Feature] = {}
    for field, wire, at, end in parts(data, start, stop):
        if field == 1 and wire == COUNTED:
            for inner, kind, first, last in parts(data, at, end):
                if inner == 1 and kind == COUNTED:
                    name, place = _entry(data, first, last)
                    found[name] = Feature(data, place)
    return found


def _entry(data: Data, start: int, stop: int) -> tuple[str, ByteSpan]:
    name, place = "", (stop, stop)
    for field, wire, at, end in parts(data, start, stop):
        if (field, wire) == (1, COUNTED):
            name = str(data[at:end], "utf-8")
        elif (field, wire) == (2, COUNTED):
            place = at, end
    return name, place


def parts(data: Data, at: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """The fields of a message: number, wire type, and the place of the content.

    Raises  ValueError if a field is of a wire type that is no more, or ends beyond the message.
    """
    while at < stop:
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == COUNTED:
            length, at = _varint(data, at)
            end = at + length
        elif wire == VARINT:
            _, end = _varint(data, at)
        elif wire in (EIGHT, FOUR):
            end = at + (8 if wire == EIGHT else 4)
        else:
            raise ValueError(f"there is no wire type {wire}")
        if end > stop:
            raise ValueError(f"a field of {end - at} bytes in a message that has {stop - at} left")
        yield tag >> 3, wire, at, end
        at = end


def _varint(data: Data, at: int) -> tuple[int, int]:
    """A number, low 7 bits first, and where it ends."""
    try:
        byte = data[at]
        if byte < 128:
            return byte, at + 1
        value = byte & 127
        for place in range(1, LONGEST):
            byte = data[at + place]
            value |= (byte & 127) << 7 * place
            if byte < 128:
                return value, at + place + 1
    except IndexError:
        pass
    raise ValueError("a number that does not end")


def _varints(data: bytes) -> NDArray[np.int64]:
    """Numbers one after another; those from 2**63 on are negative."""
    raw = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(raw < 128)
    if not raw.size:
        return np.zeros(0, np.int64)
    starts = np.concatenate([[0], ends[:-1] + 1])
    if not ends.size or ends[-1] != raw.size - 1 or (ends - starts).max() >= LONGEST:
        raise ValueError("a number that does not end")
    place = np.arange(raw.size) - np.repeat(starts, ends - starts + 1)
    bits = (raw & np.uint8(127)).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.add.reduceat(bits, starts).view(np.int64)
