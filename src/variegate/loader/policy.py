"""OnError: what a loader does about samples that cannot be read; Faults: those it has met."""

from __future__ import annotations

import errno
import json
import os
import warnings
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from numbers import Real
from threading import Lock, Thread
from typing import Any, Literal

from variegate.arguments import renamed
from variegate.errors import DecodeError, FieldError, VariegateError, in_line, printable
from variegate.loader.file import absolute, regular
from variegate.loader.source.base import Source
from variegate.picture import MOST_PIXELS

Policy = Literal["raise", "skip", "replace"]
POLICIES = ("raise", "skip", "replace")
LISTED = 5  # bad samples that an error names


@renamed(most="max_errors")
@dataclass(frozen=True)
class OnError:
    """What to do about a sample that cannot be read or decoded, or whose labels cannot be taken.

    What the machine lacks, or a network that does not answer, is no sample's fault: see `ResourceError`.

    policy      "raise": the error comes at the sample's batch. "skip": the batch has fewer samples; there are as many
                batches as ever, so ranks stay in step. "replace": another sample stands in, drawn from (seed, epoch,
                place), with numbers of its own; no other sample changes in either case. After a hundred draws of bad
                ones in a row the first error is raised
    max_errors  how many bad samples there may be before the run stops with an error: a number, or a fraction of the
                source, 0 to 1; None: any. A sample counts once, however often it is met
    quarantine  a file to which each bad sample is added once, as a line of JSON: path, id, index, reason. Lines that
                are there already stay, and count as listed. What cannot be written (a full disk, a folder that went) is
                warned of once, and written once it can be, in whole lines. A relative path is made absolute. No device
                or FIFO; not for "raise", which stops at the first
    deadline    seconds that reading one sample may take, and decoding it; None: any. The thread that is at it is then
                left to itself, as nothing can stop it, and counted in `stats()["abandoned"]`
    max_pixels  beyond it a header, of a picture, a mask or a view, is taken for a decompression bomb: a bad sample, of
                which nothing is decoded. Part of a loader's state

    >>> OnError("skip", max_errors=0.01, quarantine="/data/bad.jsonl")
    OnError(policy='skip', max_errors=0.01, quarantine='/data/bad.jsonl', deadline=None, max_pixels=178956970)

    Raises  FieldError if a value cannot be.
    """

    policy: Policy = "raise"
    max_errors: float | None = 0.5
    quarantine: str | os.PathLike[str] | None = None
    deadline: float | None = None
    max_pixels: int = MOST_PIXELS

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise FieldError(f'Loader.on_error is "raise", "skip", "replace" or OnError(...), got {self.policy!r}')
        if self.max_errors is not None and not (_is_number(self.max_errors) and self.max_errors >= 0):
            raise FieldError(f"OnError.max_errors is a number of 0 or more, got {self.max_errors!r}")
        for name in ("deadline", "max_pixels"):
            value = getattr(self, name)
            if not (_is_number(value) and value > 0) and (value is not None or name == "max_pixels"):
                raise FieldError(f"OnError.{name} is a number above 0, got {value!r}")
        path = self.quarantine
        if path is not None and (self.policy == "raise" or not isinstance(path, str | os.PathLike)):
            raise FieldError(f'OnError.quarantine is a path, with "skip" or "replace"; got {path!r}')
        if path is not None:
            object.__setattr__(self, "quarantine", absolute(path))
            if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
                raise FieldError(f"OnError.quarantine is a file, which is made if it is not there; got {path!r}")
        if isinstance(self.max_errors, float) and self.max_errors > 1:
            raise FieldError(
                f"OnError.max_errors is a whole number of samples, or a fraction up to 1.0, got {self.max_errors}"
            )

    @classmethod
    def of(cls, value: str | OnError) -> OnError:
        """A policy by its name, or as it is."""
        return value if isinstance(value, cls) else cls(value)  # type: ignore[arg-type]


