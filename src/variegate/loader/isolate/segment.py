"""Segment: memory that two processes see, without a name in any folder, so that no kill can leave it behind.

It is mapped by the C library itself: Python's own mmap holds a descriptor for each mapping until 3.13, and a user who
keeps a thousand batches would run out of them. The first byte says who has the segment. The child writes SENT; the
parent TAKEN when it has it mapped, and FREE when its last reference is gone: one store, by which a finaliser needs no
lock and no message, and the child may use the segment again at once.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import tempfile
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from variegate.loader.transient import resource_errors

HEADER = 64  # bytes before the contents, which begin at a multiple of 64
FREE, SENT, TAKEN = range(3)


class Segment:
    """`size` bytes of contents in shared memory; unmapped when the last reference to it, or a view of them, goes.

    descriptor  of one that another process made; taken over and closed. None: a new one is made, and its descriptor
                stays open in `descriptor` until `shared` is called
    """

    def __init__(self, size: int, descriptor: int | None = None) -> None:
        self.size, self.address, self.descriptor = size, 0, -1
        made = descriptor is None
        self.descriptor = _anonymous(HEADER + size) if descriptor is None else descriptor
        self.address = _map(HEADER + size, self.descriptor)
        self._state = ctypes.c_uint8.from_address(self.address)
        self.__array_interface__ = {
            "version": 3,
            "shape": (size,),
            "typestr": "|u1",
            "data": (self.address + HEADER, False),
        }
        if not made:
            self.shared()

    @property
    def state(self) -> int:
        """FREE, SENT or TAKEN."""
        return self._state.value

    @state.setter
    def state(self, state: int) -> None:
        self._state.value = state

    def contents(self) -> NDArray[np.uint8]:
        """The bytes after the header; holds the segment."""
        return np.asarray(self)

    def shared(self) -> None:
        """Close the descriptor: the other process has it mapped."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def forget(self) -> None:
        """Give the memory back to the system though the other process still has it mapped; for one that is free."""
        if hasattr(mmap, "MADV_REMOVE"):
            _c().madvise(self.address, HEADER + self.size, mmap.MADV_REMOVE)

    def __del__(self, finalizing: Any = sys.is_finalizing) -> None:
        if finalizing():  # the system does it
            return
        if self.address:
            _c().munmap(self.address, HEADER + self.size)
        self.shared()


def _anonymous(size: int) -> int:
    """The descriptor of new memory: it has no bound but the system's own, unlike /dev/shm in a container."""
    with resource_errors("isolate=True: no shared memory can be made"):
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("variegate", os.MFD_CLOEXEC)
        else:
            descriptor, path = tempfile.mkstemp(prefix="variegate-")
            os.unlink(path)
    try:
        os.ftruncate(descriptor, size)
    except OSError as error:
        os.close(descriptor)
        raise MemoryError(f"the system has no {size} bytes of shared memory") from error
    return descriptor


def _map(size: int, descriptor: int) -> int:
    place = _c().mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, descriptor, 0)
    if place in (None, ctypes.c_void_p(-1).value):
        raise MemoryError(f"{size} bytes of shared memory cannot be mapped: {os.strerror(ctypes.get_errno())}")
    return int(place)


@cache
def _c() -> Any:
    """The C library."""
    library = ctypes.CDLL(None, use_errno=True)
    place, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    library.mmap.restype = place
    library.mmap.argtypes = [place, size, number, number, number, ctypes.c_longlong]
    library.munmap.argtypes = [place, size]
    library.madvise.argtypes = [place, size, number]
    return library
