"""Pickler: what the other process can import goes by reference; what it cannot, by value, as cloudpickle does it."""

from __future__ import annotations

import io
import pickle
from contextlib import suppress
from mmap import ALLOCATIONGRANULARITY
from multiprocessing import spawn
from typing import Any

import numpy as np

from variegate.loader.memory import address
from variegate.scratch import SMALL

with suppress(ImportError):  # now: an epoch may begin when no more files can be opened
    import cloudpickle  # noqa: F401

Dumped = tuple[bytes, list[pickle.PickleBuffer]]


def dumped(value: Any) -> Dumped:
    """A value pickled without its large arrays, and these.

    Where cloudpickle is installed, code that the other process cannot import goes along.

    Raises  what pickling raises, if it can be pickled neither way.
    """
    kind = by_value()
    if kind is None or _main_can_be_imported():
        try:
            return _dump(ByReference, value)
        except Exception:
            if kind is None:
                raise
    return _dump(kind, value)


def _dump(kind: type[pickle.Pickler], value: Any) -> Dumped:
    out, large = io.BytesIO(), list[pickle.PickleBuffer]()

    def is_small(buffer: pickle.PickleBuffer) -> bool:
        if buffer.raw().nbytes < SMALL:
            return True
        large.append(buffer)
        return False

    kind(out, protocol=5, buffer_callback=is_small).dump(value)
    return out.getvalue(), large


def _main_can_be_imported() -> bool:
    """Whether the main module is a script or a module: not a prompt, a notebook or `python -c`."""
    return any(name.startswith("init_main") for name in spawn.get_preparation_data("variegate"))


class ByReference(pickle.Pickler):
    """Sends an array that is a file mapped into memory as the file's path: the other process maps it too."""

    def reducer_override(self, value: Any) -> Any:
        """How a mapped array is made again; NotImplemented of all else."""
        return _mapped(value)


def by_value() -> type[pickle.Pickler] | None:
    """The pickler that sends classes and functions themselves where they cannot be imported; None without cloudpickle.

    An open file is refused by it too: cloudpickle would send the text that is left in it.
    """
    try:
        import cloudpickle
    except ImportError:
        return None

    class ByValue(cloudpickle.Pickler):  # type: ignore[misc]  # it has no type hints
        def reducer_override(self, value: Any) -> Any:
            if isinstance(value, io.TextIOWrapper):
                raise TypeError(f"cannot pickle {type(value).__name__!r} object")
            mapped = _mapped(value)
            return super().reducer_override(value) if mapped is NotImplemented else mapped

    return ByValue


def _mapped(value: Any) -> Any:
    if type(value) is not np.memmap or value.mode == "c" or not value.flags.c_contiguous or not value.filename:
        return NotImplemented
    mapping = value._mmap  # type: ignore[attr-defined]
    begins = address(np.frombuffer(mapping, np.uint8))
    offset = value.offset - value.offset % ALLOCATIONGRANULARITY + address(value) - begins
    return np.memmap, (value.filename, value.dtype, "r", offset, value.shape)
