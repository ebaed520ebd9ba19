"""Leases: the parent's side of shared memory; maps each segment once, and says by its first byte what it lets go of."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np

from variegate.loader.isolate.segment import FREE, TAKEN, Segment

if TYPE_CHECKING:
    from variegate.loader.isolate.slots import Parcel


class _Lease:
    """Who holds a segment for the batch that lies in it: gives it back when it goes itself.

    Every view, memoryview or tensor keeps it alive, as in `memory.pool`. A process that was forked with a copy has no
    say: its batch is as long as this process's is.
    """

    def __init__(self, segment: Segment) -> None:
        self._segment, self._process = segment, os.getpid()
        self.__array_interface__ = segment.__array_interface__
        segment.state = TAKEN

    def __del__(self, process: Any = os.getpid) -> None:
        if process() == self._process:
            self._segment.state = FREE


class Leases:
    """The segments of one child that this process has mapped."""

    def __init__(self) -> None:
        self._segments: dict[int, Segment] = {}

    def unpack(self, parcel: Parcel, descriptors: list[int]) -> Any:
        """The batch of a parcel; its large arrays lie in the segments, which are lent until nobody refers to them."""
        data, parts, sizes, gone = parcel
        for (number, size), descriptor in zip(sizes, descriptors, strict=True):
            self._segments[number] = Segment(size, descriptor)
        for number in gone:
            self._segments.pop(number, None)
        lent = {number: np.asarray(_Lease(self._segments[number])) for number in {number for number, _, _ in parts}}
        return pickle.loads(data, buffers=[lent[number][start : start + size] for number, start, size in parts])