class Faults:
    """The bad samples of a run, each counted and listed once. Threads share it."""

    def __init__(self, rule: OnError, source: Source) -> None:
        self.rule, self._source = rule, source
        self.abandoned = 0
        self._hung: dict[int, Thread] = {}  # the thread that was left at a sample
        self._seen: set[int] = set()
        self._last: list[str] = []
        self._lock = Lock()
        self._limit = self._most()
        self._read = 0, 0  # of the quarantine: the file's number, and its bytes that are known
        self._owed: list[dict[str, Any]] = []  # lines that are yet to be written
        self._warned = False
        self._listed: set[tuple[str, int]] = set()
        if rule.quarantine is not None:
            self._check(rule.quarantine)

    def __len__(self) -> int:
        return len(self._seen)

    def _most(self) -> float:
        most = self.rule.max_errors
        if most is None:
            return float("inf")
        return most * len(self._source) if isinstance(most, float) else most

    def abandon(self, position: int, thread: Thread) -> None:
        """Count a thread that is left to itself at a sample."""
        with self._lock:
            self.abandoned += 1
            self._hung[position] = thread

    def hangs(self, position: int) -> bool:
        """Whether a thread is still at a sample that was given up: nobody need wait for it again."""
        thread = self._hung.get(position)
        return thread is not None and thread.is_alive()

    def add(self, position: int, error: Exception) -> None:
        """Note a bad sample.

        Raises  VariegateError if there are now more than there may be.
        """
        with self._lock:
            if position in self._seen:
                return
            where = self._source.where(position)
            self._seen.add(position)
            self._last = [*self._last, f"{in_line(where)}: {_reason(error)}"][-LISTED:]
            self._list(position, where, error)
            if len(self._seen) > self._limit:
                raise VariegateError(self._stopped())

    def _list(self, position: int, where: str, error: Exception) -> None:
        """Add a sample to the quarantine; what cannot be written now is, with the next one that can."""
        path = self.rule.quarantine
        if path is None:
            return
        self._owed.append({"path": where, "id": self._source.id(position), "index": position, "reason": _reason(error)})
        try:
            self._look(path)  # other ranks may have listed some meanwhile
            with open(path, "ab+", buffering=0, opener=regular) as file:
                _end_line(file)
                while self._owed:
                    line = self._owed[0]
                    if (line["path"], line["id"]) not in self._listed:
                        _append(file, (json.dumps(line) + "\n").encode())
                        self._listed.add((line["path"], line["id"]))
                    del self._owed[0]
        except OSError as problem:
            self._warn(path, problem)

    def _warn(self, path: str | os.PathLike[str], problem: OSError) -> None:
        """Say once that the quarantine cannot be written: bad samples are counted all the same."""
        if not self._warned:
            self._warned = True
            warnings.warn(
                printable(
                    f"{os.fspath(path)}: the quarantine cannot be written now ({problem.strerror or problem}); bad "
                    "samples are counted all the same, and listed once it can be"
                ),
                RuntimeWarning,
                stacklevel=2,
            )

    @staticmethod
    def _check(path: str | os.PathLike[str]) -> None:
        """Whether the quarantine can be written; a last line that was cut off by a kill is ended."""
        try:
            with open(path, "ab+", buffering=0, opener=regular) as file:
                _end_line(file)
        except OSError as error:
            raise FieldError(
                f"OnError.quarantine={os.fspath(path)!r} cannot be written ({error.strerror}); give a file in a folder "
                "that is there"
            ) from error

    def _look(self, path: str | os.PathLike[str]) -> None:
        """Read what has been listed since the last look, in whole lines; another file than at the last, from its start.

        Of one that was put away or made shorter, what it listed stays known, and is not listed again.
        """
        try:
            file = open(path, "rb", opener=regular)  # noqa: SIM115
        except FileNotFoundError:
            self._read = 0, 0
            return
        with file:
            found = os.fstat(file.fileno())
            end = self._read[1] if self._read[0] == found.st_ino and self._read[1] <= found.st_size else 0
            file.seek(end)
            for line in file.read().splitlines(keepends=True):
                if line.endswith(b"\n"):
                    end += len(line)
                    self._listed |= _names(line)
            self._read = found.st_ino, end

    def _stopped(self) -> str:
        worst = "\n  ".join(self._last)
        whole = f", of {len(self._source)} samples" if isinstance(self.rule.max_errors, float) else ""
        return (
            f"{len(self._seen)} samples could not be taken; OnError.max_errors allows {self.rule.max_errors}{whole}. "
            f"The last were\n  {worst}\nRepair or remove them, or allow more."
        )


def _end_line(file: FileIO) -> None:
    """End the last line of a file, of which a kill or a full disk may have left a part."""
    if file.seek(0, os.SEEK_END):
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")


def _append(file: FileIO, line: bytes) -> None:
    """Write a line by one write to the end of a file: lines of several processes never mix.

    Raises  OSError if not all of it could be written; the part that was is taken back, unless others wrote after it.
    """
    if (done := file.write(line)) == len(line):
        return
    with suppress(OSError):
        if done and file.tell() == os.fstat(file.fileno()).st_size:
            file.truncate(file.tell() - done)
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _reason(error: Exception) -> str:
    """What an error says, without the path."""
    if isinstance(error, DecodeError):
        return error.reason
    return printable(f"{type(error).__name__}: {error}")


def _names(line: bytes) -> set[tuple[str, int]]:
    """Path and id of a line of a quarantine; none of one that was cut off."""
    try:
        found = json.loads(line)
        return {(str(found["path"]), int(found["id"]))}
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):  # the last of a line that is deep
        return set()
