"""Channel: messages, with descriptors, between the two processes; one socket a conversation.

A message is one call to the system at each end where it is short, as most are. Beside a thread that holds the GIL each
such call may wait 5 ms to return, which is why this is not a multiprocessing Connection: that one takes three.
"""

from __future__ import annotations

import errno
import os
import pickle
import socket
import struct
from array import array
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from variegate.loader.transient import resource_error, resource_errors

LENGTH = struct.Struct("!Q")
FIRST = 1 << 16  # bytes asked for at once
MOST = 64  # descriptors in a message
INT = array("i").itemsize
PULSE = struct.pack("ll", 1, 0)  # seconds and microseconds between two looks at whether the other side lives


class Channel:
    """One end of a conversation; used by one thread at a time.

    idle  called about every second of waiting, and may raise
    """

    def __init__(self, end: socket.socket, idle: Callable[[], None] | None = None) -> None:
        self._end, self._idle, self._process = end, idle, os.getpid()
        if idle is not None:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, PULSE)

    @classmethod
    def pair(cls, idle: Callable[[], None] | None = None) -> tuple[Channel, socket.socket]:
        """Two ends: this process's, and one to send to the other.

        Raises  ResourceError if there are no handles for them.
        """
        with resource_errors("isolate=True: no sockets can be made"):
            mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        return cls(mine, idle), other

    def send(self, message: Any, descriptors: tuple[int, ...] = ()) -> None:
        """Send what can be pickled, and descriptors, which stay open here too.

        Raises  OSError if the other end is closed.
        """
        data = pickle.dumps(message, protocol=5)
        data = LENGTH.pack(len(data)) + data
        sent = socket.send_fds(self._end, [data], descriptors) if descriptors else self._end.send(data)
        if sent < len(data):
            self._end.sendall(memoryview(data)[sent:])

    def receive(self) -> tuple[Any, list[int]]:
        """A message and its descriptors, which are the caller's.

        Raises  EOFError if the other end is closed, and what `idle` raises; ResourceError if there are no handles for
                the descriptors.
        """
        first, descriptors = self._read(FIRST, MOST)
        try:
            data = bytearray(first)
            while len(data) < (whole := LENGTH.size + _length(data)):
                data += self._read(whole - len(data), 0)[0]
            return pickle.loads(memoryview(data)[LENGTH.size :]), descriptors
        except BaseException:
            for each in descriptors:
                os.close(each)
            raise

    def _read(self, size: int, most: int) -> tuple[bytes, list[int]]:
        room = socket.CMSG_SPACE(most * INT) if most else 0
        while True:
            try:
                data, extra, flags, _ = self._end.recvmsg(size, room, getattr(socket, "MSG_CMSG_CLOEXEC", 0))
            except BlockingIOError:
                if self._idle is not None:
                    self._idle()
                continue
            except OSError:  # reset, or closed by another thread
                data, extra, flags = b"", [], 0
            if not data:
                raise EOFError
            found = [each for level, kind, content in extra for each in _descriptors(level, kind, content)]
            if flags & socket.MSG_CTRUNC:  # the system drops those for which there is no room
                for each in found:
                    os.close(each)
                error = OSError(errno.EMFILE, os.strerror(errno.EMFILE))
                raise resource_error("isolate=True: a batch's memory cannot be taken over", error)
            return data, found

    def close(self) -> None:
        """End the conversation. A forked process closes its copy alone."""
        if os.getpid() == self._process:
            with suppress(OSError):
                self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()


def _length(data: bytearray) -> int:
    """The bytes of the message that begins so; as long as that is not known, of its length."""
    return int(LENGTH.unpack_from(data)[0]) if len(data) >= LENGTH.size else 0


def _descriptors(level: int, kind: int, content: bytes) -> array[int]:
    found = array("i")
    if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
        found.frombytes(content[: len(content) // INT * INT])
    return found
