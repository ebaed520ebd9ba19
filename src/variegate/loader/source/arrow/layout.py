"""Where the columns of an Arrow file lie in it, so that a row can be read by itself.

The layout is that of arrow.apache.org/docs/format/Columnar.html: an array has a bitmap of what is there, then values,
or offsets and letters, or the arrays of its elements. A file that is mapped into memory ends the process where it is
cut meanwhile; a part that is read is an error. What a file says of places is held against its buffers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from struct import Struct
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Read: TypeAlias = Callable[[int, int], bytes]  # so many bytes from a place in the file on
OFFSETS = {4: Struct("<2i"), 8: Struct("<2q")}
VIEW, INLINE = 16, 12  # bytes of a view, and of a text that lies in it


class UnreadableError(Exception):
    """Single rows cannot be read: a column is compressed, or of a rarer type; or a file is damaged."""


class Layout(ABC):
    """Where an array lies in its file.

    kind      its type, PyArrow's
    length    elements
    places    the first byte and the bytes of each of its own buffers; (0, 0) of one that is not there
    children  the arrays of its elements, or of its fields
    """

    def __init__(self, array: Any, whole: Any, children: list[Layout]) -> None:
        self.kind, self.length, self.children = array.type, len(array), children
        self.places = [_place(buffer, whole) for buffer in array.buffers()]
        if array.offset:
            raise UnreadableError("parts of arrays")

    def rows(self, read: Read, start: int, stop: int) -> Any:
        """The elements from `start` to `stop`, as an array.

        Raises  UnreadableError if they lie where they cannot; what `read` raises.
        """
        from pyarrow import nulls

        if not 0 <= start <= stop <= self.length:
            raise UnreadableError(f"elements {start} to {stop} of {self.length}")
        return self._rows(read, start, stop) if start < stop else nulls(0, self.kind)

    @abstractmethod
    def _rows(self, read: Read, start: int, stop: int) -> Any:
        """The same, of one element at least, all of which there are."""

    def blob(self, read: Read, row: int) -> bytes | None:
        """The bytes that an element is, or its field `bytes`, or the one element of a list; None where it has none."""
        raise UnreadableError(str(self.kind))

    def _part(self, read: Read, buffer: int, start: int, size: int) -> bytes:
        """A part of a buffer."""
        at, length = self.places[buffer]
        if not 0 <= start <= start + size <= length:
            raise UnreadableError(f"bytes {start} to {start + size} of a buffer of {length}")
        return read(at + start, size) if size else b""

    def _bits(self, read: Read, buffer: int, start: int, stop: int) -> NDArray[np.uint8]:
        """Some of a buffer of bits."""
        octets = np.frombuffer(self._part(read, buffer, start // 8, (stop + 7) // 8 - start // 8), np.uint8)
        return np.unpackbits(octets, bitorder="little")[start % 8 : start % 8 + stop - start]

    def _valid(self, read: Read, start: int, stop: int) -> Any:
        """The bitmap of what is there; None where all is."""
        return _packed(self._bits(read, 0, start, stop)) if self.places[0][1] else None

    def _is_there(self, read: Read, row: int) -> bool:
        return not self.places[0][1] or bool(self._bits(read, 0, row, row + 1)[0])

    def _made(self, valid: Any, count: int, *buffers: Any, children: list[Any] | None = None) -> Any:
        from pyarrow import Array, py_buffer

        whole = [buffer if buffer is None or hasattr(buffer, "address") else py_buffer(buffer) for buffer in buffers]
        return Array.from_buffers(self.kind, count, [valid, *whole], children=children)


class Nulls(Layout):
    """Nothing but gaps."""

    def _rows(self, read: Read, start: int, stop: int) -> Any:
        from pyarrow import nulls

        return nulls(stop - start, self.kind)


class NumberLayout(Layout):
    """Values of one width."""

    def _rows(self, read: Read, start: int, stop: int) -> Any:
        width, valid = self.kind.bit_width // 8, self._valid(read, start, stop)
        return self._made(valid, stop - start, self._part(read, 1, start * width, (stop - start) * width))


class Booleans(Layout):
    """Values of one bit."""

    def _rows(self, read: Read, start: int, stop: int) -> Any:
        bits = _packed(self._bits(read, 1, start, stop))
        return self._made(self._valid(read, start, stop), stop - start, bits)


class Spans(Layout):
    """What has elements, or letters, from one offset to the next."""

    @property
    def _width(self) -> int:
        """Bytes of an offset."""
        return 8 if str(self.kind).startswith("large_") else 4

    def _offsets(self, read: Read, start: int, stop: int) -> NDArray[Any]:
        width = self._width
        data = self._part(read, 1, start * width, (stop - start + 1) * width)
        offsets = np.frombuffer(data, f"<i{width}")
        if (offsets[1:] < offsets[:-1]).any():
            raise UnreadableError("offsets that go back")
        return offsets

    def _span(self, read: Read, row: int) -> tuple[int, int]:
        if not 0 <= row < self.length:
            raise UnreadableError(f"element {row} of {self.length}")
        first, last = OFFSETS[self._width].unpack(self._part(read, 1, row * self._width, 2 * self._width))
        return int(first), int(last)


class Letters(Spans):
    """Texts, or bytes."""

    def _rows(self, read: Read, start: int, stop: int) -> Any:
        offsets = self._offsets(read, start, stop)
        first, last = int(offsets[0]), int(offsets[-1])
        letters = self._part(read, 2, first, last - first)
        return self._made(self._valid(read, start, stop), stop - start, (offsets - offsets[0]).tobytes(), letters)

    def blob(self, read: Read, row: int) -> bytes | None:
        """The bytes of an element."""
        first, last = self._span(read, row)
        return self._part(read, 2, first, last - first) if self._is_there(read, row) else None


class Lists(Spans):
    """Lists of any lengths."""

    def _rows(self, read: Read, start: int, stop: int) -> Any:
        offsets = self._offsets(read, start, stop)
        inner = self.children[0].rows(read, int(offsets[0]), int(offsets[-1]))
        valid = self._valid(read, start, stop)
        return self._made(valid, stop - start, (offsets - offsets[0]).tobytes(), children=[inner])

    def blob(self, read: Read, row: int) -> bytes | None:
        """The bytes of the element of a list that has one."""
        first, last = self._span(read, row)
        one = last - first == 1 and self._is_there(read, row)
        return self.children[0].blob(read, first) if one else None


class FixedLists(Layout):
    """Lists of one length."""

    def _rows(self, read: Read, start: int, stop: int) -> Any:
        size = self.kind.list_size
        inner = self.children[0].rows(read, start * size, stop * size)
        return self._made(self._valid(read, start, stop), stop - start, children=[inner])

    def blob(self, read: Read, row: int) -> bytes | None:
        """The bytes of the element of a list, if lists have one."""
        one = self.kind.list_size == 1 and self._is_there(read, row)
        return self.children[0].blob(read, row) if one else None


class Structs(Layout):
    """Fields by name."""

    def _rows(self, read: Read, start: int, stop: int) -> Any:
        inner = [child.rows(read, start, stop) for child in self.children]
        return self._made(self._valid(read, start, stop), stop - start, children=inner)

    def blob(self, read: Read, row: int) -> bytes | None:
        """The bytes of the field of that name."""
        there = self._is_there(read, row)
        return self.children[self.kind.get_field_index("bytes")].blob(read, row) if there else None


class Views(Layout):
    """Texts, or bytes, by a length, and the letters themselves where they are few, or else where they lie."""

    def _rows(self, read: Read, start: int, stop: int) -> Any:
        import pyarrow as pa

        return pa.array([self.blob(read, row) for row in range(start, stop)], pa.binary()).cast(self.kind)

    def blob(self, read: Read, row: int) -> bytes | None:
        """The bytes of an element."""
        view = self._part(read, 1, row * VIEW, VIEW)
        length, _, buffer, at = np.frombuffer(view, "<i4").tolist()
        if not self._is_there(read, row):
            return None
        if 0 <= length <= INLINE:
            return view[4 : 4 + length]
        if not 0 <= buffer < len(self.places) - 2:
            raise UnreadableError(f"letters in buffer {buffer} of {len(self.places) - 2}")
        return self._part(read, 2 + buffer, at, length)


class Dictionaries(Layout):
    """Values by their numbers in a list of all there are."""

    def _rows(self, read: Read, start: int, stop: int) -> Any:
        import pyarrow as pa

        numbers = self._numbers(read, start, stop)
        once = sorted({number for number in numbers if number is not None})
        values = [self.children[0].rows(read, number, number + 1) for number in once] or [
            pa.nulls(0, self.kind.value_type)
        ]
        places = pa.array([None if number is None else once.index(number) for number in numbers], self.kind.index_type)
        return pa.DictionaryArray.from_arrays(places, pa.concat_arrays(values), ordered=self.kind.ordered)

    def blob(self, read: Read, row: int) -> bytes | None:
        """The bytes of the value."""
        (number,) = self._numbers(read, row, row + 1)
        return None if number is None else self.children[0].blob(read, number)

    def _numbers(self, read: Read, start: int, stop: int) -> list[int | None]:
        from pyarrow import Array, py_buffer

        width = self.kind.index_type.bit_width // 8
        data = py_buffer(self._part(read, 1, start * width, (stop - start) * width))
        made = Array.from_buffers(self.kind.index_type, stop - start, [self._valid(read, start, stop), data])
        return made.to_pylist()  # type: ignore[no-any-return]


class Extended(Layout):
    """A type of somebody's own, kept as another one."""

    def _rows(self, read: Read, start: int, stop: int) -> Any:
        return self.kind.wrap_array(self.children[0].rows(read, start, stop))


