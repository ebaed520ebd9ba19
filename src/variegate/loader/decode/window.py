"""Windows: which part of a picture will be looked at, and who decodes no more of a JPEG than that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from variegate.loader.decode.indexes import Indexes, Origin

Window = tuple[int, int, int, int]  # top, bottom, left, right: the pixels from the first to before the second
Bytes = NDArray[np.uint8]


class WindowReader(Protocol):
    """Decodes parts of JPEGs. Threads share it."""

    @property
    def indexes(self) -> Indexes[Any]:
        """What it has noted of files."""

    def read(self, data: bytes | memoryview, mode: str, window: Window, out: Bytes, origin: Origin) -> bool:
        """Write out[top:bottom, left:right] of a JPEG, as it is stored; False: another has to read this file.

        It says no where it does not know a file's coding, and where it has any doubt: then out has no meaning, and what
        is right about the file, and what is wrong, is said by who reads whole ones.

        mode    "RGB" or "L"
        out     (height, width, channels), C-contiguous, of the whole picture. What lies outside of the window may be
                written or not
        origin  of which sample of the source the data are
        """

    def tend(self) -> None:
        """Do what there is to do between two batches; in the thread that asked for one."""

    def flush(self) -> None:
        """Write what was noted, if it is to be kept; between two passes."""

    def stats(self) -> dict[str, int]:
        """How many pictures were read in which way, and what was noted."""


def union(windows: Iterable[Window]) -> Window:
    """The least window that holds all of these, one or more.

    >>> union([(0, 4, 2, 9), (3, 7, 5, 6)])
    (0, 7, 2, 9)
    """
    tops, bottoms, lefts, rights = zip(*windows, strict=True)
    return min(tops), max(bottoms), min(lefts), max(rights)


def part(window: Window) -> tuple[slice, slice]:
    """Its rows and columns."""
    top, bottom, left, right = window
    return slice(top, bottom), slice(left, right)


def area(window: Window) -> int:
    """How many pixels it has."""
    top, bottom, left, right = window
    return (bottom - top) * (right - left)
