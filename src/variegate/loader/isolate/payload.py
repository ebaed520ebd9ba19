"""Payload: a loader on its way into another process."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from variegate.errors import FieldError
from variegate.loader.isolate.pickler import by_value, dumped
from variegate.loader.isolate.segment import Segment


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
    try:
        data, buffers = dumped((type(loader), state))
    except Exception as error:
        path, error = _culprit("Loader", state, error)
        advice = (
            "Open or make it where it is used first, so that it is no part of the loader"
            if by_value()
            else "Define what it is made of at the top of a module, not as a lambda or inside of a function; or "
            'pip install "variegate[isolate]", which sends these too'
        )
        raise FieldError(
            f"isolate=True sends the loader to another process, and {path} cannot be pickled: {error}. {advice}; or "
            "leave out isolate"
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
            'of in a module that can be imported there, or pip install "variegate[isolate]", with which it may also be '
            "defined at a prompt or in a notebook; or leave out isolate"
        ) from error
    loader = kind.__new__(kind)
    loader.__setstate__(state)
    return loader


def _culprit(path: str, value: Any, error: Exception) -> tuple[str, Exception]:
    """The innermost part that cannot be pickled, as `Loader.augment.ops[1].function`, and why."""
    for _ in range(20):
        for step, part in _parts(value):
            try:
                dumped(part)
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