def layout_of(array: Any, whole: Any) -> Layout:
    """Where an array lies in its file, of which `whole` is a map, and parts of that are its buffers.

    Raises  UnreadableError if they are none, or the array is of a type that is not known here.
    """
    from pyarrow import types

    kind = array.type
    if hasattr(array, "storage"):
        return Extended(array, whole, [layout_of(array.storage, whole)])
    if types.is_dictionary(kind):
        return Dictionaries(array, whole, [layout_of(array.dictionary, whole)])
    if types.is_struct(kind):
        return Structs(array, whole, [layout_of(array.field(n), whole) for n in range(kind.num_fields)])
    if types.is_fixed_size_list(kind):
        return FixedLists(array, whole, [layout_of(array.values, whole)])
    if types.is_list(kind) or types.is_large_list(kind):
        return Lists(array, whole, [layout_of(array.values, whole)])
    if str(kind) in ("binary", "string", "large_binary", "large_string"):
        return Letters(array, whole, [])
    if types.is_binary_view(kind) or types.is_string_view(kind):
        return Views(array, whole, [])
    if types.is_null(kind) or types.is_boolean(kind):
        return (Nulls if types.is_null(kind) else Booleans)(array, whole, [])
    if types.is_primitive(kind) or types.is_fixed_size_binary(kind):
        return NumberLayout(array, whole, [])
    raise UnreadableError(str(kind))


def _place(buffer: Any, whole: Any) -> tuple[int, int]:
    """Where a buffer lies in a map of its file."""
    if buffer is None or not buffer.size:
        return 0, 0
    at = buffer.address - whole.address
    if not 0 <= at <= at + buffer.size <= whole.size:
        raise UnreadableError("compressed")
    return at, buffer.size


def _packed(bits: NDArray[np.uint8]) -> Any:
    """Bits as a buffer of Arrow's."""
    from pyarrow import py_buffer

    return py_buffer(np.packbits(bits, bitorder="little"))
