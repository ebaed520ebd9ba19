"""Transient errors: what the machine or the network lacks now, told from what is wrong with a file, and retried."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import TypeVar

from variegate.errors import DecodeError, ResourceError, SourceError, VariegateError, in_line
from variegate.scratch import mapped

T = TypeVar("T")

PAUSES = tuple(0.05 * 2**n for n in range(8))  # seconds before each further try: 12.75 together
FOR_MEMORY = 5  # of these before memory is given up: 1.55 seconds, as it seldom comes back

HANDLES = {errno.EMFILE: "this process has", errno.ENFILE: "the system has"}
MACHINE = {errno.ENOMEM, errno.ENOBUFS, errno.EAGAIN, *HANDLES}
# Of a file on a disk of the network, too; ESTALE: another has been put in its place, and is there when it is opened.
NETWORK = {
    *(errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.ENETUNREACH, errno.ENETRESET),
    *(errno.ECONNABORTED, errno.ECONNRESET, errno.ECONNREFUSED, errno.ENOTCONN, errno.EPIPE, errno.ESTALE),
}
PATIENT = {408, 425, 429}  # of HTTP's answers below 500, those that ask to come again later
BROKEN = {"ClientConnectionError", "ClientPayloadError"}  # aiohttp's, which are no OSErrors
SAID = "insufficient memory", "out of memory", "cannot allocate", "not enough memory"  # by decoders


def is_transient(error: BaseException | None) -> bool:
    """Whether an error, or one that it came of, tells of what is lacking now, and not of a file."""
    return any(
        isinstance(each, MemoryError | ResourceError | ConnectionError | TimeoutError)
        or (isinstance(each, OSError) and each.errno in MACHINE | NETWORK)
        for each in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what it came of, and so on."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@contextmanager
def read_errors(place: str) -> Iterator[None]:
    """Within it a file is read, and what the system says of it is told with its place.

    Raises  ResourceError of what is lacking now, DecodeError of anything else.
    """
    try:
        yield
    except VariegateError:
        raise
    except (OSError, ValueError) as error:
        raise read_error(place, error) from error


def read_error(place: str, error: OSError | ValueError) -> Exception:
    """What is told of an error in reading a file."""
    if isinstance(error, ValueError):  # a path with NUL in it
        return DecodeError(place, f"it cannot be read ({error})")
    if is_transient(error):
        return resource_error(f"{in_line(place)}: it cannot be read", error)
    return DecodeError(place, f"it cannot be read ({error.strerror or error or type(error).__name__})")


def resource_error(what: str, error: OSError) -> ResourceError:
    """What is told of an error by which something could not be done for want of something."""
    return ResourceError(f"{what} ({error.strerror or error or type(error).__name__}){_hint(error)}")


@contextmanager
def resource_errors(what: str) -> Iterator[None]:
    """Within it the system is asked for something; what it lacks is told with `what` could not be done for that.

    Raises  ResourceError; any other error as it is.
    """
    try:
        yield
    except OSError as error:
        if not is_transient(error):
            raise
        raise resource_error(what, error) from error


def _hint(error: OSError) -> str:
    if error.errno in HANDLES:
        what = f"{HANDLES[error.errno]} too many files open; close some, or raise the limit (ulimit -n)"
        return f": {what}; that is not the file's fault"
    return ": the machine lacks something now, or a disk of the network does not answer; that is not the file's fault"


@contextmanager
def fetch_errors(url: str) -> Iterator[None]:
    """Within it a file is fetched over a network, by a library with errors of its own.

    That there is no such file, or it may not be had, is told of the file; anything else, of the network.

    Raises  DecodeError or ResourceError.
    """
    try:
        yield
    except (VariegateError, ImportError):  # a library for the protocol is missing
        raise
    except Exception as error:
        said = str(error) or type(error).__name__
        if _of_the_file(error) and not is_transient(error):
            raise DecodeError(url, f"it cannot be read ({said})") from error
        raise ResourceError(
            f"{in_line(url)}: it cannot be fetched ({type(error).__name__}: {said}): the network or the server fails, "
            "or they are too slow; that is not the file's fault"
        ) from error


def _of_the_file(error: Exception) -> bool:
    """Whether a library of a remote file system says that the file is at fault."""
    for each in _chain(error):  # fsspec says of any answer that there is no such file
        status = next((getattr(each, name) for name in ("status", "status_code", "code") if hasattr(each, name)), None)
        if isinstance(status, int):
            return 400 <= status < 500 and status not in PATIENT
        if any(kind.__name__ in BROKEN for kind in type(each).__mro__):
            return False
    gone = FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError
    return isinstance(error, (*gone, ValueError, LookupError))


def retried_at(place: str, action: Callable[[], T]) -> T:
    """What an action on a file, a folder or a URL gives while a source is made, waited for where something is lacking.

    Raises  SourceError if the file is at fault; ResourceError if the machine or the network is.
    """

    def told() -> T:
        with fetch_errors(place) if "://" in place else read_errors(place):
            return action()

    try:
        return retried(told)
    except DecodeError as error:
        raise SourceError(f"{in_line(place)}: {error.reason}") from error


def is_out_of_memory(error: BaseException, size: int) -> bool:
    """Whether a decoder failed for want of memory: it says so, or there are not so many bytes to be had now.

    By way of Pillow, libjpeg, libwebp and OpenJPEG call a picture damaged where an allocation fails; so the system is
    asked.
    """
    if any(isinstance(each, MemoryError) or getattr(each, "errno", None) == errno.ENOMEM for each in _chain(error)):
        return True
    if any(text in str(error).lower() for text in SAID):
        return True
    if not isinstance(error, OSError | RuntimeError | SystemError):  # others say what is wrong with the file
        return False
    try:
        mapped(size)  # touches nothing
    except MemoryError:
        return True
    return False


def retried(action: Callable[[], T], stopped: Event | None = None) -> T:
    """What an action gives, tried again after a while, and a longer one, as long as something is lacking.

    stopped  when it is set, there is no further try

    Raises  the action's last error.
    """
    tries = 0
    while True:
        try:
            return action()
        except Exception as error:
            if not tries_again(error, tries, stopped):
                raise
            tries += 1


def tries_again(error: BaseException | None, tries: int, stopped: Event | None = None) -> bool:
    """Whether to try again after an error, so many tries after the first: this waits before it says so."""
    if error is None:
        return False
    pauses = PAUSES[:FOR_MEMORY] if any(isinstance(each, MemoryError) for each in _chain(error)) else PAUSES
    if tries >= len(pauses) or not is_transient(error):
        return False
    if stopped is not None:
        return not stopped.wait(pauses[tries])
    time.sleep(pauses[tries])
    return True
