"""OnError: what a loader does about samples that cannot be read; Faults: those it has met."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from numbers import Real
from threading import Lock, Thread
from typing import Any, Literal

from variegate.errors import DecodeError, FieldError, VariegateError
from variegate.loader.beside import MOST_PIXELS
from variegate.loader.source.base import Source

Policy = Literal["raise", "skip", "replace"]
POLICIES = ("raise", "skip", "replace")
LISTED = 5  # bad samples that an error names


@dataclass(frozen=True)
class OnError:
    """What to do about a sample that cannot be read or decoded, or whose labels cannot be taken.

    policy      "raise": the error comes at the sample's batch. "skip": the batch has fewer samples; there are as many
                batches as ever, so ranks stay in step. "replace": another sample stands in, drawn from (seed, epoch,
                place), with numbers of its own; no other sample changes in either case. After a hundred draws of bad
                ones in a row the first error is raised
    most        how many bad samples there may be before the run stops with an error: a number, or a fraction of the
                source, 0 to 1; None: any. A sample counts once, however often it is met
    quarantine  a file to which each bad sample is added once, as a line of JSON: path, id, index, reason. Lines that
                are there already stay, and count as listed. Not for "raise", which stops at the first
    deadline    seconds that reading one sample may take, and decoding it; None: any. The thread that is at it is then
                left to itself, as nothing can stop it, and counted in `stats()["abandoned"]`
    max_pixels  beyond it a header, of a picture, a mask or a view, is taken for a decompression bomb: a bad sample, of
                which nothing is decoded. Part of a loader's state

    >>> OnError("skip", most=0.01, quarantine="bad.jsonl")
    OnError(policy='skip', most=0.01, quarantine='bad.jsonl', deadline=None, max_pixels=178956970)

    Raises  FieldError if a value cannot be.
    """

    policy: Policy = "raise"
    most: float | None = 0.5
    quarantine: str | os.PathLike[str] | None = None
    deadline: float | None = None
    max_pixels: int = MOST_PIXELS

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise FieldError(f'Loader.on_error is "raise", "skip", "replace" or OnError(...), got {self.policy!r}')
        if self.most is not None and not (_is_number(self.most) and self.most >= 0):
            raise FieldError(f"OnError.most is a number of 0 or more, got {self.most!r}")
        for name in ("deadline", "max_pixels"):
            value = getattr(self, name)
            if not (_is_number(value) and value > 0) and (value is not None or name == "max_pixels"):
                raise FieldError(f"OnError.{name} is a number above 0, got {value!r}")
        path = self.quarantine
        if path is not None and (self.policy == "raise" or not isinstance(path, str | os.PathLike)):
            raise FieldError(f'OnError.quarantine is a path, with "skip" or "replace"; got {path!r}')
        if isinstance(self.most, float) and self.most > 1:
            raise FieldError(f"OnError.most is a whole number of samples, or a fraction up to 1.0, got {self.most}")

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
        self._read = 0  # bytes of the quarantine that are known
        self._listed: set[tuple[str, int]] = set()
        if rule.quarantine is not None:
            self._check(rule.quarantine)

    def __len__(self) -> int:
        return len(self._seen)

    def _most(self) -> float:
        most = self.rule.most
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

        Raises  VariegateError if there are now more than there may be; OSError if the quarantine cannot be written.
        """
        with self._lock:
            if position in self._seen:
                return
            where = self._source.where(position)
            self._write(position, where, error)
            self._seen.add(position)
            self._last = [*self._last, f"{where}: {_reason(error)}"][-LISTED:]
            if len(self._seen) > self._limit:
                raise VariegateError(self._stopped())

    def _write(self, position: int, where: str, error: Exception) -> None:
        path, name = self.rule.quarantine, (where, self._source.id(position))
        if path is None:
            return
        self._look(path)  # other ranks may have listed it meanwhile
        if name not in self._listed:
            line = {"path": where, "id": name[1], "index": position, "reason": _reason(error)}
            # One write to the end of the file: lines of several processes never mix.
            with open(path, "ab", buffering=0) as file:
                file.write((json.dumps(line) + "\n").encode())
            self._listed.add(name)

    @staticmethod
    def _check(path: str | os.PathLike[str]) -> None:
        """Whether the quarantine can be written; a last line that was cut off by a kill is ended."""
        try:
            with open(path, "ab+", buffering=0) as file:
                if file.tell():
                    file.seek(-1, os.SEEK_END)
                    if file.read(1) != b"\n":
                        file.write(b"\n")
        except OSError as error:
            raise FieldError(
                f"OnError.quarantine={os.fspath(path)!r} cannot be written ({error.strerror}); give a file in a folder "
                "that is there"
            ) from error

    def _look(self, path: str | os.PathLike[str]) -> None:
        """Read what has been listed since the last look, in whole lines."""
        with open(path, "rb") as file:
            file.seek(self._read)
            lines = file.read().splitlines(keepends=True)
        for line in lines:
            if line.endswith(b"\n"):
                self._read += len(line)
                self._listed |= _names(line)

    def _stopped(self) -> str:
        worst = "\n  ".join(self._last)
        whole = f", of {len(self._source)} samples" if isinstance(self.rule.most, float) else ""
        return (
            f"{len(self._seen)} samples could not be taken; OnError.most allows {self.rule.most}{whole}. The last "
            f"were\n  {worst}\nRepair or remove them, or allow more."
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _reason(error: Exception) -> str:
    """What an error says, without the path."""
    if isinstance(error, DecodeError):
        return error.reason
    return f"{type(error).__name__}: {error}"


def _names(line: bytes) -> set[tuple[str, int]]:
    """Path and id of a line of a quarantine; none of one that was cut off."""
    try:
        found = json.loads(line)
        return {(str(found["path"]), int(found["id"]))}
    except (ValueError, KeyError, TypeError, OverflowError):
        return set()
