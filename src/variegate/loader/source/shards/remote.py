"""Remote: a file behind an fsspec URL, found and read through, and asked for again where the network fails."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from io import SEEK_CUR, SEEK_END, SEEK_SET, RawIOBase
from typing import Any

from variegate.errors import DecodeError, ResourceError
from variegate.loader.source.location import system_of
from variegate.loader.transient import fetch_errors, retried_at


def check_whole(url: str, got: int, wanted: int, size: int) -> None:
    """Refuse fewer bytes than were wanted of a file that had `size`, where so many would be.

    Raises  ResourceError, as that is not the file's fault; DecodeError if the file has another size now.
    """
    if got < wanted:
        system, path = system_of(url)
        if system.size(path) != size:
            raise DecodeError(url, "the file has changed since the source was made; make it again")
        raise ResourceError(
            f"{url}: its server gave {got} bytes where {wanted} were asked for: the network or the server fails; that "
            "is not the file's fault"
        )


class RemoteFile(RawIOBase):
    """A file to be read through, in any order.

    size     its bytes, as its server says
    patient  whether each part is asked for again, of the file opened anew, as long as the network fails; False where
             the caller tries again

    Raises  SourceError, or DecodeError where the caller tries again, if the file is at fault; ResourceError if the
            network is.
    """

    def __init__(self, url: str, size: int, patient: bool) -> None:
        super().__init__()
        self._url, self._size, self._patient = url, size, patient
        self._at, self._file = 0, None
        self._fetch(self._opened)

    def _fetch(self, action: Callable[[], Any]) -> Any:
        if self._patient:
            return retried_at(self._url, action)
        with fetch_errors(self._url):
            return action()

    def _opened(self) -> Any:
        if self._file is None:
            system, path = system_of(self._url)
            self._file = system.open(path, "rb")
        return self._file

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always; a server that gives no parts of files says so when one is read."""
        return True

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        """Where the next part begins."""
        self._at = {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._size}[whence] + offset
        return self._at

    def tell(self) -> int:
        """Where the next part begins."""
        return self._at

    def readinto(self, memory: Any, /) -> int:
        """Fill memory from the file; 0 bytes at its end, and less than there is room for just before that."""
        size = max(0, min(len(memory), self._size - self._at))
        if size:
            memory[:size] = self._fetch(lambda: self._part(size))
            self._at += size
        return size

    def _part(self, size: int) -> bytearray:
        try:
            file = self._opened()
            data = self._read(file, size)
            check_whole(self._url, len(data), size, self._size)
        except BaseException:
            self._drop()  # who knows what its buffer holds
            raise
        return data

    def _read(self, file: Any, size: int) -> bytearray:
        try:
            file.seek(self._at)
            data = bytearray(file.read(size))
            while len(data) < size and (more := file.read(size - len(data))):
                data += more
        except ValueError as error:  # of fsspec, that an answer is no part of a file
            raise ResourceError(
                f"{self._url}: its server gives no parts of files, HTTP's Range ({error}); download the file"
            ) from error
        return data

    def _drop(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(Exception):
                file.close()

    def close(self) -> None:
        """Let go of the file."""
        self._drop()
        super().close()
