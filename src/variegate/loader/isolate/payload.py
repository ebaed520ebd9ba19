"""Payload: a loader on its way into another process."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from variegate.errors import FieldError
from variegate.loader.isolate.segment import Segment
from variegate.loader.memory import address
from variegate.plan.scratch import SMALL


class Isolable(Protocol):
    """A loader, as far as this knows it; its state has an option `isolate`, and may have one `prefetch`."""

    memory: int | None

    @property
    def _depth(self) -> int:
        """How many batches may be made ahead."""

    def __getstate__(self) -> dict[str, Any]:
        """What another process makes it of."""


def ahead(loader: Isolable) -> bool:
    """Whether one of the batches that are made ahead may wait in this process: its memory is the loader's prefetch.

    Not under `memory`, which counts the batches that the child has, and no others.
    """
    return loader.memory is None and loader._depth > 0


def packed(loader: Isolable) -> tuple[bytes, list[int], Segment]:
    """A loader pickled, without `isolate`; the sizes of its large arrays, and a segment in which they lie.

    Raises  FieldError if something of it cannot be pickled, and says what.
    """
    state = {**loader.__getstate__(), "isolate": False}
    if ahead(loader):
        state["prefetch"] = loader._depth - 1
    buffers: list[pickle.PickleBuffer] = []
    try:
        data = _pickled((type(loader), state), buffers)
    except Exception as error:
        path, error = _culprit("Loader", state, error)
        raise FieldError(
            f"isolate=True sends the loader to another process, and {path} cannot be pickled: {error}. Define what it "
            "is made of at the top of a module, not as a lambda or inside of a function; or leave out isolate"
        ) from error
    views = [np.frombuffer(each.raw(), np.uint8) for each in buffers]
    segment = Segment(sum(view.nbytes for view in views))
    room, start = segment.contents(), 0
    for view in views:
        room[start : start + view.nbytes] = view
        start += view.nbytes
    return data, [view.nbytes for view in views], segment


def unpacked(data: bytes, sizes: list[int], segment: Segment, unpickler: type[pickle.Unpickler]) -> Any:
    """The loader; its large arrays lie in the segment."""
    room, buffers, start = segment.contents(), [], 0
    for size in sizes:
        buffers.append(room[start : start + size])
        start += size
    try:
        kind, state = unpickler(io.BytesIO(data), buffers=buffers).load()
    except (AttributeError, ImportError) as error:
        raise FieldError(
            f"isolate=True sends the loader to another process, which cannot load it: {error}. Define what it is made "
            "of in a module that can be imported, not at a prompt or in a notebook; or leave out isolate"
        ) from error
    loader = kind.__new__(kind)
    loader.__setstate__(state)
    return loader


class _Pickler(pickle.Pickler):
    """Sends an array that is a file mapped into memory as the file's path: the other process maps it too."""

    def reducer_override(self, value: Any) -> Any:
        if type(value) is not np.memmap or value.mode == "c" or not value.flags.c_contiguous or not value.filename:
            return NotImplemented
        mapping = value._mmap  # type: ignore[attr-defined]
        begins = address(np.frombuffer(mapping, np.uint8))
        offset = value.offset - value.offset % _granularity() + address(value) - begins
        return np.memmap, (value.filename, value.dtype, "r", offset, value.shape)


def _granularity() -> int:
    import mmap

    return mmap.ALLOCATIONGRANULARITY


def _pickled(value: Any, buffers: list[pickle.PickleBuffer]) -> bytes:
    def small(buffer: pickle.PickleBuffer) -> bool:
        large = buffer.raw().nbytes >= SMALL
        if large:
            buffers.append(buffer)
        return not large

    out = io.BytesIO()
    _Pickler(out, protocol=5, buffer_callback=small).dump(value)
    return out.getvalue()


def _culprit(path: str, value: Any, error: Exception) -> tuple[str, Exception]:
    """The innermost part that cannot be pickled, as `Loader.augment.ops[1].function`, and why."""
    for _ in range(20):
        for step, part in _parts(value):
            try:
                _pickled(part, [])
            except Exception as inner:
                path, value, error = path + step, part, inner
                break
        else:
            break
    return path, error


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        dotted = all(isinstance(key, str) and key.isidentifier() for key in value)
        yield from ((f".{key}" if dotted else f"[{key!r}]", part) for key, part in value.items())
    elif isinstance(value, list | tuple):
        yield from ((f"[{i}]", part) for i, part in enumerate(value))
    elif hasattr(value, "__dict__") and not isinstance(value, type) and not callable(getattr(value, "__code__", None)):
        yield from ((f".{name}", part) for name, part in vars(value).items())
